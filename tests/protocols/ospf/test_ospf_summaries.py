"""RFC 2328 12.4.3: what area border routers tell; 3.5 and 11.1: address ranges; 16.3."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.protocols.ospf.events import (
    BACKBONE,
    AreaKind,
    AreaRange,
    AreaSettings,
    ExternalRoute,
    PathType,
)
from controlplane.protocols.ospf.link_state_ids import link_state_ids
from controlplane.protocols.ospf.prefix import number_of
from controlplane.wire.ospf.bodies import SummaryLsa
from controlplane.wire.ospf.lsa import LsType
from tests.protocols.ospf.autonomous_system import AutonomousSystem, area, router_id

AREA_1, AREA_2 = area(1), area(2)
INSIDE = tuple(IPv4Network(f"172.16.{number}.0/24") for number in range(3))
RANGE = IPv4Network("172.16.0.0/16")


def system_of(*settings: AreaSettings) -> AutonomousSystem:
    """A chain 1 - 2 - 3 - 4: 2 is between area 1 and the backbone, 3 between that and area 2."""
    given = {one.id: one for one in settings}
    ids = (BACKBONE, AREA_1, AREA_2)
    system = AutonomousSystem(given.get(one, AreaSettings(id=one)) for one in ids)
    system.chain(1, 2, cost=1, area_id=AREA_1)
    system.chain(2, 3, cost=10)
    system.chain(3, 4, cost=100, area_id=AREA_2)
    return system


def networks(system: AutonomousSystem, router: int, area_id: IPv4Address) -> dict[str, int]:
    """The type 3 LSAs of a router in an area: metrics by network."""
    told = system.told(router, LsType.SUMMARY_NETWORK, area_id)
    return {f"{number}/{_length(body.mask)}": body.metric for number, body in _summaries(told)}


def _summaries(told: Mapping[IPv4Address, object]) -> list[tuple[IPv4Address, SummaryLsa]]:
    return [(number, body) for number, body in told.items() if isinstance(body, SummaryLsa)]


def _length(mask: IPv4Address) -> int:
    return int(mask).bit_count()


def test_the_backbone_is_told_what_is_inside_the_other_areas_and_nothing_else() -> None:
    system = system_of()
    system.settle()
    assert networks(system, 2, BACKBONE) == {"10.0.1.0/24": 1, "192.0.2.1/32": 1, "192.0.2.2/32": 0}


def test_other_areas_are_told_of_all_that_is_not_inside_them() -> None:
    system = system_of()
    system.settle()
    assert networks(system, 2, AREA_1) == {
        "10.0.2.0/24": 10,
        "192.0.2.3/32": 10,
        "10.0.3.0/24": 110,
        "192.0.2.4/32": 110,
    }


def test_a_router_in_one_area_tells_nothing() -> None:
    system = system_of()
    system.settle()
    assert not networks(system, 1, AREA_1)


@pytest.mark.parametrize("kind", [AreaKind.STUB, AreaKind.NORMAL])
def test_type_4_summaries_go_into_normal_areas_alone(kind: AreaKind) -> None:
    system = system_of(AreaSettings(id=AREA_2, kind=kind))
    system.routers[1].external = (ExternalRoute(prefix=IPv4Network("203.0.113.0/24")),)
    system.settle()
    assert system.told(2, LsType.SUMMARY_ASBR, BACKBONE).keys() == {router_id(1)}
    told = system.told(3, LsType.SUMMARY_ASBR, AREA_2)
    assert told == ({router_id(1): SummaryLsa(metric=11)} if kind is AreaKind.NORMAL else {})
    assert (system.route(4, "203.0.113.0/24") is not None) is (kind is AreaKind.NORMAL)


@pytest.mark.parametrize("summaries", [True, False])
def test_a_stub_area_gets_a_default_route_beside_or_instead_of_summaries(summaries: bool) -> None:
    stub = AreaSettings(id=AREA_2, kind=AreaKind.STUB, summaries=summaries, default_cost=7)
    system = system_of(stub)
    system.settle()
    told = networks(system, 3, AREA_2)
    assert told["0.0.0.0/0"] == 7
    assert ("192.0.2.1/32" in told) is summaries
    default = system.route(4, "0.0.0.0/0")
    assert default is not None
    assert (default.path_type, default.cost) == (PathType.INTER_AREA, 107)


class TestRanges:
    def system(self, *ranges: AreaRange) -> AutonomousSystem:
        system = system_of(AreaSettings(id=AREA_1, ranges=ranges))
        for network, cost in zip(INSIDE, (5, 20, 1), strict=True):
            system.routers[1].stubs[network] = cost
        system.settle()
        return system

    def test_networks_inside_are_told_as_one_that_is_as_far_as_the_farthest(self) -> None:
        told = networks(self.system(AreaRange(prefix=RANGE)), 2, BACKBONE)
        assert told["172.16.0.0/16"] == 21
        assert not any(number.startswith("172.16.") for number in told.keys() - {"172.16.0.0/16"})

    def test_a_configured_cost_is_told(self) -> None:
        told = networks(self.system(AreaRange(prefix=RANGE, cost=3)), 2, BACKBONE)
        assert told["172.16.0.0/16"] == 3

    def test_a_range_that_is_not_advertised_hides_its_networks(self) -> None:
        told = networks(self.system(AreaRange(prefix=RANGE, advertise=False)), 2, BACKBONE)
        assert not any(number.startswith("172.16.") for number in told)

    def test_a_network_is_of_the_narrowest_range_around_it(self) -> None:
        narrow = AreaRange(prefix=IPv4Network("172.16.0.0/23"))
        told = networks(self.system(AreaRange(prefix=RANGE), narrow), 2, BACKBONE)
        assert (told["172.16.1.255/23"], told["172.16.0.0/16"]) == (21, 2)

    def test_packets_for_what_no_network_covers_are_dropped_at_the_border(self) -> None:
        system = self.system(AreaRange(prefix=RANGE))
        dropped = system.route(2, RANGE)
        assert dropped is not None
        assert (dropped.next_hops, dropped.path_type) == ((), PathType.INTER_AREA)
        route = system.route(1, RANGE)
        assert route is None or route.next_hops, "it is nobody's destination inside the area"

    def test_a_range_with_no_network_left_in_it_is_gone(self) -> None:
        system = self.system(AreaRange(prefix=RANGE))
        system.routers[1].stubs.clear()
        system.settle()
        assert "172.16.0.0/16" not in networks(system, 2, BACKBONE)
        assert system.route(2, RANGE) is None
        assert system.route(3, RANGE) is None

    def test_a_border_router_does_not_use_the_same_range_from_another_one(self) -> None:
        """RFC 2328 16.2 (3)."""
        system = self.system(AreaRange(prefix=RANGE))
        system.add_link({2: 1, 3: 1}, AREA_1)
        system.settle()
        for border in (2, 3):
            route = system.route(border, RANGE)
            assert route is not None and route.next_hops == ()


def transit(routers: tuple[int, ...]) -> AutonomousSystem:
    """RFC 2328 figure 17: area 1 is a transit area, and 5 is nearer to the network than 4 is."""
    system = AutonomousSystem(
        (AreaSettings(id=BACKBONE, ranges=(AreaRange(prefix=RANGE),)), AreaSettings(id=AREA_1))
    )
    system.add_link({4: 100, 5: 20, 6: 1}, lan=True)
    system.chain(1, 4, cost=200)
    for one, other in ((1, 2), (2, 4), (1, 3), (3, 5)):
        system.chain(one, other, area_id=AREA_1)
    system.routers[1].loopback_area = BACKBONE
    system.routers[6].stubs[INSIDE[0]] = 1
    system.virtual_endpoints = routers
    system.settle()
    return system


def test_a_transit_area_shortens_the_ways_of_the_backbone() -> None:
    """RFC 2328 16.3: the path stays one of the backbone."""
    system = transit(routers=(4,))
    route = system.route(1, "10.0.1.0/24")
    assert route is not None
    assert (route.cost, route.area, route.path_type) == (22, BACKBONE, PathType.INTRA_AREA)
    assert [hop.interface for hop in route.next_hops] == ["to5"]


def test_what_is_reached_through_a_transit_area_is_not_told_there() -> None:
    """RFC 2328 12.4.3: "split horizon"."""
    assert "10.0.1.0/24" not in networks(transit(routers=(4,)), 1, AREA_1)
    assert "10.0.1.0/24" in networks(transit(routers=()), 1, AREA_1)


def test_a_transit_area_shortens_the_ways_to_boundary_routers_too() -> None:
    system = transit(routers=(4,))
    system.routers[6].external = (ExternalRoute(prefix=INSIDE[1], metric=1, type2=False),)
    system.routers[6].is_stale = True
    system.settle()
    route = system.route(1, INSIDE[1])
    assert route is not None and route.cost == 23


def test_equal_ways_of_the_backbone_and_a_transit_area_are_used_together() -> None:
    system = transit(routers=(4,))
    lan, direct = system.links[:2]
    lan.costs[5], direct.costs[1] = 1000, 2
    system.settle()
    route = system.route(1, lan.network)
    assert route is not None and route.cost == 102
    assert [hop.interface for hop in route.next_hops] == ["to2", "to3"]


def test_an_area_without_virtual_links_does_not() -> None:
    route = transit(routers=()).route(1, "10.0.1.0/24")
    assert route is not None and route.cost == 300


def test_a_transit_area_sees_the_networks_of_the_backbone_one_by_one() -> None:
    assert "172.16.0.0/24" in networks(transit(routers=(4,)), 5, AREA_1)
    assert "172.16.0.0/16" in networks(transit(routers=()), 5, AREA_1)


@pytest.mark.parametrize(
    ("prefixes", "expected"),
    [
        (["10.0.0.0/24"], ["10.0.0.0"]),
        (["10.0.0.0/24", "10.0.0.0/16"], ["10.0.0.255", "10.0.0.0"]),
        (["10.0.0.0/24", "10.0.0.0/16", "10.0.0.0/8"], ["10.0.0.255", "10.0.255.255", "10.0.0.0"]),
        (["10.0.0.0/32", "10.0.0.0/24"], ["10.0.0.0", "10.0.0.255"]),
        (["10.0.0.255/32", "10.0.0.0/24", "10.0.0.0/16"], ["10.0.0.255", "10.0.0.254", "10.0.0.0"]),
        (["0.0.0.0/0", "0.0.0.0/8"], ["0.0.0.0", "0.255.255.255"]),
    ],
)
def test_networks_of_one_address_get_different_link_state_ids(
    prefixes: list[str], expected: list[str]
) -> None:
    """RFC 2328 appendix E, its example among them."""
    numbers = [number_of(IPv4Network(prefix)) for prefix in prefixes]
    ids = link_state_ids(numbers)
    assert [str(ids[number]) for number in numbers] == expected
