"""An autonomous system whose routers all know the same at once: databases without flooding.

Each area has one database that all its routers calculate from. `settle` lets routers calculate and
originate until nothing changes any more. What routers and links there are is drawn by the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise

from controlplane.protocols.ospf.attached import AreaView
from controlplane.protocols.ospf.calculation import Changes, RouteCalculation
from controlplane.protocols.ospf.events import (
    BACKBONE,
    AreaId,
    AreaKind,
    AreaSettings,
    ExternalRoute,
    OspfConfig,
    OspfRoute,
)
from controlplane.protocols.ospf.lsdb import Lsdb
from controlplane.protocols.ospf.originations import Wanted, area_options, desired_lsas
from controlplane.wire.ospf.bodies import LinkType, LsaBody, NetworkLsa, RouterLink, RouterLsa
from controlplane.wire.ospf.lsa import INITIAL_SEQUENCE_NUMBER, Lsa, LsaKey, LsType
from controlplane.wire.ospf.options import Options

HOST = IPv4Address("255.255.255.255")
SLASH_24 = IPv4Address("255.255.255.0")
MOST_ROUNDS = 40


def area(number: int) -> AreaId:
    return IPv4Address(number)


def router_id(router: int) -> IPv4Address:
    """Also the address of its loopback."""
    return IPv4Address(f"192.0.2.{router}")


def loopback(router: int) -> IPv4Network:
    return IPv4Network(f"192.0.2.{router}/32")


@dataclass(eq=False)
class Link:
    """A subnet with routers on it; `costs` by router. A LAN's first router is its DR."""

    number: int
    area: AreaId
    costs: dict[int, int]
    is_lan: bool = False
    is_up: bool = True

    @property
    def network(self) -> IPv4Network:
        return IPv4Network(f"10.0.{self.number}.0/24")

    @property
    def interface(self) -> str:
        return f"to{self.number}"

    def address(self, router: int) -> IPv4Address:
        return IPv4Address(f"10.0.{self.number}.{router}")

    @property
    def routers(self) -> list[int]:
        return list(self.costs)

    @property
    def is_transit(self) -> bool:
        return self.is_lan and len(self.costs) > 1

    def links_of(self, router: int) -> list[RouterLink]:
        """What a router's LSA says of it (RFC 2328 12.4.1.1 and 12.4.1.2)."""
        cost, own = self.costs[router], self.address(router)
        stub = _link(LinkType.STUB, self.network.network_address, SLASH_24, cost)
        if self.is_transit:
            designated = self.address(self.routers[0])
            return [_link(LinkType.TRANSIT, designated, own, cost)]
        others = [other for other in self.routers if other != router]
        kind = LinkType.POINT_TO_POINT
        return [*(_link(kind, router_id(other), own, cost) for other in others), stub]


def _link(kind: LinkType, link_id: IPv4Address, link_data: IPv4Address, metric: int) -> RouterLink:
    return RouterLink(type=kind, link_id=link_id, link_data=link_data, metric=metric)


@dataclass(eq=False)
class Router:
    number: int
    loopback_area: AreaId
    calculation: RouteCalculation
    external: tuple[ExternalRoute, ...] = ()
    stubs: dict[IPv4Network, int] = field(default_factory=dict)
    changed: set[tuple[AreaId | None, LsaKey]] = field(default_factory=set)
    is_stale: bool = True
    told: dict[IPv4Network, OspfRoute] = field(default_factory=dict)
    last: Changes | None = None
    """What the runs so far have said, put together, and the last one that said anything."""

    def hear(self, changes: Changes) -> None:
        if changes.runs:
            self.last = changes
        self.told |= {route.prefix: route for route in changes.changed}
        for network in changes.withdrawn:
            del self.told[network]


