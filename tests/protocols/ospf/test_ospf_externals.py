"""RFC 2328 16.4: routes from elsewhere, of types 1 and 2, by AS boundary routers and addresses."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.protocols.ospf.events import (
    BACKBONE,
    AreaSettings,
    ExternalRoute,
    OspfNextHop,
    OspfRoute,
    PathType,
)
from controlplane.protocols.ospf.originations import Wanted
from controlplane.wire.ospf.bodies import LS_INFINITY, ExternalLsa
from controlplane.wire.ospf.lsa import LsaKey, LsType
from controlplane.wire.ospf.options import Options
from tests.protocols.ospf.autonomous_system import AutonomousSystem, area, loopback, router_id

PREFIX = IPv4Network("203.0.113.0/24")
BEHIND_2 = OspfNextHop("to1", IPv4Address("10.0.1.2"))
BEHIND_3 = OspfNextHop("to2", IPv4Address("10.0.2.3"))


def external(
    metric: int,
    *,
    type2: bool = False,
    via: str = "0.0.0.0",
    prefix: IPv4Network = PREFIX,
    tag: int = 0,
) -> ExternalRoute:
    return ExternalRoute(
        prefix=prefix, metric=metric, type2=type2, forwarding_address=IPv4Address(via), tag=tag
    )


def tell(system: AutonomousSystem, router: int, *routes: ExternalRoute) -> None:
    system.routers[router].external = routes
    system.routers[router].is_stale = True


def between_two(
    first: ExternalRoute, second: ExternalRoute, cost: int = 1, second_cost: int = 1
) -> OspfRoute:
    """Router 1's route when 2 and 3, both beside it, tell these."""
    system = AutonomousSystem()
    system.chain(1, 2, cost=cost)
    system.chain(1, 3, cost=second_cost)
    tell(system, 2, first)
    tell(system, 3, second)
    system.settle()
    found = system.route(1, PREFIX)
    assert found is not None
    return found


def test_a_type_1_route_costs_the_way_and_its_metric() -> None:
    found = between_two(external(5, tag=22), external(7, tag=33), second_cost=2)
    assert (found.path_type, found.cost, found.cost2) == (PathType.EXTERNAL_1, 6, 0)
    assert found.next_hops == (BEHIND_2,)
    assert found.tag == 22


def test_a_type_2_route_keeps_its_metric_apart_from_the_way() -> None:
    found = between_two(external(5, type2=True), external(7, type2=True), cost=9)
    assert (found.path_type, found.cost, found.cost2) == (PathType.EXTERNAL_2, 9, 5)
    assert found.next_hops == (BEHIND_2,)


def test_type_1_is_preferred_to_type_2() -> None:
    assert between_two(external(100), external(1, type2=True)).next_hops == (BEHIND_2,)


def test_of_equal_type_2_metrics_the_nearer_router_decides() -> None:
    found = between_two(external(5, type2=True), external(5, type2=True), cost=2)
    assert found.next_hops == (BEHIND_3,)


@pytest.mark.parametrize("type2", [False, True])
def test_equal_routes_are_used_together_and_the_higher_router_id_tags(type2: bool) -> None:
    first, second = (external(4, type2=type2, tag=tag) for tag in (22, 33))
    found = between_two(first, second)
    assert found.next_hops == (BEHIND_2, BEHIND_3)
    assert found.tag == 33


def test_equal_type_1_sums_of_different_parts_are_equal() -> None:
    found = between_two(external(4), external(2), cost=1, second_cost=3)
    assert found.next_hops == (BEHIND_2, BEHIND_3)


def test_an_internal_route_is_preferred_to_any_external_one() -> None:
    system = AutonomousSystem()
    system.chain(1, 2, 3)
    system.routers[3].stubs[PREFIX] = 1000
    tell(system, 2, external(1))
    system.settle()
    found = system.route(1, PREFIX)
    assert found is not None and found.path_type is PathType.INTRA_AREA
    system.routers[3].stubs.clear()
    system.settle()
    found = system.route(1, PREFIX)
    assert found is not None and found.path_type is PathType.EXTERNAL_1


