"""What the data plane counts: what to read, and what it says.

Octets are those of packets as they arrived; BMv2 counts so in the egress too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network
from itertools import chain
from typing import Final, NamedTuple, TypeVar

from finsy.proto import p4r

from controlplane.fib.model import TailTable
from controlplane.net.label import Label
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.net.punt import PuntReason
from controlplane.p4rt import names
from controlplane.p4rt.desired_multicast import ROUTE_TABLES
from controlplane.p4rt.drops import DropReason
from controlplane.p4rt.entities import TableEntry
from controlplane.p4rt.inventory import Inventory
from controlplane.p4rt.pipeline import Pipeline
from controlplane.p4rt.table_codec import TableCodec

_COUNTED_TABLES: Final = (*ROUTE_TABLES, names.LABEL_ROUTE)
_ARRAYS: Final = (names.PUNTED, names.POLICED, names.INGRESS_DROPS, names.EGRESS_DROPS)
_INTERFACE_ARRAYS: Final = (names.INTERFACE_IN, names.INTERFACE_OUT)


Reason = TypeVar("Reason", bound=IntEnum)


class Count(NamedTuple):
    """Packets and octets."""

    packets: int = 0
    octets: int = 0

    def plus(self, other: Count) -> Count:
        return Count(self.packets + other.packets, self.octets + other.octets)


class RouteEntry(NamedTuple):
    """A table entry of a route, which may have several: each begins to count when it is made.

    `number` is the VRF's, or that of a look-up behind a selective tunnel.
    """

    vrf: int
    tree: TreeName
    table: str
    number: int


@dataclass(frozen=True, slots=True)
class Counters:
    """What a switch has counted; what it has not met is not in a mapping."""

    entries: Mapping[RouteEntry, Count]
    """Packets that found an entry, also on a wrong interface."""
    labels: Mapping[Label, Count]
    """By the label that they came with on top: packets that found the entry."""
    interface_in: Mapping[int, Count]
    interface_out: Mapping[int, Count]
    punted: Mapping[PuntReason, Count]
    policed: Mapping[PuntReason, Count]
    dropped: Mapping[DropReason, Count]

    @property
    def routes(self) -> Mapping[tuple[int, TreeName], Count]:
        """By VRF and tree: what all its entries have counted."""
        routes: dict[tuple[int, TreeName], Count] = defaultdict(Count)
        for entry, count in self.entries.items():
            routes[entry.vrf, entry.tree] = routes[entry.vrf, entry.tree].plus(count)
        return routes


NOTHING_COUNTED: Final = Counters({}, {}, {}, {}, {}, {}, {})


class CounterReader:
    """Reads the counters of one pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._tables = TableCodec(pipeline)
        self._ids = pipeline.counters
        self._names = {number: name for name, number in pipeline.counters.items()}
        self._counted_tables = [pipeline.tables[name].id for name in _COUNTED_TABLES]

    def requests(self, installed: Inventory) -> list[p4r.Entity]:
        """What to read; of the interfaces only the cells that are in use."""
        return [*self.route_requests(), *self._arrays(), *self._interfaces(installed)]

    def route_requests(self) -> list[p4r.Entity]:
        """What to read where routes alone matter, those by label too."""
        return list(self._entries())

    def collect(self, entities: Iterable[p4r.Entity], tables: Iterable[TailTable] = ()) -> Counters:
        """What was read, in our terms; routes behind selective tunnels count for their VRFs."""
        vrfs = {table.number: table.vrf for table in tables}
        routes: dict[RouteEntry, Count] = {}
        labels: dict[Label, Count] = {}
        cells: dict[str, dict[int, Count]] = defaultdict(dict)
        for entity in entities:
            if entity.HasField("counter_entry"):
                self._take_cell(entity.counter_entry, cells)
            elif isinstance(entry := self._tables.decode(entity.table_entry), TableEntry):
                count = _count(entity.table_entry.counter_data)
                if entry.table == names.LABEL_ROUTE:
                    labels[entry.match[0]] = count
                else:
                    number, tree = _route_name(entry)
                    vrf = vrfs.get(number, number)
                    routes[RouteEntry(vrf, tree, entry.table, number)] = count
        return _counters(routes, labels, cells)

    def _entries(self) -> Iterator[p4r.Entity]:
        for table in self._counted_tables:
            entry = p4r.TableEntry(table_id=table, counter_data=p4r.CounterData())
            yield p4r.Entity(table_entry=entry)

    def _arrays(self) -> Iterator[p4r.Entity]:
        for name in _ARRAYS:
            yield p4r.Entity(counter_entry=p4r.CounterEntry(counter_id=self._ids[name]))

    def _interfaces(self, installed: Inventory) -> Iterator[p4r.Entity]:
        entries = installed.table(names.EGRESS_INTERFACE).values()
        for index in sorted({entry.args[0] for entry in entries}):
            for name in _INTERFACE_ARRAYS:
                cell = p4r.CounterEntry(counter_id=self._ids[name], index=p4r.Index(index=index))
                yield p4r.Entity(counter_entry=cell)

    def _take_cell(self, cell: p4r.CounterEntry, cells: dict[str, dict[int, Count]]) -> None:
        count = _count(cell.data)
        if count.packets and cell.counter_id in self._names:
            cells[self._names[cell.counter_id]][cell.index.index] = count


def _counters(
    entries: Mapping[RouteEntry, Count],
    labels: Mapping[Label, Count],
    cells: Mapping[str, Mapping[int, Count]],
) -> Counters:
    return Counters(
        entries=entries,
        labels=labels,
        interface_in=cells.get(names.INTERFACE_IN, {}),
        interface_out=cells.get(names.INTERFACE_OUT, {}),
        punted=_by_reason(PuntReason, cells.get(names.PUNTED, {})),
        policed=_by_reason(PuntReason, cells.get(names.POLICED, {})),
        dropped=_by_reason(
            DropReason, cells.get(names.INGRESS_DROPS, {}), cells.get(names.EGRESS_DROPS, {})
        ),
    )


def _by_reason(reasons: type[Reason], *arrays: Mapping[int, Count]) -> dict[Reason, Count]:
    """The cells of arrays that count the same reasons, added up."""
    counts: dict[Reason, Count] = {}
    for number, count in chain.from_iterable(array.items() for array in arrays):
        reason = reasons(number)
        counts[reason] = counts.get(reason, Count()).plus(count)
    return counts


def _route_name(entry: TableEntry) -> tuple[int, TreeName]:
    if entry.table in (names.MULTICAST_ROUTE, names.TAIL_ROUTE):
        vrf, source, group = entry.match
        return vrf, SourceGroup(IPv4Address(source), IPv4Address(group))
    vrf, group, length = entry.match
    return vrf, AnySource(IPv4Network((group, length)))


def _count(data: p4r.CounterData) -> Count:
    return Count(data.packet_count, data.byte_count)
