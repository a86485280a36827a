"""A calculation that followed any changes has the table of one that has seen nothing before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.protocols.ospf.calculation import RouteCalculation
from controlplane.protocols.ospf.events import (
    BACKBONE,
    AreaKind,
    AreaRange,
    AreaSettings,
    ExternalRoute,
    OspfConfig,
)
from controlplane.protocols.ospf.originations import desired_lsas
from tests.protocols.ospf.autonomous_system import AutonomousSystem, area, router_id

STUBS = tuple(
    IPv4Network(network) for network in ("172.16.0.0/24", "172.16.1.0/24", "172.16.0.0/16")
)
EXTERNALS = tuple(
    ExternalRoute(prefix=IPv4Network(prefix), metric=metric, type2=type2, tag=metric)
    for prefix in ("0.0.0.0/0", "172.16.0.0/24", "203.0.113.0/24")
    for metric, type2 in ((1, False), (1, True), (2, True))
)
BESIDE = IPv4Address("10.0.1.77")
"""On the first link, so that some forwarding addresses are."""

RANGES = (AreaRange(prefix=STUBS[2]), AreaRange(prefix=STUBS[0], advertise=False))

Change = tuple[str, int, int]

changes: st.SearchStrategy[list[Change]] = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cost", "stub", "external", "no external", "range", "kind"]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=12,
)


def three_areas(kind: AreaKind) -> AutonomousSystem:
    """Area 1 is normal, area 2 of some kind; both have two border routers, and there is a LAN."""
    system = AutonomousSystem(
        (AreaSettings(id=BACKBONE), AreaSettings(id=area(1)), AreaSettings(id=area(2), kind=kind))
    )
    system.add_link({1: 2, 2: 1, 3: 1}, lan=True)
    system.chain(1, 4, 2)
    system.chain(1, 5, 2, area_id=area(1))
    system.chain(5, 6, cost=2, area_id=area(1))
    system.chain(2, 7, 3, area_id=area(2))
    system.add_link({7: 1, 8: 2, 3: 4}, area(2), lan=True)
    return system


def flip(system: AutonomousSystem, one: int, other: int) -> None:
    link = system.links[one % len(system.links)]
    link.is_up = not link.is_up


def cost(system: AutonomousSystem, one: int, other: int) -> None:
    link = system.links[one % len(system.links)]
    link.costs[link.routers[other % len(link.routers)]] = other % 4


def stub(system: AutonomousSystem, one: int, other: int) -> None:
    stubs = system.routers[1 + one % len(system.routers)].stubs
    network = STUBS[other % len(STUBS)]
    if stubs.pop(network, None) is None:
        stubs[network] = other % 3


def external(system: AutonomousSystem, one: int, other: int) -> None:
    route = EXTERNALS[other % len(EXTERNALS)]
    address = BESIDE if other % 2 else IPv4Address(0)
    router = system.routers[1 + one % len(system.routers)]
    rest = tuple(known for known in router.external if known.prefix != route.prefix)
    router.external = (*rest, replace(route, forwarding_address=address))
    router.is_stale = True


def no_external(system: AutonomousSystem, one: int, other: int) -> None:
    router = system.routers[1 + one % len(system.routers)]
    router.external, router.is_stale = (), True


def change_range(system: AutonomousSystem, one: int, other: int) -> None:
    area_id = area(one % 3)
    system.settings[area_id] = replace(system.settings[area_id], ranges=RANGES[: other % 3])
    everybody_looks_again(system)


def kind(system: AutonomousSystem, one: int, other: int) -> None:
    kinds = tuple(AreaKind)
    system.settings[area(2)] = replace(
        system.settings[area(2)], kind=kinds[one % 3], summaries=bool(other % 2)
    )
    everybody_looks_again(system)


def everybody_looks_again(system: AutonomousSystem) -> None:
    for router in system.routers.values():
        router.is_stale = True


DO: dict[str, Callable[[AutonomousSystem, int, int], None]] = {
    "flip": flip,
    "cost": cost,
    "stub": stub,
    "external": external,
    "no external": no_external,
    "range": change_range,
    "kind": kind,
}


def fresh(system: AutonomousSystem, number: int) -> RouteCalculation:
    calculation = RouteCalculation(OspfConfig(router_id=router_id(number)))
    calculation.run(system.views(number), system.external, ())
    return calculation


@settings(max_examples=60)
@given(kind=st.sampled_from(AreaKind), history=changes)
def test_after_any_changes_the_table_is_that_of_a_first_run(
    kind: AreaKind, history: list[Change]
) -> None:
    system = three_areas(kind)
    system.settle()
    for what, one, other in history:
        DO[what](system, one, other)
        system.settle()
    for number, router in system.routers.items():
        anew = fresh(system, number)
        assert router.calculation.table == anew.table
        assert router.told == anew.table
        assert sorted(router.calculation.routers, key=str) == sorted(anew.routers, key=str)
        assert desired_lsas(router.calculation, router.external) == desired_lsas(
            anew, router.external
        )


@settings(max_examples=30)
@given(kind=st.sampled_from(AreaKind), history=changes)
def test_routes_behind_the_same_have_the_same_next_hops(
    kind: AreaKind, history: list[Change]
) -> None:
    system = three_areas(kind)
    for what, one, other in history:
        DO[what](system, one, other)
    system.settle()
    for router in system.routers.values():
        by_behind: dict[object, set[object]] = {}
        for route in router.calculation.table.values():
            by_behind.setdefault(route.behind, set()).add(route.next_hops)
        assert all(len(next_hops) == 1 for next_hops in by_behind.values())
