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
    ForwardVpn,
    Glean,
    InPlace,
    LabelRoute,
    MulticastRoute,
    NextHopGroup,
    Nhlfe,
    Policer,
    PopAndLookUp,
    Receive,
    Replica,
    Rewrite,
    UnicastAction,
    UnicastRoute,
    VpnPath,
)
from controlplane.net.label import IMPLICIT_NULL, Label
from controlplane.router.names import interface_name, name_at, vrf_name
from controlplane.router.router import Router

_Entry: TypeAlias = (
    FibInterface | UnicastRoute | NextHopGroup | VpnPath | LabelRoute | MulticastRoute | Policer
)


def fib_changes(router: Router, before: Fib, after: Fib) -> Iterator[str]:
    """A line for each entry that is gone, `- ...`, and for each new one, `+ ...`."""
    old, new = _entries(before), _entries(after)
    yield from sorted(f"- {_entry(router, entry)}" for entry in old - new)
    yield from sorted(f"+ {_entry(router, entry)}" for entry in new - old)


def _entries(fib: Fib) -> frozenset[_Entry]:
    return frozenset().union(
        fib.interfaces,
        fib.unicast,
        fib.groups,
        fib.vpn_paths,
        fib.labels,
        fib.multicast,
        fib.policers,
    )


def _entry(router: Router, entry: _Entry) -> str:
    match entry:
        case FibInterface(_, index, vrf, mac, mpls):
            labels = ", labels" if mpls else ""
            name = interface_name(router, index)
            return f"interface {name} of {vrf_name(router, vrf)}, {mac}{labels}"
        case UnicastRoute(vrf, prefix, action):
            return f"{vrf_name(router, vrf)} {prefix} {_action(router, action)}"
        case NextHopGroup(way, members):
            copies = sorted(nhlfe_words(router, member) for member in members)
            return f"way {way}: {', '.join(copies) or 'nobody known'}"
        case VpnPath(name, label, way):
            return f"VPN path {name}: {f'push {label}, way {way}' if way else 'out of reach'}"
        case LabelRoute(label, action):
            return f"label {label} {_action(router, action)}"
        case MulticastRoute():
            return _multicast(router, entry)
        case Policer(reason, rate, burst):
            return f"policer {reason.name} {rate}/s, burst {burst}"


def nhlfe_words(router: Router, nhlfe: Nhlfe) -> str:
    """`to-p1 02:00:00:00:00:01 label 17`."""
    adjacency = nhlfe.adjacency
    return f"{name_at(router, adjacency.at)} {adjacency.destination_mac}{label_words(nhlfe.label)}"


def label_words(label: Label | None) -> str:
    """What a next hop does with labels, behind a space; nothing where it has none."""
    if label is None:
        return ""
    return " pop" if label == IMPLICIT_NULL else f" label {label}"


def _action(router: Router, action: UnicastAction | PopAndLookUp) -> str:
    match action:
        case Forward(way):
            return f"forward {way}"
        case ForwardVpn(path):
            return f"forward VPN {path}"
        case PopAndLookUp(vrf):
            return f"pop, look up in {vrf_name(router, vrf)}"
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
