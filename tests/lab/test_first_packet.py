"""In sparse mode a source is known by its first packets, and those arrive like any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controlplane.cli.main import main

PLAY = """\
streams:
  tv: {from: src, to: 239.1.1.1, rate: 2, count: 5, at: 3}
events:
  - {at: 0, join: 239.1.1.1, hosts: rcv}
expect:
  - {receive: tv, hosts: rcv}
"""


def judged(folder: Path, capsys: pytest.CaptureFixture[str], text: str) -> list[object]:
    """The rows that do not hold, of a lab in the simulator."""
    file = folder / "lab.yaml"
    file.write_text(text)
    main(["lab", "check", str(file), "--target", "sim", "--json"])
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert rows
    return [row for row in rows if not row["ok"]]


def test_every_packet_of_a_new_source_arrives_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], small: str
) -> None:
    """The RP is the DR: with another one, the second packet may come natively and in a Register."""
    text = small.replace("profile: 0", "profile: 0, rp: ce1")
    assert judged(tmp_path, capsys, text + PLAY) == []


def test_an_rp_that_is_a_pe_hears_the_others_hellos_in_their_registers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], small: str
) -> None:
    """Without them it would wait for the next ones, a Hello_Period later."""
    mvpn = "profile: pim-gre-sm, default_mdt: 239.10.0.1"
    text = small.replace("profile: 0, default_mdt: 232.10.0.1", mvpn)
    words = "startup: 60\ntimers: {pim: {hello_period: 100}}\nprovider: {rp: pe2}\n"
    assert judged(tmp_path, capsys, words + text) == []
