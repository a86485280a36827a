"""Random Fibs, from pools so small that they share and clash."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st

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
    Tail,
    TtlMode,
    TunnelRoot,
    UnicastRoute,
    VpnPath,
)
from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import AnySource, SourceGroup
from controlplane.net.punt import PuntReason

T = TypeVar("T")

law = settings(max_examples=40)

VRFS = st.sampled_from([0, 10, 20])
PORTS = st.builds(Port, st.integers(1, 3), st.sampled_from([0, 7]))
MACS = st.integers(1, 2).map(lambda number: MacAddress(0x02_00_00_00_00_00 | number))
INTERFACES = st.sampled_from([1, 2, 100, 101])
MTUS = st.sampled_from([1500, 9000])

PES = st.sampled_from([IPv4Address("10.255.0.1"), IPv4Address("10.255.0.2")])
ENCAPSULATE = st.builds(
    Encapsulate,
    st.just(IPv4Address("10.255.0.1")),
    st.sampled_from([IPv4Address("232.0.0.1"), IPv4Address("232.0.0.2")]),
    ttl=st.sampled_from([64, 255]),
    dont_fragment=st.booleans(),
)
REWRITES = st.one_of(
    st.just(InPlace()),
    st.builds(Onward, st.sampled_from([100, 101])),
    st.just(Decapsulate()),
    ENCAPSULATE,
    st.builds(
        EncapsulateRegister,
        PES,
        st.just(IPv4Address("10.255.0.9")),
        MACS,
        st.sampled_from([(), (17,), (17, 18)]),
        st.none() | ENCAPSULATE,
    ),
)
REPLICAS = st.frozensets(st.builds(Replica, PORTS, MACS, REWRITES), max_size=3)
STREAMS = st.builds(
    SourceGroup,
    st.sampled_from([IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")]),
    st.sampled_from([IPv4Address("232.1.1.1"), IPv4Address("232.1.1.2")]),
)
GROUPS = st.builds(
    AnySource,
    st.sampled_from([IPv4Network(g) for g in ("224.0.0.0/4", "232.1.1.0/24", "232.1.1.1/32")]),
)
TAILS = st.none() | st.builds(Tail, VRFS, st.sampled_from([100, 101, None]))
ACCEPTED = st.frozensets(st.sampled_from([1, 2, 100, REGISTERS]), max_size=3)
MULTICAST = st.builds(
    MulticastRoute, VRFS, STREAMS | GROUPS, ACCEPTED, REPLICAS, TAILS, st.booleans()
)
TUNNEL_ROOTS = st.builds(TunnelRoot, VRFS, PES, st.sampled_from([100, 101]))

WAYS = st.sampled_from(["192.0.2.1/32", "192.0.2.2/32", "10.0.0.2 on to-p1"])
LABELS = st.sampled_from([16, 17, 18])
NHLFES = st.builds(
    Nhlfe,
    st.builds(Adjacency, PORTS, MACS, MACS, MTUS),
    st.sampled_from([None, EXPLICIT_NULL, IMPLICIT_NULL, 16, 17]),
)
MEMBERS = st.frozensets(NHLFES, max_size=3)

PATHS = st.sampled_from(["192.0.2.2 label 17", "192.0.2.2 label 18", "192.0.2.3 label 17"])

ACTIONS = st.one_of(
    st.builds(Forward, WAYS),
    st.builds(ForwardVpn, PATHS),
    st.just(Receive()),
    st.just(Glean()),
    st.just(Discard()),
)
PREFIXES = st.sampled_from(
    [IPv4Network(p) for p in ("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.0.1/32")]
)
UNICAST = st.builds(UnicastRoute, VRFS, PREFIXES, ACTIONS)
LABEL_ROUTES = st.builds(
    LabelRoute, LABELS, st.builds(Forward, WAYS) | st.builds(PopAndLookUp, VRFS)
)


def unique(
    elements: st.SearchStrategy[T], key: Callable[[T], Hashable]
) -> st.SearchStrategy[frozenset[T]]:
    """Sets in which a key is there once, as in a Fib."""
    return st.lists(elements, unique_by=key, max_size=8).map(frozenset)


def vpn_paths(unicast: frozenset[UnicastRoute]) -> st.SearchStrategy[frozenset[VpnPath]]:
    """The VPN paths that are named; a path that no route names is not in a Fib."""
    actions = {route.action for route in unicast}
    named = sorted(action.path for action in actions if isinstance(action, ForwardVpn))
    return st.tuples(
        *(st.builds(VpnPath, st.just(n), LABELS, st.none() | WAYS) for n in named)
    ).map(frozenset)


def ways(fib: Fib) -> st.SearchStrategy[frozenset[NextHopGroup]]:
    """Groups for all the ways that are named, and perhaps another."""
    actions = {*(route.action for route in fib.unicast), *(label.action for label in fib.labels)}
    named = {action.way for action in actions if isinstance(action, Forward)}
    named |= {path.way for path in fib.vpn_paths if path.way is not None}
    groups = (st.builds(NextHopGroup, st.just(way), MEMBERS) for way in sorted({*named, "unused"}))
    return st.tuples(*groups).map(frozenset)


@st.composite
def fibs(draw: st.DrawFn) -> Fib:
    """Fibs in which what is named is there."""
    parts = draw(PARTS)
    routed = replace(parts, vpn_paths=draw(vpn_paths(parts.unicast)))
    return replace(routed, groups=draw(ways(routed)))


PARTS = st.builds(
    Fib,
    interfaces=unique(
        st.builds(FibInterface, PORTS, INTERFACES, VRFS, MACS, st.booleans(), MTUS),
        lambda interface: interface.at,
    ),
    unicast=unique(UNICAST, lambda route: (route.vrf, route.prefix)),
    labels=unique(LABEL_ROUTES, lambda route: route.label),
    multicast=unique(MULTICAST, lambda route: (route.vrf, route.tree)),
    tunnel_roots=unique(TUNNEL_ROOTS, lambda root: (root.vrf, root.pe)),
    policers=unique(
        st.builds(Policer, st.sampled_from(PuntReason), st.integers(1, 9), st.integers(1, 9)),
        lambda policer: policer.reason,
    ),
    ttl_mode=st.sampled_from(TtlMode),
)

FIBS = fibs()
