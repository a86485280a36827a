"""Fib -> entities, given what is in the switch already, whose numbers are kept.

What many share is numbered: next hops (one for each adjacency), next hop groups (one for each way),
rewrites (one for each form that a copy takes on a port), groups of copies (one for each set) and
sets of interfaces that a tree accepts packets of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from controlplane.fib.model import Fib, FibInterface, Policer, TtlMode
from controlplane.p4rt import names
from controlplane.p4rt.desired_multicast import MulticastEntities, tunnel_root_entries
from controlplane.p4rt.desired_unicast import UnicastEntities
from controlplane.p4rt.entities import Changes, CloneSession, Entity, PolicerEntry, TableEntry
from controlplane.p4rt.inventory import Inventory, differences

_TO_CPU: Final = CloneSession(names.CPU_CLONE_SESSION, frozenset({(names.CPU_PORT, 1)}))

_TTL_ACTIONS: Final = {TtlMode.UNIFORM: names.UNIFORM, TtlMode.PIPE: names.PIPE}


class _Settings(NamedTuple):
    """The parts of a Fib that hang on the router's configuration alone, and seldom change."""

    interfaces: frozenset[FibInterface]
    policers: frozenset[Policer]
    ttl_mode: TtlMode


class Desired:
    """What a switch shall hold, kept in step with one Fib after another.

    Fibs come often and differ little, so each part is made again only when its own part of the Fib
    is another.
    """

    def __init__(self, installed: Inventory) -> None:
        self._fib = Fib()
        self._unicast = UnicastEntities(installed)
        self.inventory = Inventory()
        self._multicast = MulticastEntities(installed, self.inventory)
        self._tunnel_roots = Inventory()
        self._settings = Inventory()
        self._settings_of: _Settings | None = None

    def update(self, fib: Fib) -> Changes:
        """Make the inventory that of this Fib, with the numbers that things have; what differs."""
        changes = self._unicast.exchange(self._fib, fib)
        changes |= self._multicast.exchange(self._fib.multicast, fib.multicast)
        if fib.tunnel_roots is not self._fib.tunnel_roots:
            roots = Inventory(tunnel_root_entries(fib.tunnel_roots))
            changes |= differences(self._tunnel_roots, roots)
            self._tunnel_roots = roots
        if self._settings_of != (of := _Settings(fib.interfaces, fib.policers, fib.ttl_mode)):
            settings = Inventory(_settings(of))
            changes |= differences(self._settings, settings)
            self._settings, self._settings_of = settings, of
        self._fib = fib
        self.inventory.apply(changes)
        return changes


def _settings(of: _Settings) -> Iterator[Entity]:
    yield _TO_CPU
    yield TableEntry(names.TTL_MODE, (), _TTL_ACTIONS[of.ttl_mode])
    yield from map(_policer, of.policers)
    yield from _interfaces(of.interfaces)


def _policer(policer: Policer) -> PolicerEntry:
    return PolicerEntry(int(policer.reason), policer.rate, policer.burst)


def _interfaces(interfaces: Iterable[FibInterface]) -> Iterator[TableEntry]:
    for interface in interfaces:
        at = interface.at.port, interface.at.vlan
        args = interface.index, interface.vrf, interface.mac.value, int(interface.mpls)
        yield TableEntry(names.INTERFACE, at, names.SET_INTERFACE, args)
        leaving = interface.index, interface.mtu
        yield TableEntry(names.EGRESS_INTERFACE, at, names.SET_EGRESS_INTERFACE, leaving)
