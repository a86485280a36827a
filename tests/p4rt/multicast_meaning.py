"""What the multicast entries of a switch mean, read through groups, rewrites and interface sets."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from controlplane.fib.model import (
    Decapsulate,
    Encapsulate,
    EncapsulateRegister,
    InPlace,
    MulticastRoute,
    Onward,
    Port,
    Replica,
    Rewrite,
    Tail,
)
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.p4rt import names
from controlplane.p4rt.entities import GROUP, Group, TableEntry
from controlplane.p4rt.inventory import Inventory

_TAIL_ACTIONS = (names.MULTICAST_TAIL, names.ANY_SOURCE_TAIL)


def routes_at_links(held: Inventory) -> Iterator[MulticastRoute]:
    """The trees, as packets of links find them."""
    for entry in held.table(names.MULTICAST_ROUTE).values():
        yield _route(_source_tree(entry), entry, held, names.ACCEPTED_INTERFACE)
    for entry in held.table(names.ANY_SOURCE_ROUTE).values():
        yield _route(_any_source_tree(entry), entry, held, names.ACCEPTED_INTERFACE)


def routes_at_tails(held: Inventory) -> Iterator[MulticastRoute]:
    """The trees, as packets out of tunnels and Registers find them."""
    for entry in held.table(names.TAIL_ROUTE).values():
        yield _route(_source_tree(entry), entry, held, names.TAIL_ACCEPTED_INTERFACE)
    for entry in held.table(names.TAIL_ANY_SOURCE_ROUTE).values():
        yield _route(_any_source_tree(entry), entry, held, names.TAIL_ACCEPTED_INTERFACE)


def _source_tree(entry: TableEntry) -> TreeName:
    _, source, group = entry.match
    return SourceGroup(IPv4Address(source), IPv4Address(group))


def _any_source_tree(entry: TableEntry) -> TreeName:
    _, group, length = entry.match
    return AnySource(IPv4Network((group, length)))


def _route(tree: TreeName, entry: TableEntry, held: Inventory, sets: str) -> MulticastRoute:
    interface, number, group, watch, *inside = entry.args
    tail = Tail(inside[0], inside[1] or None) if entry.action in _TAIL_ACTIONS else None
    accepted = {interface} if interface else {i for n, i in held.table(sets) if n == number}
    replicas = _replicas(group, held)
    return MulticastRoute(
        entry.match[0], tree, frozenset(accepted), replicas, tail, watch=bool(watch)
    )


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
    match action:
        case names.ENCAPSULATE:
            return _tunnel(args)
        case names.ENCAPSULATE_REGISTER:
            return _register(args, None)
        case names.ENCAPSULATE_AND_REGISTER:
            return _register(args[:7], _tunnel(args[7:]))
        case names.ONWARD:
            return Onward(*args)
        case names.IN_PLACE:
            return InPlace()
        case _:
            return Decapsulate()


def _tunnel(args: list[int]) -> Encapsulate:
    source, group, ttl, dont_fragment = args
    return Encapsulate(IPv4Address(source), IPv4Address(group), ttl, bool(dont_fragment))


def _register(args: list[int], tunnel: Encapsulate | None) -> EncapsulateRegister:
    mac, source, rp, *labels = args
    pushed = tuple(label for there, label in (labels[:2], labels[2:]) if there)
    return EncapsulateRegister(
        IPv4Address(source), IPv4Address(rp), MacAddress(mac), pushed, tunnel
    )
