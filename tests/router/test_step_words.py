"""What `mvpn replay` says of a step of a router of `lab.py`."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.engine.stream import (
    CloseStream,
    DataReceived,
    Endpoint,
    Listen,
    OpenStream,
    SendData,
    StreamAccepted,
    StreamClosed,
    StreamDrained,
    StreamInput,
    StreamOpened,
    StreamOutput,
    Why,
)
from controlplane.fib.counts import CountersRead, RouteCount
from controlplane.fib.model import (
    GLOBAL_VRF,
    REGISTERS,
    Adjacency,
    Decapsulate,
    Discard,
    Encapsulate,
    EncapsulateRegister,
    Fib,
    FibInterface,
    Forward,
    Glean,
    InPlace,
    LabelRoute,
    MulticastRoute,
    NextHopGroup,
    Nhlfe,
    Onward,
    PacketIn,
    PacketOut,
    Policer,
    PopAndLookUp,
    Port,
    Receive,
    Replica,
    Submit,
    Tail,
    TunnelRoot,
    UnicastAction,
    UnicastRoute,
)
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.mac import BROADCAST, MacAddress
from controlplane.net.multicast import AnySource
from controlplane.net.punt import PuntReason
from controlplane.protocols.pim.notices import NeighborUp
from controlplane.rib.route import RouteProtocol
from controlplane.router.events import (
    FibChanged,
    HostPacket,
    HostPacketOut,
    Noticed,
    Output,
    PortChanged,
    RoutesReplaced,
    StreamCommand,
    StreamEvent,
)
from controlplane.router.record import Advance, Start, Step
from controlplane.router.router import Router
from controlplane.router.step_words import output_words, step_words
from controlplane.wire.ethernet import EthernetFrame
from controlplane.wire.ipv4 import IpProtocol
from tests.router.core_packets import packet
from tests.router.lab import GROUP, HOST_MAC, PES, STREAM, data, started

MAC = MacAddress.parse("02:00:00:00:04:01")
ETH1, ETH2, LOOPBACK = 1, 2, 100
TOWARDS_CORE, TOWARDS_CE = Port(1), Port(2)
HERE, THERE = Endpoint(PES["pe2"], 50_000), Endpoint(PES["pe1"], 646)
TCP = packet(PES["pe2"], PES["pe1"], 255, protocol=IpProtocol.TCP, payload=bytes(20)).encode()
DATA = "10.1.0.2 > 232.1.1.1 UDP 5000 > 5001, 8 octets"


@pytest.fixture(scope="module")
def pe2() -> Router:
    return started().nodes["pe2"].router


def event(happened: StreamInput) -> StreamEvent:
    return StreamEvent(vrf=DEFAULT_VRF, event=happened)


def command(wanted: StreamOutput) -> StreamCommand:
    return StreamCommand(vrf=DEFAULT_VRF, command=wanted)


def from_pe1(router: Router) -> int:
    """The index of the PMSI with PE1 as the root."""
    mvpn = router.vrfs["red"].mvpn
    assert mvpn is not None
    return next(index for index, pe in mvpn.roots.items() if pe.address == PES["pe1"])


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Start(), "start"),
        (Advance(), "timers"),
        (
            PacketIn(2, ETH2, PuntReason.NO_MULTICAST_ROUTE, data(1)),
            f"from eth2, no multicast route: {DATA}",
        ),
        (PacketIn(7, 700, PuntReason.ARP, b""), "from interface 700, arp: malformed frame"),
        (PortChanged(port=2, up=False), "port 2 down"),
        (PortChanged(port=2, up=True), "port 2 up"),
        (
            RoutesReplaced(vrf="red", protocol=RouteProtocol.IBGP, routes=()),
            "routes of IBGP in red: 0",
        ),
        (
            event(StreamOpened(stream="1", local=HERE, remote=THERE)),
            "stream 1 open to 10.255.0.1 port 646",
        ),
        (
            event(StreamAccepted(stream="1", local=HERE, remote=THERE)),
            "stream 1 accepted from 10.255.0.1 port 646",
        ),
        (event(DataReceived(stream="1", data=b"123")), "stream 1: 3 octets"),
        (event(StreamDrained(stream="1")), "stream 1: all that was sent is taken"),
        (event(StreamClosed(stream="1", why=Why.RESET)), "stream 1 closed: the peer reset it"),
        (
            CountersRead(1.5, (RouteCount(1, STREAM, 3, 300),)),
            "counters of the last 1.5 s; routes with packets: 1",
        ),
        (
            HostPacketOut(vrf=DEFAULT_VRF, datagram=TCP),
            "from the host stack: 10.255.0.2 > 10.255.0.1 ",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_step_is_what_the_router_was_told(pe2: Router, step: Step, words: str) -> None:
    assert step_words(pe2, step).startswith(words)


def test_a_packet_of_a_tunnel_comes_from_its_pe(pe2: Router) -> None:
    punted = PacketIn(1, from_pe1(pe2), PuntReason.RPF_FAILED, data(1))
    assert step_words(pe2, punted) == f"from mdt-red from 10.255.0.1, rpf failed: {DATA}"


NEIGHBOR_UP = NeighborUp("eth1", IPv4Address("192.0.2.5"))
TAGGED = EthernetFrame(
    destination=BROADCAST, source=HOST_MAC, ethertype=0x86DD, payload=b"", vlan=7
)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (PacketOut(2, data(1)), f"to eth2: {DATA}"),
        (PacketOut(2, TAGGED.encode()), "to port 2: EtherType 0x86dd, 0 octets"),
        (
            Submit(GLOBAL_VRF, LOOPBACK, data(1)),
            f"to the pipeline, as from lo0: {DATA}",
        ),
        (
            Noticed(router="pe2", vrf="default", engine="pim", notice=NEIGHBOR_UP),
            "[pe2 default pim] neighbor 192.0.2.5 up on eth1",
        ),
        (command(Listen(local=HERE)), "listen on 10.255.0.2 port 50000"),
        (
            command(OpenStream(stream="1", local=PES["pe2"], remote=THERE)),
            "open stream 1 to 10.255.0.1 port 646",
        ),
        (command(SendData(stream="1", data=b"123")), "on stream 1: 3 octets"),
        (command(CloseStream(stream="1")), "close stream 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_output_is_where_it_goes_and_what_it_is(pe2: Router, output: Output, words: str) -> None:
    assert list(output_words(pe2, output, Fib())) == [words]


def test_a_packet_for_the_host_stack_is_told_like_one_from_it(pe2: Router) -> None:
    for_it = HostPacket(vrf=DEFAULT_VRF, datagram=TCP)
    (words,) = output_words(pe2, for_it, Fib())
    assert words.startswith("to the host stack: 10.255.0.2 > 10.255.0.1 ")


def unicast(action: UnicastAction) -> Fib:
    route = UnicastRoute(GLOBAL_VRF, IPv4Network("10.255.0.1/32"), action)
    return Fib(unicast=frozenset({route}))


FORWARD = Forward("10.0.0.2 on eth1")
HOPS = frozenset({Nhlfe(Adjacency(TOWARDS_CORE, MAC, HOST_MAC), 17)})
COPIES = {
    Replica(TOWARDS_CE, MAC, Decapsulate()),
    Replica(TOWARDS_CORE, MAC, Encapsulate(PES["pe2"], GROUP)),
}
WITHOUT_COPIES = MulticastRoute(1, STREAM, frozenset({ETH1}), frozenset())
AT_THE_SOURCE = MulticastRoute(1, STREAM, frozenset({ETH2}), frozenset(COPIES))


TO_RP = EncapsulateRegister(PES["pe2"], IPv4Address("10.9.9.9"), HOST_MAC)
THROUGH_TUNNEL = replace(TO_RP, labels=(17, 18), tunnel=Encapsulate(PES["pe2"], GROUP))
AT_THE_RP = MulticastRoute(
    vrf=1,
    tree=AnySource(IPv4Network("239.0.0.0/8")),
    iifs=frozenset({ETH1, ETH2, REGISTERS}),
    replicas=frozenset(Replica(TOWARDS_CORE, MAC, one) for one in (TO_RP, THROUGH_TUNNEL)),
    watch=True,
)
ROOT = TunnelRoot(1, PES["pe1"], 4000)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (unicast(Glean()), unicast(Glean()), []),
        (Fib(), unicast(Receive()), ["+ default 10.255.0.1/32 receive"]),
        (unicast(Discard()), Fib(), ["- default 10.255.0.1/32 discard"]),
        (
            unicast(Glean()),
            unicast(FORWARD),
            [
                "- default 10.255.0.1/32 glean",
                "+ default 10.255.0.1/32 forward 10.0.0.2 on eth1",
            ],
        ),
        (
            Fib(),
            Fib(
                interfaces=frozenset({FibInterface(TOWARDS_CE, ETH2, 1, MAC)}),
                policers=frozenset({Policer(PuntReason.ARP, 500, 250)}),
            ),
            [
                "+ interface eth2 of red, 02:00:00:00:04:01, MTU 1500",
                "+ policer ARP 500/s, burst 250",
            ],
        ),
        (
            Fib(),
            Fib(
                groups=frozenset({NextHopGroup("10.255.0.1/32", HOPS)}),
                labels=frozenset({LabelRoute(16, FORWARD), LabelRoute(0, PopAndLookUp(0))}),
            ),
            [
                "+ label 0 pop, look up in default",
                "+ label 16 forward 10.0.0.2 on eth1",
                "+ way 10.255.0.1/32: eth1 02:aa:00:00:00:01 label 17",
            ],
        ),
        (
            Fib(),
            Fib(multicast=frozenset({AT_THE_SOURCE})),
            [
                "+ red (10.1.0.2, 232.1.1.1) from eth2: "
                "eth1 encapsulate 10.255.0.2 > 232.0.0.1, eth2 decapsulate"
            ],
        ),
        (
            Fib(multicast=frozenset({WITHOUT_COPIES})),
            Fib(),
            ["- red (10.1.0.2, 232.1.1.1) from eth1: nowhere"],
        ),
        (
            Fib(),
            Fib(multicast=frozenset({AT_THE_RP}), tunnel_roots=frozenset({ROOT})),
            [
                "+ red (*, 239.0.0.0/8) from Registers, eth1, eth2, watched: "
                "eth1 encapsulate 10.255.0.2 > 232.0.0.1, "
                "register 10.255.0.2 > 10.9.9.9 02:aa:00:00:00:01 label 17/18, "
                "eth1 register 10.255.0.2 > 10.9.9.9 02:aa:00:00:00:01",
                "+ tunnel of red from 10.255.0.1: interface 4000",
            ],
        ),
    ],
)
def test_a_new_fib_is_what_it_adds_and_takes_away(
    pe2: Router, before: Fib, after: Fib, changes: list[str]
) -> None:
    words = [f"fib {change}" for change in changes]
    assert list(output_words(pe2, FibChanged(after), before)) == words


def test_the_tail_of_a_tunnel_names_its_root(pe2: Router) -> None:
    onward = frozenset({Replica(Port(3), MAC, InPlace())})
    tail = Tail(vrf=1, iif=from_pe1(pe2))
    route = MulticastRoute(GLOBAL_VRF, STREAM, frozenset({ETH1}), onward, tail)
    after = FibChanged(Fib(multicast=frozenset({route})))
    assert list(output_words(pe2, after, Fib())) == [
        "fib + default (10.1.0.2, 232.1.1.1) from eth1, "
        "then as from mdt-red from 10.255.0.1: eth3 in place"
    ]


def test_the_tail_of_a_tunnel_that_pes_share_names_the_vrf(pe2: Router) -> None:
    onward = frozenset({Replica(Port(3), MAC, Onward(from_pe1(pe2)))})
    shared = AnySource.of(GROUP)
    route = MulticastRoute(GLOBAL_VRF, shared, frozenset({ETH1}), onward, Tail(1, None))
    after = FibChanged(Fib(multicast=frozenset({route})))
    assert list(output_words(pe2, after, Fib())) == [
        "fib + default (*, 232.0.0.1) from eth1, then as from their PEs in red: "
        "eth3 in place, of mdt-red from 10.255.0.1 alone"
    ]
