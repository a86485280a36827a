"""Control packets handed over directly: the same as through the pipeline, to the last octet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from controlplane.fib.model import (
    Adjacency,
    Discard,
    Fib,
    FibInterface,
    Forward,
    Glean,
    InPlace,
    LabelRoute,
    MulticastRoute,
    NextHopGroup,
    Nhlfe,
    PacketOut,
    PopAndLookUp,
    Port,
    Receive,
    Replica,
    Submit,
    Tail,
    TtlMode,
    UnicastAction,
    UnicastRoute,
)
from controlplane.lab.load import load
from controlplane.lab.sim_world import SimWorld
from controlplane.net.label import IMPLICIT_NULL, Label
from controlplane.net.mac import BROADCAST, MacAddress, multicast_mac
from controlplane.net.multicast import SourceGroup
from controlplane.p4rt.memory import MemoryTarget
from controlplane.router.show import NOUNS
from controlplane.sim.direct import DirectTarget
from controlplane.sim.switch import Target
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import ROUTER_ALERT, IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from tests.sim.random_labs import GROUP, random_lab

ROOT = Path(__file__).parents[2]
ME, PEER, SOURCE = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2"), IPv4Address("192.0.2.9")
TUNNEL = IPv4Address("232.10.0.1")
MAC, OTHER_MAC = MacAddress(0x020000000001), MacAddress(0x020000000002)
LOOPBACK = 20


def group(way: str, *labels: Label | None) -> NextHopGroup:
    """Next hops on port 2, one for each label."""
    adjacency = Adjacency(Port(2), MAC, OTHER_MAC)
    return NextHopGroup(way, frozenset(Nhlfe(adjacency, label) for label in labels))


def route(prefix: str, action: UnicastAction, vrf: int = 0) -> UnicastRoute:
    return UnicastRoute(vrf, IPv4Network(prefix), action)


def replica(port: int, vlan: int = 0) -> Replica:
    return Replica(Port(port, vlan), MAC, InPlace())


FIB = Fib(
    interfaces=frozenset(
        {
            FibInterface(Port(1), 1, 0, MAC, mpls=True),
            FibInterface(Port(2), 2, 0, MAC, mpls=True),
            FibInterface(Port(3, 7), 3, 1, MAC),
        }
    ),
    unicast=frozenset(
        {
            route("10.0.0.1/32", Receive()),
            route("10.0.0.0/8", Forward("plain")),
            route("10.3.0.0/16", Forward("labelled")),
            route("10.4.0.0/16", Forward("pop")),
            route("10.5.0.0/16", Glean()),
            route("10.6.0.0/16", Discard()),
            route("10.7.0.0/16", Forward("nobody")),
            route("0.0.0.0/0", Forward("labelled"), vrf=1),
        }
    ),
    groups=frozenset(
        {
            group("plain", None),
            group("labelled", 100),
            group("pop", IMPLICIT_NULL),
            group("nobody"),
        }
    ),
    labels=frozenset(
        {
            LabelRoute(0, PopAndLookUp(0)),
            LabelRoute(16, Forward("plain")),
            LabelRoute(17, Forward("labelled")),
            LabelRoute(18, Forward("pop")),
            LabelRoute(19, Forward("nobody")),
        }
    ),
    multicast=frozenset(
        {
            MulticastRoute(
                0,
                SourceGroup(SOURCE, TUNNEL),
                iifs=frozenset({1}),
                replicas=frozenset({replica(1), replica(2), replica(3, 7)}),
                tail=Tail(1, 9),
            ),
            MulticastRoute(
                0,
                SourceGroup(ME, TUNNEL),
                iifs=frozenset({LOOPBACK}),
                replicas=frozenset({replica(2)}),
            ),
        }
    ),
)


def ip(
    destination: str,
    protocol: int = IpProtocol.TCP,
    *,
    source: IPv4Address = PEER,
    ttl: int = 64,
    ports: tuple[int, int] = (50000, 50001),
    options: bytes = b"",
) -> Ipv4Packet:
    payload = b"".join(port.to_bytes(2, "big") for port in ports) + bytes(16)
    return Ipv4Packet(
        source=source,
        destination=IPv4Address(destination),
        protocol=protocol,
        payload=payload,
        ttl=ttl,
        tos=0xC0,
        options=options,
    )


def tunnelled(inner: Ipv4Packet, source: IPv4Address = SOURCE, ttl: int = 64) -> Ipv4Packet:
    payload = GrePacket(protocol_type=EtherType.IPV4, payload=inner.encode()).encode()
    return replace(ip(str(TUNNEL), IpProtocol.GRE, source=source, ttl=ttl), payload=payload)


def labelled(packet: Ipv4Packet, *labels: Label, ttl: int = 64) -> bytes:
    entries = tuple(LabelStackEntry(label=label, ttl=ttl, traffic_class=6) for label in labels)
    return LabelStack(entries).encode() + packet.encode()


def frame(
    payload: Ipv4Packet | bytes,
    ethertype: EtherType = EtherType.IPV4,
    *,
    to: MacAddress | None = None,
    vlan: int = 0,
) -> bytes:
    if isinstance(payload, Ipv4Packet):
        address = payload.destination
        to = to or (multicast_mac(address) if address.is_multicast else MAC)
        payload = payload.encode()
    return EthernetFrame(
        destination=to or MAC, source=OTHER_MAC, ethertype=ethertype, payload=payload, vlan=vlan
    ).encode()


def mpls(packet: Ipv4Packet, *labels: Label, ttl: int = 64) -> bytes:
    return frame(labelled(packet, *labels, ttl=ttl), EtherType.MPLS)


FRAMES = {
    "ARP": frame(bytes(28), EtherType.ARP, to=BROADCAST),
    "another ethertype": frame(bytes(28))[:12] + b"\x88\xcc" + bytes(28),
    "to another MAC address": frame(ip("10.0.0.1"), to=OTHER_MAC),
    "link-local": frame(ip("224.0.0.5", IpProtocol.OSPF, ttl=1)),
    "IGMP": frame(ip("239.1.1.1", IpProtocol.IGMP, ttl=1, options=ROUTER_ALERT)),
    "OSPF to me": frame(ip("10.0.0.1", IpProtocol.OSPF, ttl=1)),
    "LDP to me": frame(ip("10.0.0.1", ports=(50000, 646))),
    "LDP from the listener": frame(ip("10.0.0.1", ports=(646, 50000))),
    "LDP Hello to me": frame(ip("10.0.0.1", IpProtocol.UDP, ports=(646, 646))),
    "UDP from port 646": frame(ip("10.0.0.1", IpProtocol.UDP, ports=(646, 50000))),
    "BGP to me": frame(ip("10.0.0.1", ports=(50000, 179))),
    "BFD to me": frame(ip("10.0.0.1", IpProtocol.UDP, ttl=255, ports=(50000, 3784))),
    "multihop BFD to me": frame(ip("10.0.0.1", IpProtocol.UDP, ports=(50000, 4784))),
    "other TCP to me": frame(ip("10.0.0.1")),
    "ping to me": frame(ip("10.0.0.1", IpProtocol.ICMP)),
    "to me with options": frame(ip("10.0.0.1", ports=(50000, 646), options=ROUTER_ALERT)),
    "unicast in a frame to all": frame(ip("10.0.0.1"), to=BROADCAST),
    "transit": frame(ip("10.2.0.1")),
    "transit with the last TTL": frame(ip("10.2.0.1", ttl=1)),
    "transit with options": frame(ip("10.2.0.1", options=ROUTER_ALERT)),
    "transit into an LSP": frame(ip("10.3.0.1")),
    "transit at the LSP's last but one": frame(ip("10.4.0.1")),
    "transit to an unknown neighbour": frame(ip("10.5.0.1")),
    "transit to be discarded": frame(ip("10.6.0.1")),
    "transit to neighbours that are all unknown": frame(ip("10.7.0.1")),
    "transit to nowhere": frame(ip("11.0.0.1")),
    "swap": mpls(ip("11.0.0.1"), 17),
    "swap with a stack": mpls(ip("11.0.0.1"), 17, 500),
    "swap with the last TTL": mpls(ip("11.0.0.1"), 17, ttl=1),
    "pop": mpls(ip("11.0.0.1", ttl=200), 18),
    "pop below which less TTL is": mpls(ip("11.0.0.1", ttl=10), 18),
    "pop with a stack": mpls(ip("11.0.0.1"), 18, 500),
    "label of a neighbour without one": mpls(ip("11.0.0.1"), 16),
    "label of unknown neighbours": mpls(ip("11.0.0.1"), 19),
    "unknown label": mpls(ip("11.0.0.1"), 99),
    "explicit null": mpls(ip("10.2.0.1", ttl=200), 0),
    "explicit null into an LSP": mpls(ip("10.3.0.1", ttl=20), 0),
    "explicit null to me": mpls(ip("10.0.0.1", ports=(50000, 646)), 0),
    "explicit null to an unknown neighbour": mpls(ip("10.5.0.1"), 0),
    "explicit null, not at the bottom": mpls(ip("10.2.0.1"), 0, 17),
    "tunnel, link-local inside": frame(tunnelled(ip("224.0.0.13", IpProtocol.PIM, ttl=1))),
    "tunnel with the last TTL": frame(tunnelled(ip("224.0.0.13", IpProtocol.PIM), ttl=1)),
    "tree of nobody": frame(ip("232.10.0.9", IpProtocol.UDP)),
    "multicast with options": frame(ip("232.10.0.9", options=ROUTER_ALERT)),
}


Both = tuple[DirectTarget, MemoryTarget]


@pytest.fixture(scope="module")
def targets() -> Iterator[Both]:
    with closing(MemoryTarget()) as pipeline:
        yield DirectTarget(), pipeline


def both(
    targets: Both, mode: TtlMode, ask: Callable[[Target], Any], fib: Fib = FIB
) -> tuple[Any, Any]:
    """What each of them answers; copies are a set."""
    answers = []
    for target in targets:
        target.set_fib(replace(fib, ttl_mode=mode))
        copies, punted = ask(target)
        answers.append((sorted(copies), punted))
    return answers[0], answers[1]


@pytest.mark.parametrize("mode", TtlMode)
@pytest.mark.parametrize("port", [1, 2, 9])
@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_treated_as_by_the_pipeline(
    targets: Both, name: str, port: int, mode: TtlMode
) -> None:
    direct, pipeline = both(targets, mode, lambda target: target.process(port, FRAMES[name], 0))
    assert direct == pipeline


@pytest.mark.parametrize("mode", TtlMode)
@pytest.mark.parametrize("name", FRAMES)
def test_a_submitted_frame_too(targets: Both, name: str, mode: TtlMode) -> None:
    submit = Submit(0, LOOPBACK, FRAMES[name])
    direct, pipeline = both(targets, mode, lambda target: target.send(submit, 0))
    assert direct == pipeline


def test_an_own_tree_starts_at_the_loopback(targets: Both) -> None:
    hello = frame(tunnelled(ip("224.0.0.13", IpProtocol.PIM, ttl=1), source=ME))
    ask = Submit(0, LOOPBACK, hello)
    direct, pipeline = both(targets, TtlMode.UNIFORM, lambda target: target.send(ask, 0))
    assert direct == pipeline
    assert [port for port, _ in direct[0]] == [2]


@pytest.mark.parametrize("name", ["transit", "ARP", "swap", "tunnel, link-local inside"])
def test_vlans_are_interfaces_of_their_own(targets: Both, name: str) -> None:
    tagged = FRAMES[name][:12] + b"\x81\0\0\7" + FRAMES[name][12:]
    ask = lambda target: target.process(3, tagged, 0)  # noqa: E731
    direct, pipeline = both(targets, TtlMode.UNIFORM, ask)
    assert direct == pipeline


def test_a_packet_out_leaves_as_it_is(targets: Both) -> None:
    ask = PacketOut(2, FRAMES["transit"])
    direct, pipeline = both(targets, TtlMode.UNIFORM, lambda target: target.send(ask, 0))
    assert direct == pipeline == ([(2, FRAMES["transit"])], [])


@pytest.mark.parametrize("octets", [b"", bytes(13), FRAMES["transit"][:30], FRAMES["swap"][:16]])
def test_frames_that_are_cut_short_go_nowhere(octets: bytes) -> None:
    target = DirectTarget()
    target.set_fib(FIB)
    assert target.process(1, octets and MAC.packed + octets[6:], 0) == ([], [])


# -- whole networks


def play(world: SimWorld, at: float, hosts: list[str], source: IPv4Address) -> None:
    """Something happens at this time."""
    world.advance_to(at)
    for host in hosts:
        world.join(host, IPv4Address(GROUP), source)


def tables(world: SimWorld, routers: list[str]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    return {(router, noun): world.show(router, noun, None) for router in routers for noun in NOUNS}


LABS = {
    "two PEs": (ROOT / "tests/live/two-pes.yaml").read_text(),
    "OSPF, LDP and BFD": (ROOT / "mininet/labs/core-ospf-ldp.yaml").read_text(),
    # Of those without equal ways: which of them a session takes shows in its times.
    "random": random_lab(seed=3),
}


@pytest.fixture(params=LABS)
def worlds(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[SimWorld]]:
    """The same lab through the pipeline, and with control packets handed over."""
    path = tmp_path / "lab.yaml"
    path.write_text(LABS[request.param])
    plan = load(path).plan
    made = [SimWorld(plan), SimWorld(plan, make_target=DirectTarget)]
    yield made
    for world in made:
        world.stop()


def test_the_same_lab_has_the_same_tables_at_the_same_times(worlds: list[SimWorld]) -> None:
    """From a cold start over a failed link and a restarted router, with members of a group."""
    plan = worlds[0]._plan
    routers, hosts = list(plan.routers), list(plan.hosts)
    source = plan.hosts[hosts[0]].address.ip
    core = next(link for link in plan.links if link.core)
    happens: list[tuple[float, Callable[[SimWorld], None]]] = [
        (0.0, lambda world: world.start()),
        (1.0, lambda _world: None),
        (5.0, lambda world: play(world, 5.0, hosts[1:], source)),
        (10.0, lambda world: world.set_link(core.name, False)),
        (12.0, lambda _world: None),
        (20.0, lambda world: world.set_link(core.name, True)),
        (40.0, lambda world: world.restart(core.ends[0].node)),
        (42.0, lambda _world: None),
        (70.0, lambda _world: None),
    ]
    for at, happen in happens:
        for world in worlds:
            if at:
                world.advance_to(at)
            happen(world)
        through_pipeline, directly = (tables(world, routers) for world in worlds)
        assert directly == through_pipeline, f"at {at} s"
