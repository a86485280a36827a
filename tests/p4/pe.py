"""A PE that every vector can use: two customers, two core links.

    port 1          CE of red                   interface 1, VRF 10
    port 2, VLAN 7  another CE of red           interface 2, VRF 10
    port 5          CE of blue                  interface 5, VRF 20
    port 3, port 4  the core                    interfaces 3 and 4, VRF 0, MPLS

The tree of the P-group of red comes in from PE2 on port 3; this PE is a leaf of it, and a branching
point when the tree goes on to port 4. Tunnel interface 100 is (PMSI of red, PE2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from controlplane.fib.model import (
    Adjacency,
    Decapsulate,
    Encapsulate,
    Fib,
    FibInterface,
    Forward,
    InPlace,
    LabelRoute,
    MulticastRoute,
    NextHopGroup,
    Nhlfe,
    PopAndLookUp,
    Port,
    Replica,
    Rewrite,
    Tail,
    TtlMode,
    UnicastAction,
    UnicastRoute,
    VpnPath,
)
from controlplane.net.label import Label
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import AnySource, SourceGroup, TreeName

RED: Final = 10
BLUE: Final = 20
CORE: Final = 0

CE1: Final = Port(1)
CE2: Final = Port(2, 7)
CE_BLUE: Final = Port(5)
CORE3: Final = Port(3)
CORE4: Final = Port(4)

TUNNEL: Final = 100
OTHER_TUNNEL: Final = 101
TAIL: Final = Tail(RED, TUNNEL)

PE1: Final = IPv4Address("10.255.0.1")
PE2: Final = IPv4Address("10.255.0.2")
P_GROUP: Final = IPv4Address("232.0.0.10")


def mac(at: Port) -> MacAddress:
    """The PE's own address on a port."""
    return MacAddress(0x02_00_00_00_00_00 | at.port)


INTERFACES: Final = frozenset(
    FibInterface(at, index, vrf, mac(at), mpls=vrf == CORE)
    for at, index, vrf in (
        (CE1, 1, RED),
        (CE2, 2, RED),
        (CORE3, 3, CORE),
        (CORE4, 4, CORE),
        (CE_BLUE, 5, BLUE),
    )
)

EMPTY: Final = Fib(interfaces=INTERFACES)

ENCAPSULATE: Final = Encapsulate(PE1, P_GROUP)


def copy(at: Port, rewrite: Rewrite) -> Replica:
    return Replica(at, mac(at), rewrite)


def sg(source: str, group: str) -> SourceGroup:
    return SourceGroup(IPv4Address(source), IPv4Address(group))


def any_source(groups: str) -> AnySource:
    """(*,G), or (*,G-prefix)."""
    return AnySource(IPv4Network(groups))


def route(
    vrf: int,
    name: TreeName,
    iif: int | Iterable[int],
    *copies: Replica,
    tail: Tail | None = None,
    watch: bool = False,
) -> MulticastRoute:
    """Accepted on one interface, or on several."""
    iifs = frozenset({iif} if isinstance(iif, int) else iif)
    return MulticastRoute(vrf, name, iifs, frozenset(copies), tail, watch)


def multicast(*routes: MulticastRoute) -> Fib:
    return replace(EMPTY, multicast=frozenset(routes))


def member(at: Port, neighbor: MacAddress, label: Label | None = None) -> Nhlfe:
    return Nhlfe(Adjacency(at, mac(at), neighbor), label)


def way(name: str, *members: Nhlfe) -> NextHopGroup:
    return NextHopGroup(name, frozenset(members))


CE2_MAC: Final = MacAddress.parse("02:00:00:00:ce:02")
CORE3_MAC: Final = MacAddress.parse("02:00:00:00:c0:03")
CORE4_MAC: Final = MacAddress.parse("02:00:00:00:c0:04")

TO_CE2: Final = Forward("CE2")
TO_CORE: Final = Forward("core")
WAYS: Final = (way("CE2", member(CE2, CE2_MAC)), way("core", member(CORE3, CORE3_MAC)))


def unicast(
    routes: Iterable[tuple[int, str, UnicastAction]], ways: Iterable[NextHopGroup] = WAYS
) -> Fib:
    entries = (UnicastRoute(vrf, IPv4Network(prefix), action) for vrf, prefix, action in routes)
    return replace(EMPTY, unicast=frozenset(entries), groups=frozenset(ways))


def core(
    labels: Mapping[Label, Forward | PopAndLookUp],
    ways: Iterable[NextHopGroup] = (),
    routes: Iterable[tuple[int, str, UnicastAction]] = (),
    ttl_mode: TtlMode = TtlMode.UNIFORM,
) -> Fib:
    """Labels beside routes."""
    entries = frozenset(LabelRoute(label, action) for label, action in labels.items())
    return replace(unicast(routes, ways), labels=entries, ttl_mode=ttl_mode)


def vpn(fib: Fib, *paths: VpnPath) -> Fib:
    """With VPN paths, for routes to name."""
    return replace(fib, vpn_paths=frozenset(paths))


STREAM: Final = sg("10.1.0.1", "239.1.1.1")
"""A customer's (S,G)."""

ANY_STREAM: Final = any_source("239.1.1.1")
"""Its group."""

P_TREE: Final = SourceGroup(PE2, P_GROUP)
"""The tree that comes in."""

LEAF: Final = route(CORE, P_TREE, 3, tail=TAIL)
BRANCHING_LEAF: Final = route(CORE, P_TREE, 3, copy(CORE4, InPlace()), tail=TAIL)

BEHIND_TUNNEL: Final = route(
    RED,
    STREAM,
    TUNNEL,
    copy(CE1, Decapsulate()),
    copy(CE2, Decapsulate()),
    copy(CORE4, InPlace()),
)
"""The C-route at the branching leaf: two CEs, and the tree's onward copy."""
