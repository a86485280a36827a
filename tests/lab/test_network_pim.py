"""What routers of a network are told of PIM beside static RPs, and mistakes in it.

Static RPs have `test_rendezvous`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.lab.judge.adjacency import adjacencies
from controlplane.lab.load import Lab
from controlplane.protocols.pim.config import (
    AnycastRp,
    BootstrapTimes,
    CandidateBsr,
    CandidateRp,
    PimConfig,
    SptPolicy,
    SsmMapping,
    StaticRp,
)
from tests.lab.mistakes import mistakes
from tests.lab.test_rendezvous import of_provider, of_vpn, told

LoadText = Callable[[str], Lab]

EVERY_WORD = """
rp: [{address: 10.9.9.9, override: true}],
anycast_rp: {address: 10.9.9.9, members: [ce1, pe2]},
rp_candidate: [{router: ce1, groups: [239.1.0.0/16, 239.2.0.0/16], priority: 7}],
bsr_candidate: {router: ce1, priority: 9, hash_mask_length: 24, accept_rps: 172.31.0.0/16},
bootstrap: {period: 5, minimum_interval: 1, advertisement_period: 3, unicast: false},
spt: {threshold: 500},
ssm_mapping: {groups: 232.1.0.0/16, sources: src},
neighbor_filter: [10.0.0.0/8, 172.16.0.0/12],
accept_register: 10.0.0.0/8,
state_limit: 40
""".replace("\n", " ")


def loopback(lab: Lab, router: str) -> IPv4Address:
    return lab.plan.routers[router].router_id


def test_every_word_of_a_network_reaches_its_routers(load_text: LoadText, small: str) -> None:
    lab = load_text(of_vpn(small, EVERY_WORD))
    anycast, ce1 = IPv4Address("10.9.9.9"), loopback(lab, "ce1")
    config = told(lab, "ce1")
    (pe2,) = (
        item.interface.address.ip
        for item in lab.plan.routers["pe2"].interfaces
        if item.interface.vrf == "red" and item.interface.port is not None
    )
    groups = (IPv4Network("239.1.0.0/16"), IPv4Network("239.2.0.0/16"))
    assert config == PimConfig(
        rps=(StaticRp(address=anycast, override=True),),
        spt=SptPolicy.THRESHOLD,
        spt_threshold=500,
        anycast=(AnycastRp(address=anycast, members=frozenset({ce1, pe2})),),
        candidate_rps=(CandidateRp(address=ce1, groups=groups, priority=7),),
        candidate_bsr=CandidateBsr(
            address=ce1,
            priority=9,
            hash_mask_length=24,
            accepted_rps=(IPv4Network("172.31.0.0/16"),),
        ),
        bootstrap_times=BootstrapTimes(
            period=5, timeout=20, minimum_interval=1, advertisement_period=3
        ),
        unicast_bootstrap=False,
        ssm_mappings=(
            SsmMapping(
                groups=IPv4Network("232.1.0.0/16"),
                sources=frozenset({lab.plan.hosts["src"].address.ip}),
            ),
        ),
        accepted_neighbors=(IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12")),
        accepted_sources=(IPv4Network("10.0.0.0/8"),),
        state_limit=40,
    )


def test_all_but_candidacies_is_told_to_all_routers_alike(load_text: LoadText, small: str) -> None:
    lab = load_text(of_vpn(small, EVERY_WORD))
    candidate, other = told(lab, "ce1"), told(lab, "pe1", "red")
    differing = {
        field.name
        for field in fields(PimConfig)
        if getattr(candidate, field.name) != getattr(other, field.name)
    }
    assert differing == {"candidate_rps", "candidate_bsr"}
    assert (other.candidate_rps, other.candidate_bsr) == ((), None)
    assert told(lab, "pe1") == told(lab, "p1") == PimConfig()


def test_nothing_said_is_the_engines_default(load_text: LoadText, small: str) -> None:
    assert told(load_text(small), "ce1") == PimConfig()


def test_members_of_an_anycast_rp_have_its_address_on_a_loopback(
    load_text: LoadText, small: str
) -> None:
    lab = load_text(of_vpn(small, "anycast_rp: {address: 10.9.9.9, members: [ce1, pe2]}"))
    having = {
        (router, item.interface.vrf)
        for router, config in lab.plan.routers.items()
        for item in config.interfaces
        if item.interface.address.ip == IPv4Address("10.9.9.9")
    }
    assert having == {("ce1", "default"), ("pe2", "red")}


def test_routes_to_an_anycast_rp_are_expected_of_all_others(
    load_text: LoadText, small: str
) -> None:
    """The lab holds routers to them, from whichever member they come."""
    lab = load_text(of_vpn(small, "anycast_rp: {address: 10.9.9.9, members: [ce1, pe2]}"))
    reached, shared = lab.routes.reached(), IPv4Network("10.9.9.9/32")
    assert reached["pe1", "red"][shared] == {"pe1", "pe2"}
    assert shared in reached["ce2", "default"]
    core = "anycast_rp: {address: 192.0.2.200, members: [p1, pe2]}"
    routes = load_text(of_provider(small, core)).routes.routes()["pe1", "default"]
    assert IPv4Network("192.0.2.200/32") in {route.prefix for route in routes}


def test_a_candidate_on_a_pe_has_its_address_in_the_vpn(load_text: LoadText, small: str) -> None:
    lab = load_text(of_vpn(small, "rp_candidate: pe1, bsr_candidate: pe1"))
    config = told(lab, "pe1", "red")
    addresses = {
        item.interface.address.ip
        for item in lab.plan.routers["pe1"].interfaces
        if item.interface.vrf == "red"
    }
    assert config.candidate_bsr is not None
    assert {config.candidate_bsr.address, config.candidate_rps[0].address} == addresses


def test_a_border_is_one_of_the_router_at_that_end(load_text: LoadText, small: str) -> None:
    border = "ends: {pe1: {pim: {bsr_border: true}}, ce1: {}}"
    lab = load_text(small.replace("ends: [pe1, ce1]", border))
    (name,) = (
        item.interface.name
        for item in lab.plan.routers["pe1"].interfaces
        if item.interface.vrf == "red"
    )
    assert told(lab, "pe1", "red") == PimConfig(bsr_borders=frozenset({name}))
    assert told(lab, "pe1") == told(lab, "ce1") == PimConfig()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            "spt: {threshold: fast}",
            "vpns.red.spt.threshold: fast should be a valid integer",
        ),
        (
            "spt: {threshold: 0}",
            "vpns.red.spt.threshold: 0 should be greater than or equal to 1",
        ),
        (
            "rp_candidate: ce1",
            "vpns.red.rp_candidate: needs a `bsr_candidate`, for somebody has to tell the others"
            " (RFC 5059)",
        ),
        (
            "bsr_candidate: p1",
            "vpns.red.bsr_candidate[0].router: p1 is not a router in red",
        ),
        (
            "bsr_candidate: [ce1, ce1]",
            "vpns.red.bsr_candidate[1].router: the candidate ce1 is that of"
            " vpns.red.bsr_candidate[0].router",
        ),
        (
            "bsr_candidate: [{router: ce1, priority: 256}]",
            "vpns.red.bsr_candidate[0].priority: 256 should be less than or equal to 255",
        ),
        (
            "bsr_candidate: [{router: ce1, hash_mask_length: 33}]",
            "vpns.red.bsr_candidate[0].hash_mask_length: 33 should be less than or equal to 32",
        ),
        (
            "bsr_candidate: ce1, rp_candidate: ce9",
            "vpns.red.rp_candidate[0].router: no router is called ce9; is it ce2?",
        ),
        (
            "bsr_candidate: ce1, rp_candidate: [{router: ce1, groups: 232.0.0.0/9}]",
            "vpns.red.rp_candidate[0].groups: 232.0.0.0/9 is source-specific (RFC 4607), and needs"
            " no rendezvous point",
        ),
        (
            "bsr_candidate: ce1, rp_candidate: [ce2, ce2]",
            "vpns.red.rp_candidate[1].groups: the group range 224.0.0.0/4 is that of"
            " vpns.red.rp_candidate[0].groups",
        ),
        (
            "bootstrap: {period: 5, timeout: 5}",
            "vpns.red.bootstrap: `timeout` is longer than `period`",
        ),
        (
            "anycast_rp: {address: 10.9.9.9, members: [ce1, src]}",
            "vpns.red.anycast_rp[0].members: no router is called src",
        ),
        (
            "anycast_rp: {address: 172.31.0.1, members: [ce1, ce2]}",
            "vpns.red.anycast_rp[0].address: 172.31.0.1 is the loopback of ce1",
        ),
        (
            "anycast_rp: {address: 172.16.0.5, members: [ce1, ce2]}",
            "vpns.red.anycast_rp[0].address: 172.16.0.5 is in 172.16.0.4/30, the subnet of pe1-ce1",
        ),
        (
            "ssm_mapping: {groups: 239.1.0.0/16, sources: src}",
            "vpns.red.ssm_mapping[0].groups: 239.1.0.0/16 is not in 232.0.0.0/8: hosts there mean"
            " any source",
        ),
        (
            "ssm_mapping: {groups: 232.1.0.0/16, sources: nobody}",
            "vpns.red.ssm_mapping[0].sources: no host is called nobody",
        ),
        ("neighbor_filter: []", "vpns.red.neighbor_filter: needs 1 entries at least"),
        (
            "neighbor_filter: ce1",
            "vpns.red.neighbor_filter: ce1 is not an IPv4 prefix (ADDRESS/LENGTH, no host bits)",
        ),
        ("state_limit: 0", "vpns.red.state_limit: 0 should be greater than or equal to 1"),
    ],
)
def test_a_mistake_is_reported(
    load_text: LoadText, small: str, settings: str, expected: str
) -> None:
    assert mistakes(load_text, of_vpn(small, settings)) == [expected]


def shared_tunnel(small: str, provider: str) -> str:
    vpn = small.replace(
        "profile: 0, default_mdt: 232.10.0.1", "profile: pim-gre-sm, default_mdt: 239.10.0.1"
    )
    return of_provider(vpn, provider)


def test_a_shared_p_tunnel_may_have_an_rp_that_is_elected(load_text: LoadText, small: str) -> None:
    lab = load_text(shared_tunnel(small, "rp_candidate: p1, bsr_candidate: p1"))
    assert told(lab, "p1").candidate_rps == (CandidateRp(address=loopback(lab, "p1")),)


def test_an_elected_rp_of_a_shared_p_tunnel_is_of_its_mode(load_text: LoadText, small: str) -> None:
    candidate = "rp_candidate: {router: p1, bidirectional: true}, bsr_candidate: p1"
    assert mistakes(load_text, shared_tunnel(small, candidate)) == [
        "vpns.red.default_mdt: 239.10.0.1 is bidirectional by the provider's rendezvous point p1"
        " (profile pim-gre-sm)"
    ]


JOIN = "events:\n  - {at: 0, join: 232.1.1.1, hosts: rcv}\n"


def test_hosts_that_name_no_source_may_join_a_mapped_group(load_text: LoadText, small: str) -> None:
    mapped = of_vpn(small, "ssm_mapping: {groups: 232.1.1.0/24, sources: src}")
    assert load_text(mapped + JOIN).layout.file.events
    elsewhere = of_vpn(small, "ssm_mapping: {groups: 232.1.2.0/24, sources: src}")
    assert mistakes(load_text, elsewhere + JOIN) == [
        "events[0].join: 232.1.1.1 is source-specific (RFC 4607): it needs a `source`, or an"
        " `ssm_mapping`"
    ]


def test_neighbors_that_are_filtered_are_not_waited_for(load_text: LoadText, small: str) -> None:
    """CEs have PEs' loopbacks for no neighbours, but PEs each other's over the PMSI."""
    unfiltered = load_text(small)
    lab = load_text(of_vpn(small, "neighbor_filter: 172.16.0.0/12"))
    before, after = adjacencies(unfiltered.layout), adjacencies(lab.layout)
    assert {one.neighbor for one in before["pe1", "red"]} == {"ce1", "pe2"}
    assert {one.neighbor for one in after["pe1", "red"]} == {"ce1"}
    assert after["pe1", "default"] == before["pe1", "default"]
    assert after["ce1", "default"] == before["ce1", "default"]
