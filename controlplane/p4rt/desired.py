"""Fib -> entities, given what is in the switch already, whose numbers are kept.

Three things are shared and therefore numbered: next hops (one for each adjacency), rewrites (one
for each form that a copy takes on a port) and groups (one for each set of copies).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controlplane.fib.model import Fib, FibInterface, Policer, UnicastRoute
from controlplane.p4rt import names
from controlplane.p4rt.desired_multicast import multicast_entities
from controlplane.p4rt.desired_unicast import unicast_entities
from controlplane.p4rt.entities import CloneSession, PolicerEntry, TableEntry
from controlplane.p4rt.inventory import Inventory

_TO_CPU = CloneSession(names.CPU_CLONE_SESSION, frozenset({(names.CPU_PORT, 1)}))


class Desired:
    """Turns Fibs into what a switch shall hold.

    Streams come and go far more often than the hundred thousand unicast routes of a PE change, so
    what these become is kept for the next Fib that has the same.
    """

    def __init__(self, installed: Inventory) -> None:
        self._installed = installed
        self._routes: frozenset[UnicastRoute] | None = None
        self._unicast = Inventory()

    def entities(self, fib: Fib) -> Inventory:
        """All that the switch shall hold, with the numbers that things have there already."""
        inventory = Inventory([_TO_CPU])
        inventory.update(map(_policer, fib.policers))
        inventory.update(_interfaces(fib.interfaces))
        inventory.update(multicast_entities(fib.multicast, self._installed))
        inventory.include(self._unicast_of(fib.unicast))
        return inventory

    def _unicast_of(self, routes: frozenset[UnicastRoute]) -> Inventory:
        if routes != self._routes:
            self._unicast = Inventory(unicast_entities(routes, self._installed))
            self._routes = routes
        return self._unicast


def _policer(policer: Policer) -> PolicerEntry:
    return PolicerEntry(int(policer.reason), policer.rate, policer.burst)


def _interfaces(interfaces: Iterable[FibInterface]) -> Iterator[TableEntry]:
    for interface in interfaces:
        at = interface.at.port, interface.at.vlan
        args = interface.index, interface.vrf, interface.mac.value
        yield TableEntry(names.INTERFACE, at, names.SET_INTERFACE, args)
        yield TableEntry(names.EGRESS_INTERFACE, at, names.COUNT_INTERFACE_OUT, (interface.index,))
