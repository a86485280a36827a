"""What entities mean, read off them as the data plane does: through groups and next hops.

A switch does not know what ways and VPN paths are called. A way means its members, a path its label
and its way, so they are named by these here, and a Fib is brought into the same form by
`anonymous`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from controlplane.fib.model import (
    REGISTERS,
    Adjacency,
    Discard,
    Fib,
    FibInterface,
    Forward,
    ForwardVpn,
    Glean,
    LabelRoute,
    MulticastRoute,
    NextHopGroup,
    Nhlfe,
    Policer,
    PopAndLookUp,
    Port,
    Receive,
    TtlMode,
    TunnelRoot,
    UnicastAction,
    UnicastRoute,
    VpnPath,
)
from controlplane.net.label import IMPLICIT_NULL
from controlplane.net.mac import MacAddress
from controlplane.net.punt import PuntReason
from controlplane.p4rt import names
from controlplane.p4rt.entities import ActionSet, Member, PolicerEntry, TableEntry
from controlplane.p4rt.inventory import Inventory
from tests.p4rt.multicast_meaning import routes_at_links, routes_at_tails


class Meaning(NamedTuple):
    fib: Fib
    behind_tunnels: frozenset[MulticastRoute]


def meaning(held: Inventory) -> Meaning:
    """The Fib that a switch with these entities carries out."""
    fib = Fib(
        interfaces=frozenset(_interface(e, held) for e in held.table(names.INTERFACE).values()),
        unicast=frozenset(_unicast(e, held) for e in held.table(names.UNICAST_ROUTE).values()),
        groups=frozenset(
            _named(_members(number, held)) for (number,) in held.of(names.NEXT_HOP_GROUP)
        ),
        vpn_paths=frozenset(_path(number, held) for (number,) in held.of(names.VPN_PATH)),
        labels=frozenset(_label(e, held) for e in held.table(names.LABEL_ROUTE).values()),
        multicast=frozenset(routes_at_links(held)),
        tunnel_roots=frozenset(
            TunnelRoot(vrf, IPv4Address(pe), entry.args[0])
            for (vrf, pe), entry in held.table(names.TUNNEL_ROOT).items()
        ),
        policers=frozenset(
            Policer(PuntReason(e.reason), e.rate, e.burst)
            for e in held
            if isinstance(e, PolicerEntry)
        ),
        ttl_mode=TtlMode(held.table(names.TTL_MODE)[()].action),
    )
    return Meaning(fib, frozenset(routes_at_tails(held)))


def anonymous(fib: Fib) -> Fib:
    """A Fib whose ways are named by their members, and VPN paths by what they are."""
    named = {group.way: _named(group.members).way for group in fib.groups}
    paths = {
        path.name: _named_path(path.label, named[path.way] if path.way is not None else None)
        for path in fib.vpn_paths
    }

    def unicast(route: UnicastRoute) -> UnicastRoute:
        match route.action:
            case Forward(way):
                return replace(route, action=Forward(named[way]))
            case ForwardVpn(path):
                return replace(route, action=ForwardVpn(paths[path].name))
            case _:
                return route

    def label(route: LabelRoute) -> LabelRoute:
        if not isinstance(route.action, Forward):
            return route
        return replace(route, action=Forward(named[route.action.way]))

    return replace(
        fib,
        unicast=frozenset(map(unicast, fib.unicast)),
        labels=frozenset(map(label, fib.labels)),
        groups=frozenset(_named(group.members) for group in fib.groups),
        vpn_paths=frozenset(paths.values()),
    )


def behind_tunnels(fib: Fib) -> Iterator[MulticastRoute]:
    """What is looked up out of tunnels and Registers, for which there are no tails: one that comes
    in Registers and has one is the CPU's to open."""
    entered = {route.tail.vrf for route in fib.multicast if route.tail}
    entered |= {route.vrf for route in fib.multicast if REGISTERS in route.iifs}
    for route in fib.multicast:
        if route.vrf in entered and not (route.tail and REGISTERS in route.iifs):
            yield replace(route, tail=None)


def _named_path(label: int, way: str | None) -> VpnPath:
    """A switch does not know the label of a path that leads nowhere."""
    return VpnPath(f"{label} {way}", label, way) if way is not None else VpnPath("nowhere", 0, None)


def _path(number: int, held: Inventory) -> VpnPath:
    entry = held.table(names.VPN_PATH)[number,]
    if entry.action == names.OUT_OF_REACH:
        return _named_path(0, None)
    label, group = entry.args
    return _named_path(label, _forward(group, held).way)


def _named(members: frozenset[Nhlfe]) -> NextHopGroup:
    return NextHopGroup(", ".join(sorted(map(repr, members))), members)


def _members(number: int, held: Inventory) -> frozenset[Nhlfe]:
    group = held.of(names.NEXT_HOP_GROUP)[number,]
    assert isinstance(group, ActionSet)
    if group.members == {(names.UNRESOLVED, ())}:
        return frozenset()
    return frozenset(_nhlfe(member, held) for member in group.members)


def _nhlfe(member: Member, held: Inventory) -> Nhlfe:
    action, (next_hop, *labels) = member
    port, vlan, source, destination, mtu = held.table(names.NEXT_HOP)[next_hop,].args
    adjacency = Adjacency(Port(port, vlan), MacAddress(source), MacAddress(destination), mtu)
    by_action = {names.VIA: None, names.VIA_POP: IMPLICIT_NULL}
    return Nhlfe(adjacency, labels[0] if action == names.VIA_LABEL else by_action[action])


def _forward(number: int, held: Inventory) -> Forward:
    return Forward(_named(_members(number, held)).way)


def _label(entry: TableEntry, held: Inventory) -> LabelRoute:
    if entry.action == names.POP_AND_LOOK_UP:
        return LabelRoute(entry.match[0], PopAndLookUp(*entry.args))
    return LabelRoute(entry.match[0], _forward(entry.args[0], held))


def _interface(entry: TableEntry, held: Inventory) -> FibInterface:
    index, vrf, mac, mpls = entry.args
    out, mtu = held.table(names.EGRESS_INTERFACE)[entry.match].args
    assert out == index
    return FibInterface(Port(*entry.match), index, vrf, MacAddress(mac), bool(mpls), mtu)


def _unicast(entry: TableEntry, held: Inventory) -> UnicastRoute:
    vrf, address, length = entry.match
    return UnicastRoute(vrf, IPv4Network((address, length)), _unicast_action(entry, held))


def _unicast_action(entry: TableEntry, held: Inventory) -> UnicastAction:
    if entry.action == names.FORWARD:
        return _forward(entry.args[0], held)
    if entry.action == names.FORWARD_VPN:
        return ForwardVpn(_path(entry.args[0], held).name)
    actions: dict[str, UnicastAction] = {
        names.RECEIVE: Receive(),
        names.GLEAN: Glean(),
        names.DISCARD: Discard(),
    }
    return actions[entry.action]
