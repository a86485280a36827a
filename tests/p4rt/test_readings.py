"""Counters of multicast routes, from entities to what a router hears."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from finsy.proto import p4r

from controlplane.fib.counts import CountersRead, RouteCount
from controlplane.fib.model import (
    TAIL_TABLES,
    InPlace,
    MulticastRoute,
    Port,
    Replica,
    Tail,
    TailTable,
)
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import SourceGroup
from controlplane.p4rt import names
from controlplane.p4rt.counters import (
    NOTHING_COUNTED,
    Count,
    CounterReader,
    Counters,
    RouteEntry,
)
from controlplane.p4rt.desired_multicast import MulticastEntities
from controlplane.p4rt.entities import TableEntry
from controlplane.p4rt.inventory import Inventory
from controlplane.p4rt.pipeline import load_pipeline
from controlplane.p4rt.readings import Readings
from controlplane.p4rt.table_codec import TableCodec

RED, TABLE = 1, TAIL_TABLES[0]
FLOW, OTHER = (SourceGroup(IPv4Address("10.1.1.10"), IPv4Address(f"232.1.1.{n}")) for n in (1, 2))
COPY = frozenset({Replica(Port(1), MacAddress(0x020000000001), InPlace())})


def counted(
    flows: dict[SourceGroup, tuple[int, int]], table: str = names.MULTICAST_ROUTE
) -> Counters:
    entries = {RouteEntry(RED, flow, table, RED): Count(*count) for flow, count in flows.items()}
    return replace(NOTHING_COUNTED, entries=entries)


@pytest.mark.parametrize(
    ("before", "after", "packets_and_octets"),
    [
        ((10, 1000), (15, 1500), (5, 500)),
        (None, (15, 1500), (15, 1500)),
        ((15, 1500), (5, 500), (5, 500)),
        ((10, 1000), (10, 1000), None),
        ((10, 1000), None, None),
    ],
    ids=["more", "a new route", "a route made anew", "nothing came", "a route that went"],
)
def test_a_router_hears_of_what_came_since_the_reading_before(
    before: tuple[int, int] | None,
    after: tuple[int, int] | None,
    packets_and_octets: tuple[int, int] | None,
) -> None:
    readings = Readings(counted({FLOW: before} if before else {}), now=3.0)
    read = readings.take(counted({FLOW: after} if after else {}), now=5.5)
    routes = (RouteCount(RED, FLOW, *packets_and_octets),) if packets_and_octets else ()
    assert read == CountersRead(2.5, routes)


def test_each_reading_is_compared_with_the_one_before() -> None:
    readings = Readings(NOTHING_COUNTED, now=0.0)
    readings.take(counted({FLOW: (10, 1000), OTHER: (1, 100)}), now=1.0)
    read = readings.take(counted({FLOW: (30, 3000), OTHER: (1, 100)}), now=3.0)
    assert read == CountersRead(2.0, (RouteCount(RED, FLOW, 20, 2000),))


def test_what_one_entry_counts_is_compared_with_what_the_same_one_had_counted() -> None:
    """A route has an entry in two tables for a while; one that goes is no reason to begin anew."""
    inclusive = counted({FLOW: (45, 4500)}).entries
    behind = counted({FLOW: (1, 100)}, names.TAIL_ROUTE).entries
    both = replace(NOTHING_COUNTED, entries={**inclusive, **behind})
    readings = Readings(replace(NOTHING_COUNTED, entries=inclusive), now=0.0)
    assert readings.take(both, now=1.0).routes == (RouteCount(RED, FLOW, 1, 100),)
    assert readings.take(counted({FLOW: (45, 4500)}), now=2.0).routes == ()
    assert readings.take(counted({FLOW: (47, 4700)}), now=3.0).routes == (
        RouteCount(RED, FLOW, 2, 200),
    )


def test_what_a_selective_tunnel_brings_is_counted_for_its_vrf() -> None:
    pipeline = load_pipeline()
    codec = TableCodec(pipeline)
    entities: list[p4r.Entity] = []
    for table, vrf, packets in (
        (names.MULTICAST_ROUTE, RED, 1),
        (names.TAIL_ROUTE, RED, 20),
        (names.TAIL_ROUTE, TABLE, 300),
    ):
        action = names.TAIL_FORWARD if table == names.TAIL_ROUTE else names.MULTICAST_FORWARD
        match = vrf, int(FLOW.source), int(FLOW.group)
        entity = p4r.Entity()
        codec.encode(TableEntry(table, match, action, (5, 0, 1, 0)), entity.table_entry)
        entity.table_entry.counter_data.packet_count = packets
        entity.table_entry.counter_data.byte_count = 100 * packets
        entities.append(entity)
    counters = CounterReader(pipeline).collect(entities, [TailTable(TABLE, RED)])
    assert counters.routes == {(RED, FLOW): Count(321, 32_100)}


def test_the_routes_behind_a_selective_tunnel_are_in_the_tail_table_alone() -> None:
    routes = {MulticastRoute(vrf, FLOW, frozenset({5}), COPY) for vrf in (RED, TABLE)}
    routes |= {_entered(RED), _entered(TABLE)}
    entries = MulticastEntities(Inventory(), Inventory())
    changes = entries.exchange(frozenset(), frozenset(routes))
    keys = {
        (e.table, e.match[0]) for e in changes.values() if isinstance(e, TableEntry) and _is_flow(e)
    }
    assert keys == {
        (names.MULTICAST_ROUTE, RED),
        (names.TAIL_ROUTE, RED),
        (names.TAIL_ROUTE, TABLE),
    }


def _entered(table: int) -> MulticastRoute:
    """A P-route with a tail in this look-up."""
    tree = SourceGroup(IPv4Address("192.0.2.1"), IPv4Address(f"232.9.0.{table % 250}"))
    return MulticastRoute(0, tree, frozenset({3}), frozenset(), Tail(table, 5))


def _is_flow(entry: TableEntry) -> bool:
    tables = (names.MULTICAST_ROUTE, names.TAIL_ROUTE)
    return entry.table in tables and entry.match[1] == int(FLOW.source)
