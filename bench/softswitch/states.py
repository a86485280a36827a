"""What the measured switches are told, and the 100-byte frames that they get."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from scapy.config import conf
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from bench.softswitch.links import INPUT, OUTPUTS, STORM
from controlplane.fib.model import (
    Adjacency,
    Encapsulate,
    Fib,
    FibInterface,
    Forward,
    LabelRoute,
    MulticastRoute,
    NextHopGroup,
    Nhlfe,
    Port,
    Replica,
    Rewrite,
    UnicastAction,
    UnicastRoute,
)
from controlplane.net.mac import MacAddress, multicast_mac
from controlplane.net.multicast import SourceGroup

conf.logLevel = 40  # it says that there is no route to where nothing is sent

FRAME: Final = 100
VRF, INTERFACE = 1, 1
MAC: Final = MacAddress.parse("02:00:00:00:00:fe")
NEIGHBOR: Final = MacAddress.parse("02:00:00:00:00:01")
STREAM: Final = SourceGroup(IPv4Address("10.1.1.1"), IPv4Address("232.1.1.1"))
TUNNEL: Final = Encapsulate(IPv4Address("192.0.2.1"), IPv4Address("232.255.0.1"))
LABEL, OUT_LABEL = 100_000, 100_001
AWAY: Final = "away"
_AT: Final = FibInterface(Port(INPUT), INTERFACE, VRF, MAC, mpls=True)


def replicating(replicas: int, rewrite: Rewrite = TUNNEL) -> Fib:
    """One stream into copies, each in GRE."""
    copies = frozenset(Replica(Port(port), MAC, rewrite) for port in OUTPUTS[:replicas])
    route = MulticastRoute(VRF, STREAM, frozenset({INTERFACE}), copies)
    return Fib(interfaces=frozenset({_AT}), multicast=frozenset({route}))


def swapping() -> Fib:
    """One label for another."""
    route = LabelRoute(LABEL, Forward(AWAY))
    return Fib(interfaces=frozenset({_AT}), groups=frozenset({_away()}), labels=frozenset({route}))


def routing(prefixes: int, action: UnicastAction) -> Fib:
    """Prefixes of 10/8, all with one action."""
    first = int(IPv4Address("10.0.0.0"))
    routes = (
        UnicastRoute(VRF, IPv4Network((first + (number << 8), 24)), action)
        for number in range(prefixes)
    )
    return Fib(interfaces=frozenset({_AT}), groups=frozenset({_away()}), unicast=frozenset(routes))


def beside(fib: Fib, action: UnicastAction) -> Fib:
    """A state, and one prefix for what comes on the link of storms."""
    at = FibInterface(Port(STORM), INTERFACE + 1, VRF, MAC)
    return replace(fib, interfaces=fib.interfaces | {at}, unicast=routing(1, action).unicast)


def trees(count: int, groups: int) -> Fib:
    """(S,G) entries that share so many sets of copies."""
    first = int(IPv4Address("232.2.0.0"))
    sets = [
        frozenset(
            Replica(Port(port, 1 + number // len(OUTPUTS)), MAC, TUNNEL)
            for port in (OUTPUTS[number % len(OUTPUTS)], OUTPUTS[(number + 1) % len(OUTPUTS)])
        )
        for number in range(groups)
    ]
    routes = (
        MulticastRoute(
            VRF,
            SourceGroup(STREAM.source, IPv4Address(first + number)),
            frozenset({INTERFACE}),
            sets[number % groups],
        )
        for number in range(count)
    )
    return Fib(interfaces=frozenset({_AT}), multicast=frozenset(routes))


def stream_frame() -> bytes:
    return _frame(multicast_mac(STREAM.group), _datagram(str(STREAM.group)))


def unicast_frame(destination: str = "10.0.0.1") -> bytes:
    return _frame(MAC, _datagram(destination))


def labelled_frame() -> bytes:
    label = MPLS(label=LABEL, s=1, ttl=64)
    return _frame(MAC, label / _datagram("10.0.0.1", room=len(label)), kind=0x8847)


def _datagram(destination: str, room: int = 0) -> IP:
    header = IP(src=str(STREAM.source), dst=destination) / UDP(sport=5000, dport=5000)
    return header / Raw(bytes(FRAME - room - len(Ether() / header)))


def _frame(to: MacAddress, payload: object, kind: int = 0x0800) -> bytes:
    return bytes(Ether(dst=str(to), src=str(NEIGHBOR), type=kind) / payload)


def _away() -> NextHopGroup:
    adjacency = Adjacency(Port(OUTPUTS[0]), MAC, NEIGHBOR)
    return NextHopGroup(AWAY, frozenset({Nhlfe(adjacency, OUT_LABEL)}))
