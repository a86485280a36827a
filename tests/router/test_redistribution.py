"""What a router of the core (`core.py`) tells the others by OSPF as an AS boundary router."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.ospf.events import OspfSettings
from controlplane.rib.route import Route, RouteProtocol
from controlplane.router.config import Redistribution, RouterConfig
from tests.router.core import UP_BY, Change, bindings, core_up, ethernet, router
from tests.router.lab import gateway, route
from tests.router.wire import Network

SITE = "10.9.0.0/16"
TO_SITE = route(SITE, RouteProtocol.STATIC, gateway(2, "10.1.0.2"))


def redistributing(*items: Redistribution) -> Change:
    def change(config: RouterConfig) -> RouterConfig:
        return replace(config, redistribute=items)

    return change


def at_pe2(network: Network, prefix: str) -> Route | None:
    return router(network, "pe2").vrfs[DEFAULT_VRF].rib.installed(IPv4Network(prefix))


def static_on_pe1(network: Network, *routes: Route) -> None:
    network.routes("pe1", DEFAULT_VRF, RouteProtocol.STATIC, *routes)
    network.run(until=network.now + 8.0)


@pytest.mark.parametrize(
    ("item", "metric"),
    [
        (Redistribution(protocol=RouteProtocol.STATIC), 20),
        (Redistribution(protocol=RouteProtocol.STATIC, metric=7), 7),
        (Redistribution(protocol=RouteProtocol.STATIC, metric=7, type2=False), 37),
    ],
)
def test_a_static_route_is_told_to_the_others_and_taken_back(
    item: Redistribution, metric: int
) -> None:
    network = core_up(pe1=redistributing(item))
    assert at_pe2(network, SITE) is None
    static_on_pe1(network, TO_SITE)
    found = at_pe2(network, SITE)
    assert found is not None
    assert (found.protocol, found.metric) == (RouteProtocol.OSPF, metric)
    static_on_pe1(network)
    assert at_pe2(network, SITE) is None


def test_it_has_labels_like_any_other_route_of_ospf() -> None:
    network = core_up(pe1=redistributing(Redistribution(protocol=RouteProtocol.STATIC)))
    static_on_pe1(network, TO_SITE)
    (group,) = (one for one in router(network, "pe2").fib.groups if one.way == SITE)
    (member,) = group.members
    assert member.label == bindings(network, "p2")[IPv4Network(SITE)].local


def test_of_other_protocols_nothing_is_told() -> None:
    network = core_up(pe1=redistributing(Redistribution(protocol=RouteProtocol.CONNECTED)))
    static_on_pe1(network, TO_SITE)
    assert at_pe2(network, SITE) is None


def test_connected_subnets_are_told_as_far_as_ospf_does_not_run_there() -> None:
    """A third port of pe1 has no OSPF; its own LAN has, and its address is nobody's subnet."""

    def change(config: RouterConfig) -> RouterConfig:
        third = replace(ethernet("pe1", 3, "10.8.0.1/24", OspfSettings(passive=True)), ospf=None)
        item = Redistribution(protocol=RouteProtocol.CONNECTED)
        return replace(config, redistribute=(item,), interfaces=(*config.interfaces, third))

    network = core_up(pe1=change)
    ospf = router(network, "pe2").vrfs[DEFAULT_VRF].ospf
    assert ospf is not None
    externals = ospf.databases(UP_BY)[-1]
    assert [str(view.header.link_state_id) for view in externals.lsas] == ["10.8.0.0"]
    assert at_pe2(network, "10.8.0.0/24") is not None
