"""Tables of `show` for PIM, from rows as routers give them."""

from __future__ import annotations

from typing import Any

from controlplane.cli.nouns import as_text
from tests.cli.expect import expect

LEGEND = (
    "Flags: S sparse, B bidirectional, s SSM, C connected, P pruned, R RPT pruned, F register, "
    "T SPT, J join SPT, Z multicast tunnel, Y data MDT joined, y data MDT sent"
)
MROUTE = {
    "vrf": "red",
    "source": "10.1.1.10",
    "group": "232.1.1.1",
    "rp": None,
    "i_am_rp": False,
    "state": "J",
    "uptime": 83.2,
    "incoming": "eth3",
    "rpf_neighbor": "172.16.0.6",
    "join_timer": 20.0,
    "flags": ["SSM", "connected", "SPT"],
    "keepalive": None,
    "register": "NI",
    "accepted": [],
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
    "rpt_pruned": [],
}


def test_mroute_is_a_paragraph_for_each_tree() -> None:
    bare = MROUTE | {"vrf": "blue", "state": "NJ", "incoming": None, "rpf_neighbor": None}
    bare |= {"outgoing": [], "flags": ["SSM", "pruned", "SPT"]}
    expect(
        "mroute",
        [MROUTE, bare | {"packets": 12_000, "octets": 1_200_000}],
        f"""
        VRF red
        {LEGEND}
        Timers: uptime, or uptime/keepalive
        (10.1.1.10, 232.1.1.1), 00:01:23, joined, flags sCT
          Incoming interface: eth3, RPF nbr 172.16.0.6
          Outgoing interface list:
            mdt-red, join, expires 00:03:12
            eth4, join, local, prune pending 0.3 s

        VRF blue
        {LEGEND}
        Timers: uptime, or uptime/keepalive
        (10.1.1.10, 232.1.1.1), 00:01:23, not joined, flags sPT, 12,000 packets, 1,200,000 octets
          Incoming interface: none, RPF nbr none
          Outgoing interface list: none
        """,
    )


def paragraphs(*rows: dict[str, Any]) -> list[str]:
    """What stands under the legend."""
    return as_text("mroute", rows).splitlines()[3:]


def test_a_shared_tree_names_its_rp_and_a_source_that_lives_how_long_it_will() -> None:
    any_source = MROUTE | {"source": "*", "rp": "192.0.2.9", "i_am_rp": True, "incoming": None}
    source = MROUTE | {"register": "J", "keepalive": 190.0, "rpf_neighbor": None, "outgoing": []}
    pruned = {"interface": "eth5", "state": "P", "expires": 100.0, "prune_pending": None}
    assert paragraphs(
        any_source | {"rpf_neighbor": None, "flags": ["sparse"], "outgoing": []},
        source | {"flags": ["sparse", "pruned", "RPT pruned", "register", "SPT"]},
        source | {"register": "P", "flags": ["sparse", "join SPT"], "rpt_pruned": [pruned]},
    ) == [
        "(*, 232.1.1.1), 00:01:23, RP 192.0.2.9 (this router), joined, flags S",
        "  Incoming interface: none, RPF nbr none",
        "  Outgoing interface list: none",
        "(10.1.1.10, 232.1.1.1), 00:01:23/00:03:10, joined, flags SPRFT",
        "  Incoming interface: eth3, RPF nbr none, registering",
        "  Outgoing interface list: none",
        "(10.1.1.10, 232.1.1.1), 00:01:23/00:03:10, joined, flags SJ",
        "  Incoming interface: eth3, RPF nbr none",
        "  Outgoing interface list: none",
        "  Pruned off the RP tree: eth5, expires 00:01:40",
    ]


def test_a_bidirectional_tree_has_an_upstream_and_a_list_of_incoming_interfaces() -> None:
    tree = MROUTE | {"source": "*", "rp": "192.0.2.9", "flags": ["bidirectional"]}
    up = {"interface": "eth3", "why": ["upstream"], "expires": None, "prune_pending": None}
    assert paragraphs(tree | {"accepted": ["eth3", "eth4"], "outgoing": [up]}) == [
        "(*, 232.1.1.1), 00:01:23, RP 192.0.2.9, joined, flags B",
        "  Bidir-upstream: eth3, RPF nbr 172.16.0.6",
        "  Incoming interface list: eth3, eth4",
        "  Outgoing interface list:",
        "    eth3, upstream, expires never",
    ]


def test_a_tree_over_the_pmsi_may_take_packets_of_every_pe() -> None:
    tree = MROUTE | {"incoming": "mdt-red", "accepted": ["mdt-red"]}
    assert paragraphs(tree)[1] == (
        "  Incoming interface: mdt-red, RPF nbr 172.16.0.6, packets of every PE"
    )


def test_a_tree_without_an_rp_says_so() -> None:
    tree = MROUTE | {"source": "*", "state": "NJ", "flags": ["sparse"], "outgoing": []}
    assert paragraphs(tree)[0] == "(*, 232.1.1.1), 00:01:23, RP none, not joined, flags S"


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


