"""Routers alone on a wire: default MDT, adjacencies over it, and one stream from join to leave.

See `lab.py` for the network. What each router must do is checked on its Fib, and by sending packets
through switches that know nothing but the Fibs.
"""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.fib.model import MulticastRoute
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.protocols.pim.notices import NeighborUp
from controlplane.router.events import Noticed
from controlplane.router.vrf import Vrf
from controlplane.wire.ethernet import EthernetFrame
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import Reader
from tests.router.lab import (
    GROUP,
    PES,
    RECEIVER,
    RECEIVER3,
    SOURCE,
    STREAM,
    data,
    join,
    leave,
    started,
)
from tests.router.wire import End, Network

TUNNELS = {pe: SourceGroup(address, GROUP) for pe, address in PES.items()}


@pytest.fixture
def network() -> Network:
    return started()


def neighbors(network: Network, node: str, vrf: str) -> set[tuple[str, str]]:
    views = network.nodes[node].router.vrfs[vrf].pim.neighbors(network.now)
    return {(view.interface, str(view.address)) for view in views}


def routes(network: Network, node: str, vrf: int) -> dict[TreeName, MulticastRoute]:
    fib = network.nodes[node].router.fib
    return {route.tree: route for route in fib.multicast if route.vrf == vrf}


def copies(route: MulticastRoute) -> set[tuple[int, str]]:
    """Where copies leave, and in which form."""
    return {(copy.at.port, type(copy.rewrite).__name__) for copy in route.replicas}


def stream_numbers(network: Network, end: End) -> list[int]:
    """The numbers of the stream's packets that a host got, in order."""
    return [
        int.from_bytes(packet.payload[8:], "big")
        for _, frame in network.received.get(end, [])
        if (packet := _ipv4(frame)) is not None and packet.protocol == IpProtocol.UDP
    ]


def _ipv4(frame: bytes) -> Ipv4Packet | None:
    ethernet = EthernetFrame.decode(Reader(frame))
    return Ipv4Packet.decode(Reader(ethernet.payload)) if ethernet.ethertype == 0x0800 else None


def send(network: Network, count: int) -> None:
    for number in range(count):
        network.host_sends(SOURCE, data(number))
    network.run(until=network.now + 0.1)


def test_every_pe_is_a_neighbour_of_every_other_over_the_default_mdt(network: Network) -> None:
    for pe in PES:
        others = {("mdt-red", str(address)) for name, address in PES.items() if name != pe}
        assert neighbors(network, pe, "red") >= others


def test_ce_pe_and_core_links_have_their_adjacencies(network: Network) -> None:
    assert neighbors(network, "ce1", DEFAULT_VRF) == {("eth2", "10.1.9.1")}
    assert ("eth2", "10.1.9.2") in neighbors(network, "pe1", "red")
    assert neighbors(network, "p", DEFAULT_VRF) == {("eth1", "192.0.2.1"), ("eth2", "192.0.2.6")}


def test_the_provider_knows_one_tree_for_each_pe_and_nothing_of_customers(
    network: Network,
) -> None:
    join(network, RECEIVER, "10.2.0.2")
    network.run(until=network.now + 1)
    assert set(routes(network, "p", 0)) == set(TUNNELS.values())


def test_a_pe_in_the_middle_is_leaf_and_branching_point_of_another_pes_tunnel(
    network: Network,
) -> None:
    route = routes(network, "pe2", 0)[TUNNELS["pe1"]]
    assert route.tail is not None
    assert route.tail.vrf == 1
    assert copies(route) == {(3, "InPlace")}


def test_a_join_behind_one_pe_reaches_the_switch_of_every_router_on_the_way(
    network: Network,
) -> None:
    join(network, RECEIVER, "10.2.0.2")
    network.run(until=network.now + 1)
    assert copies(routes(network, "ce2", 0)[STREAM]) == {(1, "InPlace")}
    assert copies(routes(network, "pe2", 1)[STREAM]) == {(2, "Decapsulate"), (3, "InPlace")}
    assert copies(routes(network, "pe1", 1)[STREAM]) == {(1, "Encapsulate")}
    assert copies(routes(network, "ce1", 0)[STREAM]) == {(2, "InPlace")}
    assert STREAM not in routes(network, "pe3", 1)


def test_each_receiver_gets_each_packet_once_and_in_order(network: Network) -> None:
    join(network, RECEIVER, "10.2.0.2")
    join(network, RECEIVER3, "10.3.0.2")
    network.run(until=network.now + 1)
    send(network, 20)
    assert stream_numbers(network, RECEIVER) == list(range(20))
    assert stream_numbers(network, RECEIVER3) == list(range(20))


