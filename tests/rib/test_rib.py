"""The unicast table of a VRF chooses by preference, metric and usability."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.rib.rib import Rib
from controlplane.rib.route import Attached, Blackhole, Gateway, NextHop, Route, RouteProtocol

SITE = IPv4Network("10.1.0.0/16")
LAN = IPv4Network("10.1.2.0/24")
HOST = IPv4Address("10.1.2.3")


def gateway(interface: str, last: int = 1) -> Gateway:
    return Gateway(interface, IPv4Address(f"192.0.2.{last}"))


def route(
    prefix: IPv4Network, protocol: RouteProtocol, next_hop: NextHop, metric: int = 0
) -> Route:
    return Route(prefix=prefix, protocol=protocol, next_hops=(next_hop,), metric=metric)


class Links:
    """The interfaces that are down; a Rib asks it whether a next hop is usable."""

    def __init__(self) -> None:
        self.down: set[str] = set()

    def usable(self, next_hop: NextHop) -> bool:
        return not isinstance(next_hop, Attached | Gateway) or next_hop.interface not in self.down


@pytest.fixture
def links() -> Links:
    return Links()


@pytest.fixture
def rib(links: Links) -> Rib:
    return Rib(links.usable)


def test_an_address_is_looked_up_by_its_longest_prefix(rib: Rib) -> None:
    wide = route(SITE, RouteProtocol.STATIC, gateway("a"))
    narrow = route(LAN, RouteProtocol.STATIC, gateway("b"))
    rib.replace(RouteProtocol.STATIC, [wide, narrow])
    assert rib.lookup(HOST) == narrow
    assert rib.lookup(IPv4Address("10.1.3.3")) == wide
    assert rib.lookup(IPv4Address("10.2.0.1")) is None


def test_the_protocol_with_the_lower_preference_wins_whatever_the_metrics(rib: Rib) -> None:
    ospf = route(LAN, RouteProtocol.OSPF, gateway("a"), metric=1)
    ebgp = route(LAN, RouteProtocol.EBGP, gateway("b"), metric=900)
    rib.replace(RouteProtocol.OSPF, [ospf])
    rib.replace(RouteProtocol.EBGP, [ebgp])
    assert rib.lookup(HOST) == ebgp


def test_within_a_protocol_the_lower_metric_wins(rib: Rib) -> None:
    far = route(LAN, RouteProtocol.COMPUTED, gateway("a"), metric=20)
    near = route(LAN, RouteProtocol.COMPUTED, gateway("b"), metric=10)
    rib.replace(RouteProtocol.COMPUTED, [far, near])
    assert rib.lookup(HOST) == near


def test_replacing_says_which_prefixes_changed(rib: Rib) -> None:
    lan, site = (route(prefix, RouteProtocol.STATIC, gateway("a")) for prefix in (LAN, SITE))
    assert rib.replace(RouteProtocol.STATIC, [lan, site]) == {LAN, SITE}
    assert rib.replace(RouteProtocol.STATIC, [site, lan]) == frozenset()
    assert rib.replace(RouteProtocol.STATIC, [lan]) == {SITE}
    assert rib.replace(RouteProtocol.STATIC, []) == {LAN}
    assert list(rib.routes()) == []


def test_withdrawing_the_best_route_installs_the_next_one(rib: Rib) -> None:
    static = route(LAN, RouteProtocol.STATIC, Blackhole())
    computed = route(LAN, RouteProtocol.COMPUTED, gateway("a"))
    rib.replace(RouteProtocol.STATIC, [static])
    assert rib.replace(RouteProtocol.COMPUTED, [computed]) == frozenset()
    assert rib.replace(RouteProtocol.STATIC, []) == {LAN}
    assert rib.installed(LAN) == computed


def test_a_route_through_a_dead_link_gives_way_to_the_next_best_and_comes_back(
    rib: Rib, links: Links
) -> None:
    first = route(LAN, RouteProtocol.COMPUTED, gateway("a"), metric=10)
    second = route(LAN, RouteProtocol.COMPUTED, gateway("b"), metric=20)
    rib.replace(RouteProtocol.COMPUTED, [first, second])
    links.down = {"a"}
    assert rib.refresh() == {LAN}
    assert rib.lookup(HOST) == second
    links.down = {"a", "b"}
    assert rib.refresh() == {LAN}
    assert rib.lookup(HOST) is None
    links.down = set()
    assert rib.refresh() == {LAN}
    assert rib.lookup(HOST) == first


def test_a_longer_prefix_that_is_unusable_leaves_its_packets_to_the_shorter_one(
    rib: Rib, links: Links
) -> None:
    links.down = {"b"}
    wide = route(SITE, RouteProtocol.STATIC, gateway("a"))
    narrow = route(LAN, RouteProtocol.STATIC, gateway("b"))
    rib.replace(RouteProtocol.STATIC, [wide, narrow])
    assert rib.lookup(HOST) == wide