def test_an_own_external_route_is_none_of_the_table() -> None:
    system = AutonomousSystem()
    system.chain(1, 2)
    tell(system, 1, external(1))
    system.settle()
    assert system.route(1, PREFIX) is None
    assert system.route(2, PREFIX) is not None


def test_an_external_route_goes_with_its_router() -> None:
    system = AutonomousSystem()
    system.chain(1, 2, 3)
    tell(system, 3, external(1))
    system.settle()
    system.links[1].is_up = False
    system.settle()
    assert system.route(1, PREFIX) is None


def test_a_router_that_does_not_say_that_it_is_a_boundary_router_is_not_believed() -> None:
    system = AutonomousSystem()
    system.chain(1, 2)
    system.settle()
    body = ExternalLsa(mask=PREFIX.netmask, metric=1, type2=False)
    key = LsaKey(LsType.AS_EXTERNAL, PREFIX.network_address, router_id(2))
    system.put(None, key, Wanted(body, Options.E))
    system.routers[2].changed.clear()
    one = system.routers[1]
    one.calculation.run(system.views(1), system.external, one.changed)
    assert system.route(1, PREFIX) is None


def test_an_infinite_metric_is_no_route() -> None:
    system = AutonomousSystem()
    system.chain(1, 2)
    tell(system, 2, external(LS_INFINITY))
    system.settle()
    assert system.route(1, PREFIX) is None


class TestForwardingAddress:
    """Router 3 tells a route, and is on a LAN (link 3) with 2 and the router that is meant."""

    VIA = "10.0.3.99"

    def system(self) -> AutonomousSystem:
        system = AutonomousSystem()
        system.chain(1, 2)
        system.chain(1, 3, cost=1)
        system.add_link({2: 1, 3: 1}, lan=True)
        tell(system, 3, external(10, via=self.VIA))
        system.settle()
        return system

    def test_on_the_link_itself_it_is_the_next_hop(self) -> None:
        found = self.system().route(2, PREFIX)
        assert found is not None
        assert found.next_hops == (OspfNextHop("to3", IPv4Address(self.VIA)),)
        assert found.cost == 11

    def test_farther_away_the_ways_to_its_network_are_used(self) -> None:
        system = self.system()
        found, lan = system.route(1, PREFIX), system.route(1, "10.0.3.0/24")
        assert found is not None and lan is not None
        assert found.next_hops == lan.next_hops == (BEHIND_2, BEHIND_3)
        assert found.behind == lan.behind
        assert found.cost == 12

    def test_the_route_follows_it_while_the_router_stays_where_it_is(self) -> None:
        system = self.system()
        system.links[2].costs[2] = 50
        system.settle()
        found = system.route(1, PREFIX)
        assert found is not None and found.next_hops == (BEHIND_3,)

    def test_an_address_that_is_not_on_an_ospf_link_is_left_out(self) -> None:
        system = AutonomousSystem()
        system.chain(1, 2)
        tell(system, 2, external(10, via="198.51.100.1"))
        system.settle()
        (body,) = system.told(2, LsType.AS_EXTERNAL, None).values()
        assert isinstance(body, ExternalLsa)
        assert body.forwarding_address == IPv4Address(0)

    def test_an_address_that_no_internal_route_leads_to_makes_no_route(self) -> None:
        system = self.system()
        key = LsaKey(LsType.AS_EXTERNAL, PREFIX.network_address, router_id(3))
        body = ExternalLsa(
            mask=PREFIX.netmask,
            metric=1,
            type2=False,
            forwarding_address=IPv4Address("198.51.100.1"),
        )
        system.put(None, key, Wanted(body, Options.E))
        for number in (1, 2):
            router = system.routers[number]
            router.calculation.run(system.views(number), system.external, router.changed)
            assert system.route(number, PREFIX) is None

    def test_of_two_routers_that_tell_the_same_the_one_of_the_higher_id_does(self) -> None:
        """RFC 2328 12.4.4.1."""
        system = self.system()
        tell(system, 2, external(10, via=self.VIA))
        system.settle()
        assert not system.told(2, LsType.AS_EXTERNAL, None)
        assert system.told(3, LsType.AS_EXTERNAL, None)
        tell(system, 3)
        system.settle()
        assert system.told(2, LsType.AS_EXTERNAL, None)


