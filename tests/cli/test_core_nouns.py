"""Tables of `show` for OSPF, LDP, MPLS and BFD, from rows as routers give them."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.cli.nouns import NOUNS
from tests.cli.expect import expect

VRF = {"vrf": "default"}
PEER = {"router": "192.0.2.3", "label_space": 0}
OTHER = {"router": "192.0.2.4", "label_space": 0}


def test_the_ospf_process_is_what_the_router_is_and_its_areas() -> None:
    backbone = {"area": "0.0.0.0", "kind": "normal", "interfaces": 2, "adjacencies": 1}
    stub = {"area": "0.0.0.1", "kind": "stub, no summaries", "interfaces": 1, "adjacencies": 0}
    expect(
        "ospf process",
        [
            {**VRF, "router_id": "192.0.2.2", "area_border": True, "as_boundary": True}
            | {"spf_runs": 3, "last_spf": 83.2, "as_lsas": {"as-external": 2}}
            | {"areas": [backbone | {"lsas": {"router": 3, "network": 1}}, stub | {"lsas": {}}]}
        ],
        """
        VRF default
        OSPF router 192.0.2.2, area border router, AS boundary router
        Routes calculated: 3 times, the last 00:01:23 ago
        Area     Kind                Interfaces  Full nbrs  LSAs
        0.0.0.0  normal              2           1          4 (3 router, 1 network)
        0.0.0.1  stub, no summaries  1           0          none
        LSAs of the AS: 2 (2 as-external)
        """,
    )


def test_an_ospf_process_that_has_calculated_nothing_yet_says_no_time() -> None:
    expect(
        "ospf process",
        [
            {**VRF, "router_id": "192.0.2.2", "area_border": False, "as_boundary": False}
            | {"spf_runs": 0, "last_spf": None, "as_lsas": {}, "areas": []}
        ],
        """
        VRF default
        OSPF router 192.0.2.2
        Routes calculated: 0 times
        Area  Kind  Interfaces  Full nbrs  LSAs
        LSAs of the AS: none
        """,
    )


def test_ospf_neighbors_are_a_table() -> None:
    neighbor = {**VRF, "neighbor": "192.0.2.3", "priority": 1, "since": 90.0, "requests": 0}
    expect(
        "ospf neighbor",
        [
            neighbor
            | {"state": "Full", "role": "Backup", "expires": 3.94, "retransmissions": 2}
            | {"address": "10.0.2.2", "interface": "eth2"},
            neighbor
            | {"state": "Down", "role": "-", "expires": None, "retransmissions": 0}
            | {"address": "10.0.3.2", "interface": "eth3"},
        ],
        """
        VRF default
        Neighbor ID  Pri  State        Up        Dead in  Address   Interface  Rqst  Rxmt
        192.0.2.3    1    Full/Backup  00:01:30  3.9 s    10.0.2.2  eth2       0     2
        192.0.2.3    1    Down/-       00:01:30  -        10.0.3.2  eth3       0     0
        """,
    )


def test_ospf_interfaces_say_why_one_costs_so_much() -> None:
    interface = {**VRF, "area": "0.0.0.0", "hello_interval": 1, "dead_interval": 4}
    expect(
        "ospf interface",
        [
            interface
            | {"name": "eth1", "address": "10.0.1.2", "cost": 65535, "waits_for_ldp": True}
            | {"state": "DR", "is_passive": False, "adjacencies": 1, "neighbors": 2}
            | {"dr": "10.0.1.2", "bdr": "10.0.1.1", "authentication": "MD5, key 1"},
            interface
            | {"name": "lo0", "address": "192.0.2.2", "cost": 0, "waits_for_ldp": False}
            | {"state": "Loopback", "is_passive": True, "adjacencies": 0, "neighbors": 0}
            | {"dr": "0.0.0.0", "bdr": "0.0.0.0", "authentication": "none"},
        ],
        """
        VRF default
        Interface  Area     Address    Cost                   State    Nbrs F/C  Hello/dead  \
DR        BDR       Auth
        eth1       0.0.0.0  10.0.1.2   65535 (waits for LDP)  DR       1/2       1/4 s       \
10.0.1.2  10.0.1.1  MD5, key 1
        lo0        0.0.0.0  192.0.2.2  0                      passive  0/0       1/4 s       \
