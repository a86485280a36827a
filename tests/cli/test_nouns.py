"""Tables of `show`, from rows as routers give them."""

from __future__ import annotations

import pytest

from controlplane.cli.nouns import NOUNS, as_text
from controlplane.cli.tables import duration
from controlplane.router import show
from tests.cli.expect import expect


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


def test_routes_are_a_table_with_codes() -> None:
    hop = {"interface": None, "via": None}
    vpn = hop | {"type": "vpn", "via": "192.0.2.1", "rd": "65000:1"}
    route = {"vrf": "red", "preference": 200, "metric": 40}
    expect(
        "route",
        [
            route
            | {"prefix": "10.1.1.0/24", "protocol": "ibgp", "type": "vpn"}
            | {"next_hops": [vpn | {"lsp": True}]},
            route
            | {"prefix": "10.1.2.0/24", "protocol": "ibgp", "type": "vpn"}
            | {"next_hops": [vpn | {"lsp": False}]},
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
        B  10.1.2.0/24  [200/40]     via PE 192.0.2.1, RD 65000:1, no LSP
        I  10.2.0.0/16  [115/40]     via 10.0.0.2, eth1; via 10.0.4.2, eth2
        L  10.3.0.1/32  [0/0]        directly connected, eth2
        S  10.4.0.0/16  [1/0]        discarded
        """,
    )


def test_forwarding_has_a_table_of_each_kind() -> None:
    tree = {"vrf": "default", "table": "multicast", "data_mdt": None}
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
            tree
            | {"source": "192.0.2.1", "group": "232.10.0.1", "incoming": "eth1", "watched": False}
            | {"tail": "mdt-red from 192.0.2.1"}
            | {"copies": [{"interface": "eth2", "port": 2, "vlan": 7, "rewrite": "in place"}]},
            tree
            | {"source": "*", "group": "239.1.1.1", "incoming": "eth2", "watched": True}
            | {"tail": None, "copies": []},
            tree
            | {"source": "10.1.1.10", "group": "232.1.1.1", "watched": False, "tail": None}
            | {"incoming": "mdt-red from 192.0.2.1", "data_mdt": "232.10.1.0"}
            | {"copies": [{"interface": "eth3", "port": 3, "vlan": 0, "rewrite": "decapsulate"}]},
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
          (*, 239.1.1.1) from eth2, shown to PIM
          (10.1.1.10, 232.1.1.1) from mdt-red from 192.0.2.1 in data MDT 232.10.1.0
            eth3 (port 3): decapsulate
        Punt table
          Reason  Packets  Policed
          arp     3        0
        Drop table
          Reason    Packets
          no route  1
        """,
    )


def test_data_mdts_have_what_is_sent_and_what_is_received() -> None:
    flow = {"vrf": "red", "source": "10.1.1.10", "group": "232.1.1.1"}
    sent = flow | {"direction": "sent", "uptime": 3.2}
    expect(
        "mvpn data-mdt",
        [
            sent
            | {"mdt_group": "232.10.1.0", "state": "holding", "rate": 12, "flows_in_group": 2}
            | {"expires": 57.9, "next_join": 9.0},
            sent
            | {"mdt_group": None, "state": "inclusive", "rate": None, "flows_in_group": 0}
            | {"expires": None, "next_join": None},
            flow
            | {"direction": "received", "root": "192.0.2.2", "mdt_group": "232.10.1.1"}
            | {"joined": False, "uptime": 70.0, "expires": 100.0},
        ],
        """
        VRF red
        MDT-data sent
          (Source, Group)         MDT-data group  ref_count  State      For       Ends in   Next Join  Rate
          (10.1.1.10, 232.1.1.1)  232.10.1.0      2          holding    00:00:03  00:00:57  00:00:09   12 kbit/s
          (10.1.1.10, 232.1.1.1)  default MDT     -          inclusive  00:00:03  -         -          -
        MDT-data received
          MDT-data [group, source]  (Source, Group)         Joined          Uptime    Expires
          [232.10.1.1, 192.0.2.2]   (10.1.1.10, 232.1.1.1)  no, only known  00:01:10  00:01:40
        """,  # noqa: E501
    )


def test_rows_of_one_vrf_stand_together() -> None:
    drop = {"table": "drop", "reason": "no route", "packets": 1}
    rows = [{"vrf": vrf, **drop} for vrf in ("default", "red", "default")]
    assert as_text("forwarding", rows).count("VRF default") == 1


_PE = {"pe": "192.0.2.2", "index": 1025, "pim_neighbor": True}


def test_an_mvpn_is_its_tunnels() -> None:
    own = "(192.0.2.1, 232.10.0.1)"
    pe = _PE | {"tree": "(192.0.2.2, 232.10.0.1)", "incoming": "eth2", "rpf_neighbor": "10.0.0.2"}
    expect(
        "mvpn tunnel",
        [
            {"vrf": "red", "profile": "pim-gre-ssm", "number": 0, "pmsi": "mdt-red"}
            | {"root": "192.0.2.1", "group": "232.10.0.1", "tree": own, "branches": ["eth1"]}
            | {"registering": None, "pes": [pe | {"group": "232.10.0.1", "accepted": []}]}
        ],
        """
        VRF red
        Profile pim-gre-ssm (0), PMSI mdt-red
          Own tunnel (192.0.2.1, 232.10.0.1) from 192.0.2.1 to eth1
          PE         Tunnel                   Incoming  RPF nbr   PIM nbr
          192.0.2.2  (192.0.2.2, 232.10.0.1)  eth2      10.0.0.2  up
        """,
    )


def test_a_tunnel_that_all_pes_share_may_come_in_anywhere_or_go_to_the_rp_in_registers() -> None:
    shared = "(*, 239.10.0.1)"
    pe = _PE | {"tree": shared, "incoming": None, "rpf_neighbor": None, "pim_neighbor": False}
    expect(
        "mvpn tunnel",
        [
            {"vrf": "red", "profile": "pim-gre-sm", "number": None, "pmsi": "mdt-red"}
            | {"root": "192.0.2.1", "group": "239.10.0.1", "tree": shared, "branches": ["eth1"]}
            | {"registering": "192.0.2.9"}
            | {"pes": [pe | {"group": "239.10.0.1", "accepted": ["eth1", "eth2"]}]}
        ],
        """
        VRF red
        Profile pim-gre-sm, PMSI mdt-red
          Own tunnel (*, 239.10.0.1) from 192.0.2.1 to eth1, RP 192.0.2.9 in Registers
          PE         Tunnel           Incoming    RPF nbr  PIM nbr
          192.0.2.2  (*, 239.10.0.1)  eth1, eth2  -        down
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
