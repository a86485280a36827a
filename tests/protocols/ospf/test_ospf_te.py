"""RFC 3630 2.4: the traffic engineering LSAs of a router."""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.protocols.ospf.events import BACKBONE, TrafficEngineering
from controlplane.protocols.ospf.te import TeInterface, te_lsas
from controlplane.wire.ospf.bodies import OpaqueLsa
from controlplane.wire.ospf.lsa import LsType
from controlplane.wire.ospf.te import (
    TeData,
    TeLink,
    TeLinkType,
    TeRouterAddress,
    decode_te,
)
from tests.protocols.ospf.autonomous_system import AutonomousSystem, router_id

MEGABIT = 125_000.0


def told(interfaces: dict[str, TeInterface]) -> dict[str, TeData]:
    """What router 1 tells of its point-to-point link 1 to router 2, and LAN 2, by Link State ID."""
    system = AutonomousSystem()
    system.chain(1, 2, cost=3)
    system.add_link({3: 1, 1: 4}, lan=True)
    system.settle()
    area = system.routers[1].calculation.areas[BACKBONE]
    lsas = te_lsas(area, router_id(1), interfaces)
    assert all(key.ls_type == LsType.OPAQUE_AREA for key in lsas)
    said = {}
    for key, wanted in lsas.items():
        assert isinstance(wanted.body, OpaqueLsa)
        (said[str(key.link_state_id)],) = decode_te(wanted.body.data)
    return said


def test_a_point_to_point_link_names_its_ends() -> None:
    settings = TrafficEngineering(
        metric=77, maximum_bandwidth=MEGABIT, maximum_reservable_bandwidth=2 * MEGABIT
    )
    assert told({"to1": TeInterface(5, settings)}) == {
        "1.0.0.0": TeRouterAddress(router_id(1)),
        "1.0.0.5": TeLink(
            link_type=TeLinkType.POINT_TO_POINT,
            link_id=router_id(2),
            local_addresses=(IPv4Address("10.0.1.1"),),
            remote_addresses=(IPv4Address("10.0.1.2"),),
            metric=77,
            maximum_bandwidth=MEGABIT,
            maximum_reservable_bandwidth=2 * MEGABIT,
            unreserved_bandwidth=(2 * MEGABIT,) * 8,
            administrative_group=0,
        ),
    }


def test_a_lan_names_its_designated_router_and_has_the_cost_for_a_metric() -> None:
    link = told({"to2": TeInterface(6, TrafficEngineering(administrative_group=5))})["1.0.0.6"]
    assert isinstance(link, TeLink)
    assert (link.link_type, link.link_id) == (TeLinkType.MULTI_ACCESS, IPv4Address("10.0.2.3"))
    assert (link.remote_addresses, link.metric, link.administrative_group) == ((), 4, 5)


def test_without_traffic_engineering_nothing_is_told() -> None:
    assert told({}) == {}
