"""Routers alone on a wire: a flow goes to a data MDT and back, and no packet is lost or doubled.

See `lab.py` for the network: PE2 is a leaf and a branching point of PE1's trees, PE3 a leaf behind
it. Switches do what the Fibs say, packet by packet, and count.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.engine.notice import Notice
from controlplane.engine.time import Instant
from controlplane.fib.model import PacketIn
from controlplane.mvpn.s_pmsi.config import SPmsiConfig, SPmsiTimers, Threshold
from controlplane.mvpn.s_pmsi.notices import (
    BindingExpired,
    FlowBound,
    FlowReturned,
    FlowSwitched,
    NoTableLeft,
    TreeJoined,
    TreeLeft,
)
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.multicast import ALL_PIM_ROUTERS, SourceGroup, TreeName
from controlplane.net.punt import PuntReason
from controlplane.router import mvpns
from controlplane.router.config import RouterConfig
from controlplane.router.names import vrf_name
from controlplane.router.show import show
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.igmp import RecordType
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import Reader
from controlplane.wire.s_pmsi import SPmsiJoin
from controlplane.wire.udp import UdpDatagram, WellKnownPort, destination_port
from tests.router.lab import (
    GROUP,
    PES,
    RECEIVER,
    RECEIVER3,
    SOURCE,
    STREAM,
    WIRES,
    configs,
    data,
    give_routes,
    ipv4_frame,
    join,
    leave,
    report,
)
from tests.router.wire import End, Network

POOL = IPv4Network("232.5.0.0/30")
TIMERS = SPmsiTimers(delay=3.0, timeout=30.0, holddown=2.5, interval=10.0, sampling=1.0)
BY_RATE = SPmsiConfig(pool=POOL, threshold=Threshold(10, 8), timers=TIMERS)
AT_ONCE = replace(BY_RATE, threshold=None)
DATA_MDT = SourceGroup(PES["pe1"], POOL[0])
BURST = 0.0002
"""5,000 packets a second."""


def network(config: SPmsiConfig = BY_RATE) -> Network:
    """Up for long enough that every adjacency stands, with receivers behind PE2 and PE3."""
    made = Network([with_data_mdt(one, config) for one in configs()], WIRES)
    made.start()
    give_routes(made)
    made.run(until=5.0)
    join(made, RECEIVER, "10.2.0.2")
    join(made, RECEIVER3, "10.3.0.2")
    return made


def with_data_mdt(config: RouterConfig, s_pmsi: SPmsiConfig) -> RouterConfig:
    vrfs = (replace(vrf, mvpn=replace(vrf.mvpn, s_pmsi=s_pmsi)) for vrf in config.vrfs if vrf.mvpn)
    return replace(config, vrfs=tuple(vrfs))


class Stream:
    """Numbers its packets on and on."""

    def __init__(self, through: Network, sg: SourceGroup = STREAM) -> None:
        self.network = through
        self.count = 0
        self._sg = sg

    def send(self, until: Instant, gap: float) -> None:
        while self.network.now + gap <= until:
            self.network.run(until=self.network.now + gap)
            self.network.host_sends(SOURCE, data(self.count, self._sg))
            self.count += 1

    def burst(self, around: Instant) -> None:
        """50 ms of 5,000 packets a second before and after."""
        self.network.run(until=around - 0.05)
        self.send(around + 0.05, BURST)

    def drain(self) -> None:
        self.network.run(until=self.network.now + 0.1)


def numbers(network: Network, end: End) -> list[int]:
    """The numbers of the packets that a host got, in their order."""
    frames = (frame for _, frame in network.received.get(end, []))
    return [_number(packet) for frame in frames for packet in opened(frame) if _is_data(packet)]


def opened(frame: bytes) -> list[Ipv4Packet]:
    """The IPv4 packet of a frame, if it has one."""
    ethernet = EthernetFrame.decode(Reader(frame))
    is_ipv4 = ethernet.ethertype == EtherType.IPV4
    return [Ipv4Packet.decode(Reader(ethernet.payload))] if is_ipv4 else []


def tunnelled(network: Network, end: End) -> list[tuple[SourceGroup, Ipv4Packet]]:
    """The packets in GRE that left here, each with the tree that it was in."""
    outers = (outer for at, frame in network.sent if at == end for outer in opened(frame))
    return [
        (SourceGroup(outer.source, outer.destination), _inner(outer))
        for outer in outers
        if outer.protocol == IpProtocol.GRE
    ]


def in_core(network: Network, end: End) -> Counter[tuple[SourceGroup, int]]:
    """The packets of streams that left here, by tree and number."""
    sent = tunnelled(network, end)
    return Counter((tree, _number(inner)) for tree, inner in sent if _is_data(inner))


def _inner(outer: Ipv4Packet) -> Ipv4Packet:
    return Ipv4Packet.decode(Reader(GrePacket.decode(Reader(outer.payload)).payload))


def _is_data(packet: Ipv4Packet) -> bool:
    return packet.protocol == IpProtocol.UDP and not _is_join(packet)


def _is_join(packet: Ipv4Packet) -> bool:
    is_udp = packet.protocol == IpProtocol.UDP
    return is_udp and destination_port(packet.payload) == WellKnownPort.S_PMSI


def _number(packet: Ipv4Packet) -> int:
    return int.from_bytes(packet.payload[8:], "big")


def trees_used(network: Network, end: End) -> set[IPv4Address]:
    return {tree.group for tree, _ in in_core(network, end)}


def told(network: Network, node: str, kind: type[Notice]) -> list[Notice]:
    notices = (one.notice for one in network.nodes[node].notices)
    return [notice for notice in notices if isinstance(notice, kind)]


def kinds(network: Network, node: str) -> list[type]:
    """What the S-PMSI engine told, in its order."""
    return [type(one.notice) for one in network.nodes[node].notices if one.engine == "s-pmsi"]


def rows(network: Network, node: str, noun: str) -> list[dict[str, object]]:
    return [dict(row) for row in show(network.nodes[node].router, noun, "red", network.now)]


def p_trees(network: Network, node: str) -> set[TreeName]:
    return set(network.nodes[node].router.vrfs[DEFAULT_VRF].mrib.trees)


def at_state(network: Network, node: str, state: str, within: float = 30.0) -> Instant:
    """Run until the flow is in this state, and say when that ends by itself."""
    end = network.now + within
    while network.now < end:
        for row in rows(network, node, "mvpn data-mdt"):
            if row["direction"] == "sent" and row["state"] == state:
                left = row["expires"]
                assert isinstance(left, float)
                return network.now + left
        network.run(until=network.now + 0.05)
    raise AssertionError(f"the flow was never {state}")


class TestAFlowThatPassesTheThreshold:
    @pytest.fixture
    def net(self) -> Network:
        return network()

    def test_loses_no_packet_and_doubles_none_across_the_switch_and_back(
        self, net: Network
    ) -> None:
        """At 5,000 packets/s while it happens; every hop has each packet once."""
        stream = Stream(net)
        stream.send(net.now + 2.2, 0.02)
        stream.burst(at_state(net, "pe1", "announced"))
        there = stream.count
        stream.send(net.now + 2.0, 0.02)
        stream.burst(at_state(net, "pe1", "holding"))
        stream.send(net.now + 1.0, 0.2)
        stream.drain()
        assert there > 500
        assert kinds(net, "pe1")[:3] == [FlowBound, FlowSwitched, FlowReturned]
        everything = list(range(stream.count))
        assert numbers(net, RECEIVER) == everything
        assert numbers(net, RECEIVER3) == everything
        for end in (End("pe1", 1), End("p", 2), End("pe2", 3)):
            copies = in_core(net, end)
            assert sorted(number for _, number in copies.elements()) == everything
            assert trees_used(net, end) == {GROUP, POOL[0]}

    def test_is_announced_over_the_default_mdt_and_then_each_interval(self, net: Network) -> None:
        stream = Stream(net)
        stream.send(net.now + 25.0, 0.02)
        sent = [tree for tree, inner in tunnelled(net, End("pe1", 1)) if _is_join(inner)]
        assert sent == [SourceGroup(PES["pe1"], GROUP)] * 3

    def test_is_in_the_data_mdt_for_those_who_want_it(self, net: Network) -> None:
        leave(net, RECEIVER3, "10.3.0.2")
        Stream(net).send(net.now + 8.0, 0.02)
        net.sent.clear()
        Stream(net).send(net.now + 1.0, 0.02)
        assert trees_used(net, End("p", 2)) == {POOL[0]}
        assert in_core(net, End("pe2", 3)) == Counter()
        assert DATA_MDT not in p_trees(net, "pe3")

    def test_is_counted_for_its_vrf_whatever_tree_brings_it(self, net: Network) -> None:
        stream = Stream(net)
        net.run(until=net.now + 0.5)
        stream.send(net.now + 10.0, 0.02)
        stream.drain()
        counted = net.nodes["pe3"].switch.counted
        assert counted[1, STREAM].packets == stream.count

    def test_asks_for_counters_at_the_root_alone(self, net: Network) -> None:
        net.run(until=net.now + 1.0)
        wanted = {name: node.router.wants_counters for name, node in net.nodes.items()}
        assert wanted == dict.fromkeys(net.nodes, None) | {"pe1": 1.0}


class TestLeaves:
    def test_a_receiver_that_comes_later_is_served_from_what_is_known(self) -> None:
        net = network(AT_ONCE)
        leave(net, RECEIVER3, "10.3.0.2")
        net.run(until=net.now + 8.0)
        assert DATA_MDT not in p_trees(net, "pe3")
        join(net, RECEIVER3, "10.3.0.2")
        net.run(until=net.now + 0.1)
        stream = Stream(net)
        stream.burst(net.now + 0.1)
        stream.drain()
        assert numbers(net, RECEIVER3) == list(range(stream.count))

    def test_a_binding_that_ends_leaves_no_state_anywhere(self) -> None:
        net = network()
        Stream(net).send(net.now + 8.0, 0.02)
        assert all(DATA_MDT in p_trees(net, node) for node in ("pe1", "p", "pe2", "pe3"))
        net.run(until=net.now + 50.0)
        assert not any(DATA_MDT in p_trees(net, node) for node in ("pe1", "p", "pe2", "pe3"))
        for node in ("pe2", "pe3"):
            fib = net.nodes[node].router.fib
            assert fib.tail_tables == frozenset()
            assert {route.vrf for route in fib.multicast} <= {0, 1}
            assert kinds(net, node)[-2:] == [BindingExpired, TreeLeft]

    def test_a_join_that_is_lost_is_made_good_by_the_next(self) -> None:
        """PE3 does not hear the first one; until the second it misses what it should have."""
        net = network()
        stream = Stream(net)
        net.run(until=net.now + 0.5)
        net.cut_wire(End("pe2", 3))
        stream.send(net.now + 1.0, 0.02)
        bound = at_state(net, "pe1", "announced")
        net.set_wire(End("pe2", 3), up=True)
        stream.send(bound + 0.5, 0.02)
        assert (len(told(net, "pe2", TreeJoined)), told(net, "pe3", TreeJoined)) == (1, [])
        stream.send(net.now + 10.0, 0.02)
        assert len(told(net, "pe3", TreeJoined)) == 1
        before = stream.count
        stream.burst(net.now + 0.1)
        stream.drain()
        assert numbers(net, RECEIVER3)[-500:] == list(range(before, stream.count))[-500:]
        assert numbers(net, RECEIVER) == list(range(stream.count))

    def test_a_root_that_is_not_heard_any_more_times_out(self) -> None:
        net = network(AT_ONCE)
        net.run(until=net.now + 4.0)
        net.cut_wire(End("pe1", 1))
        net.run(until=net.now + 40.0)
        assert told(net, "pe3", BindingExpired) == [BindingExpired(STREAM, DATA_MDT)]
        assert DATA_MDT not in p_trees(net, "pe3")

    def test_without_a_number_for_its_look_up_a_tree_is_not_joined(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mvpns, "TAIL_TABLES", range(0))
        net = network(AT_ONCE)
        net.run(until=net.now + 5.0)
        leave(net, RECEIVER3, "10.3.0.2")
        net.run(until=net.now + 5.0)
        assert told(net, "pe3", NoTableLeft) == [NoTableLeft(DATA_MDT)]
        assert DATA_MDT not in p_trees(net, "pe3")


def test_a_root_whose_data_mdt_nobody_joins_stays_in_the_default_mdt() -> None:
    """None of the first Joins arrives, and the delay is over."""
    net = network(replace(AT_ONCE, timers=replace(TIMERS, delay=0.0)))
    stream = Stream(net)
    net.run(until=net.now + 0.002)
    stream.send(net.now + 3.0, 0.01)
    stream.drain()
    received = numbers(net, RECEIVER)
    assert received == list(range(received[0], stream.count))


def test_flows_that_share_a_group_do_not_disturb_each_other() -> None:
    """A pool of one group, and a PE that wants one of two flows."""
    net = network(replace(AT_ONCE, pool=IPv4Network("232.5.0.0/32")))
    other = SourceGroup(STREAM.source, IPv4Address("232.1.1.2"))
    net.host_sends(RECEIVER3, report("10.3.0.2", RecordType.ALLOW_NEW_SOURCES, other))
    net.run(until=net.now + 5.0)
    first, second = Stream(net), Stream(net, other)
    first.send(net.now + 1.0, 0.02)
    second.send(net.now + 1.0, 0.02)
    second.drain()
    assert numbers(net, RECEIVER) == list(range(first.count))
    assert sorted(numbers(net, RECEIVER3)) == sorted([*range(first.count), *range(second.count)])
    sent = [row for row in rows(net, "pe1", "mvpn data-mdt") if row["direction"] == "sent"]
    assert [row["flows_in_group"] for row in sent] == [2, 2]


class TestWhoMaySpeak:
    """RFC 6513 7.4.2.1: a Join "that is not received over a PMSI [...] MUST be discarded"."""

    def frame(self, source: str) -> bytes:
        sender, flow = IPv4Address(source), STREAM
        payload = SPmsiJoin(flow, POOL[3]).encode()
        udp = UdpDatagram(source_port=3232, destination_port=3232, payload=payload)
        return ipv4_frame(
            Ipv4Packet(
                source=sender,
                destination=ALL_PIM_ROUTERS,
                protocol=IpProtocol.UDP,
                payload=udp.encode(sender, ALL_PIM_ROUTERS),
                ttl=1,
            )
        )

    @pytest.mark.parametrize("source", ["10.3.0.2", "10.255.0.1"])
    def test_not_a_customer_even_in_a_pes_name(self, source: str) -> None:
        net = network(AT_ONCE)
        net.host_sends(RECEIVER3, self.frame(source))
        net.run(until=net.now + 1.0)
        assert POOL[3] not in {tree.group for tree in p_trees(net, "pe3")}
        counted = {(row["counter"], row["value"]) for row in rows(net, "pe3", "counters")}
        assert ("drop: not received over the PMSI", 1) in counted

    def test_not_in_the_provider_network(self) -> None:
        net = network(AT_ONCE)
        net.give("p", PacketIn(1, 1, PuntReason.LINK_LOCAL, self.frame("10.255.0.1")))
        drops = net.nodes["p"].router.counters.drops
        assert [key.reason for key in drops if "does not run" in key.reason]


def test_what_is_sent_and_received_can_be_shown() -> None:
    net = network()
    Stream(net).send(net.now + 8.0, 0.02)
    (sent,) = rows(net, "pe1", "mvpn data-mdt")
    assert (sent["direction"], sent["state"], sent["mdt_group"]) == (
        "sent",
        "selective",
        str(POOL[0]),
    )
    (received,) = rows(net, "pe2", "mvpn data-mdt")
    assert (received["root"], received["mdt_group"], received["joined"]) == (
        str(PES["pe1"]),
        str(POOL[0]),
        True,
    )
    texts = [str(row["text"]) for row in rows(net, "pe2", "mvpn log")]
    assert f"data MDT {DATA_MDT} is joined for {STREAM}" in texts


def flags(net: Network, node: str, vrf: str, tree: SourceGroup) -> set[str]:
    """Of a tree's row, those that have to do with MDTs."""
    name = str(tree.source), str(tree.group)
    trees = show(net.nodes[node].router, "mroute", vrf, net.now)
    (row,) = (row for row in trees if (row["source"], row["group"]) == name)
    assert isinstance(row["flags"], list)
    return {"multicast tunnel", "data MDT joined", "data MDT sent"}.intersection(row["flags"])