-         -         none
        """,
    )


def test_ospf_routes_have_a_second_cost_where_there_is_one() -> None:
    on_link = {"interface": "eth2", "address": None}
    ways = [
        {"interface": "eth1", "address": "10.0.1.2"},
        {"interface": "eth2", "address": "10.0.2.2"},
    ]
    expect(
        "ospf route",
        [
            {**VRF, "prefix": "10.0.2.0/30", "path_type": "intra_area", "area": "0.0.0.0"}
            | {"cost": 10, "cost2": 0, "next_hops": [on_link]},
            {**VRF, "prefix": "10.9.0.0/16", "path_type": "external_2", "area": "0.0.0.0"}
            | {"cost": 20, "cost2": 7, "next_hops": ways},
            {**VRF, "prefix": "10.10.0.0/16", "path_type": "inter_area", "area": "0.0.0.1"}
            | {"cost": 20, "cost2": 0, "next_hops": []},
        ],
        """
        VRF default
        Prefix        Path        Area     Cost  Next hops
        10.0.2.0/30   intra-area  0.0.0.0  10    eth2
        10.9.0.0/16   external-2  0.0.0.0  20/7  10.0.1.2 on eth1, 10.0.2.2 on eth2
        10.10.0.0/16  inter-area  0.0.0.1  20    discarded
        """,
    )


def test_ospf_calculations_name_the_areas_that_took_part() -> None:
    full = {"area": "0.0.0.0", "full": True, "vertices": 12}
    part = {"area": "0.0.0.1", "full": False, "vertices": 3}
    expect(
        "ospf spf",
        [
            {**VRF, "age": 61.0, "lsas": 8, "runs": [full, part], "changed": 7, "withdrawn": 0},
            {**VRF, "age": 1.0, "lsas": 1, "runs": [], "changed": 0, "withdrawn": 1},
        ],
        """
        VRF default
        Ago       LSAs  Areas                                                       \
Changed  Withdrawn
        00:01:01  8     0.0.0.0 full, 12 vertices; 0.0.0.1 incremental, 3 vertices  \
7        0
        00:00:01  1     -                                                           \
0        1
        """,
    )


def test_ospf_trouble_is_who_is_kept_apart_and_why() -> None:
    expect(
        "ospf trouble",
        [
            {**VRF, "interface": "eth1", "source": "10.0.1.1", "since": 5.0}
            | {"reason": "hello interval 10 s, here 1 s"}
        ],
        """
        VRF default
        Source    Interface  For       Reason
        10.0.1.1  eth1       00:00:05  hello interval 10 s, here 1 s
        """,
    )


def test_the_ospf_database_is_a_table_for_each_scope() -> None:
    lsa = {**VRF, "link_state_id": "192.0.2.2", "advertising_router": "192.0.2.2", "age": 1}
    lsa |= {"sequence_number": "0x80000002", "checksum": "0xf6fd", "body": {}}
    expect(
        "ospf database",
        [
            lsa | {"area": "0.0.0.0", "interface": None, "type": "router", "own": True},
            lsa | {"area": "0.0.0.0", "interface": "eth1", "type": "opaque-link", "own": False},
            lsa | {"area": None, "interface": None, "type": "as-external", "own": False},
        ],
        """
        VRF default
        Area 0.0.0.0
          Type    Link ID    ADV router  Age  Seq#        Checksum
          router  192.0.2.2  192.0.2.2*  1    0x80000002  0xf6fd
        Area 0.0.0.0, link eth1
          Type         Link ID    ADV router  Age  Seq#        Checksum
          opaque-link  192.0.2.2  192.0.2.2   1    0x80000002  0xf6fd
        AS
          Type         Link ID    ADV router  Age  Seq#        Checksum
          as-external  192.0.2.2  192.0.2.2   1    0x80000002  0xf6fd
        """,
    )


def test_ldp_neighbors_say_why_the_last_session_ended() -> None:
    neighbor = {**VRF, "sent": 13, "received": 12}
    expect(
        "ldp neighbor",
        [
            neighbor
            | {"neighbor": "192.0.2.3", "state": "Operational", "role": "active", "uptime": 61.0}
            | {"discovered": ["10.0.1.1 on eth1", "targeted"], "last_failure": ""},
            neighbor
            | {"neighbor": "192.0.2.4", "state": "No session", "role": "passive", "uptime": None}
            | {"discovered": [], "last_failure": "the peer reset it"},
        ],
        """
        VRF default
        Peer       State        Role     Up        Msgs sent/rcvd  Heard                       \
Last failure
        192.0.2.3  Operational  active   00:01:01  13/12           10.0.1.1 on eth1, targeted  -
        192.0.2.4  No session   passive  -         13/12           -                           \
