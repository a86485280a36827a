"""RFC 2328 16.1 and 16.1.1: what hangs where, and the next hops to it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.protocols.ospf.calculation import RouteCalculation
from controlplane.protocols.ospf.events import BACKBONE, OspfConfig, OspfNextHop, OspfRoute
from controlplane.protocols.ospf.originations import Wanted
from controlplane.wire.ospf.bodies import LinkType, NetworkLsa, RouterLink, RouterLsa
from controlplane.wire.ospf.lsa import LsaKey, LsType
from controlplane.wire.ospf.options import Options
from tests.protocols.ospf.autonomous_system import AutonomousSystem, loopback, router_id

PREFIX = IPv4Network("172.16.0.0/24")


def hop(interface: str, address: str | None) -> OspfNextHop:
    return OspfNextHop(interface, None if address is None else IPv4Address(address))


def route(system: AutonomousSystem, router: int, network: IPv4Network | str) -> OspfRoute:
    found = system.route(router, network)
    assert found is not None
    return found


def behind(system: AutonomousSystem, router: int) -> frozenset[object]:
    """What router 1 has another router's loopback behind."""
    found = route(system, 1, loopback(router)).behind
    assert isinstance(found, frozenset)
    return found


def put_router(system: AutonomousSystem, router: int, *links: RouterLink) -> None:
    """Replace a router's LSA, and let all calculate."""
    key = LsaKey(LsType.ROUTER, router_id(router), router_id(router))
    system.put(BACKBONE, key, Wanted(RouterLsa(links=links), Options.E))
    system.calculate()


def links_of(system: AutonomousSystem, router: int) -> tuple[RouterLink, ...]:
    body = system.told(router, LsType.ROUTER, BACKBONE)[router_id(router)]
    assert isinstance(body, RouterLsa)
    return body.links


def test_a_router_behind_a_point_to_point_link_is_reached_by_its_address_there() -> None:
    system = AutonomousSystem()
    system.chain(1, 2, 3)
    system.settle()
    assert route(system, 1, loopback(3)).next_hops == (hop("to1", "10.0.1.2"),)
    assert route(system, 1, loopback(3)).cost == 2


def test_an_own_network_is_on_its_interface() -> None:
    system = AutonomousSystem()
    system.chain(1, 2)
    system.settle()
    assert route(system, 1, "10.0.1.0/24").next_hops == (hop("to1", None),)
    assert route(system, 1, loopback(1)).next_hops == (hop("lo", None),)


def test_a_lan_is_on_its_interface_and_routers_on_it_have_addresses() -> None:
    system = AutonomousSystem()
    system.add_link({1: 5, 2: 5, 3: 5}, lan=True)
    system.settle()
    assert route(system, 3, "10.0.1.0/24").next_hops == (hop("to1", None),)
    assert route(system, 3, loopback(2)).next_hops == (hop("to1", "10.0.1.2"),)
    assert route(system, 3, loopback(2)).cost == 5


def test_parallel_links_of_equal_cost_are_paired_end_by_end() -> None:
    system = AutonomousSystem()
    system.chain(1, 2)
    system.chain(2, 1)
    system.settle()
    both = (hop("to1", "10.0.1.2"), hop("to2", "10.0.2.2"))
    assert route(system, 1, loopback(2)).next_hops == both


def test_of_parallel_links_the_cheaper_one_is_used() -> None:
    system = AutonomousSystem()
    system.chain(1, 2, cost=5)
    system.chain(1, 2, cost=3)
    system.settle()
    assert route(system, 1, loopback(2)).next_hops == (hop("to2", "10.0.2.2"),)


def test_of_parallel_links_one_that_the_neighbour_does_not_know_is_not_used() -> None:
    system = AutonomousSystem()
    system.chain(1, 2)
    system.chain(1, 2)
    system.settle()
    known = (k for k in links_of(system, 2) if k.link_data != IPv4Address("10.0.1.2"))
    put_router(system, 2, *known)
    assert route(system, 1, loopback(2)).next_hops == (hop("to2", "10.0.2.2"),)


def test_a_link_that_one_end_does_not_know_is_not_used_either_way() -> None:
    system = AutonomousSystem()
    system.chain(1, 2)
    system.settle()
    put_router(system, 2, *(k for k in links_of(system, 2) if k.type is LinkType.STUB))
    assert system.route(1, loopback(2)) is None
    assert system.route(2, loopback(1)) is None


def test_routers_that_say_a_cost_of_zero_are_not_each_behind_the_other() -> None:
    system = AutonomousSystem()
    system.chain(1, 2, cost=4)
    system.chain(1, 3, cost=4)
    system.chain(2, 3, cost=0)
    system.settle()
    assert route(system, 1, loopback(2)).next_hops == (hop("to1", "10.0.1.2"),)
    assert route(system, 1, loopback(3)).next_hops == (hop("to2", "10.0.2.3"),)
    assert route(system, 2, loopback(3)).cost == 1


def test_a_network_of_two_routers_that_are_equally_far_has_both_for_next_hops() -> None:
    system = AutonomousSystem()
    system.chain(2, 1, 3)
    system.settle()
    for router in (2, 3):
        system.routers[router].stubs[PREFIX] = 7
    system.settle()
    found = route(system, 1, PREFIX)
    assert found.cost == 8
    assert found.next_hops == (hop("to1", "10.0.1.2"), hop("to2", "10.0.2.3"))
    assert found.behind == behind(system, 2) | behind(system, 3)


