"""Small VPNs in the simulator, for what the labs of mininet/ do not show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from controlplane.lab.file.probes import PathSpec
from controlplane.lab.judge.probes import switching
from controlplane.lab.load import Lab, load
from controlplane.lab.run import Run
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.verdict import Row

LoadText = Callable[[str], Lab]
LABS = Path(__file__).parents[2] / "mininet" / "labs"

FAST = """\
provider: {ldp: {hello_interval: 1}}
timers:
  ospf: {hello_interval: 1, dead_interval: 4}
  pim: {triggered_hello_delay: 0.2}
  bgp: {connect_retry: 1, min_advertisement: 0.1}
start: [{ldp_sessions: all}, {bgp_sessions: all}, {routes: all}]
"""
VPN = """\
vpns: {red: {rd: 65000:1}}
routers:
  pe1: {role: pe}
  pe2: {role: pe}
  ce1: {role: ce}
  ce2: {role: ce}
hosts: {h1: {}, h2: {}}
"""


def failed(lab: Lab, world: SimWorld | None = None) -> list[Row]:
    verdict = Run(lab, world or SimWorld(lab.plan), "sim", lambda text: None).play()
    return [row for row in verdict.rows if not row.ok]


def lsps(world: SimWorld, router: str) -> set[tuple[str, bool]]:
    """The PEs of a router's VPN routes, and whether `show route` knows of an LSP to them."""
    rows = world.show(router, "route", "red")
    return {(row["via"], row["lsp"]) for row in rows if row["type"] == "vpn"}


def test_a_backdoor_is_used_when_the_provider_is_not_there(load_text: LoadText) -> None:
    """The provider is preferred by local preference; by the AS path the backdoor would be."""
    lab = load_text(
        FAST
        + VPN.replace("rd: 65000:1", "rd: auto")
        + """\
links:
  - {ends: [pe1, pe2]}
  - {ends: {pe1: {}, ce1: {bgp: {local_pref: 200}}}, vpn: red}
  - {ends: {pe2: {}, ce2: {bgp: {local_pref: 200}}}, vpn: red}
  - {name: backdoor, ends: [ce1, ce2], routing: bgp}
  - {ends: [ce1, h1]}
  - {ends: [ce2, h2]}
events:
  - {at: 2, name: lost, link_down: pe1-ce1}
expect:
  - {path: {from: h1, to: h2, via: [ce1, pe1, pe2, ce2]}}
  - {path: {from: h1, to: h2, via: [ce1, ce2]}, after: lost}
"""
    )
    assert failed(lab) == []


@pytest.mark.parametrize("rd", ["65000:1", "auto"])
def test_a_site_on_two_pes_is_reached_by_the_one_that_is_left(load_text: LoadText, rd: str) -> None:
    lab = load_text(
        FAST
        + VPN.replace("rd: 65000:1", f"rd: {rd}").replace("  ce1:", "  pe3: {role: pe}\n  ce1:")
        + """\
links:
  - {ends: [pe1, pe2]}
  - {ends: [pe1, pe3], cost: 20}
  - {ends: [pe1, ce1], vpn: red}
  - {ends: [pe2, ce2], vpn: red}
  - {ends: [pe3, ce2], vpn: red}
  - {ends: [ce1, h1]}
  - {ends: [ce2, h2]}
events:
  - {at: 2, name: lost, link_down: pe2-ce2}
expect:
  - {path: {from: h1, to: h2, via: [ce1, pe1, pe2, ce2]}}
  - {path: {from: h1, to: h2, via: [ce1, pe1, pe3, ce2]}, after: lost}
"""
    )
    assert failed(lab) == []


def test_an_lsp_that_is_broken_before_its_last_router_is_not_used(load_text: LoadText) -> None:
    """p2 hears no labels of pe2, which is nearer than pe3. That is told back to pe1, which is two
    hops away, by p2's and p1's own labels: they are not given without one of the next hop.
    """
    lab = load_text(
        FAST.replace("hello_interval: 1", "hello_interval: 1, sync: false, control: ordered", 1)
        + VPN.replace("rd: 65000:1", "rd: auto").replace(
            "  ce1:", "  pe3: {role: pe}\n  p1: {role: p}\n  p2: {role: p}\n  ce1:"
        )
        + """\
links:
  - {ends: [pe1, p1]}
  - {ends: [p1, p2]}
  - {ends: {p2: {}, pe2: {ldp: false}}}
  - {ends: [p1, pe3], cost: 100}
  - {ends: [pe1, ce1], vpn: red}
  - {ends: [pe2, ce2], vpn: red}
  - {ends: {pe3: {}, ce2: {bgp: {local_pref: 200}}}, vpn: red}
  - {ends: [ce1, h1]}
  - {ends: [ce2, h2]}
expect:
  - {ping: {from: h1, to: h2}}
  - {path: {from: h1, to: h2, via: [ce1, pe1, p1, pe3, ce2], labels: shown}}
"""
    )
    world = SimWorld(lab.plan)
    assert failed(lab, world) == []
    assert lsps(world, "pe1") == {("10.255.0.2", False), ("10.255.0.3", True)}


def test_a_ce_may_be_a_switch(load_text: LoadText) -> None:
    """The hosts of a site are then on the PE's own link, which the PE tells of."""
    lab = load_text(
        FAST
        + """\
vpns: {red: {rd: 65000:1}}
routers: {pe1: {role: pe}, pe2: {role: pe}}
hosts: {h1: {}, h2: {}, h3: {}}
links:
  - {ends: [pe1, pe2]}
  - {name: site1, ends: [pe1, h1, h3], vpn: red}
  - {name: site2, ends: [pe2, h2], vpn: red}
expect:
  - {ping: {from: h1, to: h2}}
  - {ping: {from: h2, to: h3}}
"""
    )
    assert failed(lab) == []


def test_a_spoke_that_is_not_preferred_is_still_reached(load_text: LoadText) -> None:
    """The hub tells the spoke's PE its own site's route anew, with the usual local preference."""
    text = (LABS / "hub-and-spoke.yaml").read_text()
    spoke = "{ends: {pe2: {bgp: {local_pref: 50}}, ce2: {}}, vpn: branches}"
    changed = text.replace("{ends: [pe2, ce2], vpn: branches}", spoke)
    assert changed != text
    assert failed(load_text(changed)) == []


def test_labels_are_asked_for_wherever_the_core_is_crossed() -> None:
    layout = load(LABS / "hub-and-spoke.yaml").layout
    spec = PathSpec.model_validate({"from": "h2", "to": "h3", "via": "p1"})
    via = ["ce2", "pe2", "p1", "pe1", "hub-ce", "pe1", "p1", "pe3", "ce3"]
    assert switching(layout, spec, via) == ["p1", "p1"]
