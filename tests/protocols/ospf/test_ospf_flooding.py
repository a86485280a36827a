"""RFC 2328 13: whatever links do to packets, in the end all routers have the same LSAs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address
from random import Random

import networkx
import pytest

from controlplane.engine.engine import PacketReceived
from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.events import OspfConfig
from controlplane.protocols.ospf.interface import ALL_SPF_ROUTERS
from controlplane.protocols.ospf.notices import LsaRefused
from controlplane.wire.ospf.bodies import RouterLsa, SummaryLsa
from controlplane.wire.ospf.exchange import LinkStateUpdate
from controlplane.wire.ospf.lsa import (
    INITIAL_SEQUENCE_NUMBER,
    MAX_AGE,
    Lsa,
    LsaKey,
    LsType,
)
from controlplane.wire.ospf.message import OspfPacket, OspfType, decode_packet
from controlplane.wire.ospf.options import Options
from tests.protocols.ospf.checks import (
    ages,
    assert_databases_are_equal,
    assert_nothing_is_pending,
    cost,
    instances,
)
from tests.protocols.ospf.network import LAN, P2P, Faults, Link, Network

A, B = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")
ELSEWHERE = IPv4Address("192.0.2.99")
UPDATE, ACK = OspfType.LINK_STATE_UPDATE, OspfType.LINK_STATE_ACK


def random_network(seed: int, faults: Faults) -> tuple[Network, networkx.Graph[int]]:
    """Routers r0 to r11 with loopbacks, on point-to-point links with costs and on two LANs."""
    rng = Random(seed)
    graph = networkx.connected_watts_strogatz_graph(12, 3, 0.4, seed=seed)
    network = Network(seed, faults)
    for number in graph:
        network.router(f"r{number}", f"192.0.2.{number + 1}")
        network.loopback(f"r{number}", f"192.0.2.{number + 1}/32")
    for one, other in graph.edges:
        graph.edges[one, other]["weight"] = rng.randint(1, 30)
        settings = replace(P2P, cost=graph.edges[one, other]["weight"])
        link = network.link(f"r{one}", f"r{other}", settings=settings)
        graph.edges[one, other]["link"] = link.name
    for members in (rng.sample(range(12), 4), rng.sample(range(12), 3)):
        network.link(*(f"r{number}" for number in members), settings=replace(LAN, cost=12))
        for one in members:
            for other in members:
                add_path(graph, one, other, 12)
    return network, graph


def add_path(graph: networkx.Graph[int], one: int, other: int, weight: int) -> None:
    """A LAN is one more way, for the oracle; the link below it keeps its name."""
    if one != other:
        best = min(weight, graph.edges.get((one, other), {}).get("weight", weight))
        graph.add_edge(one, other, weight=best)


def assert_routes_are_shortest(network: Network, graph: networkx.Graph[int]) -> None:
    for one, distances in networkx.all_pairs_dijkstra_path_length(graph):
        for other, distance in distances.items():
            assert cost(network, f"r{one}", f"192.0.2.{other + 1}/32") == distance


def flap(network: Network, link: Link, rng: Random) -> None:
    """Down and up again, seen by the routers or not."""
    network.cut(link, silently=rng.random() < 0.5)
    network.run(rng.uniform(0.01, 60))
    network.mend(link)
    network.run(rng.uniform(0.01, 5))


@pytest.mark.parametrize("seed", range(8))
def test_random_networks_converge_through_loss_reordering_and_flaps(seed: int) -> None:
    network, graph = random_network(seed, Faults(0.005, jitter=0.1, loss=0.1, duplicates=0.1))
    network.run(60)
    rng = Random(seed)
    links = list(network.links.values())
    for _ in range(8):
        flap(network, rng.choice(links), rng)
    network.faults = Faults()
    network.run(150)
    assert_databases_are_equal(network)
    assert_nothing_is_pending(network)
    assert_routes_are_shortest(network, graph)


def pair() -> tuple[Network, Link]:
    network = Network()
    network.router("a", str(A))
    network.router("b", str(B))
    link = network.link("a", "b")
    network.run(20)
    return network, link


def lsa(sequence_number: int = INITIAL_SEQUENCE_NUMBER, age: int = 1, metric: int = 7) -> Lsa:
    """A summary of a router somewhere else."""
    return Lsa.make(
        options=Options.E,
        ls_type=LsType.SUMMARY_NETWORK,
        link_state_id=IPv4Address("10.9.0.0"),
        advertising_router=ELSEWHERE,
        sequence_number=sequence_number,
        body=SummaryLsa(mask=IPv4Address("255.255.0.0"), metric=metric),
        age=age,
    )


KEY = lsa().key


def flood(network: Network, link: Link, *lsas: Lsa) -> None:
    """An update of b arrives at a."""
    packet = OspfPacket(router_id=B, area_id=IPv4Address(0), body=LinkStateUpdate(lsas))
    network.tell(
        "a",
        PacketReceived(
            interface=link.name,
            source=link.ends["b"].ip,
            destination=ALL_SPF_ROUTERS,
            payload=packet.encode(),
        ),
    )


def test_a_corrupted_lsa_is_dropped_and_told_and_the_others_are_taken() -> None:
    network, link = pair()
    good = lsa()
    bad = replace(good, octets=good.octets[:-1] + b"\xff")
    other = Lsa.make(
        options=Options.E,
        ls_type=LsType.ROUTER,
        link_state_id=ELSEWHERE,
        advertising_router=ELSEWHERE,
        sequence_number=INITIAL_SEQUENCE_NUMBER,
        body=RouterLsa(links=()),
    )
    flood(network, link, bad, other)
    assert set(ages(network, "a")) & {KEY, other.key} == {other.key}
    assert network.engines["a"].counters[Count.DROP_LSA_CHECKSUM] == 1
    assert [n.words() for n in network.notices(LsaRefused, "a")] == [
        f"10.0.0.2 on a-b: wrong checksum in summary-network LSA 10.9.0.0 of {ELSEWHERE}"
    ]


def test_a_link_that_corrupts_lsas_is_repaired_by_retransmission() -> None:
    network, link = pair()
    broken = {"left": 3}

    def corrupt(payload: bytes) -> bytes:
        if payload[1] != UPDATE or not broken["left"]:
            return payload
        broken["left"] -= 1
        packet = decode_packet(payload)
        assert isinstance(packet.body, LinkStateUpdate)
        lsas = [replace(lsa, octets=lsa.octets[:-1] + b"\x77") for lsa in packet.body.lsas]
        return replace(packet, body=LinkStateUpdate(tuple(lsas))).encode()

    link.tamper = corrupt
    network.loopback("a", "192.0.2.1/32")
    network.run(40)
    assert broken["left"] == 0
    assert_databases_are_equal(network)
    assert_nothing_is_pending(network)
    assert network.notices(LsaRefused)
    assert not any(network.engines[name].troubles(network.now) for name in ("a", "b"))


def test_an_lsa_of_an_unknown_type_is_dropped_alone() -> None:
    network, link = pair()
    strange = lsa()
    strange = replace(strange, octets=strange.octets[:3] + b"\x0c" + strange.octets[4:])
    flood(network, link, strange, lsa())
    assert KEY in ages(network, "a")
    assert network.engines["a"].counters[Count.DROP_LSA_UNREADABLE] == 1


def test_a_newer_instance_within_min_ls_arrival_is_dropped() -> None:
    """13 (5) (a); half a second later it is not that soon any more."""
    network, link = pair()
    flood(network, link, lsa())
    network.run(0.5)
    flood(network, link, lsa(INITIAL_SEQUENCE_NUMBER + 1))
    assert network.engines["a"].counters[Count.DROP_LSA_TOO_SOON] == 1
    network.run(0.6)
    flood(network, link, lsa(INITIAL_SEQUENCE_NUMBER + 1))
    assert instances(network, "a")[IPv4Address(0)][KEY][0] == INITIAL_SEQUENCE_NUMBER + 1


def sent_to_b(network: Network, kind: OspfType, act: Callable[[], None]) -> list[bytes]:
    """What a sends of a kind because of something, at once."""
    sent: list[bytes] = []
    link = network.links["a-b"]

    def record(payload: bytes) -> bytes:
        if payload[1] == kind and payload[4:8] == A.packed:
            sent.append(payload)
        return payload

    link.tamper = record
    act()
    return sent


def test_a_neighbor_with_an_older_instance_is_sent_the_newer_one() -> None:
    """13 (8)."""
    network, link = pair()
    newer = lsa(INITIAL_SEQUENCE_NUMBER + 5)
    flood(network, link, newer)
    sent = sent_to_b(network, UPDATE, lambda: flood(network, link, lsa()))
    (packet,) = map(decode_packet, sent)
    assert isinstance(packet.body, LinkStateUpdate)
    assert [found.header.sequence_number for found in packet.body.lsas] == [
        INITIAL_SEQUENCE_NUMBER + 5
    ]


def test_a_duplicate_is_acknowledged_at_once() -> None:
    """13.5, table 19: the first one was acknowledged late, the duplicate asks for it."""
    network, link = pair()
    assert sent_to_b(network, ACK, lambda: flood(network, link, lsa())) == []
    assert len(sent_to_b(network, ACK, lambda: flood(network, link, lsa()))) == 1
    assert len(sent_to_b(network, ACK, lambda: network.run(2))) == 1


def test_an_unknown_lsa_of_max_age_is_acknowledged_and_not_stored() -> None:
    """13 (4)."""
    network, link = pair()
    sent = sent_to_b(network, ACK, lambda: flood(network, link, lsa(age=MAX_AGE)))
    assert len(sent) == 1
    assert KEY not in ages(network, "a")


def test_the_larger_checksum_is_newer_when_sequence_numbers_are_equal() -> None:
    network, link = pair()
    low, high = sorted((lsa(metric=1), lsa(metric=2)), key=lambda found: found.header.checksum)
    flood(network, link, high)
    network.run(3)
    flood(network, link, low)
    assert instances(network, "a")[IPv4Address(0)][KEY][1] == high.header.checksum


def test_an_lsa_grows_older_by_inf_trans_delay_on_each_hop() -> None:
    network = Network()
    for number in range(1, 6):
        network.router(f"r{number}", f"192.0.2.{number}")
    for number in range(1, 5):
        network.link(f"r{number}", f"r{number + 1}", settings=replace(P2P, transmit_delay=3))
    network.run(20.5)
    key = LsaKey(LsType.ROUTER, A, A)
    found = [ages(network, f"r{number}")[key] for number in range(1, 6)]
    assert found == [found[0] + hops * 3 for hops in range(5)]


def test_a_single_change_is_flooded_at_once_and_a_storm_is_paced() -> None:
    network, _ = pair()
    config = OspfConfig(router_id=A, min_ls_interval=0.001)
    network.router("a", str(A), config)
    network.attach("a", network.links["a-b"], P2P)
    network.run(20)

    def change(metric: int) -> None:
        network.loopback("a", "192.0.2.1/32", replace(P2P, cost=metric))
        network.loopback("a", f"192.0.3.{metric}/32")

    assert len(sent_to_b(network, UPDATE, lambda: change(1))) == 1
    network.run(20)

    def storm() -> None:
        for metric in range(2, 12):
            change(metric)
            network.run(0.002)

    updates = sent_to_b(network, UPDATE, storm)
    assert len(updates) == 2
    network.run(20)
    assert_databases_are_equal(network)


def test_lan_flooding_goes_through_the_designated_router() -> None:
    """13.3: a DROther multicasts to AllDRouters, the DR from there to all; nobody else repeats."""
    network = Network()
    for number in range(1, 6):
        network.router(f"r{number}", f"192.0.2.{number}")
    link = network.link(*network.engines, settings=LAN)
    network.run(100)
    updates: list[bytes] = []

    def record(payload: bytes) -> bytes:
        if payload[1] == UPDATE:
            updates.append(payload[4:8])
        return payload

    link.tamper = record
    network.loopback("r1", "192.0.2.1/32")
    network.run(30)
    senders = {IPv4Address(sender) for sender in updates}
    assert senders == {IPv4Address("192.0.2.1"), IPv4Address("192.0.2.5")}
    assert_databases_are_equal(network)
    assert_nothing_is_pending(network)


def test_packets_that_are_no_ospf_are_counted_and_dropped() -> None:
    network, link = pair()
    for payload in (b"", b"\x02", b"\x03" * 40, bytes(200)):
        network.tell(
            "a",
            PacketReceived(
                interface=link.name,
                source=link.ends["b"].ip,
                destination=ALL_SPF_ROUTERS,
                payload=payload,
            ),
        )
    counters = network.engines["a"].counters
    assert sum(times for name, times in counters.items() if "malformed" in name) == 4


def test_nothing_is_sent_on_a_passive_interface_and_its_network_is_told() -> None:
    network = Network()
    for number, name in enumerate("abc", start=1):
        network.router(name, f"192.0.2.{number}")
    network.link("a", "b")
    passive = network.link("a", "c", a=replace(P2P, passive=True, cost=4))
    network.run(60)
    assert cost(network, "b", str(passive.prefix)) == 14
    assert network.engines["c"].counters[Count.RX_HELLO] == 0
    assert network.engines["a"].counters[Count.DROP_PASSIVE] > 5


def test_a_network_that_starts_all_at_once_has_the_shortest_paths_after_seconds() -> None:
    rng = Random(5)
    graph = networkx.connected_watts_strogatz_graph(40, 4, 0.3, seed=5)
    network = Network()
    for number in graph:
        network.router(f"r{number}", f"192.0.2.{number + 1}")
        network.loopback(f"r{number}", f"192.0.2.{number + 1}/32")
    for one, other in graph.edges:
        graph.edges[one, other]["weight"] = rng.randint(1, 20)
        settings = replace(P2P, cost=graph.edges[one, other]["weight"])
        network.link(f"r{one}", f"r{other}", settings=settings)
    network.run(8)
    assert_databases_are_equal(network)
    assert_nothing_is_pending(network)
    assert_routes_are_shortest(network, graph)