def test_a_lan_that_a_router_on_it_also_tells_as_a_stub_has_the_link_before_the_router() -> None:
    system = AutonomousSystem()
    system.add_link({1: 5, 2: 5}, lan=True)
    system.settle()
    stub = RouterLink(
        type=LinkType.STUB,
        link_id=IPv4Address("10.0.1.0"),
        link_data=IPv4Address("255.255.255.0"),
        metric=0,
    )
    put_router(system, 2, *links_of(system, 2), stub)
    assert route(system, 1, "10.0.1.0/24").next_hops == (hop("to1", None), hop("to1", "10.0.1.2"))


@pytest.mark.parametrize("maximum", [1, 2, 3])
def test_no_more_next_hops_are_kept_than_configured(maximum: int) -> None:
    system = AutonomousSystem()
    for between in (2, 3, 4):
        system.chain(1, between, 5)
    system.settle()
    config = OspfConfig(router_id=router_id(1), maximum_paths=maximum)
    calculation = RouteCalculation(config)
    calculation.run(system.views(1), system.external, ())
    next_hops = calculation.table[loopback(5)].next_hops
    assert next_hops == route(system, 1, loopback(5)).next_hops[:maximum]


def test_of_two_lsas_of_a_lan_whose_designated_router_changed_its_id_the_higher_counts() -> None:
    system = AutonomousSystem()
    system.add_link({1: 1, 2: 1, 3: 1}, lan=True)
    system.settle()
    former, current = (
        LsaKey(LsType.NETWORK, IPv4Address("10.0.1.1"), router_id(n)) for n in (9, 1)
    )
    without_3 = NetworkLsa(
        mask=IPv4Address("255.255.255.0"), attached_routers=(router_id(1), router_id(2))
    )
    system.put(BACKBONE, former, Wanted(without_3, Options.E))
    system.calculate()
    assert system.route(1, loopback(3)) is None
    system.put(BACKBONE, former, None)
    system.calculate()
    assert system.route(1, loopback(3)) is not None
    system.put(BACKBONE, current, None)
    system.calculate()
    assert system.route(1, loopback(2)) is None


def test_of_two_lsas_of_a_subnet_that_are_equally_far_the_larger_link_state_id_counts() -> None:
    """RFC 2328 16.1 (4), while a new Designated Router is being established."""
    system = AutonomousSystem()
    system.add_link({1: 1, 2: 1}, lan=True)
    system.add_link({1: 1, 3: 1}, lan=True)
    system.settle()
    for lan, far in ((1, 2), (2, 3)):
        key = LsaKey(LsType.NETWORK, IPv4Address(f"10.0.{lan}.1"), router_id(1))
        attached = router_id(1), router_id(far)
        body = NetworkLsa(mask=IPv4Address("255.255.252.0"), attached_routers=attached)
        system.put(BACKBONE, key, Wanted(body, Options.E))
    system.calculate()
    assert route(system, 1, "10.0.0.0/22").next_hops == (hop("to2", None),)


def test_a_network_whose_mask_has_a_hole_is_left_out() -> None:
    system = AutonomousSystem()
    system.chain(1, 2)
    system.settle()
    known = len(system.routers[1].calculation.table)
    holey = RouterLink(
        type=LinkType.STUB,
        link_id=IPv4Address("172.16.0.0"),
        link_data=IPv4Address("255.0.255.0"),
        metric=1,
    )
    put_router(system, 2, *links_of(system, 2), holey)
    assert len(system.routers[1].calculation.table) == known


def test_a_router_that_has_no_lsa_of_its_own_yet_has_no_routes() -> None:
    system = AutonomousSystem()
    system.chain(1, 2)
    system.settle()
    system.put(BACKBONE, LsaKey(LsType.ROUTER, router_id(1), router_id(1)), None)
    system.calculate()
    assert system.routers[1].calculation.table == {}


def test_a_link_between_others_that_is_virtual_carries_paths() -> None:
    """RFC 2328 16.1 (2): any link that is no stub counts."""
    system = AutonomousSystem()
    system.chain(1, 2)
    system.chain(3, 4)
    system.settle()
    for router, far in ((2, 3), (3, 2)):
        virtual = RouterLink(
            type=LinkType.VIRTUAL,
            link_id=router_id(far),
            link_data=IPv4Address("10.9.9.9"),
            metric=10,
        )
        put_router(system, router, *links_of(system, router), virtual)
    assert route(system, 1, loopback(4)).next_hops == (hop("to1", "10.0.1.2"),)
    assert route(system, 1, loopback(4)).cost == 12


def test_what_a_run_tells_of_is_only_what_changed() -> None:
    system = AutonomousSystem()
    system.chain(1, 2, 3)
    system.settle()
    system.routers[3].stubs[PREFIX] = 1
    system.settle()
    changes = system.routers[1].last
    assert changes is not None
    assert [route.prefix for route in changes.changed] == [PREFIX]
    assert changes.withdrawn == ()
    assert [(run.full, run.vertices) for run in changes.runs] == [(False, 0)]


def test_a_run_says_how_many_vertices_got_another_distance() -> None:
    system = AutonomousSystem()
    system.chain(1, 2, 3, 4)
    system.settle()
    system.links[2].costs[3] = 9
    system.settle()
    changes = system.routers[1].last
    assert changes is not None
    assert [(run.full, run.vertices) for run in changes.runs] == [(False, 1)]