the peer reset it
        """,
    )


def test_ldp_discovery_tells_targeted_peers_from_those_on_links() -> None:
    adjacency = {**VRF, "transport_address": "192.0.2.3", "peer": PEER}
    expect(
        "ldp discovery",
        [
            adjacency | {"interface": "eth1", "source": "10.0.1.1", "hold": 4.0, "expires": 3.86},
            adjacency | {"interface": None, "source": "192.0.2.3", "hold": 45.0, "expires": None},
        ],
        """
        VRF default
        Interface  Source     Peer         Transport address  Hold    Expires
        eth1       10.0.1.1   192.0.2.3:0  192.0.2.3          4.0 s   3.9 s
        targeted   192.0.2.3  192.0.2.3:0  192.0.2.3          45.0 s  -
        """,
    )


def test_ldp_interfaces_say_whether_the_igp_may_use_them() -> None:
    expect(
        "ldp interface",
        [
            {**VRF, "name": "eth1", "address": "10.0.1.2", "peers": [PEER, OTHER]}
            | {"synchronised": True, "bfd": True},
            {**VRF, "name": "eth2", "address": "10.0.2.2", "peers": []}
            | {"synchronised": False, "bfd": False},
        ],
        """
        VRF default
        Interface  Address   Peers                     IGP sync      BFD
        eth1       10.0.1.2  192.0.2.3:0, 192.0.2.4:0  achieved      yes
        eth2       10.0.2.2  -                         not achieved  no
        """,
    )


def test_ldp_bindings_are_the_labels_of_each_fec() -> None:
    used = {"peer": PEER, "label": 17, "in_use": True, "stale": True}
    kept = {"peer": OTHER, "label": 3, "in_use": False, "stale": False}
    expect(
        "ldp binding",
        [
            {
                **VRF,
                "prefix": "10.2.0.0/24",
                "local": 16,
                "has_route": True,
                "remote": [used, kept],
            },
            {**VRF, "prefix": "10.3.0.0/24", "local": None, "has_route": False, "remote": [kept]},
            {**VRF, "prefix": "10.4.0.0/24", "local": 0, "has_route": True, "remote": []},
        ],
        """
        VRF default
        10.2.0.0/24, local label 16
          192.0.2.3:0 gave 17 in use stale
          192.0.2.4:0 gave implicit-null
        10.3.0.0/24, local label none, no route
          192.0.2.4:0 gave implicit-null
        10.4.0.0/24, local label explicit-null
        """,
    )


def test_mpls_forwarding_says_what_becomes_of_each_label_and_how_often() -> None:
    labels = {"eth1": "pop", "eth2": 17, "eth3": 0, "eth4": None}
    pop, swap, null, none = ({"interface": name, "label": labels[name]} for name in labels)
    entry = {**VRF, "table": "label", "action": "forward"}
    expect(
        "mpls forwarding",
        [
            {**VRF, "table": "label", "label": 0, "fec": None}
            | {"action": "pop and look up", "in": "default", "packets": 0, "octets": 0},
            entry
            | {"label": 16, "fec": "10.2.0.0/24", "next_hops": [pop, swap]}
            | {"packets": 12, "octets": 1800},
            entry | {"label": 17, "fec": "10.3.0.0/24", "next_hops": [null, none]},
            entry | {"label": 18, "fec": "10.4.0.0/24", "next_hops": []},
        ],
        """
        VRF default
        Local label  FEC          Outgoing                     Packets  Octets
        0            -            pop and look up in default   0        0
        16           10.2.0.0/24  pop to eth1, 17 to eth2      12       1800
        17           10.3.0.0/24  0 to eth3, no label to eth4  -        -
        18           10.4.0.0/24  nobody known                 -        -
        """,
    )


def test_bfd_neighbors_are_sessions_with_their_intervals_and_clients() -> None:
    expect(
        "bfd neighbor",
        [
            {**VRF, "neighbor": "10.0.1.1", "interface": "eth1", "state": "Down", "uptime": 61.0}
            | {"transmit_interval": 0.0125, "detection_time": 0.9, "clients": ["ldp", "ospf"]}
            | {"failures": 2, "diagnostic": "control detection time expired"}
        ],
        """
        VRF default
        Neighbor  Interface  State  For       Tx       Detection  Clients    Failures  Diagnostic
        10.0.1.1  eth1       Down   00:01:01  12.5 ms  900 ms     ldp, ospf  2         \
control detection time expired
        """,
    )


@pytest.mark.parametrize("noun", [noun for noun in NOUNS if noun.endswith(" log")])
def test_a_log_is_what_was_told_the_newest_last(noun: str) -> None:
    rows: list[dict[str, Any]] = [
        {**VRF, "age": 90_000.0, "text": "neighbor 10.0.1.1 down on eth1"},
        {**VRF, "age": 3.0, "text": "neighbor 10.0.1.1 up on eth1"},
    ]
    expect(
        noun,
        rows,
        """
        VRF default
        Ago       Told
        1d01h     neighbor 10.0.1.1 down on eth1
        00:00:03  neighbor 10.0.1.1 up on eth1
        """,
    )
