"""Fib -> entities, given what is in the switch already, whose numbers are kept.

What many share is numbered: next hops (one for each adjacency), next hop groups (one for each way),
rewrites (one for each form that a copy takes on a port), groups of copies (one for each set) and
sets of interfaces that a tree accepts packets of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from controlplane.fib.model import Fib, FibInterface, Policer, TtlMode
from controlplane.p4rt import names
from controlplane.p4rt.desired_multicast import multicast_entities, tunnel_root_entries
from controlplane.p4rt.desired_unicast import UnicastEntities
from controlplane.p4rt.entities import Changes, CloneSession, Entity, PolicerEntry, TableEntry
from controlplane.p4rt.inventory import Inventory, differences

_TO_CPU: Final = CloneSession(names.CPU_CLONE_SESSION, frozenset({(names.CPU_PORT, 1)}))

_TTL_ACTIONS: Final = {TtlMode.UNIFORM: names.UNIFORM, TtlMode.PIPE: names.PIPE}


class Desired:
    """What a switch shall hold, kept in step with one Fib after another.

    Fibs come often and differ little, so each part is made again only when its own part of the Fib
    is another.
    """

    def __init__(self, installed: Inventory) -> None:
        self._installed = installed
        self._fib = Fib()
        self._unicast = UnicastEntities(installed)
        self._multicast = Inventory()
        self._tunnel_roots = Inventory()
        self._settings = Inventory()
        self.inventory = Inventory()

    def update(self, fib: Fib) -> Changes:
        """Make the inventory that of this Fib, with the numbers that things have; what differs."""
        changes = self._unicast.exchange(self._fib, fib)
        if fib.multicast is not self._fib.multicast:
            multicast = Inventory(multicast_entities(fib.multicast, self._installed))
            changes |= differences(self._multicast, multicast)
            self._multicast = multicast
        if fib.tunnel_roots is not self._fib.tunnel_roots:
            roots = Inventory(tunnel_root_entries(fib.tunnel_roots))
            changes |= differences(self._tunnel_roots, roots)
            self._tunnel_roots = roots
        settings = Inventory(_settings(fib))
        changes |= differences(self._settings, settings)
        self._settings = settings
        self._fib = fib
        self.inventory.apply(changes)
        return changes


def _settings(fib: Fib) -> Iterator[Entity]:
    yield _TO_CPU
    yield TableEntry(names.TTL_MODE, (), _TTL_ACTIONS[fib.ttl_mode])
    yield from map(_policer, fib.policers)
    yield from _interfaces(fib.interfaces)


def _policer(policer: Policer) -> PolicerEntry:
    return PolicerEntry(int(policer.reason), policer.rate, policer.burst)


def _interfaces(interfaces: Iterable[FibInterface]) -> Iterator[TableEntry]:
    for interface in interfaces:
        at = interface.at.port, interface.at.vlan
        args = interface.index, interface.vrf, interface.mac.value, int(interface.mpls)
        yield TableEntry(names.INTERFACE, at, names.SET_INTERFACE, args)
        leaving = interface.index, interface.mtu
        yield TableEntry(names.EGRESS_INTERFACE, at, names.SET_EGRESS_INTERFACE, leaving)
