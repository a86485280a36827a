"""Tables of `show`, from rows as routers give them."""

from __future__ import annotations

import pytest

from controlplane.cli.nouns import NOUNS, as_text
from controlplane.cli.tables import duration
from controlplane.router import show
from tests.cli.expect import expect

MROUTE = {
    "vrf": "red",
    "source": "10.1.1.10",
    "group": "232.1.1.1",
    "state": "J",
    "uptime": 83.2,
    "incoming": "eth3",
    "rpf_neighbor": "172.16.0.6",
    "join_timer": 20.0,
    "outgoing": [
        {
            "interface": "mdt-red",
            "why": ["join"],
            "state": "J",
            "expires": 192.4,
            "prune_pending": None,
        },
        {
            "interface": "eth4",
            "why": ["join", "local"],
            "state": "PP",
            "expires": 100.0,
            "prune_pending": 0.31,
        },
    ],
}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "never"),
        (0.9, "00:00:00"),
        (83.2, "00:01:23"),
        (86_399, "23:59:59"),
        (93_600, "1d02h"),
        (604_800, "1w0d"),
    ],
)
def test_durations_are_those_of_ios(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_the_nouns_are_what_routers_show() -> None:
    assert NOUNS.keys() == set(show.NOUNS)


@pytest.mark.parametrize("noun", NOUNS)
def test_no_rows_are_said_to_be_none(noun: str) -> None:
    assert as_text(noun, []) == "nothing to show"


def test_mroute_is_a_paragraph_for_each_tree() -> None:
    bare = MROUTE | {"vrf": "blue", "state": "NJ", "incoming": None, "rpf_neighbor": None}
    expect(
        "mroute",
        [MROUTE, bare | {"outgoing": [], "packets": 12_000, "octets": 1_200_000}],
        """
        VRF red
        (10.1.1.10, 232.1.1.1), 00:01:23, joined
          Incoming interface: eth3, RPF nbr 172.16.0.6
          Outgoing interface list:
            mdt-red, join, expires 00:03:12
            eth4, join, local, prune pending 0.3 s

        VRF blue
        (10.1.1.10, 232.1.1.1), 00:01:23, not joined, 12,000 packets, 1,200,000 octets
          Incoming interface: none, RPF nbr none
          Outgoing interface list: none
        """,
    )


def test_pim_neighbors_are_a_table() -> None:
    neighbor = {
        "vrf": "red",
        "interface": "mdt-red",
        "neighbor": "192.0.2.3",
        "uptime": 19.0,
        "expires": 5.1,
        "dr_priority": 1,
        "is_dr": True,
        "generation_id": 0xDB0C,
    }
    other = neighbor | {
        "interface": "eth3",
        "neighbor": "172.16.0.10",
        "dr_priority": None,
        "is_dr": False,
        "expires": None,
        "generation_id": None,
    }
    expect(
        "pim neighbor",
        [neighbor, other],
        """
        VRF red
        Neighbor     Interface  Uptime    Expires   DR prio  GenID
        192.0.2.3    mdt-red    00:00:19  00:00:05  1 DR     0000db0c
        172.16.0.10  eth3       00:00:19  never     -        -
        """,
    )


def test_routes_are_a_table_with_codes() -> None:
    hop = {"interface": None, "via": None}
    route = {"vrf": "red", "preference": 200, "metric": 40}
    expect(
        "route",
        [
            route
            | {"prefix": "10.1.1.0/24", "protocol": "ibgp", "type": "vpn"}
            | {"next_hops": [hop | {"type": "vpn", "via": "192.0.2.1", "rd": "65000:1"}]},
            route
            | {"prefix": "10.2.0.0/16", "protocol": "computed", "type": "gateway"}
            | {"preference": 115}
            | {
                "next_hops": [
                    {"type": "gateway", "via": "10.0.0.2", "interface": "eth1"},
                    {"type": "gateway", "via": "10.0.4.2", "interface": "eth2"},
                ]
            },
            route
            | {"prefix": "10.3.0.1/32", "protocol": "connected", "type": "local"}
            | {"next_hops": [hop | {"type": "local", "interface": "eth2"}]}
            | {"preference": 0, "metric": 0},
            route
            | {"prefix": "10.4.0.0/16", "protocol": "static", "type": "blackhole"}
            | {"preference": 1, "metric": 0, "next_hops": [hop | {"type": "blackhole"}]},
        ],
        """
        VRF red
        Codes: C connected, L local, S static, O OSPF, I computed (stands in for an IGP), B BGP
           Prefix       Pref/Metric  Next hop
        B  10.1.1.0/24  [200/40]     via PE 192.0.2.1, RD 65000:1
        I  10.2.0.0/16  [115/40]     via 10.0.0.2, eth1; via 10.0.4.2, eth2
        L  10.3.0.1/32  [0/0]        directly connected, eth2
        S  10.4.0.0/16  [1/0]        discarded
        """,
    )


def test_forwarding_has_a_table_of_each_kind() -> None:
    expect(
        "forwarding",
        [
            {"vrf": "default", "table": "interface", "interface": "eth1", "index": 2}
            | {"port": 1, "vlan": 0, "mac": "02:00:00:01:00:01", "packets_in": 5, "packets_out": 6},
            {"vrf": "default", "table": "unicast", "prefix": "10.0.0.0/30", "action": "glean"},
            {"vrf": "default", "table": "label", "label": 16, "action": "forward"}
            | {
                "next_hops": [
                    {"interface": "eth1", "label": 17},
                    {"interface": "eth2", "label": "pop"},
                ],
                "packets": 12,
                "octets": 1800,
            },
            {"vrf": "default", "table": "multicast", "source": "192.0.2.1", "group": "232.10.0.1"}
            | {"incoming": "eth1", "tail": "mdt-red from 192.0.2.1"}
            | {"copies": [{"interface": "eth2", "port": 2, "vlan": 7, "rewrite": "in place"}]},
            {"vrf": "default", "table": "punt", "reason": "arp", "packets": 3, "policed": 0},
            {"vrf": "default", "table": "drop", "reason": "no route", "packets": 1},
        ],
        """
        VRF default
        Interface table
          Interface  Index  Port  VLAN  MAC                In  Out
          eth1       2      1     -     02:00:00:01:00:01  5   6
        Unicast table
          Prefix       Action  Next hops
          10.0.0.0/30  glean   -
        Label table
          Label  Outgoing                 Packets  Octets
          16     17 to eth1, pop to eth2  12       1800
        Multicast table
          (192.0.2.1, 232.10.0.1) from eth1, inner packets as from mdt-red from 192.0.2.1
            eth2 (port 2.7): in place
        Punt table
          Reason  Packets  Policed
          arp     3        0
        Drop table
          Reason    Packets
          no route  1
        """,
    )


def test_rows_of_one_vrf_stand_together() -> None:
    drop = {"table": "drop", "reason": "no route", "packets": 1}
    rows = [{"vrf": vrf, **drop} for vrf in ("default", "red", "default")]
    assert as_text("forwarding", rows).count("VRF default") == 1


def test_an_mvpn_is_its_tunnels() -> None:
    pe = {"pe": "192.0.2.2", "group": "232.10.0.1", "index": 1025, "incoming": "eth2"}
    expect(
        "mvpn tunnel",
        [
            {"vrf": "red", "profile": "pim-gre-ssm", "number": 0, "pmsi": "mdt-red"}
            | {"root": "192.0.2.1", "group": "232.10.0.1", "branches": ["eth1"]}
            | {"pes": [pe | {"rpf_neighbor": "10.0.0.2", "pim_neighbor": True}]}
        ],
        """
        VRF red
        Profile pim-gre-ssm (0), PMSI mdt-red
          Own tunnel (192.0.2.1, 232.10.0.1) to eth1
          PE         MDT group   Incoming  RPF nbr   PIM nbr
          192.0.2.2  232.10.0.1  eth2      10.0.0.2  up
        """,
    )


def test_igmp_groups_name_their_sources() -> None:
    expect(
        "igmp groups",
        [
            {"vrf": "default", "interface": "eth2", "group": "232.1.1.1", "mode": "INCLUDE"}
            | {"version": 3, "uptime": 5.0, "expires": 260.0, "last_reporter": "10.1.2.11"}
            | {"sources": [{"source": "10.1.1.10", "expires": 255.0}]}
        ],
        """
        VRF default
        Group      Interface  Mode     Ver  Uptime    Expires   Last reporter  Sources
        232.1.1.1  eth2       INCLUDE  3    00:00:05  00:04:20  10.1.2.11      10.1.1.10
        """,
    )


def test_pim_interfaces_show_their_delays() -> None:
    expect(
        "pim interface",
        [
            {"vrf": "red", "interface": "eth3", "address": "172.16.0.5", "neighbors": 1}
            | {"dr": "172.16.0.6", "dr_priority": 1, "hello_period": 2.0, "next_hello": 0.44}
            | {"propagation_delay": 0.05, "override_interval": 0.25}
        ],
        """
        VRF red
        Interface  Address     Nbr count  DR          DR prio  Hello  Next hello  Override
        eth3       172.16.0.5  1          172.16.0.6  1        2 s    0.4 s       0.3 s
        """,
    )


def test_counters_name_what_counted() -> None:
    expect(
        "counters",
        [{"vrf": "red", "where": "pim", "counter": "drop: malformed: PIM version N", "value": 7}],
        """
        VRF red
        Where  Counter                         Value
        pim    drop: malformed: PIM version N  7
        """,
    )


def test_logs_say_how_long_ago_it_was() -> None:
    told = {"vrf": "default", "age": 83.2, "text": "session with 192.0.2.1 up on eth1"}
    expect(
        "bfd log",
        [told, told | {"age": 1.5, "text": "session with 192.0.2.1 down on eth1: silence"}],
        """
        VRF default
        Ago       Told
        00:01:23  session with 192.0.2.1 up on eth1
        00:00:01  session with 192.0.2.1 down on eth1: silence
        """,
    )


def test_arp_is_a_table() -> None:
    known = {"vrf": "default", "interface": "eth1", "address": "10.0.0.2", "state": "reachable"}
    asked = known | {"address": "10.0.0.3", "mac": None, "state": "incomplete", "expires": 0.7}
    expect(
        "arp",
        [known | {"mac": "02:00:00:00:00:02", "age": 61.0, "expires": 3.2}, asked | {"age": 0.3}],
        """
        VRF default
        Address   Interface  MAC                State       Age       Expires
        10.0.0.2  eth1       02:00:00:00:00:02  reachable   00:01:01  00:00:03
        10.0.0.3  eth1       -                  incomplete  00:00:00  00:00:00
        """,
    )
