"""Numbers for the forms that copies take: one a form and port, `egress_rid` to the data plane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
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
from controlplane.p4rt.entities import Copies, TableEntry
from controlplane.p4rt.ids import free_ids
from controlplane.p4rt.inventory import Inventory

_Form: TypeAlias = tuple[str, tuple[int, ...]]
"""An action of `replica_rewrite`, and its arguments."""


class Rewrites:
    """Those that are asked for, numbered as in the switch, or else with free numbers of the port.

    A rewrite is never modified: a copy that changes its form gets another number, and its group
    is modified to name it. So a copy in flight has either form, whole.
    """

    def __init__(self, installed: Inventory) -> None:
        self._forms: dict[int, dict[int, _Form]] = defaultdict(dict)
        for (port, replica), entry in installed.table(names.REPLICA_REWRITE).items():
            self._forms[port][replica] = entry.action, entry.args
        self._numbers = {
            (port, form): replica
            for port, forms in self._forms.items()
            for replica, form in sorted(forms.items(), reverse=True)
        }
        self._wanted: dict[tuple[int, int], _Form] = {}
        self._copies: dict[frozenset[Replica], Copies] = {}

    def copies(self, replicas: frozenset[Replica]) -> Copies:
        """The port and number of each replica."""
        if replicas not in self._copies:
            self._copies[replicas] = frozenset(map(self._number, sorted(replicas, key=_order)))
        return self._copies[replicas]

    def entries(self) -> Iterator[TableEntry]:
        """A table entry for each rewrite that was asked for."""
        for match, form in self._wanted.items():
            yield TableEntry(names.REPLICA_REWRITE, match, *form)

    def _number(self, replica: Replica) -> tuple[int, int]:
        port, form = replica.at.port, _form(replica)
        number = self._numbers.get((port, form))
        if number is None:
            number = self._new(port, form)
        self._wanted[port, number] = form
        return port, number

    def _new(self, port: int, form: _Form) -> int:
        what = f"forms of copies on port {port}"
        number = next(free_ids(what, self._forms[port], names.LAST_REPLICA))
        self._forms[port][number] = form
        self._numbers[port, form] = number
        return number


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


def _order(replica: Replica) -> tuple[int, _Form]:
    """Equal runs give equal numbers."""
    return replica.at.port, _form(replica)