class AutonomousSystem:
    def __init__(self, areas: Iterable[AreaSettings] = (AreaSettings(id=BACKBONE),)) -> None:
        self.settings = {settings.id: settings for settings in areas}
        self.areas = {area_id: Lsdb() for area_id in self.settings}
        self.external = Lsdb()
        self.links: list[Link] = []
        self.routers: dict[int, Router] = {}
        self.always_translate: tuple[int, ...] = ()
        """Routers that are configured to, in NSSAs."""
        self.virtual_endpoints: tuple[int, ...] = ()
        """Routers that say in other areas than the backbone that virtual links end at them."""

    def add_link(
        self, costs: Mapping[int, int], area_id: AreaId = BACKBONE, *, lan: bool = False
    ) -> Link:
        link = Link(len(self.links) + 1, area_id, dict(costs), lan)
        self.links.append(link)
        for number in costs:
            if number not in self.routers:
                config = OspfConfig(router_id=router_id(number))
                self.routers[number] = Router(number, area_id, RouteCalculation(config))
        return link

    def chain(self, *routers: int, cost: int = 1, area_id: AreaId = BACKBONE) -> None:
        """Point-to-point links of one cost from router to router."""
        for one, other in pairwise(routers):
            self.add_link({one: cost, other: cost}, area_id)

    def areas_of(self, router: int) -> list[AreaId]:
        """Where the router has a working interface."""
        found = {link.area for link in self.links if link.is_up and router in link.costs}
        return sorted({*found, self.routers[router].loopback_area})

    def is_border(self, router: int) -> bool:
        return len(self.areas_of(router)) > 1

    def settle(self) -> None:
        """Routers describe their links; then all calculate and originate until it is quiet."""
        for number in self.routers:
            self._describe(number)
        self.calculate()

    def calculate(self) -> None:
        """Let the routers whose databases have changed calculate and originate."""
        for _ in range(MOST_ROUNDS):
            busy = [router for router in self.routers.values() if router.changed or router.is_stale]
            if not busy:
                return
            for router in busy:
                self._calculate(router)
        raise AssertionError("the routers never stop originating")

    def views(self, number: int) -> dict[AreaId, AreaView]:
        return {
            area_id: AreaView(
                replace(self.settings[area_id], always_translate=number in self.always_translate),
                self.areas[area_id],
                self._local(number, area_id),
            )
            for area_id in self.areas_of(number)
        }

    def route(self, router: int, network: IPv4Network | str) -> OspfRoute | None:
        return self.routers[router].calculation.table.get(IPv4Network(network))

    def told(
        self, router: int, ls_type: LsType, area_id: AreaId | None
    ) -> dict[IPv4Address, LsaBody]:
        """The bodies of a router's LSAs of a type by their Link State IDs."""
        lsdb = self.external if area_id is None else self.areas[area_id]
        own = router_id(router)
        of_type = lsdb.of_type(ls_type)
        return {
            lsa.header.link_state_id: lsa.body
            for lsa in of_type
            if lsa.header.advertising_router == own
        }

    def put(self, area_id: AreaId | None, key: LsaKey, wanted: Wanted | None) -> None:
        """An LSA is now this in a database; those who have it are told when that is new."""
        lsdb = self.external if area_id is None else self.areas[area_id]
        stored = lsdb.get(key)
        before = Wanted(stored.lsa.body, Options(stored.lsa.header.options)) if stored else None
        if wanted == before:
            return
        if wanted is None:
            lsdb.remove(key)
        else:
            lsdb.install(_lsa(key, wanted), 0.0)
        for router in self.routers.values():
            router.changed.add((area_id, key))

    def _local(self, number: int, area_id: AreaId) -> dict[IPv4Address, str]:
        links = (k for k in self.links if k.is_up and k.area == area_id and number in k.costs)
        local = {link.address(number): link.interface for link in links}
        router = self.routers[number]
        if router.loopback_area == area_id:
            local[router_id(number)] = "lo"
            local |= {network[1]: "lo" for network in router.stubs}
        return local

    def _describe(self, number: int) -> None:
        """Router- and network-LSAs of a router in all areas."""
        for area_id in self.settings:
            is_in = area_id in self.areas_of(number)
            body = self._router_lsa(number, area_id)
            key = LsaKey(LsType.ROUTER, router_id(number), router_id(number))
            options = area_options(self.settings[area_id].kind)
            self.put(area_id, key, Wanted(body, options) if is_in else None)
            self._describe_networks(number, area_id)

    def _describe_networks(self, number: int, area_id: AreaId) -> None:
        for link in self.links:
            if link.area == area_id and link.is_lan and number in link.costs:
                is_ours = link.is_up and link.is_transit and link.routers[0] == number
                attached = tuple(router_id(router) for router in link.routers)
                body = NetworkLsa(mask=SLASH_24, attached_routers=attached)
                key = LsaKey(LsType.NETWORK, link.address(number), router_id(number))
                wanted = Wanted(body, area_options(self.settings[area_id].kind))
                self.put(area_id, key, wanted if is_ours else None)

    def _router_lsa(self, number: int, area_id: AreaId) -> RouterLsa:
        router, is_border = self.routers[number], self.is_border(number)
        kinds = {area_id: settings.kind for area_id, settings in self.settings.items()}
        mine = [kinds[own] for own in self.areas_of(number)]
        is_boundary = bool(router.external) or (is_border and AreaKind.NSSA in mine)
        links = [
            said
            for link in self.links
            if link.is_up and link.area == area_id and number in link.costs
            for said in link.links_of(number)
        ]
        if router.loopback_area == area_id:
            links.append(_link(LinkType.STUB, router_id(number), HOST, 0))
            for network, cost in router.stubs.items():
                links.append(_link(LinkType.STUB, network.network_address, network.netmask, cost))
        return RouterLsa(
            links=tuple(links),
            area_border=is_border,
            as_boundary=is_boundary and kinds[area_id] is not AreaKind.STUB,
            virtual_endpoint=area_id != BACKBONE and number in self.virtual_endpoints,
            nssa_translator=is_border
            and kinds[area_id] is AreaKind.NSSA
            and number in self.always_translate,
        )

    def _calculate(self, router: Router) -> None:
        changed, router.changed, router.is_stale = router.changed, set(), False
        views = self.views(router.number)
        router.hear(router.calculation.run(views, self.external, changed))
        wants = desired_lsas(router.calculation, router.external)
        for area_id in (None, *self.settings):
            wanted = wants.get(area_id, {})
            lsdb = self.external if area_id is None else self.areas[area_id]
            for key in [*wanted, *_own_keys(lsdb, router_id(router.number))]:
                self.put(area_id, key, wanted.get(key))


def _own_keys(lsdb: Lsdb, own: IPv4Address) -> list[LsaKey]:
    described = (LsType.ROUTER, LsType.NETWORK)
    keys = (stored.key for stored in lsdb.stored())
    return [key for key in keys if key.advertising_router == own and key.ls_type not in described]


def _lsa(key: LsaKey, wanted: Wanted) -> Lsa:
    return Lsa.make(
        options=wanted.options,
        ls_type=LsType(key.ls_type),
        link_state_id=key.link_state_id,
        advertising_router=key.advertising_router,
        sequence_number=INITIAL_SEQUENCE_NUMBER,
        body=wanted.body,
    )
