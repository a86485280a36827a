"""CEs that FRR runs: what bgpd and pimd are told, what their answers say, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from controlplane.cli.pim_nouns import PIM_NOUNS
from controlplane.lab.load import Lab
from controlplane.lab.testbed.frr.bgpd import bgpd_configuration
from controlplane.lab.testbed.frr.multicast_rows import mroute_rows, neighbor_rows
from controlplane.lab.testbed.frr.pimd import pimd_configuration, runs_pimd
from controlplane.lab.testbed.frr.unicast_rows import peer_rows, route_rows
from controlplane.lab.testbed.frr.vtysh import documents
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


def test_pimd_is_told_of_its_links_and_of_rendezvous_points(
    load_text: LoadText, with_frr: str
) -> None:
    settings = "{pim: {dr_priority: 7}, igmp: {version: 2, last_member_query_interval: 0.2}}"
    lan = f"{{name: lan1, ends: {{ce1: {settings}, src: {{}}}}}}"
    text = with_frr.replace("{name: lan1, ends: [ce1, src]}", lan)
    text = text.replace("default_mdt: 232.10.0.1}", "default_mdt: 232.10.0.1, rp: ce2, spt: never}")
    lab = load_text(text + "timers: {pim: {hello_period: 5, join_prune_period: 20}}")
    assert list(pimd_configuration(lab.plan.routers["ce1"])) == [
        "interface lo",
        " ip pim",
        "interface eth1",
        " ip pim",
        " ip pim hello 5 17",
        " ip pim drpriority 1",
        "interface eth2",
        " ip pim",
        " ip pim hello 5 17",
        " ip pim drpriority 7",
        " ip igmp",
        " ip igmp version 2",
        " ip igmp query-interval 125",
        " ip igmp query-max-response-time 100",
        " ip igmp last-member-query-interval 2",
        "ip pim join-prune-interval 20",
        "ip pim rp 172.31.0.2 224.0.0.0/4",
        "ip pim spt-switchover infinity-and-beyond",
    ]


def test_pimd_does_not_run_where_there_is_nothing_for_it(
    load_text: LoadText, with_frr: str
) -> None:
    text = with_frr.replace(TO_CE1, "{ends: {pe1: {}, ce1: {pim: false}}, vpn: red}")
    off = "{pim: false, igmp: false}"
    text = text.replace("ends: [ce1, src]", f"ends: {{ce1: {off}, src: {{}}}}")
    config = load_text(text).plan.routers["ce1"]
    assert not runs_pimd(config)
    assert list(pimd_configuration(config)) == []


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
    assert list(peer_rows(answer)) == [
        {
            "vrf": "default",
            "neighbor": "172.16.0.5",
            "remote_as": 65000,
            "state": "Established",
        }
    ]
    assert list(peer_rows({})) == []


def test_its_pim_neighbours_look_like_ours() -> None:
    neighbor = {"upTime": "00:01:08", "holdTime": "00:00:12", "holdTimeMax": 17, "drPriority": 1}
    interfaces = {"eth1": {"pimDesignatedRouter": "172.16.0.5"}}
    assert list(neighbor_rows({"eth1": {"172.16.0.5": neighbor}, "eth2": {}}, interfaces)) == [
        {
            "vrf": "default",
            "interface": "eth1",
            "neighbor": "172.16.0.5",
            "uptime": 68,
            "expires": 12,
            "dr_priority": 1,
            "is_dr": True,
            "generation_id": None,
        }
    ]


def branch(source: str, interface: str, **why: bool) -> dict[str, Any]:
    return {"source": source, "group": "239.1.1.1", "outboundInterface": interface, **why}


MROUTES: dict[str, Any] = {
    "239.1.1.1": {
        "10.1.1.10": {
            "source": "10.1.1.10",
            "iif": "eth1",
            "upTime": "00:00:07",
            "flags": "SRT",
            "oil": {"eth2": branch("10.1.1.10", "eth2", protocolInherited=True)},
        },
        "*": {
            "source": "*",
            "iif": "lo",
            "upTime": "00:00:09",
            "flags": "SC",
            "oil": {
                "pimreg": branch("*", "pimreg", protocolIgmp=True),
                "eth1": branch("*", "eth1", protocolPim=True),
                "eth2": branch("*", "eth2", protocolIgmp=True),
            },
        },
    }
}
UPSTREAMS: dict[str, Any] = {
    "239.1.1.1": {
        "*": {
            "rpfAddress": "172.31.0.2",
            "joinState": "Joined",
            "regState": "RegNoInfo",
            "joinTimer": "00:00:51",
            "keepaliveTimer": "--:--:--",
        },
        "10.1.1.10": {
            "rpfAddress": "10.1.1.10",
            "joinState": "NotJoined",
            "regState": "RegPrune",
            "joinTimer": "--:--:--",
            "keepaliveTimer": "00:02:58",
        },
    }
}
RPF: dict[str, Any] = {
    "nexthopLookups": 14,
    "239.1.1.1": {
        "*": {"source": "*", "rpfAddress": "172.31.0.2"},
        "10.1.1.10": {"source": "10.1.1.10", "rpfAddress": "172.16.0.9"},
    },
}
JOINS: dict[str, Any] = {
    "eth1": {
        "name": "eth1",
        "239.1.1.1": {"*": {"channelJoinName": "JOIN", "expire": "03:21", "prune": "--:--"}},
    }
}
"""`expire` has minutes and seconds alone."""


def test_its_trees_look_like_ours() -> None:
    shared, source = mroute_rows(MROUTES, UPSTREAMS, RPF, JOINS)
    assert shared == {
        "vrf": "default",
        "source": "*",
        "group": "239.1.1.1",
        "uptime": 9,
        "flags": ["sparse", "connected"],
        "incoming": None,
        "rpf_neighbor": None,
        "rp": "172.31.0.2",
        "i_am_rp": True,
        "state": "J",
        "join_timer": 51,
        "keepalive": None,
        "register": "NI",
        "outgoing": [
            {
                "interface": "eth1",
                "why": ["join"],
                "state": "JOIN",
                "expires": 201,
                "prune_pending": None,
            },
            {
                "interface": "eth2",
                "why": ["local"],
                "state": None,
                "expires": None,
                "prune_pending": None,
            },
        ],
        "accepted": [],
        "rpt_pruned": [],
    }
    assert (source["source"], source["rp"], source["i_am_rp"]) == ("10.1.1.10", None, False)
    assert (source["incoming"], source["state"], source["register"]) == ("eth1", "NJ", "P")
    assert source["rpf_neighbor"] == "172.16.0.9"
    assert source["flags"] == ["sparse", "RPT pruned", "SPT"]
    assert [(one["interface"], one["why"]) for one in source["outgoing"]] == [
        ("eth2", ["inherited"])
    ]


@pytest.mark.parametrize("rpf_address", ["0.0.0.0", "10.1.1.10"])
def test_on_the_link_of_a_source_a_tree_has_no_rpf_neighbour(rpf_address: str) -> None:
    rpf = {"239.1.1.1": {"10.1.1.10": {"source": "10.1.1.10", "rpfAddress": rpf_address}}}
    *_, source = mroute_rows(MROUTES, UPSTREAMS, rpf, JOINS)
    assert source["rpf_neighbor"] is None


def test_its_trees_can_be_printed() -> None:
    lines = list(PIM_NOUNS["mroute"](list(mroute_rows(MROUTES, UPSTREAMS, RPF, JOINS))))
    assert "(*, 239.1.1.1), 00:00:09, RP 172.31.0.2 (this router), joined, flags SC" in lines
    assert "    eth1, join, expires 00:03:21" in lines


def test_before_it_answers_it_has_no_trees() -> None:
    assert list(mroute_rows({}, {}, {}, {})) == []


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('{\n  "a":1\n}\n\n{\n}\n', [{"a": 1}, {}]),
        ("Exiting: failed to connect to any daemons.\n", []),
        ('{"a": 1}\npimd is not running\n{}', [{"a": 1}]),
        ('{"a": ', []),
        ("", []),
    ],
)
def test_answers_to_several_questions_stand_one_after_the_other(
    said: str, found: list[dict[str, Any]]
) -> None:
    assert list(documents(said)) == found


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
        (
            TO_CE1,
            "{ends: {pe1: {}, ce1: {pim: {override_interval: 0.4}}}, vpn: red}",
            "links[2].ends.ce1.pim.override_interval: ce1 is run by FRR, which is not told of this",
        ),
        (
            "ends: [ce1, src]",
            "ends: {ce1: {igmp: {robustness: 3}}, src: {}}",
            "links[4].ends.ce1.igmp.robustness: ce1 is run by FRR, which is not told of this",
        ),
        (
            "default_mdt: 232.10.0.1}",
            "default_mdt: 232.10.0.1, rp: {address: 10.9.9.9, bidirectional: true}}",
            "vpns.red.rp[0].bidirectional: ce1 is run by FRR, which has no bidirectional trees",
        ),
        (
            "default_mdt: 232.10.0.1}",
            "default_mdt: 232.10.0.1, rp: {address: 10.9.9.9, override: true}}",
            "vpns.red.rp[0].override: ce1 is run by FRR, which has no such order of preference",
        ),
        (
            "default_mdt: 232.10.0.1}",
            "default_mdt: 232.10.0.1, rp: 10.9.9.9, spt: {threshold: 10}}",
            "vpns.red.spt: ce1 is run by FRR, which knows no threshold",
        ),
        (
            "default_mdt: 232.10.0.1}",
            "default_mdt: 232.10.0.1, bsr_candidate: pe1, rp_candidate: ce1}",
            "vpns.red.rp_candidate[0]: ce1 is run by FRR, which is not told of this",
        ),
        (
            "default_mdt: 232.10.0.1}",
            "default_mdt: 232.10.0.1, bsr_candidate: ce1}",
            "vpns.red.bsr_candidate[0]: ce1 is run by FRR, which is not told of this",
        ),
        (
            "default_mdt: 232.10.0.1}",
            "default_mdt: 232.10.0.1, state_limit: 5}",
            "vpns.red.state_limit: ce1 is run by FRR, which is not told of this",
        ),
    ],
)
def test_what_frr_is_not_told_of_is_refused(
    load_text: LoadText, with_frr: str, old: str, new: str, expected: str
) -> None:
    assert old in with_frr
    assert mistakes(load_text, with_frr.replace(old, new)) == [expected]
