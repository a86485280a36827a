"""Forwarding state in words: what a new Fib adds to the one before it, and what it takes away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from controlplane.fib.model import (
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
    Receive,
    Replica,
    Rewrite,
    UnicastAction,
    UnicastRoute,
)
from controlplane.router.names import interface_name, name_at, vrf_name
from controlplane.router.router import Router

_Entry: TypeAlias = FibInterface | UnicastRoute | MulticastRoute | Policer


def fib_changes(router: Router, before: Fib, after: Fib) -> Iterator[str]:
    """A line for each entry that is gone, `- ...`, and for each new one, `+ ...`."""
    old, new = _entries(before), _entries(after)
    yield from sorted(f"- {_entry(router, entry)}" for entry in old - new)
    yield from sorted(f"+ {_entry(router, entry)}" for entry in new - old)


def _entries(fib: Fib) -> frozenset[_Entry]:
    return frozenset().union(fib.interfaces, fib.unicast, fib.multicast, fib.policers)


def _entry(router: Router, entry: _Entry) -> str:
    match entry:
        case FibInterface(_, index, vrf, mac):
            return f"interface {interface_name(router, index)} of {vrf_name(router, vrf)}, {mac}"
        case UnicastRoute(vrf, prefix, action):
            return f"{vrf_name(router, vrf)} {prefix} {_action(router, action)}"
        case MulticastRoute():
            return _multicast(router, entry)
        case Policer(reason, rate, burst):
            return f"policer {reason.name} {rate}/s, burst {burst}"


def _action(router: Router, action: UnicastAction) -> str:
    match action:
        case Forward(adjacency):
            return f"forward {name_at(router, adjacency.at)} to {adjacency.destination_mac}"
        case Receive():
            return "receive"
        case Glean():
            return "glean"
        case Discard():
            return "discard"


def _multicast(router: Router, route: MulticastRoute) -> str:
    tail = f", then as from {interface_name(router, route.tail.iif)}" if route.tail else ""
    copies = ", ".join(sorted(_copy(router, copy) for copy in route.replicas)) or "nowhere"
    incoming = interface_name(router, route.iif)
    return f"{vrf_name(router, route.vrf)} {route.sg} from {incoming}{tail}: {copies}"


def _copy(router: Router, copy: Replica) -> str:
    return f"{name_at(router, copy.at)} {rewrite_words(copy.rewrite)}"


def rewrite_words(rewrite: Rewrite) -> str:
    match rewrite:
        case InPlace():
            return "in place"
        case Decapsulate():
            return "decapsulate"
        case Encapsulate(source, group):
            return f"encapsulate {source} > {group}"
