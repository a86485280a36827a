"""What entities mean, read off them as the data plane does: through groups, rewrites, next hops."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

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
    Rewrite,
    Tail,
    UnicastAction,
    UnicastRoute,
)
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.p4rt import names
from controlplane.p4rt.entities import GROUP, Group, PolicerEntry, TableEntry
from controlplane.p4rt.inventory import Inventory


class Meaning(NamedTuple):
    fib: Fib
    behind_tunnels: frozenset[MulticastRoute]


def meaning(held: Inventory) -> Meaning:
    """The Fib that a switch with these entities carries out."""
    fib = Fib(
        interfaces=frozenset(map(_interface, held.table(names.INTERFACE).values())),
        unicast=frozenset(_unicast(e, held) for e in held.table(names.UNICAST_ROUTE).values()),
        multicast=frozenset(_route(e, held) for e in held.table(names.MULTICAST_ROUTE).values()),
        policers=frozenset(
            Policer(PuntReason(e.reason), e.rate, e.burst)
            for e in held
            if isinstance(e, PolicerEntry)
        ),
    )
    tails = frozenset(_route(e, held) for e in held.table(names.TAIL_ROUTE).values())
    return Meaning(fib, tails)


def _interface(entry: TableEntry) -> FibInterface:
    index, vrf, mac = entry.args
    return FibInterface(Port(*entry.match), index, vrf, MacAddress(mac))


def _unicast(entry: TableEntry, held: Inventory) -> UnicastRoute:
    vrf, address, length = entry.match
    return UnicastRoute(vrf, IPv4Network((address, length)), _unicast_action(entry, held))


def _unicast_action(entry: TableEntry, held: Inventory) -> UnicastAction:
    if entry.action == names.FORWARD:
        port, vlan, source, destination = held.table(names.NEXT_HOP)[entry.args].args
        return Forward(Adjacency(Port(port, vlan), MacAddress(source), MacAddress(destination)))
    actions: dict[str, UnicastAction] = {
        names.RECEIVE: Receive(),
        names.GLEAN: Glean(),
        names.DISCARD: Discard(),
    }
    return actions[entry.action]


def _route(entry: TableEntry, held: Inventory) -> MulticastRoute:
    vrf, source, group = entry.match
    sg = SourceGroup(IPv4Address(source), IPv4Address(group))
    tail = Tail(*entry.args[2:]) if entry.action == names.MULTICAST_TAIL else None
    return MulticastRoute(vrf, sg, entry.args[0], _replicas(entry.args[1], held), tail)


def _replicas(number: int, held: Inventory) -> frozenset[Replica]:
    if number == 0:
        return frozenset()
    group = held.of(GROUP)[number,]
    assert isinstance(group, Group)
    rewrites = held.table(names.REPLICA_REWRITE)
    return frozenset(_replica(port, rewrites[port, number]) for port, number in group.copies)


def _replica(port: int, entry: TableEntry) -> Replica:
    mac, vlan, *rest = entry.args
    return Replica(Port(port, vlan), MacAddress(mac), _rewrite(entry.action, rest))


def _rewrite(action: str, args: list[int]) -> Rewrite:
    if action == names.ENCAPSULATE:
        source, group, ttl, dont_fragment = args
        return Encapsulate(IPv4Address(source), IPv4Address(group), ttl, bool(dont_fragment))
    return InPlace() if action == names.IN_PLACE else Decapsulate()
