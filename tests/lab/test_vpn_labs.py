"""The labs of VPNs in the simulator: through the compiled P4 program, and exact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controlplane.cli.main import main

LABS = Path(__file__).parents[2] / "mininet" / "labs"


@pytest.mark.parametrize(
    ("lab", "rows"),
    [
        ("l3vpn", 18),
        ("multihomed-site", 27),
        ("extranet", 14),
        ("hub-and-spoke", 11),
        ("mdt-safi-to-mvpn", 18),
        ("legacy-mdt-safi", 22),
        ("l3vpn-frr", 17),
        ("frr-ce", 29),
        ("vpn-guards", 20),
    ],
)
def test_every_expectation_of_a_vpn_lab_holds(
    capsys: pytest.CaptureFixture[str], lab: str, rows: int
) -> None:
    code = main(["lab", "check", str(LABS / f"{lab}.yaml"), "--target", "sim", "--json"])
    verdict = json.loads(capsys.readouterr().out)
    assert [row for row in verdict["rows"] if not row["ok"]] == []
    assert (code, len(verdict["rows"])) == (0, rows)


@pytest.mark.parametrize(
    ("lab", "old", "new", "fails"),
    [
        ("l3vpn", "{bgp: {as_override: true}}", "{}", "blue-h2 answers blue-h1"),
        ("l3vpn", "{bgp: {allow_as_in: 1}}", "{}", "green-h2 answers green-h1"),
        ("multihomed-site", ", soo: 65100:1", "", "nothing of next-door at h2"),
        ("extranet", "[65000:2, 65000:900]", "[65000:1, 65000:900]", "routes gone from pe2"),
        ("hub-and-spoke", "{bgp: {allow_as_in: 1}}", "{}", "h3 answers h2"),
        ("vpn-guards", "restart_time: 30, ", "", "red-a receives up"),
        ("vpn-guards", ", umh: hash", "", "tree of a at pe2"),
        ("vpn-guards", "maximum_prefixes: 3", "maximum_prefixes: 4", "BGP sessions of pe1 in blue"),
    ],
)
def test_a_vpn_lab_fails_without_what_it_shows(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lab: str,
    old: str,
    new: str,
    fails: str,
) -> None:
    text = (LABS / f"{lab}.yaml").read_text()
    assert old in text
    changed = tmp_path / "lab.yaml"
    changed.write_text(text.replace(old, new))
    assert main(["lab", "check", str(changed), "--target", "sim", "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert any(row["expectation"].startswith(fails) for row in rows if not row["ok"])
