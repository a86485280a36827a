"""Whatever a table keeps routes to other PEs as, it gives out what was put in."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.net.vpn import RouteDistinguisher
from controlplane.rib.rib import Rib
from controlplane.rib.route import Gateway, Route, RouteProtocol, VpnNextHop
from controlplane.rib.vpn_route import VpnRoute, packed, unpacked

SITE = IPv4Network("10.1.0.0/16")
RD = RouteDistinguisher.parse("65000:1")
FIRST, SECOND = (VpnNextHop(IPv4Address(f"192.0.2.{pe}"), RD, 20 + pe) for pe in (2, 3))
UNLABELLED = VpnNextHop(IPv4Address("192.0.2.4"), RD)
GATEWAY = Gateway("ce", IPv4Address("10.0.0.2"))
IBGP, STATIC = RouteProtocol.IBGP, RouteProtocol.STATIC

OF_ONE_PE = {
    "plain": Route(prefix=SITE, protocol=IBGP, next_hops=(FIRST,), metric=7),
    "with a backup": Route(prefix=SITE, protocol=IBGP, next_hops=(FIRST,), backups=(SECOND,)),
    "without a label": Route(prefix=SITE, protocol=IBGP, next_hops=(UNLABELLED,)),
}
OTHERS = {
    "given, not of BGP": Route(prefix=SITE, protocol=STATIC, next_hops=(FIRST,)),
    "two PEs": Route(prefix=SITE, protocol=IBGP, next_hops=(FIRST, SECOND)),
    "with a way": Route(prefix=SITE, protocol=IBGP, next_hops=(FIRST,), way="two PEs"),
    "to a neighbour": Route(prefix=SITE, protocol=IBGP, next_hops=(GATEWAY,)),
}


@pytest.mark.parametrize("name", OF_ONE_PE)
def test_a_route_to_one_pe_is_packed(name: str) -> None:
    assert isinstance(packed(OF_ONE_PE[name]), VpnRoute)


@pytest.mark.parametrize("name", OTHERS)
def test_any_other_route_is_kept_as_it_is(name: str) -> None:
    assert packed(OTHERS[name]) is OTHERS[name]


@pytest.mark.parametrize("route", [*OF_ONE_PE.values(), *OTHERS.values()], ids=str)
class TestWhatIsKept:
    def test_it_is_the_same_route_again(self, route: Route) -> None:
        assert unpacked(packed(route)) == route

    def test_a_table_gives_it_out_wherever_it_is_asked(self, route: Route) -> None:
        rib = Rib(lambda _: True)
        assert rib.update(route.protocol, [route], []) == {SITE}
        assert rib.installed(SITE) == rib.lookup(SITE[1]) == route
        assert list(rib.routes()) == [route]

    def test_told_once_more_it_is_no_change(self, route: Route) -> None:
        rib = Rib(lambda _: True)
        rib.update(route.protocol, [route], [])
        assert not rib.update(route.protocol, [route], [])
        assert not rib.refresh()