def test_trees_say_what_they_have_to_do_with_mdts() -> None:
    """A P-tunnel is one where it is looked into, not at its root."""
    net = network()
    Stream(net).send(net.now + 8.0, 0.02)
    default_mdt = SourceGroup(PES["pe1"], GROUP)
    assert flags(net, "pe1", "red", STREAM) == {"data MDT sent"}
    assert flags(net, "pe2", "red", STREAM) == {"data MDT joined"}
    assert flags(net, "pe2", DEFAULT_VRF, default_mdt) == {"multicast tunnel"}
    assert flags(net, "pe2", DEFAULT_VRF, DATA_MDT) == {"multicast tunnel"}
    assert flags(net, "pe1", DEFAULT_VRF, DATA_MDT) == set()


def test_the_look_up_behind_a_data_mdt_has_a_name() -> None:
    net = network(AT_ONCE)
    net.run(until=net.now + 5.0)
    router = net.nodes["pe2"].router
    (table,) = router.fib.tail_tables
    assert vrf_name(router, table.number) == f"red out of data MDT {POOL[0]}"
    forwarding = rows(net, "pe2", "forwarding")
    found = [row for row in forwarding if row.get("group") == str(STREAM.group)]
    assert [row["data_mdt"] for row in found] == [None, str(POOL[0])]