class TestAcrossAreas:
    def test_a_boundary_router_in_another_area_is_reached_by_type_4_summaries(self) -> None:
        system = two_border_routers()
        tell(system, 5, external(10))
        system.settle()
        found = system.route(1, PREFIX)
        assert found is not None
        assert (found.path_type, found.cost) == (PathType.EXTERNAL_1, 12)
        assert found.next_hops == (BEHIND_2, BEHIND_3)

    def test_the_route_follows_the_ways_to_the_border_routers(self) -> None:
        system = two_border_routers()
        tell(system, 5, external(10))
        system.settle()
        system.links[0].costs[1] = 4
        system.settle()
        found = system.route(1, PREFIX)
        assert found is not None and found.next_hops == (BEHIND_3,)

    def test_the_route_follows_what_a_border_router_says(self) -> None:
        system = two_border_routers()
        tell(system, 5, external(10))
        system.settle()
        system.links[2].costs[2] = 4
        system.settle()
        found = system.route(1, PREFIX)
        assert found is not None and found.next_hops == (BEHIND_3,)

    @pytest.mark.parametrize("type2", [False, True])
    def test_a_way_inside_a_non_backbone_area_is_preferred_though_it_is_dearer(
        self, type2: bool
    ) -> None:
        """RFC 2328 16.4.1, with RFC1583Compatibility disabled."""
        system = AutonomousSystem((AreaSettings(id=BACKBONE), AreaSettings(id=area(1))))
        system.chain(1, 2, cost=1)
        system.chain(1, 3, cost=10, area_id=area(1))
        system.chain(2, 4, cost=1)
        tell(system, 3, external(5, type2=type2))
        tell(system, 4, external(5, type2=type2))
        system.settle()
        found = system.route(1, PREFIX)
        assert found is not None
        assert found.next_hops == (BEHIND_3,)
        assert found.area == area(1)

    def test_the_same_router_is_reached_inside_a_non_backbone_area_though_that_is_dearer(
        self,
    ) -> None:
        system = AutonomousSystem((AreaSettings(id=BACKBONE), AreaSettings(id=area(1))))
        system.chain(1, 3, cost=1)
        system.chain(1, 3, cost=10, area_id=area(1))
        tell(system, 3, external(5))
        system.settle()
        found = system.route(1, PREFIX)
        assert found is not None and (found.next_hops, found.cost) == ((BEHIND_3,), 15)


def two_border_routers() -> AutonomousSystem:
    """2 and 3 are between the backbone, where 1 is, and area 1, where 5 is."""
    system = AutonomousSystem((AreaSettings(id=BACKBONE), AreaSettings(id=area(1))))
    system.chain(1, 2)
    system.chain(1, 3)
    system.chain(2, 5, 3, area_id=area(1))
    return system


def test_all_boundary_and_border_routers_are_in_the_table_for_routers() -> None:
    system = two_border_routers()
    tell(system, 5, external(10))
    system.settle()
    found = {
        entry.router_id: (entry.path_type, entry.cost, entry.area_border, entry.as_boundary)
        for entry in system.routers[1].calculation.routers
    }
    assert found == {
        router_id(2): (PathType.INTRA_AREA, 1, True, False),
        router_id(3): (PathType.INTRA_AREA, 1, True, False),
        router_id(5): (PathType.INTER_AREA, 2, False, True),
    }


def test_thousands_of_routes_share_what_they_are_behind() -> None:
    system = AutonomousSystem()
    system.chain(1, 2)
    networks = [IPv4Network((0xCB000000 + (number << 8), 24)) for number in range(300)]
    tell(system, 2, *(external(1, prefix=network) for network in networks))
    system.settle()
    found = {system.routers[1].calculation.table[network].behind for network in networks}
    neighbor = system.route(1, loopback(2))
    assert neighbor is not None and found == {neighbor.behind}
