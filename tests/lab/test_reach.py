"""What BGP should bring to VRFs and CEs, as the lab works it out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from controlplane.lab.load import Lab, load
from controlplane.net.interface import DEFAULT_VRF

LoadText = Callable[[str], Lab]
LABS = Path(__file__).parents[2] / "mininet" / "labs"

LAN1, LAN2 = "10.0.1.0/24", "10.0.2.0/24"
"""The LANs of the small lab's sites: behind ce1 at pe1, and behind ce2 at pe2."""


def reached(lab: Lab, router: str, vrf: str = DEFAULT_VRF, *down: str) -> dict[str, frozenset[str]]:
    found = lab.routes.reached(frozenset(down))[router, vrf]
    return {str(prefix): by for prefix, by in found.items()}


def test_a_pe_knows_its_site_by_itself_and_others_by_their_pe(
    load_text: LoadText, small: str
) -> None:
    found = reached(load_text(small), "pe1", "red")
    assert found == {
        LAN1: {"pe1"},
        "172.31.0.1/32": {"pe1"},
        LAN2: {"pe2"},
        "172.31.0.2/32": {"pe2"},
        "172.16.0.8/30": {"pe2"},
    }


def test_a_ce_knows_what_is_behind_other_pes(load_text: LoadText, small: str) -> None:
    found = reached(load_text(small), "ce1")
    assert found.keys() == {LAN2, "172.31.0.2/32", "172.16.0.8/30"}


def test_the_core_carries_no_routes_of_customers(load_text: LoadText, small: str) -> None:
    assert reached(load_text(small), "p1") == reached(load_text(small), "pe1") == {}


@pytest.mark.parametrize("down", ["p1-pe2", "pe2-ce2", "lan2"])
def test_routes_go_with_whatever_link_they_need(load_text: LoadText, small: str, down: str) -> None:
    lab = load_text(small)
    assert LAN2 in reached(lab, "ce1")
    assert LAN2 not in reached(lab, "ce1", DEFAULT_VRF, down)


@pytest.mark.parametrize(
    ("at_pe", "at_ce", "met"),
    [("{}", "{}", False), ("{as_override: true}", "{}", True), ("{}", "{allow_as_in: 1}", True)],
)
def test_sites_of_one_as_meet_when_a_pe_overrides_it_or_a_ce_allows_it(
    load_text: LoadText, small: str, at_pe: str, at_ce: str, met: bool
) -> None:
    text = small.replace("{role: ce}", "{role: ce, asn: 65100}").replace(
        "{ends: [pe1, ce1], vpn: red}",
        f"{{ends: {{pe1: {{bgp: {at_pe}}}, ce1: {{bgp: {at_ce}}}}}, vpn: red}}",
    )
    lab = load_text(text)
    assert (LAN2 in reached(lab, "ce1")) == met
    assert LAN1 not in reached(lab, "ce2")
    assert LAN2 in reached(lab, "pe1", "red")


def test_a_site_of_origin_keeps_a_route_from_its_own_site(load_text: LoadText, small: str) -> None:
    marked = "{ends: {%s: {bgp: {soo: 65100:1}}, %s: {}}, vpn: red}"
    lab = load_text(
        small.replace("{ends: [pe1, ce1], vpn: red}", marked % ("pe1", "ce1")).replace(
            "{ends: [pe2, ce2], vpn: red}", marked % ("pe2", "ce2")
        )
    )
    assert LAN2 in reached(lab, "pe1", "red")
    assert LAN2 not in reached(lab, "ce1")


def test_a_route_through_a_policy_is_not_asked_for(load_text: LoadText, small: str) -> None:
    text = small.replace(
        "{ends: [pe1, ce1], vpn: red}",
        "{ends: {pe1: {bgp: {import: some}}, ce1: {}}, vpn: red}",
    )
    lab = load_text(text + "policies: {some: {otherwise: deny}}\n")
    assert reached(lab, "ce2").keys() == {"172.16.0.4/30"}
    assert LAN2 in reached(lab, "ce1")


def test_a_site_on_two_pes_may_be_reached_by_either(load_text: LoadText, small: str) -> None:
    text = small.replace(
        "  p1: {role: p}", "  p1: {role: p}\n  pe3: {role: pe}\n  ce3: {role: ce}"
    ).replace(
        "vpns:",
        "  - {ends: [p1, pe3]}\n  - {ends: [pe3, ce2], vpn: red}\n"
        "  - {ends: [pe3, ce3], vpn: red}\nvpns:",
    )
    lab = load_text(text)
    assert reached(lab, "pe1", "red")[LAN2] == {"pe2", "pe3"}
    assert reached(lab, "pe2", "red")[LAN2] == {"pe2", "pe3"}
    assert reached(lab, "pe1", "red", "pe2-ce2")[LAN2] == {"pe3"}


