"""In sparse mode a source is known by its first packet, and that arrives like any other."""

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


def test_every_packet_of_a_new_source_arrives_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], small: str
) -> None:
    """The RP is the DR: with another one, the second packet may come natively and in a Register."""
    file = tmp_path / "lab.yaml"
    file.write_text(small.replace("profile: 0", "profile: 0, rp: ce1") + PLAY)
    code = main(["lab", "check", str(file), "--target", "sim", "--json"])
    verdict = json.loads(capsys.readouterr().out)
    assert [row for row in verdict["rows"] if not row["ok"]] == []
    assert code == 0
