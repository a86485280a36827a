"""Numbers for the forms that copies take: one a form and port, `egress_rid` to the data plane."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable
from typing import TypeAlias, assert_never

from controlplane.fib.model import (
    Decapsulate,
    Encapsulate,
    EncapsulateRegister,
    InPlace,
    Onward,
    Replica,
)
from controlplane.p4rt import names
from controlplane.p4rt.entities import Changes, Copies, TableEntry, rewrite_key
from controlplane.p4rt.ids import SharedNumbers, Users
from controlplane.p4rt.inventory import Inventory

ReplicaSet: TypeAlias = frozenset[Replica]

_Form: TypeAlias = tuple[str, tuple[int, ...]]
"""An action of `replica_rewrite`, and its arguments."""

_Place: TypeAlias = tuple[int, _Form]
"""A form on a port."""


class Rewrites:
    """Those that some sets of replicas need, numbered as in the switch, or else with free numbers.

    A rewrite is never modified: a copy that changes its form gets another number, and its group
    is modified to name it. So a copy in flight has either form, whole.
    """

    def __init__(self, installed: Inventory) -> None:
        self._installed = installed
        self._users: Users[_Place] = Users()
        self._numbers: dict[int, SharedNumbers[_Form]] = {}
        self._copies: dict[ReplicaSet, Copies] = {}

    def copies(self, replicas: ReplicaSet) -> Copies:
        """The port and number of each replica of a set that is needed."""
        return self._copies[replicas]

    def exchange(self, gone: Collection[ReplicaSet], new: Collection[ReplicaSet]) -> Changes:
        """Sets go, others come: what becomes of the rewrites."""
        lost, found = self._users.exchange(_places(gone), _places(new))
        changes: Changes = {rewrite_key(*self._copy(place)): None for place in lost}
        for port, form in lost:
            self._numbers[port].release((form,))
        for place in sorted(found):
            self._admit(*place)
            entry = TableEntry(names.REPLICA_REWRITE, self._copy(place), *place[1])
            changes[entry.key] = entry
        for replicas in gone:
            del self._copies[replicas]
        self._copies |= {one: frozenset(map(self._copy, map(_place, one))) for one in new}
        return changes

    def _copy(self, place: _Place) -> tuple[int, int]:
        port, form = place
        return port, self._numbers[port].number(form)

    def _admit(self, port: int, form: _Form) -> None:
        if port not in self._numbers:
            what = f"forms of copies on port {port}"
            self._numbers[port] = SharedNumbers(what, names.LAST_REPLICA)
        self._numbers[port].admit((form,), self._held(port), _never)

    def _held(self, port: int) -> dict[int, _Form]:
        """What stands behind the numbers of a port in the switch."""
        entries = self._installed.table(names.REPLICA_REWRITE)
        return {
            number: (entry.action, entry.args)
            for (at, number), entry in entries.items()
            if at == port
        }


def _never(_: Container[int]) -> tuple[()]:
    """No number passes on from one form to another."""
    return ()


def _places(sets: Iterable[ReplicaSet]) -> list[_Place]:
    return [_place(replica) for replicas in sets for replica in replicas]


def _place(replica: Replica) -> _Place:
    return replica.at.port, _form(replica)


def _form(replica: Replica) -> _Form:
    frame = replica.source_mac.value, replica.at.vlan
    match replica.rewrite:
        case InPlace():
            return names.IN_PLACE, frame
        case Decapsulate():
            return names.DECAPSULATE, frame
        case Onward(tunnel):
            return names.ONWARD, (*frame, tunnel)
        case Encapsulate() as tunnel:
            return names.ENCAPSULATE, (*frame, *_tunnel(tunnel))
        case EncapsulateRegister(tunnel=inside) as register:
            outer = *frame, *_to_rp(register)
            if inside is None:
                return names.ENCAPSULATE_REGISTER, outer
            return names.ENCAPSULATE_AND_REGISTER, (*outer, *_tunnel(inside))
        case _:
            assert_never(replica.rewrite)


def _tunnel(rewrite: Encapsulate) -> tuple[int, ...]:
    return int(rewrite.source), int(rewrite.group), rewrite.ttl, int(rewrite.dont_fragment)


def _to_rp(rewrite: EncapsulateRegister) -> tuple[int, ...]:
    """Of one label the packet gets the place below empty, whether it is the way's or a VPN's."""
    way, vpn = [(1, label) for label in rewrite.labels] + [(0, 0)] * (2 - len(rewrite.labels))
    addresses = int(rewrite.source), int(rewrite.rp)
    return rewrite.destination_mac.value, *addresses, *way, *vpn
