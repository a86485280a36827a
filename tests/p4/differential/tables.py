"""Random Fibs that hang together: what a lookup finds leads on to something else that is there.

Few addresses, labels, VRFs and interfaces, so that random packets of the same few find entries, and
entries that contradict each other (other interfaces, trees without copies, groups without members,
labels that nobody gave) are common, too. `Names` are shared with the packets.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Final, TypeVar

from controlplane.fib.model import (
    REGISTERS,
    Adjacency,
    Decapsulate,
    Discard,
    Encapsulate,
    EncapsulateRegister,
    Fib,
    FibInterface,
    Forward,
    ForwardVpn,
    Glean,
    InPlace,
    LabelRoute,
    MulticastRoute,
    NextHopGroup,
    Nhlfe,
    Onward,
    Policer,
    PopAndLookUp,
    Port,
    Receive,
    Replica,
    Rewrite,
    Tail,
    TailTable,
    TtlMode,
    TunnelRoot,
    UnicastAction,
    UnicastRoute,
    VpnPath,
)
from controlplane.net.interface import ETHERNET_MTU
from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL, Label
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.net.punt import PuntReason

T = TypeVar("T")

PORTS: Final = range(1, 7)
VLANS: Final = (0, 7)
CORE, RED, BLUE, SELECTIVE = 0, 10, 20, 0x8001
VRFS: Final = (CORE, CORE, CORE, RED, RED, BLUE)
TUNNELS: Final = (100, 101)
"""Interfaces of (PMSI, root PE) pairs."""

HOSTS: Final = tuple(IPv4Address(f"10.1.{net}.{host}") for net in (0, 1) for host in (1, 2))
PES: Final = tuple(IPv4Address(f"10.255.0.{number}") for number in (1, 2, 3))
GROUPS: Final = tuple(IPv4Address(text) for text in ("239.1.1.1", "239.1.2.1", "232.0.0.10"))
PREFIXES: Final = (
    *(IPv4Network(host) for host in (*HOSTS, *PES)),
    *map(IPv4Network, ("10.1.0.0/24", "10.1.0.0/16", "10.255.0.0/24", "0.0.0.0/0")),
)
GROUP_PREFIXES: Final = (
    *(IPv4Network(group) for group in GROUPS),
    *map(IPv4Network, ("239.1.0.0/16", "224.0.0.0/4")),
)
LABELS: Final[tuple[Label, ...]] = (EXPLICIT_NULL, 16, 17, 18, 19, 20)
MTUS: Final = (ETHERNET_MTU, ETHERNET_MTU, ETHERNET_MTU, 90, 130)
WAYS: Final = ("a", "b", "c", "d")
PATHS: Final = ("x", "y", "z")

POLICED: Final = tuple(reason for reason in PuntReason if reason is not PuntReason.ARP)
"""ARP is punted by barriers, too."""

EVERYTHING: Final = 0.8
"""The share of what could be there that is."""


def own_mac(port: int) -> MacAddress:
    return MacAddress(0x02_00_00_00_00_00 | port)


def neighbour_mac(number: int) -> MacAddress:
    return MacAddress(0x02_00_00_00_99_00 | number)


def random_fib(rng: random.Random) -> Fib:
    """The same for the same state of the generator."""
    interfaces = tuple(_interfaces(rng))
    return Fib(
        interfaces=frozenset(interfaces),
        unicast=frozenset(_unicast(rng)),
        groups=frozenset(NextHopGroup(way, _members(rng)) for way in WAYS),
        vpn_paths=frozenset(_vpn_paths(rng)),
        labels=frozenset(_labels(rng)),
        multicast=frozenset(_multicast(rng, interfaces)),
        tunnel_roots=frozenset(
            TunnelRoot(vrf, pe, rng.choice(TUNNELS))
            for vrf in (RED, BLUE, SELECTIVE)
            for pe in _some(rng, PES)
        ),
        tail_tables=frozenset({TailTable(SELECTIVE, RED)}),
        policers=frozenset(_policers(rng)),
        ttl_mode=rng.choice(list(TtlMode)),
    )


def changed_fib(rng: random.Random, fib: Fib) -> Fib:
    """The Fib with some of its parts made anew, as a network changes."""
    new = random_fib(rng)
    parts = (
        "unicast",
        "groups",
        "vpn_paths",
        "labels",
        "multicast",
        "tunnel_roots",
        "policers",
        "ttl_mode",
    )
    return replace(fib, **{part: getattr(new, part) for part in _some(rng, parts, 0.5)})


def _some(rng: random.Random, things: tuple[T, ...], share: float = EVERYTHING) -> list[T]:
    return [thing for thing in things if rng.random() < share]


def _interfaces(rng: random.Random) -> Iterator[FibInterface]:
    """Each VRF has some; in half of the VLANs there is one."""
    places = [Port(port, vlan) for vlan in VLANS for port in PORTS]
    vrfs = [*rng.sample(VRFS, len(VRFS)), *rng.choices(VRFS, k=len(places))]
    for index, (at, vrf) in enumerate(zip(places, vrfs, strict=False), start=1):
        if at.vlan == 0 or rng.random() < 0.5:
            mpls = vrf == CORE and rng.random() < EVERYTHING
            yield FibInterface(at, index, vrf, own_mac(at.port), mpls, rng.choice(MTUS))


def _policers(rng: random.Random) -> Iterator[Policer]:
    """Their tokens do not come back: BMv2's clock is not ours.

    Which copies of a packet are TO_FRAGMENT first is the target's choice, so all of them are punted
    or none.
    """
    for reason in rng.sample(POLICED, 2):
        burst = 0 if reason is PuntReason.TO_FRAGMENT else rng.choice((1, 5))
        yield Policer(reason, 0, burst)


# -- unicast and labels


def _unicast(rng: random.Random) -> Iterator[UnicastRoute]:
    for vrf in (CORE, RED, BLUE):
        for prefix in _some(rng, PREFIXES, 0.6):
            yield UnicastRoute(vrf, prefix, _unicast_action(rng))


def _unicast_action(rng: random.Random) -> UnicastAction:
    usual: list[Callable[[], UnicastAction]] = [
        lambda: Forward(rng.choice(WAYS)),
        lambda: ForwardVpn(rng.choice(PATHS)),
        Receive,
    ]
    return rng.choice([*usual, *usual, Glean, Discard])()


def _members(rng: random.Random) -> frozenset[Nhlfe]:
    return frozenset(
        Nhlfe(
            Adjacency(
                Port(port := rng.choice(PORTS), rng.choice(VLANS)),
                own_mac(port),
                neighbour_mac(rng.randrange(3)),
                rng.choice(MTUS),
            ),
            rng.choice((None, IMPLICIT_NULL, EXPLICIT_NULL, 500, 501)),
        )
        for _ in range(rng.choice((0, 1, 1, 2, 3)))
    )


def _vpn_paths(rng: random.Random) -> Iterator[VpnPath]:
    for name in PATHS:
        yield VpnPath(name, rng.choice((600, 601)), rng.choice((*WAYS, None)))


def _labels(rng: random.Random) -> Iterator[LabelRoute]:
    for label in _some(rng, LABELS):
        forward, pop = Forward(rng.choice(WAYS)), PopAndLookUp(rng.choice((CORE, RED, BLUE)))
        yield LabelRoute(label, rng.choice((forward, pop)))


# -- multicast


def _multicast(
    rng: random.Random, interfaces: tuple[FibInterface, ...]
) -> Iterator[MulticastRoute]:
    trees: tuple[TreeName, ...] = (
        *(SourceGroup(source, group) for source in (*HOSTS, *PES) for group in GROUPS),
        *map(AnySource, GROUP_PREFIXES),
    )
    for vrf in (CORE, RED, BLUE, SELECTIVE):
        for tree in _some(rng, trees, 0.5):
            yield _multicast_route(rng, vrf, tree, interfaces)


def _multicast_route(
    rng: random.Random, vrf: int, tree: TreeName, interfaces: tuple[FibInterface, ...]
) -> MulticastRoute:
    own = [item.index for item in interfaces if item.vrf == vrf] or [1]
    comes_in = [*own, REGISTERS, *(TUNNELS * 3 if vrf != CORE else ())]
    iifs = frozenset(rng.choice(comes_in) for _ in range(rng.choice((1, 1, 3, 6))))
    copies = frozenset(_copies(rng, interfaces))
    tail = _tail(rng) if vrf == CORE and rng.random() < 0.6 else None
    return MulticastRoute(vrf, tree, iifs, copies, tail, watch=rng.random() < 0.2)


def _tail(rng: random.Random) -> Tail:
    return Tail(rng.choice((RED, RED, BLUE, SELECTIVE)), rng.choice((*TUNNELS, *TUNNELS, None)))


def _copies(rng: random.Random, interfaces: tuple[FibInterface, ...]) -> Iterator[Replica]:
    """Two of one place look different in each way that a packet may have come in."""
    for item in _some(rng, interfaces, rng.choice((0.0, 0.2, 0.4))):
        for make in _some(rng, (_as_it_comes, _wrapped), 0.7):
            yield Replica(item.at, item.mac, make(rng))
    if rng.random() < 0.05:  # out of a port that is no interface of this Fib
        yield Replica(Port(rng.choice(PORTS), 9), own_mac(1), InPlace())


def _as_it_comes(rng: random.Random) -> Rewrite:
    return rng.choice((InPlace(), Decapsulate(), Onward(rng.choice(TUNNELS))))


def _wrapped(rng: random.Random) -> Rewrite:
    tunnel = Encapsulate(
        rng.choice(PES), rng.choice(GROUPS), rng.choice((1, 64)), rng.random() < 0.5
    )
    if rng.random() < 0.6:
        return tunnel
    labels = tuple(rng.choice((500, 501)) for _ in range(rng.randrange(3)))
    inside = rng.choice((None, tunnel))
    return EncapsulateRegister(rng.choice(PES), PES[0], neighbour_mac(1), labels, inside)
