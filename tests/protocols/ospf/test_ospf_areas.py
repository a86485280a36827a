"""Several areas on the wire: what is flooded where, and routes from end to end."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.engine.engine import InterfaceDown
from controlplane.protocols.ospf.events import (
    BACKBONE,
    AreaKind,
    AreaSettings,
    ExternalRoute,
    ExternalRoutesReplaced,
    OspfConfig,
    PathType,
)
from controlplane.wire.ospf.lsa import LsType
from tests.protocols.ospf.checks import (
    assert_databases_are_equal,
    assert_nothing_is_pending,
    cost,
    instances,
)
from tests.protocols.ospf.network import P2P, Network

ONE = IPv4Address("0.0.0.1")
IN_ONE = replace(P2P, area=ONE)
NOWHERE = IPv4Address(0)
OUTSIDE = IPv4Network("198.51.100.0/24")
INSIDE = IPv4Network("203.0.113.0/24")


def config(area: AreaSettings, *, border: bool = False) -> OspfConfig:
    areas = (AreaSettings(id=BACKBONE), area) if border else (area,)
    return OspfConfig(router_id=NOWHERE, areas=areas)


def network_with(area: AreaSettings) -> Network:
    """asbr - core - border - inner: the backbone, and an area behind the border."""
    network = Network()
    network.router("asbr", "192.0.2.1")
    network.router("core", "192.0.2.2")
    network.router("border", "192.0.2.3", config(area, border=True))
    network.router("inner", "192.0.2.4", config(area))
    network.link("asbr", "core")
    network.link("core", "border")
    network.link("border", "inner", settings=IN_ONE)
    network.loopback("inner", "192.0.2.4/32", IN_ONE)
    network.loopback("core", "192.0.2.2/32")
    network.tell("asbr", ExternalRoutesReplaced(routes=(ExternalRoute(prefix=OUTSIDE),)))
    network.run(40)
    return network


def types(network: Network, router: str) -> set[int]:
    return {key.ls_type for found in instances(network, router).values() for key in found}


DEFAULT = IPv4Network("0.0.0.0/0")


@pytest.mark.parametrize(
    ("area", "expected", "prefixes"),
    [
        (
            AreaSettings(id=ONE),
            {LsType.ROUTER, LsType.SUMMARY_NETWORK, LsType.SUMMARY_ASBR, LsType.AS_EXTERNAL},
            {OUTSIDE, IPv4Network("192.0.2.2/32")},
        ),
        (
            AreaSettings(id=ONE, kind=AreaKind.STUB),
            {LsType.ROUTER, LsType.SUMMARY_NETWORK},
            {DEFAULT, IPv4Network("192.0.2.2/32")},
        ),
        (
            AreaSettings(id=ONE, kind=AreaKind.STUB, summaries=False),
            {LsType.ROUTER, LsType.SUMMARY_NETWORK},
            {DEFAULT},
        ),
        (
            AreaSettings(id=ONE, kind=AreaKind.NSSA),
            {LsType.ROUTER, LsType.SUMMARY_NETWORK, LsType.NSSA_EXTERNAL},
            {DEFAULT, IPv4Network("192.0.2.2/32")},
        ),
        (
            AreaSettings(id=ONE, kind=AreaKind.NSSA, summaries=False),
            {LsType.ROUTER, LsType.SUMMARY_NETWORK},
            {DEFAULT},
        ),
    ],
    ids=["normal", "stub", "totally stubby", "NSSA", "totally stubby NSSA"],
)
def test_an_area_gets_what_its_kind_allows(
    area: AreaSettings, expected: set[int], prefixes: set[IPv4Network]
) -> None:
    network = network_with(area)
    assert types(network, "inner") == expected
    candidates = {OUTSIDE, DEFAULT, IPv4Network("192.0.2.2/32")}
    assert network.routes["inner"].keys() & candidates == prefixes
    assert cost(network, "core", "192.0.2.4/32") == 20
    assert_databases_are_equal(network, ("asbr", "core", "border"))
    assert instances(network, "inner")[ONE] == instances(network, "border")[ONE]
    assert_nothing_is_pending(network)


def test_external_routes_of_an_nssa_are_translated_for_the_others() -> None:
    """RFC 3101: type 7 inside, type 5 outside."""
    network = network_with(AreaSettings(id=ONE, kind=AreaKind.NSSA))
    network.tell("inner", ExternalRoutesReplaced(routes=(ExternalRoute(prefix=INSIDE),)))
    network.run(30)
    assert network.routes["border"][INSIDE].path_type is PathType.EXTERNAL_2
    assert network.routes["asbr"][INSIDE].path_type is PathType.EXTERNAL_2
    assert LsType.NSSA_EXTERNAL in types(network, "inner")
    assert LsType.NSSA_EXTERNAL not in types(network, "core")
    assert LsType.AS_EXTERNAL not in types(network, "inner")
    network.tell("inner", ExternalRoutesReplaced(routes=()))
    network.run(30)
    assert INSIDE not in network.routes["asbr"]
    assert_databases_are_equal(network, ("asbr", "core", "border"))
    assert instances(network, "inner")[ONE] == instances(network, "border")[ONE]
    assert_nothing_is_pending(network)


def test_a_border_that_loses_an_area_takes_back_what_it_told_of_it() -> None:
    network = network_with(AreaSettings(id=ONE))
    assert IPv4Network("192.0.2.4/32") in network.routes["asbr"]
    network.tell("border", InterfaceDown(name="border-inner"))
    network.run(30)
    assert IPv4Network("192.0.2.4/32") not in network.routes["asbr"]
    summaries = [
        key for key in instances(network, "asbr")[BACKBONE] if key.ls_type == LsType.SUMMARY_NETWORK
    ]
    assert summaries == []


def test_an_area_that_comes_back_is_told_again() -> None:
    network = network_with(AreaSettings(id=ONE))
    link = network.links["border-inner"]
    network.cut(link)
    network.run(30)
    network.mend(link)
    network.run(30)
    assert cost(network, "asbr", "192.0.2.4/32") == 30
    assert cost(network, "inner", "192.0.2.2/32") == 20
    assert OUTSIDE in network.routes["inner"]
    assert_databases_are_equal(network)


def test_inner_routers_know_nothing_of_other_areas_links() -> None:
    network = network_with(AreaSettings(id=ONE))
    routers = [
        key.advertising_router
        for key in instances(network, "inner")[ONE]
        if key.ls_type == LsType.ROUTER
    ]
    assert sorted(routers) == [IPv4Address("192.0.2.3"), IPv4Address("192.0.2.4")]
