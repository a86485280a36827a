"""The labs of shared trees in the simulator: through the compiled P4 program, and exact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controlplane.cli.main import main

LABS = Path(__file__).parents[2] / "mininet" / "labs"


@pytest.mark.parametrize(
    ("lab", "rows"), [("c-rp-at-customer", 22), ("rosen-sm", 15), ("rosen-bidir", 16)]
)
def test_every_expectation_holds(capsys: pytest.CaptureFixture[str], lab: str, rows: int) -> None:
    code = main(["lab", "check", str(LABS / f"{lab}.yaml"), "--target", "sim", "--json"])
    verdict = json.loads(capsys.readouterr().out)
    assert [row for row in verdict["rows"] if not row["ok"]] == []
    assert (code, len(verdict["rows"])) == (0, rows)


def test_without_a_rendezvous_point_nobody_gets_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (LABS / "c-rp-at-customer.yaml").read_text()
    changed = tmp_path / "lab.yaml"
    changed.write_text(text.replace(", rp: red-ce2", "", 1))
    assert main(["lab", "check", str(changed), "--target", "sim", "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)["rows"]
    failed = {row["expectation"] for row in rows if not row["ok"]}
    assert {
        f"{host} receives red-tv, after 4 s, before left" for host in ("red-r2", "red-r3")
    } <= failed
    assert not any("blue" in expectation for expectation in failed)
