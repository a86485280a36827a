"""The labs of shared trees in the simulator: through the compiled P4 program, and exact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controlplane.cli.main import main

LABS = Path(__file__).parents[2] / "mininet" / "labs"


@pytest.mark.parametrize(
    ("lab", "rows"),
    [("c-rp-at-customer", 22), ("rosen-sm", 15), ("rosen-bidir", 16), ("c-bsr", 15)],
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


@pytest.mark.parametrize(
    ("of_file", "instead", "failed"),
    [
        pytest.param(
            "link_cut: pe2-red-ce2",
            "link_cut: pe3-red-ce4",
            "red-ce4 as RP of 239.0.0.0/8 at",
            id="the other RP is lost",
        ),
        pytest.param(
            "priority: 20",
            "priority: 5",
            "tree of (*, 239.1.1.1) at pe3 from mdt",
            id="the other RP is preferred",
        ),
    ],
)
def test_an_elected_rp_is_the_one_that_the_lab_says(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    of_file: str,
    instead: str,
    failed: str,
) -> None:
    text = (LABS / "c-bsr.yaml").read_text()
    changed = tmp_path / "lab.yaml"
    changed.write_text(text.replace(of_file, instead, 1))
    assert text.count(of_file) == 1
    assert main(["lab", "check", str(changed), "--target", "sim", "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert any(row["expectation"].startswith(failed) for row in rows if not row["ok"])
