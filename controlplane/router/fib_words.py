"""Forwarding state in words: what a new Fib adds to the one before it, and what it takes away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from controlplane.fib.model import (
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
    Receive,
    Replica,
    Rewrite,
    Tail,
    TunnelRoot,
    UnicastAction,
    UnicastRoute,
    VpnPath,
)
from controlplane.net.label import IMPLICIT_NULL, Label
from controlplane.router.names import interface_name, interface_names, name_at, vrf_name
from controlplane.router.router import Router

_Entry: TypeAlias = (
    FibInterface
    | UnicastRoute
    | NextHopGroup
    | VpnPath
    | LabelRoute
    | MulticastRoute
    | TunnelRoot
    | Policer
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
        fib.tunnel_roots,
        fib.policers,
    )


def _entry(router: Router, entry: _Entry) -> str:
    match entry:
        case FibInterface(_, index, vrf, mac, mpls, mtu):
            labels = ", labels" if mpls else ""
            name = interface_name(router, index)
            return f"interface {name} of {vrf_name(router, vrf)}, {mac}{labels}, MTU {mtu}"
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
        case TunnelRoot(vrf, pe, iif):
            return f"tunnel of {vrf_name(router, vrf)} from {pe}: {interface_name(router, iif)}"
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
    tail = f", then as from {tail_name(router, route.tail)}" if route.tail else ""
    watched = ", watched" if route.watch else ""
    copies = ", ".join(sorted(_copy(router, copy) for copy in route.replicas)) or "nowhere"
    incoming = interface_names(router, route.iifs)
    return f"{vrf_name(router, route.vrf)} {route.tree} from {incoming}{tail}{watched}: {copies}"


def tail_name(router: Router, tail: Tail) -> str:
    """What the packets of a tunnel that ends here come in on."""
    if tail.iif is None:
        return f"their PEs in {vrf_name(router, tail.vrf)}"
    return interface_name(router, tail.iif)


def _copy(router: Router, copy: Replica) -> str:
    return f"{name_at(router, copy.at)} {rewrite_words(router, copy.rewrite)}"


def rewrite_words(router: Router, rewrite: Rewrite) -> str:
    match rewrite:
        case InPlace():
            return "in place"
        case Onward(tunnel):
            return f"in place, of {interface_name(router, tunnel)} alone"
        case Decapsulate():
            return "decapsulate"
        case Encapsulate(source, group):
            return f"encapsulate {source} > {group}"
        case EncapsulateRegister(source, rp, mac, labels, tunnel):
            inside = f"{rewrite_words(router, tunnel)}, " if tunnel else ""
            stack = f" label {'/'.join(map(str, labels))}" if labels else ""
            return f"{inside}register {source} > {rp} {mac}{stack}"
