"""What a PE with many customers' trees does when one of them, or the core, changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

from bench.figure import Figure
from controlplane.fib.model import Encapsulate, Fib, MulticastRoute, Port, Replica
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import SourceGroup
from controlplane.p4rt.memory import MemoryTarget
from controlplane.p4rt.programmer import Programmer

_ROUTES = 10_000
_SOURCE, _GROUPS = IPv4Address("10.1.1.10"), int(IPv4Address("232.1.0.0"))
_TUNNEL = Encapsulate(IPv4Address("192.0.2.1"), IPv4Address("232.10.0.1"))


def fib_figures() -> Iterator[Figure]:
    """10,000 C-(S,G) that share the copies of one P-tunnel."""
    desired, moved = _fib(ports=(1, 2)), _fib(ports=(1, 3))
    target = MemoryTarget()
    started = time.perf_counter()
    target.set_fib(desired)
    filled = time.perf_counter() - started
    target.close()
    yield Figure(f"{_ROUTES:,} C-routes into an empty switch, in process", filled, "s")

    programmer = Programmer()
    for batch in programmer.program(desired):
        programmer.written(batch)
    started = time.perf_counter()
    updates = sum(len(batch) for batch in programmer.program(moved))
    planned = time.perf_counter() - started
    yield Figure(f"  a P-tunnel under all of them moves: plan of {updates} updates", planned, "s")


def _fib(ports: tuple[int, ...]) -> Fib:
    copies = frozenset(Replica(Port(port), MacAddress(port), _TUNNEL) for port in ports)
    route = MulticastRoute(1, SourceGroup(_SOURCE, IPv4Address(_GROUPS)), frozenset({7}), copies)
    groups = (IPv4Address(_GROUPS + number) for number in range(_ROUTES))
    return Fib(
        multicast=frozenset(replace(route, tree=SourceGroup(_SOURCE, group)) for group in groups)
    )
