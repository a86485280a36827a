"""Shortest paths against networkx: random areas of point-to-point links, LANs and equal costs."""

from __future__ import annotations

import random
from ipaddress import IPv4Network
from itertools import pairwise

import pytest

from controlplane.protocols.ospf.events import BACKBONE, AreaSettings, OspfRoute
from tests.protocols.ospf.autonomous_system import AutonomousSystem, Link, area
from tests.protocols.ospf.oracle import Expected, Oracle

FEW_COSTS = (1, 2, 3)
"""So that many paths are equal."""


def table(system: AutonomousSystem, router: int) -> dict[IPv4Network, Expected]:
    routes = system.routers[router].calculation.table
    return {network: seen(route) for network, route in routes.items()}


def seen(route: OspfRoute) -> Expected:
    return Expected(route.path_type, route.area, route.cost, frozenset(route.next_hops))


def assert_as_expected(system: AutonomousSystem) -> None:
    oracle = Oracle(system)
    for router in system.routers:
        assert table(system, router) == oracle.table(router)


def random_link(
    system: AutonomousSystem, rng: random.Random, routers: list[int], backbone: int = 0
) -> Link:
    """A point-to-point link, or a LAN of three or four."""
    size = rng.choice((2, 2, 3, 4))
    ends = rng.sample(routers, min(size, len(routers)))
    costs = {router: rng.choice(FEW_COSTS) for router in ends}
    return system.add_link(costs, area(backbone), lan=len(ends) > 2 or rng.random() < 0.2)


def random_area(seed: int) -> tuple[AutonomousSystem, random.Random]:
    system, rng = AutonomousSystem(), random.Random(seed)
    routers = list(range(1, rng.randint(3, 12)))
    for router in routers[1:]:
        costs = {rng.randrange(1, router): rng.choice(FEW_COSTS), router: rng.choice(FEW_COSTS)}
        system.add_link(costs)
    for _ in range(len(routers)):
        random_link(system, rng, routers)
    return system, rng


@pytest.mark.parametrize("seed", range(16))
def test_routes_of_a_random_area_are_the_shortest_with_all_equal_ones(seed: int) -> None:
    system, _ = random_area(seed)
    system.settle()
    assert_as_expected(system)


@pytest.mark.parametrize("seed", range(16))
def test_routes_follow_links_that_go_come_back_and_change_cost(seed: int) -> None:
    system, rng = random_area(seed)
    system.settle()
    for _ in range(12):
        link = rng.choice(system.links)
        if rng.random() < 0.5:
            link.is_up = not link.is_up
        else:
            link.costs[rng.choice(link.routers)] = rng.choice((*FEW_COSTS, 30))
        system.settle()
        assert_as_expected(system)


def random_areas(seed: int) -> tuple[AutonomousSystem, random.Random]:
    """A backbone, and two areas that have two border routers or more each."""
    rng = random.Random(seed)
    system = AutonomousSystem(AreaSettings(id=area(number)) for number in range(3))
    backbone = list(range(1, 7))
    for number, routers in enumerate((backbone, [1, 2, 7, 8, 9], [2, 3, 4, 10, 11, 12])):
        order = rng.sample(routers, len(routers))
        for one, other in pairwise(order):
            system.add_link(
                {one: rng.choice(FEW_COSTS), other: rng.choice(FEW_COSTS)}, area(number)
            )
        for _ in range(3):
            random_link(system, rng, routers, number)
    for router in system.routers.values():
        router.loopback_area = rng.choice(system.areas_of(router.number))
    return system, rng


@pytest.mark.parametrize("seed", range(12))
def test_routes_between_random_areas_go_by_the_nearest_border_routers(seed: int) -> None:
    system, _ = random_areas(seed)
    system.settle()
    assert_as_expected(system)


@pytest.mark.parametrize("seed", range(12))
def test_routes_between_areas_follow_links_that_go_and_come_back(seed: int) -> None:
    system, rng = random_areas(seed)
    system.settle()
    for _ in range(8):
        link = rng.choice(system.links)
        link.is_up = not link.is_up
        system.settle()
        assert_as_expected(system)


def test_a_router_in_two_areas_without_the_backbone_has_no_inter_area_routes() -> None:
    system = AutonomousSystem(AreaSettings(id=area(number)) for number in range(3))
    system.chain(1, 2, area_id=area(1))
    system.chain(2, 3, area_id=area(2))
    system.chain(3, 4, area_id=BACKBONE)
    system.settle()
    assert system.route(2, "192.0.2.4/32") is None
    assert system.route(2, "192.0.2.3/32") is not None
    assert_as_expected(system)
