"""From BGP's best paths to the routes of a VRF."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from controlplane.protocols.bgp.events import BestPath, Imported, PathSource
from controlplane.rib.rib import Rib
from controlplane.rib.route import (
    Attached,
    Gateway,
    NextHop,
    Route,
    RouteProtocol,
    VpnNextHop,
)
from controlplane.router.bgp_routes import BgpRoutes
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.nlri import VpnPrefix
from tests.rib.vpn import LAN, ME, PE2, PE3, rd

CE = IPv4Address("10.0.1.2")
SUBNET = IPv4Network("10.0.1.0/30")
BEHIND = IPv4Address("10.9.9.9")


def rib(*routes: tuple[IPv4Network, NextHop]) -> Rib:
    table = Rib(lambda _: True)
    table.replace(
        RouteProtocol.CONNECTED,
        [
            Route(prefix=prefix, protocol=RouteProtocol.CONNECTED, next_hops=(hop,), metric=3)
            for prefix, hop in routes
        ],
    )
    return table


def routes_of(*paths: BestPath, routes: BgpRoutes | None = None) -> dict[str, Route]:
    """What the table of red gets, by protocol."""
    made = routes or BgpRoutes({"red": rib((SUBNET, Attached("to-ce")))})
    updates = made.updates("red", paths, ())
    return {protocol.name: route for protocol, fresh, _ in updates for route in fresh}


def of_peer(source: PathSource, next_hop: IPv4Address = CE) -> BestPath:
    return BestPath(key=LAN, source=source, attributes=PathAttributes(next_hop=next_hop))


def imported(pe: IPv4Address, label: int, vrf: str | None = None) -> BestPath:
    key = VpnPrefix(rd(f"65000:{int(pe) & 0xFF}"), LAN)
    attributes = PathAttributes(next_hop=pe)
    path = Imported(
        prefix=LAN, key=key, attributes=attributes, pe=pe, label=label, metric=20, vrf=vrf
    )
    source = PathSource.IMPORTED
    return BestPath(key=LAN, source=source, attributes=attributes, metric=20, imported=path)


def test_a_route_of_a_ce_leads_to_its_next_hop_on_the_link() -> None:
    (route,) = routes_of(of_peer(PathSource.EBGP)).values()
    assert route.protocol is RouteProtocol.EBGP
    assert route.next_hops == (Gateway("to-ce", CE),)


def test_a_next_hop_further_away_is_looked_up_once_more() -> None:
    table = rib((SUBNET, Attached("to-ce")), (IPv4Network("10.9.0.0/16"), Gateway("to-ce", CE)))
    path = of_peer(PathSource.IBGP, BEHIND)
    (route,) = routes_of(path, routes=BgpRoutes({"red": table})).values()
    assert (route.protocol, route.next_hops) == (RouteProtocol.IBGP, (Gateway("to-ce", CE),))


def test_a_next_hop_that_nothing_leads_to_makes_no_route() -> None:
    assert routes_of(of_peer(PathSource.EBGP, BEHIND)) == {}


def test_an_imported_route_leads_to_its_pe_with_the_next_best_as_backup() -> None:
    path = replace(imported(PE2, 24), backup=imported(PE3, 31))
    route = routes_of(path)["IBGP"]
    assert route.next_hops == (VpnNextHop(PE2, rd("65000:2"), 24),)
    assert route.backups == (VpnNextHop(PE3, rd("65000:3"), 31),)
    assert route.metric == 20


def test_a_route_from_a_vrf_here_leads_where_it_leads_there() -> None:
    there = rib((LAN, Attached("to-lan")))
    routes = BgpRoutes({"red": rib(), "blue": there})
    path = imported(ME, 16, vrf="blue")
    assert routes_of(path, routes=routes)["IBGP"].next_hops == (Attached("to-lan"),)
    assert routes.leaked("blue", [LAN]) == {"red": [path]}
    assert routes.leaked("blue", [SUBNET]) == {}
    list(routes.updates("red", (), [LAN]))
    assert routes.leaked("blue", [LAN]) == {}


def test_a_path_of_another_kind_takes_the_other_ones_place() -> None:
    routes = BgpRoutes({"red": rib((SUBNET, Attached("to-ce")))})
    gone = {
        protocol: withdrawn
        for protocol, _, withdrawn in routes.updates("red", [of_peer(PathSource.EBGP)], ())
    }
    assert gone == {RouteProtocol.EBGP: [], RouteProtocol.IBGP: [LAN]}


def test_an_own_route_is_in_the_table_already() -> None:
    routes = BgpRoutes({"red": rib()})
    own = BestPath(key=LAN, source=PathSource.LOCAL, attributes=PathAttributes())
    assert all(not fresh for _, fresh, _ in routes.updates("red", [own], ()))
