"""Next hops that BGP follows: it hears of distances that changed, and of nothing else."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from controlplane.rib.rib import Rib
from controlplane.rib.route import Blackhole, Gateway, NextHop, Route, RouteProtocol
from controlplane.router.tracking import TrackedNextHops

PE2 = IPv4Address("192.0.2.2")
HOST, WIDE = IPv4Network("192.0.2.2/32"), IPv4Network("192.0.2.0/24")
P1: NextHop = Gateway("to-p1", IPv4Address("10.0.0.1"))


def route(prefix: IPv4Network, metric: int, *hops: NextHop) -> Route:
    protocol = RouteProtocol.OSPF
    return Route(prefix=prefix, protocol=protocol, next_hops=hops or (P1,), metric=metric)


class Table:
    def __init__(self, *routes: Route) -> None:
        self.rib = Rib(lambda _: True)
        self.tracked = TrackedNextHops(self.rib)
        self.put(*routes)

    def put(self, *routes: Route) -> dict[IPv4Address, int | None]:
        event = self.tracked.changed(self.rib.replace(RouteProtocol.OSPF, routes))
        return dict(event.metrics) if event else {}

    def track(self, address: IPv4Address) -> int | None:
        return self.tracked.track([address], []).metrics[address]


def test_a_new_next_hop_is_answered_at_once() -> None:
    assert Table(route(HOST, 20)).track(PE2) == 20
    assert Table().track(PE2) is None


def test_a_change_of_distance_is_told_once() -> None:
    table = Table(route(HOST, 20))
    table.track(PE2)
    assert table.put(route(HOST, 30)) == {PE2: 30}
    assert table.put(route(HOST, 30)) == {}
    assert table.put() == {PE2: None}


def test_a_route_that_changes_without_its_distance_is_no_news() -> None:
    table = Table(route(HOST, 20))
    table.track(PE2)
    assert table.put(route(HOST, 20, Gateway("to-p2", IPv4Address("10.0.0.5")))) == {}


def test_a_wider_route_stands_in_for_the_one_that_went() -> None:
    table = Table(route(HOST, 20), route(WIDE, 90))
    table.track(PE2)
    assert table.put(route(WIDE, 90)) == {PE2: 90}


def test_a_discard_route_is_no_way_to_a_next_hop() -> None:
    assert Table(route(WIDE, 0, Blackhole())).track(PE2) is None


def test_a_next_hop_that_is_tracked_no_longer_is_not_told_of() -> None:
    table = Table(route(HOST, 20))
    table.track(PE2)
    table.tracked.track([], [PE2])
    assert table.put() == {}
