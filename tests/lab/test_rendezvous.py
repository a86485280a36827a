"""Rendezvous points of a lab file: what routers are told of them, and mistakes."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.lab.load import Lab
from controlplane.protocols.pim.config import ALL_GROUPS, PimConfig, SptPolicy, StaticRp
from tests.lab.mistakes import mistakes

LoadText = Callable[[str], Lab]

VPN = "default_mdt: 232.10.0.1"


def of_vpn(small: str, settings: str) -> str:
    return small.replace(VPN, f"{VPN}, {settings}")


def of_provider(small: str, settings: str) -> str:
    return f"provider: {{{settings}}}\n{small}"


def told(lab: Lab, router: str, vrf: str | None = None) -> PimConfig:
    config = lab.plan.routers[router]
    return next(one.pim for one in config.vrfs if one.name == vrf) if vrf else config.pim


def test_a_vpn_has_one_rp_for_its_ces_and_the_vrfs_of_its_pes(
    load_text: LoadText, small: str
) -> None:
    lab = load_text(of_vpn(small, "rp: ce1, spt: never"))
    rp = StaticRp(address=lab.plan.routers["ce1"].router_id)
    wanted = PimConfig(rps=(rp,), spt=SptPolicy.NEVER)
    assert told(lab, "ce1") == told(lab, "ce2") == wanted
    assert told(lab, "pe1", "red") == told(lab, "pe2", "red") == wanted
    assert told(lab, "pe1") == told(lab, "p1") == PimConfig()


def test_the_provider_has_rps_of_its_own(load_text: LoadText, small: str) -> None:
    lab = load_text(
        of_provider(small, "rp: [{address: p1, groups: 239.1.0.0/16, bidirectional: true}]")
    )
    rp = StaticRp(
        address=lab.plan.routers["p1"].router_id,
        groups=IPv4Network("239.1.0.0/16"),
        bidirectional=True,
    )
    assert told(lab, "p1").rps == told(lab, "pe2").rps == (rp,)
    assert told(lab, "pe1", "red") == told(lab, "ce1") == PimConfig()


def test_a_pe_is_an_rp_of_a_vpn_by_its_address_there(load_text: LoadText, small: str) -> None:
    lab = load_text(of_vpn(small, "rp: pe1"))
    (address,) = (
        item.interface.address.ip
        for item in lab.plan.routers["pe1"].interfaces
        if item.interface.vrf == "red"
    )
    assert told(lab, "ce2").rps == (StaticRp(address=address),)


def test_an_address_needs_no_router(load_text: LoadText, small: str) -> None:
    lab = load_text(of_vpn(small, "rp: {address: 10.9.9.9, bidirectional: true}"))
    (rp,) = told(lab, "pe1", "red").rps
    assert (rp.address, rp.groups) == (IPv4Address("10.9.9.9"), ALL_GROUPS)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("rp: ce9", "vpns.red.rp[0].address: no router is called ce9; is it ce2?"),
        ("rp: p1", "vpns.red.rp[0].address: p1 is not a router in red"),
        (
            "rp: [{address: ce1, groups: 10.0.0.0/8}]",
            "vpns.red.rp[0].groups: 10.0.0.0/8 is not a range of multicast groups",
        ),
        (
            "rp: {address: ce1, groups: 232.1.0.0/16}",
            "vpns.red.rp[0].groups: 232.1.0.0/16 is source-specific (RFC 4607), and needs no"
            " rendezvous point",
        ),
        (
            "rp: [ce1, ce2]",
            "vpns.red.rp[1].groups: the group range 224.0.0.0/4 is that of vpns.red.rp[0].groups",
        ),
        ("spt: now", "vpns.red.spt: now should be 'immediate' or 'never'"),
    ],
)
def test_a_mistake_is_reported(
    load_text: LoadText, small: str, settings: str, expected: str
) -> None:
    assert mistakes(load_text, of_vpn(small, settings)) == [expected]


def test_a_customers_router_is_no_rp_of_the_provider(load_text: LoadText, small: str) -> None:
    text = of_provider(small, "rp: ce1")
    expected = "provider.rp[0].address: ce1 is not a router of the provider's"
    assert mistakes(load_text, text) == [expected]


@pytest.mark.parametrize(
    ("group", "provider", "expected"),
    [
        (
            "232.10.0.1",
            "rp: p1",
            "232.10.0.1 is source-specific (RFC 4607), and PEs are to share its tree",
        ),
        (
            "239.10.0.1",
            "rp: [{address: p1, groups: 239.11.0.0/16}]",
            "239.10.0.1 has no rendezvous point of the provider's (`provider.rp`)",
        ),
        (
            "239.10.0.1",
            "rp: {address: p1, bidirectional: true}",
            "239.10.0.1 is bidirectional by the provider's rendezvous point p1",
        ),
        (
            "{pe1: 239.10.0.1, pe2: 239.10.0.2}",
            "rp: p1",
            "PEs share one tree and need one group",
        ),
    ],
)
def test_a_shared_p_tunnel_needs_one_group_with_a_rendezvous_point(
    load_text: LoadText, small: str, group: str, provider: str, expected: str
) -> None:
    text = small.replace(
        "profile: 0, default_mdt: 232.10.0.1", f"profile: pim-gre-sm, default_mdt: {group}"
    )
    assert mistakes(load_text, of_provider(text, provider)) == [
        f"vpns.red.default_mdt: {expected} (profile pim-gre-sm)"
    ]
