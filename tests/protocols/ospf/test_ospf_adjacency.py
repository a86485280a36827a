"""RFC 2328 8.2, 9.5 and 10: routers find each other, and what keeps them from it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from itertools import islice

import pytest

from controlplane.engine.engine import PacketReceived
from controlplane.engine.liveness import ForgetNeighbor, NeighborFailed, WatchNeighbor
from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.events import (
    AreaKind,
    AreaSettings,
    ExternalRoute,
    ExternalRoutesReplaced,
    Md5Key,
    OspfConfig,
    OspfSettings,
)
from controlplane.protocols.ospf.interface import ALL_SPF_ROUTERS
from controlplane.protocols.ospf.notices import (
    AdjacencyRestarted,
    ContestedRouterId,
    DuplicateRouterId,
    HelloRefused,
    MtuMismatch,
    NeighborDown,
    NeighborFull,
    NoAnswer,
    OneWay,
    PacketRefused,
    Trouble,
)
from tests.protocols.ospf.checks import (
    assert_databases_are_equal,
    assert_nothing_is_pending,
    instances,
    states,
)
from tests.protocols.ospf.network import LAN, P2P, Faults, Link, Network

A, B = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")


def pair(faults: Faults | None = None) -> Network:
    network = Network(faults=faults)
    network.router("a", str(A))
    network.router("b", str(B))
    return network


def reasons(network: Network, router: str, kind: type[Trouble]) -> list[str]:
    return [n.reason for n in network.notices(kind, router) if isinstance(n, Trouble)]


def troubles(network: Network, router: str) -> list[str]:
    return [trouble.reason for trouble in network.engines[router].troubles(network.now)]


def test_two_routers_on_a_point_to_point_link_are_full_after_a_few_round_trips() -> None:
    network = pair(Faults(delay=0.001))
    network.link("a", "b")
    network.run(0.05)
    assert (states(network, "a"), states(network, "b")) == ({B: "Full"}, {A: "Full"})
    assert len(network.notices(NeighborFull)) == 2


def test_a_large_database_takes_several_descriptions_and_requests() -> None:
    network = pair()
    prefixes = IPv4Network("10.128.0.0/9").subnets(new_prefix=24)
    routes = tuple(ExternalRoute(prefix=prefix) for prefix in islice(prefixes, 300))
    network.loopback("a", "192.0.2.1/32")
    network.tell("a", ExternalRoutesReplaced(routes=routes))
    network.run(20)
    network.link("a", "b")
    network.run(20)
    assert network.engines["b"].counters[Count.RX_DESCRIPTION] >= 5
    assert network.engines["b"].counters[Count.TX_REQUEST] >= 3
    assert len(instances(network, "b")[None]) == 300
    assert_databases_are_equal(network)
    assert_nothing_is_pending(network)


@pytest.mark.parametrize("seed", range(6))
def test_the_exchange_comes_to_its_end_however_many_packets_are_lost(seed: int) -> None:
    network = Network(seed, Faults(delay=0.01, jitter=0.05, loss=0.3, duplicates=0.2))
    for number in range(1, 5):
        network.router(f"r{number}", f"192.0.2.{number}")
    network.link("r1", "r2")
    network.link("r2", "r3", "r4", settings=LAN)
    network.run(200)
    network.faults = Faults()
    network.run(100)
    assert_databases_are_equal(network)
    assert_nothing_is_pending(network)


def test_a_silent_neighbor_is_down_after_the_dead_interval() -> None:
    network = pair()
    link = network.link("a", "b")
    network.run(10)
    network.cut(link, silently=True)
    network.run(50)
    assert states(network, "a") == {}
    assert [n.words() for n in network.notices(NeighborDown, "a")] == [
        "neighbor 10.0.0.2 down on a-b: no Hello within its dead interval"
    ]


def test_a_link_that_goes_down_takes_its_neighbors_at_once() -> None:
    network = pair()
    link = network.link("a", "b")
    network.run(10)
    network.cut(link)
    assert (states(network, "a"), states(network, "b")) == ({}, {})
    network.mend(link)
    network.run(1)
    assert states(network, "a") == {B: "Full"}


def test_a_neighbor_on_a_one_way_link_stays_in_init_and_that_is_told() -> None:
    network = pair()
    link = network.link("a", "b")
    network.run(10)
    link.blocked.add(("a", "b"))
    network.run(200)
    assert states(network, "a") == {B: "Init"}
    assert states(network, "b") == {}
    assert [n.words() for n in network.notices(NeighborDown, "a")] == [
        "neighbor 10.0.0.2 down on a-b: it no longer hears us"
    ]
    expected = ["it is heard, but does not hear us: its Hellos do not list our router id"]
    assert reasons(network, "a", OneWay) == troubles(network, "a") == expected
    link.blocked.clear()
    network.run(30)
    assert states(network, "a") == {B: "Full"}
    assert troubles(network, "a") == []


def test_an_mtu_mismatch_is_told_at_both_ends_and_ends_with_it() -> None:
    network = pair()
    link = network.wire("a", "b")
    network.attach("a", link, P2P, mtu=1500)
    network.attach("b", link, P2P, mtu=9000)
    network.run(60)
    assert states(network, "a") == {B: "ExStart"}
    mismatch = "MTU mismatch: the neighbor's is 9000, ours is 1500"
    assert reasons(network, "a", MtuMismatch) == [mismatch]
    assert mismatch in troubles(network, "a")
    silence = "does not answer our Database Descriptions (is its MTU smaller than ours?)"
    assert reasons(network, "b", NoAnswer) == [silence]
    network.attach("b", link, P2P, mtu=1500)
    network.run(60)
    assert states(network, "a") == {B: "Full"}
    assert troubles(network, "a") == troubles(network, "b") == []


KEY = Md5Key(id=1, key=b"secret")


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        ((), (KEY,), "it authenticates by MD5, we do not"),
        ((KEY,), (), "it does not authenticate, we do by MD5"),
        ((KEY,), (Md5Key(id=1, key=b"other"),), "wrong MD5 key (id 1)"),
        (
            (KEY,),
            (Md5Key(id=2, key=b"secret"),),
            "it authenticates by MD5 key 2, which we do not have",
        ),
    ],
)
def test_packets_with_another_key_are_refused_and_the_reason_is_told_once(
    ours: tuple[Md5Key, ...], theirs: tuple[Md5Key, ...], reason: str
) -> None:
    network = pair()
    network.link("a", "b", a=replace(P2P, md5_keys=ours), b=replace(P2P, md5_keys=theirs))
    network.run(100)
    assert states(network, "a") == {}
    assert reasons(network, "a", PacketRefused) == troubles(network, "a") == [reason]
    assert network.engines["a"].counters[Count.DROP_AUTHENTICATION] > 5


def test_a_key_is_replaced_without_losing_the_adjacency() -> None:
    """RFC 2328 D.3: several keys are accepted, the last one signs."""
    network = pair()
    old, new = KEY, Md5Key(id=2, key=b"new secret")
    network.link("a", "b", a=replace(P2P, md5_keys=(old,)), b=replace(P2P, md5_keys=(new, old)))
    network.run(60)
    assert states(network, "a") == {B: "Full"}


def test_a_replayed_packet_is_not_believed() -> None:
    network = pair()
    heard: list[bytes] = []
    link = network.link("a", "b", settings=replace(P2P, md5_keys=(KEY,)))

    def record(payload: bytes) -> bytes:
        heard.append(payload)
        return payload

    link.tamper = record
    network.run(100)
    first = next(payload for payload in heard if payload[4:8] == B.packed)
    replayed = PacketReceived(
        interface="a-b", source=link.ends["b"].ip, destination=ALL_SPF_ROUTERS, payload=first
    )
    network.tell("a", replayed)
    assert network.engines["a"].counters[Count.DROP_REPLAYED] == 1
    assert states(network, "a") == {B: "Full"}


@pytest.mark.parametrize(
    ("theirs", "reason"),
    [
        (replace(LAN, hello_interval=5), "HelloInterval mismatch: the neighbor's is 5, ours is 10"),
        (
            replace(LAN, dead_interval=20),
            "RouterDeadInterval mismatch: the neighbor's is 20, ours is 40",
        ),
    ],
)
def test_hellos_with_other_parameters_are_refused(theirs: OspfSettings, reason: str) -> None:
    network = pair()
    network.link("a", "b", a=LAN, b=theirs)
    network.run(100)
    assert states(network, "a") == {}
    assert reasons(network, "a", HelloRefused) == troubles(network, "a") == [reason]


def test_another_area_is_refused() -> None:
    area = IPv4Address("0.0.0.1")
    network = Network()
    network.router("a", str(A))
    network.router("b", str(B), OspfConfig(router_id=B, areas=(AreaSettings(id=area),)))
    network.link("a", "b", b=replace(P2P, area=area))
    network.run(30)
    reason = "area mismatch: its area is 0.0.0.1, ours is 0.0.0.0"
    assert reasons(network, "a", PacketRefused) == [reason]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (AreaKind.STUB, "kind of area mismatch: the neighbor's is stub, ours is normal"),
        (AreaKind.NSSA, "kind of area mismatch: the neighbor's is NSSA, ours is normal"),
    ],
)
def test_another_kind_of_area_is_refused(kind: AreaKind, reason: str) -> None:
    area = IPv4Address("0.0.0.1")
    network = Network()
    for name, area_kind in (("a", AreaKind.NORMAL), ("b", kind)):
        config = OspfConfig(router_id=A, areas=(AreaSettings(id=area, kind=area_kind),))
        network.router(name, str(A if name == "a" else B), config)
    network.link("a", "b", settings=replace(P2P, area=area))
    network.run(30)
    assert reasons(network, "a", HelloRefused) == [reason]


def test_two_neighbors_with_one_router_id_are_told_of_each_other() -> None:
    network = Network()
    network.router("a", str(A))
    network.router("b", str(A))
    network.link("a", "b")
    network.run(100)
    assert states(network, "a") == {}
    expected = [f"it has the router id of this router, {A}"]
    assert reasons(network, "a", DuplicateRouterId) == troubles(network, "a") == expected


def test_two_routers_with_one_router_id_in_an_area_are_told_of_each_other() -> None:
    network = Network()
    network.router("a", str(A))
    network.router("b", str(B))
    network.router("c", str(A))
    network.link("a", "b")
    network.link("b", "c")
    network.run(120)
    expected = [f"another router of the area has the router id {A}"]
    assert reasons(network, "a", ContestedRouterId) == expected
    assert reasons(network, "c", ContestedRouterId) == expected


def test_a_restarted_neighbor_is_adjacent_again_without_waiting_for_it_to_die() -> None:
    network = pair()
    link = network.link("a", "b")
    network.run(30)
    network.router("b", str(B))
    network.attach("b", link, P2P)
    network.run(1)
    assert states(network, "a") == {B: "Full"}
    assert [n.words() for n in network.notices(NeighborDown, "a")] == [
        "neighbor 10.0.0.2 down on a-b: it no longer hears us"
    ]
    network.run(10)
    assert_databases_are_equal(network)


def test_a_neighbor_that_changes_its_router_id_is_another_neighbor() -> None:
    network = pair()
    link = network.link("a", "b", settings=LAN)
    network.run(60)
    network.router("b", "192.0.2.77")
    network.attach("b", link, LAN)
    network.run(60)
    assert states(network, "a") == {IPv4Address("192.0.2.77"): "Full"}
    reason = "its router id is 192.0.2.77 now"
    assert any(reason in notice.words() for notice in network.notices(NeighborDown, "a"))


def bfd_pair() -> tuple[Network, Link]:
    network = pair()
    link = network.link("a", "b", settings=replace(P2P, bfd=True))
    network.run(10)
    return network, link


def test_a_neighbor_is_watched_from_when_both_hear_each_other() -> None:
    network, link = bfd_pair()
    watched = [o for _, who, o in network.outputs if who == "a" and isinstance(o, WatchNeighbor)]
    own, other = link.ends["a"].ip, link.ends["b"].ip
    assert watched == [WatchNeighbor(interface="a-b", local=own, neighbor=other)]


def test_a_neighbor_that_bfd_finds_gone_is_down_at_once_and_watched_no_more() -> None:
    network, link = bfd_pair()
    network.cut(link, silently=True)
    other = link.ends["b"].ip
    failed = NeighborFailed(interface="a-b", neighbor=other, why="BFD: no packet for 0.9 s")
    network.tell("a", failed)
    assert states(network, "a") == {}
    assert network.outputs[-2:] == [
        (network.now, "a", NeighborDown("a-b", other, "BFD: no packet for 0.9 s")),
        (network.now, "a", ForgetNeighbor(interface="a-b", neighbor=other)),
    ]


def test_an_exchange_that_is_out_of_step_begins_anew() -> None:
    """RFC 2328 10.6: the other side has lost its state, and this one did not see its Hello."""
    network = pair()
    link = network.link("a", "b")
    network.run(30)
    network.router("b", str(B))
    link.blocked.add(("b", "a"))
    network.attach("b", link, P2P)
    network.run(30)
    link.blocked.clear()
    network.run(60)
    assert states(network, "a") == {B: "Full"}
    assert instances(network, "a") == instances(network, "b")


def test_a_description_after_the_exchange_restarts_it() -> None:
    network = pair()
    sent: list[bytes] = []
    link = network.link("a", "b")

    def record(payload: bytes) -> bytes:
        if payload[1] == 2:
            sent.append(payload)
        return payload

    link.tamper = record
    network.run(200)
    first = next(payload for payload in sent if payload[4:8] == B.packed)
    packet = PacketReceived(
        interface="a-b", source=link.ends["b"].ip, destination=ALL_SPF_ROUTERS, payload=first
    )
    network.tell("a", packet)
    assert len(network.notices(AdjacencyRestarted, "a")) == 1
    network.run(30)
    assert states(network, "a") == {B: "Full"}
    assert_nothing_is_pending(network)
