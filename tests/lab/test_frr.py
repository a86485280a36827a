"""CEs that FRR runs: what bgpd is told, what is read from its answers, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from controlplane.lab.load import Lab
from controlplane.lab.testbed.frr import bgpd_configuration, neighbor_rows, route_rows
from tests.lab.mistakes import mistakes

LoadText = Callable[[str], Lab]

TO_CE1 = "{ends: [pe1, ce1], vpn: red}"


@pytest.fixture
def with_frr(small: str) -> str:
    return small.replace("ce1: {role: ce}", "ce1: {role: ce, run: frr}")


def test_bgpd_is_told_of_its_sessions(load_text: LoadText, with_frr: str) -> None:
    settings = "{bgp: {allow_as_in: 2, hold: 9, connect_retry: 0.4, min_advertisement: 0.2}}"
    link = f"{{ends: {{pe1: {{}}, ce1: {settings}}}, vpn: red, bgp: {{key: abc, gtsm: true}}}}"
    lab = load_text(with_frr.replace(TO_CE1, link))
    assert lab.plan.frr == {"ce1"}
    assert list(bgpd_configuration(lab.plan.routers["ce1"])) == [
        "router bgp 64512",
        " bgp router-id 172.31.0.1",
        " no bgp ebgp-requires-policy",
        " neighbor 172.16.0.5 remote-as 65000",
        " neighbor 172.16.0.5 timers 3 9",
        " neighbor 172.16.0.5 timers connect 1",
        " neighbor 172.16.0.5 advertisement-interval 0",
        " neighbor 172.16.0.5 password abc",
        " neighbor 172.16.0.5 ttl-security hops 1",
        " address-family ipv4 unicast",
        "  redistribute connected",
        "  neighbor 172.16.0.5 allowas-in 2",
        " exit-address-family",
    ]


def test_neither_pim_nor_igmp_is_there(load_text: LoadText, with_frr: str) -> None:
    lab = load_text(with_frr)
    assert all(not item.pim and not item.igmp for item in lab.plan.routers["ce1"].interfaces)
    assert not lab.layout.runs_pim(lab.layout.ends["ce1"][0])
    assert lab.layout.runs_pim(lab.layout.ends["pe1"][1])


ROUTES: dict[str, Any] = {
    "10.1.2.0/24": [
        {
            "protocol": "bgp",
            "selected": True,
            "distance": 20,
            "metric": 0,
            "nexthops": [{"fib": True, "ip": "172.16.0.5", "interfaceName": "eth1"}],
        },
        {"protocol": "static", "distance": 30, "metric": 0, "nexthops": []},
    ],
    "172.16.0.4/30": [
        {
            "protocol": "connected",
            "selected": True,
            "distance": 0,
            "metric": 0,
            "nexthops": [{"fib": True, "directlyConnected": True, "interfaceName": "eth1"}],
        }
    ],
}


def test_its_routes_look_like_ours() -> None:
    assert list(route_rows(ROUTES)) == [
        {
            "vrf": "default",
            "prefix": "10.1.2.0/24",
            "protocol": "ebgp",
            "preference": 20,
            "metric": 0,
            "next_hops": [{"type": "gateway", "interface": "eth1", "via": "172.16.0.5"}],
        },
        {
            "vrf": "default",
            "prefix": "172.16.0.4/30",
            "protocol": "connected",
            "preference": 0,
            "metric": 0,
            "next_hops": [{"type": "attached", "interface": "eth1", "via": None}],
        },
    ]


def test_its_sessions_look_like_ours() -> None:
    answer = {"peers": {"172.16.0.5": {"remoteAs": 65000, "state": "Established", "inq": 0}}}
    assert list(neighbor_rows(answer)) == [
        {
            "vrf": "default",
            "neighbor": "172.16.0.5",
            "remote_as": 65000,
            "state": "Established",
        }
    ]
    assert list(neighbor_rows({})) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("p1: {role: p}", "p1: {role: p, run: frr}", "routers.p1.run: FRR runs CEs alone"),
        (
            "run: frr}",
            "run: frr, routes: [{to: 10.0.0.0/8, via: pe1}]}",
            "routers.ce1.routes: a CE that FRR runs takes none",
        ),
        (
            TO_CE1,
            "{ends: [pe1, ce1], vpn: red, routing: connected}",
            "links[2]: ce1 is run by FRR: it is a site by itself, and speaks BGP with PEs",
        ),
        (
            "vpns:",
            "  - {ends: [ce1, ce2]}\nvpns:",
            "links[6]: ce1 is run by FRR: it is a site by itself, and speaks BGP with PEs",
        ),
        (
            TO_CE1,
            "{ends: [pe1, ce1], vpn: red, vlan: 7}",
            "links[2].vlan: ce1 is run by FRR: no VLANs",
        ),
        (
            TO_CE1,
            "{ends: [pe1, ce1], vpn: red, bgp: {restart_time: 5}}",
            "links[2].bgp: ce1 is run by FRR: `key` and `gtsm` alone",
        ),
        (
            TO_CE1,
            "{ends: {pe1: {}, ce1: {bgp: {med: 5}}}, vpn: red}",
            "links[2].ends.ce1.bgp.med: ce1 is run by FRR, which is not told of this",
        ),
        (
            "vpns:",
            "events: [{at: 1, restart: ce1}]\nvpns:",
            "events[0].restart: ce1 is run by FRR",
        ),
    ],
)
def test_what_frr_is_not_told_of_is_refused(
    load_text: LoadText, with_frr: str, old: str, new: str, expected: str
) -> None:
    assert old in with_frr
    assert mistakes(load_text, with_frr.replace(old, new)) == [expected]