def test_on_the_core_the_stream_is_gre_from_the_pes_loopback_one_copy_a_link(
    network: Network,
) -> None:
    join(network, RECEIVER, "10.2.0.2")
    join(network, RECEIVER3, "10.3.0.2")
    network.run(until=network.now + 1)
    network.sent.clear()
    send(network, 5)
    for end in (End("pe1", 1), End("p", 2), End("pe2", 3)):
        gre = [p for sent, f in network.sent if sent == end and (p := _data_in_gre(f))]
        assert len(gre) == 5
        assert {(p.source, p.destination) for p in gre} == {(PES["pe1"], GROUP)}


def _data_in_gre(frame: bytes) -> Ipv4Packet | None:
    """The outer packet, when it carries UDP (the tunnels carry PIM as well)."""
    packet = _ipv4(frame)
    if packet is None or packet.protocol != IpProtocol.GRE:
        return None
    inner = Ipv4Packet.decode(Reader(GrePacket.decode(Reader(packet.payload)).payload))
    return packet if inner.protocol == IpProtocol.UDP else None


def test_a_pe_without_receivers_forwards_nothing_to_its_customer(network: Network) -> None:
    join(network, RECEIVER, "10.2.0.2")
    network.run(until=network.now + 1)
    send(network, 5)
    assert stream_numbers(network, RECEIVER3) == []


def test_a_leave_stops_the_stream_and_leaves_no_state_behind(network: Network) -> None:
    before = {name: node.router.fib.multicast for name, node in network.nodes.items()}
    join(network, RECEIVER, "10.2.0.2")
    network.run(until=network.now + 1)
    leave(network, RECEIVER, "10.2.0.2")
    network.run(until=network.now + 10)
    after = {name: node.router.fib.multicast for name, node in network.nodes.items()}
    assert after == before
    assert [tree for vrf in customer_vrfs(network) for tree in vrf.pim.trees(network.now)] == []
    assert [group for vrf in customer_vrfs(network) for group in vrf.igmp.groups(network.now)] == []


def customer_vrfs(network: Network) -> list[Vrf]:
    """The tables that customers' streams are in: those of CEs, and the PEs' VRFs."""
    edges = [network.nodes[name].router.vrfs[DEFAULT_VRF] for name in ("ce1", "ce2")]
    return edges + [network.nodes[name].router.vrfs["red"] for name in PES]


def test_a_leave_of_one_receiver_leaves_the_other_alone(network: Network) -> None:
    join(network, RECEIVER, "10.2.0.2")
    join(network, RECEIVER3, "10.3.0.2")
    network.run(until=network.now + 1)
    leave(network, RECEIVER3, "10.3.0.2")
    network.run(until=network.now + 10)
    send(network, 5)
    assert stream_numbers(network, RECEIVER) == list(range(5))
    assert stream_numbers(network, RECEIVER3) == []


def test_a_new_join_brings_the_stream_back(network: Network) -> None:
    join(network, RECEIVER, "10.2.0.2")
    network.run(until=network.now + 1)
    leave(network, RECEIVER, "10.2.0.2")
    network.run(until=network.now + 10)
    join(network, RECEIVER, "10.2.0.2")
    network.run(until=network.now + 1)
    send(network, 3)
    assert stream_numbers(network, RECEIVER) == [0, 1, 2]


def test_a_quiet_network_changes_no_switch(network: Network) -> None:
    before = {name: node.fib_changes for name, node in network.nodes.items()}
    network.run(until=network.now + 300)
    assert {name: node.fib_changes for name, node in network.nodes.items()} == before


def test_notices_say_where_they_come_from(network: Network) -> None:
    heard = NeighborUp("mdt-red", IPv4Address("10.255.0.2"))
    notice = Noticed(router="pe1", vrf="red", engine="pim", notice=heard)
    assert notice in network.nodes["pe1"].notices
    assert notice.words() == "[pe1 red pim] neighbor 10.255.0.2 up on mdt-red"


def test_the_same_seeds_give_the_same_run() -> None:
    one, other = started(), started()
    assert one.sent == other.sent
    assert one.sent


def test_a_pmsi_is_silent_until_its_own_tunnel_has_a_branch(network: Network) -> None:
    """Otherwise the first Hellos are lost, and neighbours wait a Hello_Period for the next."""
    for pe, tunnel in TUNNELS.items():
        unrouted = network.nodes[pe].router.counters.unrouted
        assert [key for key in unrouted if tunnel.source == key.sg.source] == []
