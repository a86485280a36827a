"""Random Fibs, from pools so small that they share and clash."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from ipaddress import IPv4Address, IPv4Network
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from controlplane.fib.model import (
    Adjacency,
    Decapsulate,
    Discard,
    Encapsulate,
    Fib,
    FibInterface,
    Forward,
    Glean,
    InPlace,
    MulticastRoute,
    Policer,
    Port,
    Receive,
    Replica,
    Tail,
    UnicastRoute,
)
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import SourceGroup
from controlplane.net.punt import PuntReason

T = TypeVar("T")

law = settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
"""The same examples in each run, however slow the machine."""

VRFS = st.sampled_from([0, 10, 20])
PORTS = st.builds(Port, st.integers(1, 3), st.sampled_from([0, 7]))
MACS = st.integers(1, 2).map(lambda number: MacAddress(0x02_00_00_00_00_00 | number))
INTERFACES = st.sampled_from([1, 2, 100, 101])

REWRITES = st.one_of(
    st.just(InPlace()),
    st.just(Decapsulate()),
    st.builds(
        Encapsulate,
        st.just(IPv4Address("10.255.0.1")),
        st.sampled_from([IPv4Address("232.0.0.1"), IPv4Address("232.0.0.2")]),
        ttl=st.sampled_from([64, 255]),
        dont_fragment=st.booleans(),
    ),
)
REPLICAS = st.frozensets(st.builds(Replica, PORTS, MACS, REWRITES), max_size=3)
STREAMS = st.builds(
    SourceGroup,
    st.sampled_from([IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")]),
    st.sampled_from([IPv4Address("232.1.1.1"), IPv4Address("232.1.1.2")]),
)
TAILS = st.none() | st.builds(Tail, VRFS, st.sampled_from([100, 101]))
MULTICAST = st.builds(MulticastRoute, VRFS, STREAMS, INTERFACES, REPLICAS, TAILS)

ACTIONS = st.one_of(
    st.builds(Forward, st.builds(Adjacency, PORTS, MACS, MACS)),
    st.just(Receive()),
    st.just(Glean()),
    st.just(Discard()),
)
PREFIXES = st.sampled_from(
    [IPv4Network(p) for p in ("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.0.1/32")]
)
UNICAST = st.builds(UnicastRoute, VRFS, PREFIXES, ACTIONS)


def unique(
    elements: st.SearchStrategy[T], key: Callable[[T], Hashable]
) -> st.SearchStrategy[frozenset[T]]:
    """Sets in which a key is there once, as in a Fib."""
    return st.lists(elements, unique_by=key, max_size=8).map(frozenset)


FIBS = st.builds(
    Fib,
    interfaces=unique(
        st.builds(FibInterface, PORTS, INTERFACES, VRFS, MACS), lambda interface: interface.at
    ),
    unicast=unique(UNICAST, lambda route: (route.vrf, route.prefix)),
    multicast=unique(MULTICAST, lambda route: (route.vrf, route.sg)),
    policers=unique(
        st.builds(Policer, st.sampled_from(PuntReason), st.integers(1, 9), st.integers(1, 9)),
        lambda policer: policer.reason,
    ),
)
