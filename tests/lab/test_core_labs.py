"""The labs of the provider's core in the simulator: through the compiled P4 program, and exact."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from controlplane.cli.main import main
from controlplane.lab.load import Lab
from controlplane.lab.run import Run
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.verdict import Row

LABS = Path(__file__).parents[2] / "mininet" / "labs"

CHAIN = """\
provider:
  ttl: %s
  ldp: {hello_interval: 1, egress_label: %s}
  timers: {ospf: {hello_interval: 1, dead_interval: 4}}
routers:
  pe1: {role: pe}
  p1: {role: p}
  p2: {role: p}
  pe2: {role: pe}
hosts: {h1: {}, h2: {}}
links:
  - {ends: [pe1, p1]}
  - {ends: [p1, p2]}
  - {ends: [p2, pe2]}
  - {ends: [pe1, h1]}
  - {ends: [pe2, h2]}
start: [{routes: all}, {ldp_sessions: all}]
expect:
  - {ping: {from: h1, to: h2}}
"""


@pytest.mark.parametrize(("lab", "rows"), [("core-ospf-ldp", 15), ("core-failure", 18)])
def test_every_expectation_of_a_core_lab_holds(
    capsys: pytest.CaptureFixture[str], lab: str, rows: int
) -> None:
    code = main(["lab", "check", str(LABS / f"{lab}.yaml"), "--target", "sim", "--json"])
    verdict = json.loads(capsys.readouterr().out)
    assert [row for row in verdict["rows"] if not row["ok"]] == []
    assert (code, len(verdict["rows"])) == (0, rows)


def played(lab: Lab) -> list[Row]:
    """The rows behind the start conditions."""
    verdict = Run(lab, SimWorld(lab.plan), "sim", lambda text: None).play()
    return [row for row in verdict.rows if not row.expectation.startswith("start")]


@pytest.mark.parametrize(
    ("ttl", "egress", "via", "seen"),
    [
        ("uniform", "implicit-null", "[pe1, p1, p2, pe2]", "pe1, p1 (label), p2 (label), pe2, h2"),
        (
            "uniform",
            "explicit-null",
            "[pe1, p1, p2, pe2]",
            "pe1, p1 (label), p2 (label), pe2 (label), h2",
        ),
        ("pipe", "implicit-null", "[pe1, pe2]", "pe1, pe2, h2"),
        ("pipe", "explicit-null", "[pe1, pe2]", "pe1, pe2 (label), h2"),
    ],
)
def test_a_traceroute_shows_p_routers_in_uniform_mode_alone(
    load_text: Callable[[str], Lab], ttl: str, egress: str, via: str, seen: str
) -> None:
    """RFC 3443: the core costs a packet as many hops as it has routers, or one.

    The last router gets a label when it asked for one that says nothing (RFC 3032 2.1).
    """
    text = CHAIN % (ttl, egress) + f"  - path: {{from: h1, to: h2, via: {via}}}\n"
    ping, path = played(load_text(text))
    assert ping.ok and path.ok, path
    assert re.sub(r"label \d+", "label", path.seen).startswith(f"{seen}, after")