TWICE = """\
routers:
  pe1: {role: pe}
  pe2: {role: pe}
  pe3: {role: pe}
  p1: {role: p}
  ce1: {role: ce, asn: 65100}
  ce2: {role: ce, asn: 65100}
  ce3: {role: ce, asn: 65300, routes: [{to: 10.0.2.0/24, via: far}]}
  far: {role: ce, asn: 65300}
hosts: {rcv: {}}
links:
  - {ends: [pe1, p1]}
  - {ends: [pe2, p1]}
  - {ends: [pe3, p1]}
  - {ends: [pe1, ce1], vpn: red}
  - {ends: {pe2: {bgp: AT_PE2}, ce2: {}}, vpn: red}
  - {ends: {pe3: {bgp: AT_PE3}, ce3: {}}, vpn: red}
  - {name: lan2, ends: [ce2, rcv], subnet: 10.0.2.0/24}
  - {ends: [ce3, far]}
vpns:
  red: {rd: auto}
"""
"""LAN2 is at a site of AS 65100, as ce1 is, and at one of another AS."""


@pytest.mark.parametrize(
    ("at_pe2", "at_pe3", "met"),
    [
        ("{}", "{}", False),
        ("{local_pref: 200}", "{}", False),
        ("{local_pref: 200}", "{local_pref: 200}", False),
        ("{}", "{local_pref: 200}", True),
        ("{local_pref: 0}", "{}", True),
    ],
)
def test_what_a_site_has_may_hang_on_which_path_of_another_one_wins(
    load_text: LoadText, at_pe2: str, at_pe3: str, met: bool
) -> None:
    """pe1 may choose the path with the AS of ce1 in it, which ce1 does not take."""
    lab = load_text(TWICE.replace("AT_PE2", at_pe2).replace("AT_PE3", at_pe3))
    assert reached(lab, "pe1", "red")[LAN2] == {"pe2", "pe3"}
    assert (LAN2 in reached(lab, "ce1")) == met
    assert LAN2 in reached(lab, "ce1", DEFAULT_VRF, "lan2")


def test_pes_need_a_reflector_that_both_can_reach(load_text: LoadText, small: str) -> None:
    text = small.replace("  p1: {role: p}", "  p1: {role: p}\n  rr: {role: p}").replace(
        "vpns:", "  - {ends: [rr, p1]}\nvpns:"
    )
    lab = load_text("provider: {bgp: {reflectors: rr}}\n" + text)
    assert LAN2 in reached(lab, "ce1")
    assert LAN2 not in reached(lab, "ce1", DEFAULT_VRF, "rr-p1")


def test_vpns_meet_by_route_targets_on_one_pe_too() -> None:
    lab = load(LABS / "extranet.yaml")
    assert reached(lab, "pe1", "red")["10.9.9.0/24"] == {"pe1"}
    assert reached(lab, "pe2", "blue")["10.9.9.0/24"] == {"pe1"}
    assert "10.2.2.0/24" not in reached(lab, "pe2", "red")
    assert "10.2.2.0/24" in reached(lab, "srv-ce")


def test_spokes_reach_each_other_through_the_hubs_pe() -> None:
    lab = load(LABS / "hub-and-spoke.yaml")
    assert reached(lab, "pe2", "branches")["10.1.3.0/24"] == {"pe1"}
    assert reached(lab, "pe1", "distribute")["10.1.3.0/24"] == {"pe1"}
    assert reached(lab, "pe1", "collect")["10.1.3.0/24"] == {"pe3"}
    assert "10.1.3.0/24" not in reached(lab, "ce2", DEFAULT_VRF, "from-hub")


def test_ces_of_a_site_tell_each_other_what_is_behind_their_pes(
    load_text: LoadText, small: str
) -> None:
    """By iBGP, as long as the site's own routing joins them."""
    text = small.replace("  ce2: {role: ce}", "  ce2: {role: ce}\n  ce3: {role: ce}").replace(
        "vpns:", "  - {ends: [pe1, ce3], vpn: red}\n  - {ends: [ce1, ce3]}\nvpns:"
    )
    lab = load_text(text)
    assert LAN2 in reached(lab, "ce1", DEFAULT_VRF, "pe1-ce1")
    assert LAN2 not in reached(lab, "ce1", DEFAULT_VRF, "pe1-ce1", "ce1-ce3")


def test_a_backdoor_carries_routes_when_the_provider_does_not(
    load_text: LoadText, small: str
) -> None:
    backdoor = "  - {ends: [ce1, ce2], routing: bgp}\nvpns:"
    lab = load_text(small.replace("vpns:", backdoor))
    assert LAN2 in reached(lab, "ce1", DEFAULT_VRF, "pe1-p1")
    assert reached(lab, "pe1", "red", "pe2-ce2")[LAN2] == {"pe1"}