def test_rps_are_told_by_range_and_by_group() -> None:
    mapping = {"vrf": "red", "table": "mapping", "groups": "239.0.0.0/8", "mode": "sparse"}
    static = {"origin": "static", "override": True, "priority": None, "expires": None}
    learnt = {"origin": "bootstrap", "override": False, "priority": 192, "expires": 149.3}
    group = {"vrf": "red", "table": "group", "group": "239.1.1.1", "mode": "sparse"}
    expect(
        "pim rp",
        [
            mapping | static | {"rp": "192.0.2.9", "i_am_rp": True},
            mapping | learnt | {"rp": "192.0.2.10", "i_am_rp": False},
            group
            | {"rp": "192.0.2.9", "i_am_rp": True, "groups": "239.0.0.0/8"}
            | {"reason": "static, and told to override"},
        ],
        """
        VRF red
        Ranges and their RPs
          Groups       RP                       Mode    Told by            Priority  Expires
          239.0.0.0/8  192.0.2.9 (this router)  sparse  static, overrides  -         never
          239.0.0.0/8  192.0.2.10               sparse  bootstrap          192       00:02:29
        Groups and their RPs
          Group      RP                       Mode    By range     Chosen by
          239.1.1.1  192.0.2.9 (this router)  sparse  239.0.0.0/8  static, and told to override
        """,
    )


BSR = {
    "vrf": "red",
    "state": "elected BSR",
    "address": "192.0.2.9",
    "priority": 64,
    "uptime": 83.0,
    "hash_mask_length": 30,
    "timer": 59.0,
    "advertises": None,
    "i_am_bsr": True,
    "candidate_rps": [],
}


def test_the_bsr_lists_the_rps_that_offer_themselves() -> None:
    candidate = {"groups": "224.0.0.0/4", "rp": "192.0.2.10", "mode": "sparse"}
    expect(
        "pim bsr",
        [BSR | {"candidate_rps": [candidate | {"priority": 192, "expires": 149.0}]}],
        """
        VRF red
        BSR 192.0.2.9 (this router), priority 64, hash mask 30, up 00:01:23; state: elected BSR
          Next message in 00:00:59
          Groups       Candidate RP  Mode    Priority  Expires
          224.0.0.0/4  192.0.2.10    sparse  192       00:02:29
        """,
    )


def test_others_wait_for_the_bsr_and_offer_themselves() -> None:
    expect(
        "pim bsr",
        [BSR | {"state": "accept preferred", "i_am_bsr": False, "advertises": 12.0}],
        """
        VRF red
        BSR 192.0.2.9, priority 64, hash mask 30, up 00:01:23; state: accept preferred
          Taken for lost in 00:00:59
          Next own C-RP advertisement in 00:00:12
        """,
    )


def test_there_may_be_no_bsr() -> None:
    nobody = {"address": None, "priority": None, "uptime": None, "hash_mask_length": None}
    expect(
        "pim bsr",
        [BSR | nobody | {"state": "accept any", "timer": None, "i_am_bsr": False}],
        """
        VRF red
        No BSR is known; state: accept any
        """,
    )


def test_asserts_name_the_winner_and_its_metric() -> None:
    shared: dict[str, Any] = {
        "vrf": "red",
        "interface": "eth1",
        "source": "*",
        "group": "239.1.1.1",
    }
    shared |= {"winner": "10.0.0.2", "preference": 110, "metric": 10, "expires": 176.0}
    expect(
        "pim assert",
        [
            shared | {"state": "W", "rpt": True},
            shared | {"source": "10.1.1.10", "state": "L", "rpt": False, "metric": 20},
        ],
        """
        VRF red
        Interface  Tree                    State   Winner    Pref/Metric  Forwards on  Expires
        eth1       (*, 239.1.1.1)          winner  10.0.0.2  110/10       RPT          00:02:56
        eth1       (10.1.1.10, 239.1.1.1)  loser   10.0.0.2  110/20       SPT          00:02:56
        """,
    )


def test_registers_are_sent_or_stopped_for_a_while() -> None:
    one = {"vrf": "red", "group": "239.1.1.1", "rp": "192.0.2.9"}
    expect(
        "pim register",
        [
            one | {"source": "10.1.1.10", "state": "J", "stopped": None},
            one | {"source": "10.1.1.11", "state": "P", "stopped": 55.0},
            one | {"source": "10.1.1.12", "state": "JP", "stopped": 4.0, "rp": None},
        ],
        """
        VRF red
        Source     Group      RP         State         Until
        10.1.1.10  239.1.1.1  192.0.2.9  registering   -
        10.1.1.11  239.1.1.1  192.0.2.9  stopped       00:00:55
        10.1.1.12  239.1.1.1  -          asking again  00:00:04
        """,
    )


def test_designated_forwarders_are_a_table() -> None:
    link = {"vrf": "red", "rpa": "192.0.2.9", "interface": "eth1"}
    nobody = {"df": None, "preference": None, "metric": None, "uptime": None}
    expect(
        "pim df",
        [
            link
            | {"state": "win", "df": "10.0.0.2", "preference": 110, "metric": 10}
            | {"uptime": 40.7},
            link | nobody | {"interface": "eth2", "state": "offer"},
        ],
        """
        VRF red
        Interface  RP         State  DF winner  Pref/Metric  Uptime
        eth1       192.0.2.9  win    10.0.0.2   110/10       00:00:40
        eth2       192.0.2.9  offer  -          -            -
        """,
    )
