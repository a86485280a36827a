"""Whether a core has come to rest as it should: what is wrong, in words.

(a) OSPF has exactly the routes of the oracle, and the routers of an area have one database, in
which each router's LSA says what there is; (b) LDP has exactly the sessions of the working links,
and every FEC's LSP leads to the right router, with a label as far as the router before the last,
without a loop; (c) nothing is left of what is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from controlplane.fib.model import Forward
from controlplane.lab.plan import NetworkPlan
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.trace.model import Hop
from controlplane.lab.trace.walk import Walk
from controlplane.net.label import EXPLICIT_NULL
from controlplane.protocols.ospf.events import AreaId, AreaKind
from tests.sim.core_oracle import DEFAULT, Found, Oracle, network_is_lan

Rows = list[dict[str, Any]]


class Checks:
    """A world at rest, held against what should be."""

    def __init__(self, world: SimWorld, plan: NetworkPlan, oracle: Oracle) -> None:
        self._world = world
        self._plan = plan
        self._oracle = oracle
        self._layout = oracle.layout
        self._routers = tuple(oracle.layout.file.routers)

    def faults(self) -> list[str]:
        """Everything that is wrong; nothing when all is well."""
        return [
            *self.routes(),
            *self._databases(),
            *self.sessions(),
            *self._bindings(),
            *self._lsps(),
            *self._forwarding(),
        ]

    def _show(self, router: str, noun: str) -> Rows:
        return self._world.show(router, noun, None)

    def _id(self, router: str) -> str:
        return str(self._layout.loopbacks[router])

    # -- (a)

    def routes(self) -> Iterator[str]:
        for router in self._routers:
            rows = self._show(router, "ospf route")
            inside = _found(row for row in rows if "external" not in row["path_type"])
            yield from _compared(f"{router}: route to", inside, self._oracle.routes(router))
            outside = _found(row for row in rows if "external" in row["path_type"])
            yield from self._externals(router, outside)

    def _externals(self, router: str, seen: dict[IPv4Network, Found]) -> Iterator[str]:
        if len(self._oracle.areas) == 1:
            wanted = self._oracle.external_routes(router)
            yield from _compared(f"{router}: external route to", seen, wanted)
        elif self._oracle.is_whole and self._takes_externals(router):
            wanted_networks = {
                network for network, tellers in self._oracle.tellers.items() if tellers != {router}
            }
            if seen.keys() - {DEFAULT} != wanted_networks:
                yield f"{router}: external routes to {seen.keys()}, not {wanted_networks}"

    def _takes_externals(self, router: str) -> bool:
        areas = (self._oracle.areas[name] for name in self._oracle.areas_of(router))
        return any(area.settings.kind is AreaKind.NORMAL for area in areas)

    def _databases(self) -> Iterator[str]:
        for name in self._oracle.areas:
            yield from self._area_database(name)
            for router in self._routers:
                if router in self._oracle.areas[name].graph:
                    yield from self._own_lsas(name, router)

    def _area_database(self, name: AreaId) -> Iterator[str]:
        """Routers that reach each other have the same."""
        area = self._oracle.areas[name]
        contents: dict[frozenset[str], tuple[str, object]] = {}
        for router in self._routers:
            if router not in area.graph:
                continue
            rows = [row for row in self._show(router, "ospf database") if row["area"] == str(name)]
            content = {_lsa_key(row): (row["sequence_number"], row["checksum"]) for row in rows}
            other, expected = contents.setdefault(area.reachable(router), (router, content))
            if content != expected:
                yield f"{router} and {other} have different databases of area {name}"
            if any(row["age"] >= 3600 for row in rows):
                yield f"{router} still has LSAs of MaxAge"

    def _own_lsas(self, name: AreaId, router: str) -> Iterator[str]:
        """A router's own router-LSA, and one network-LSA for each LAN with several routers."""
        rows = [
            row
            for row in self._show(router, "ospf database")
            if row["area"] == str(name) and row["own"]
        ]
        (said,) = [row["body"]["links"] for row in rows if row["type"] == "router"]
        links = sorted(_link(link) for link in said)
        wanted = sorted(self._wanted_links(name, router))
        if links != wanted:
            yield f"{router}: router-LSA of area {name} says {links}, not {wanted}"
        for row in rows:
            if row["type"] == "network":
                yield from self._network_lsa(router, row)

    def _network_lsa(self, router: str, row: dict[str, Any]) -> Iterator[str]:
        address = IPv4Address(row["link_state_id"])
        (link,) = [link for link in self._layout.links if address in link.subnet]
        attached = sorted(map(self._id, (end.node for end in link.ends)))
        if sorted(row["body"]["attached_routers"]) != attached or not self._oracle.works(link):
            yield f"{router}: network-LSA of {link.name} says {row['body']}"

    def _wanted_links(self, name: AreaId, router: str) -> Iterator[tuple[str, str, int]]:
        if self._layout.file.routers[router].area == name:
            yield "stub", self._id(router), 0
        for end in self._layout.ends[router]:
            link = self._layout.link[end.link]
            if link.spec.area != name or not self._oracle.is_up(link, end):
                continue
            works = self._oracle.works(link)
            if works and network_is_lan(link):
                yield "transit", str(end.address.ip), end.cost
                continue
            if works:
                yield "point_to_point", str(end.address.ip), end.cost
            yield "stub", str(link.subnet.network_address), end.cost

    # -- (b)

    def sessions(self) -> Iterator[str]:
        """Of LDP one with each neighbour; of BFD one on each link with each."""
        for router in self._routers:
            ldp = [(row["neighbor"], row["state"]) for row in self._show(router, "ldp neighbor")]
            peers = [(self._id(peer), "Operational") for peer in self._oracle.neighbors(router)]
            if sorted(ldp) != sorted(peers):
                yield f"{router}: LDP sessions {sorted(ldp)}, not {sorted(peers)}"
            bfd = [(row["neighbor"], row["state"]) for row in self._show(router, "bfd neighbor")]
            if self._layout.file.provider.bfd and sorted(bfd) != sorted(self._bfd(router)):
                yield f"{router}: BFD sessions {sorted(bfd)}, not {sorted(self._bfd(router))}"

    def _bfd(self, router: str) -> Iterator[tuple[str, str]]:
        for end in self._layout.ends[router]:
            if self._oracle.works(self._layout.link[end.link]):
                for other in self._layout.neighbors(end):
                    yield str(other.address.ip), "Up"

    def _bindings(self) -> Iterator[str]:
        for router in self._routers:
            peers = {self._id(peer) for peer in self._oracle.neighbors(router)}
            fecs = set()
            for row in self._show(router, "ldp binding"):
                if row["has_route"]:
                    fecs.add(row["prefix"])
                yield from _leftovers(f"{router}: FEC {row['prefix']}", row, peers)
            wanted = {row["prefix"] for row in self._show(router, "route") if _is_fec(row)}
            if fecs != wanted:
                yield f"{router}: FECs {fecs ^ wanted} are there or missing"

    # -- (c)

    def _forwarding(self) -> Iterator[str]:
        """The switch holds what comes of routes, neighbours and labels, and no group for nobody."""
        for router in self._routers:
            fib = self._world.fib(router)
            prefixes = {str(route.prefix) for route in fib.unicast}
            routes = {row["prefix"] for row in self._show(router, "route")}
            known = {f"{row['address']}/32" for row in self._show(router, "arp") if row["mac"]}
            if not routes <= prefixes <= routes | known:
                yield f"{router}: switch and tables differ in {prefixes ^ (routes | known)}"
            actions = {*(r.action for r in fib.unicast), *(r.action for r in fib.labels)}
            used = {action.way for action in actions if isinstance(action, Forward)}
            if used != {group.way for group in fib.groups}:
                yield f"{router}: groups {fib.groups}, and used are {used}"
            bindings = self._show(router, "ldp binding")
            given = {row["local"] for row in bindings if row["local"] is not None}
            forwarded = {entry.label for entry in fib.labels}
            if not forwarded <= given | {EXPLICIT_NULL}:
                yield f"{router}: forwards labels {forwarded - given} that it has not given"

    def _lsps(self) -> Iterator[str]:
        fibs = {router: self._world.fib(router) for router in self._routers}
        walk = Walk(self._plan, fibs)
        for router in self._routers:
            routes = self._oracle.routes(router)
            for goal, address in self._layout.loopbacks.items():
                is_fec = IPv4Network(address) in routes
                if is_fec or self._oracle.is_whole:
                    hop = walk.start(router, "default", address)
                    yield from _arrives(hop, router, goal, (), is_fec=is_fec)


def _arrives(
    hop: Hop, start: str, goal: str, before: tuple[str, ...], *, is_fec: bool
) -> Iterator[str]:
    """On all branches: in the end at the goal, on the way with one label where it is a FEC."""
    way = (*before, hop.router)
    words = f"{start} to {goal} by {' '.join(way)}"
    labels = len(hop.packet.labels)
    if hop.router in before:
        yield f"{words}: a loop"
    elif not hop.copies:
        if hop.router != goal or hop.end != "for this router":
            yield f"{words}: {hop.end}"
    elif before and is_fec and labels != 1:
        yield f"{words}: {labels} labels"
    else:
        for copy in hop.copies:
            if not copy.to:
                yield f"{words}: {copy.change}"
            for onward in copy.to:
                yield from _arrives(onward, start, goal, way, is_fec=is_fec)


def _found(rows: Iterator[dict[str, Any]]) -> dict[IPv4Network, Found]:
    return {IPv4Network(row["prefix"]): Found(row["cost"], _hops(row)) for row in rows}


def _hops(row: dict[str, Any]) -> frozenset[tuple[str, IPv4Address | None]]:
    return frozenset(
        (hop["interface"], IPv4Address(hop["address"]) if hop["address"] else None)
        for hop in row["next_hops"]
    )


def _compared(
    what: str, seen: dict[IPv4Network, Found], wanted: dict[IPv4Network, Found]
) -> Iterator[str]:
    for network in sorted(seen.keys() | wanted.keys()):
        if seen.get(network) != wanted.get(network):
            yield f"{what} {network} is {seen.get(network)}, not {wanted.get(network)}"


def _lsa_key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["type"], row["link_state_id"], row["advertising_router"]


def _link(link: dict[str, Any]) -> tuple[str, str, int]:
    shown = link["link_id"] if link["type"] == "stub" else link["link_data"]
    return link["type"], shown, link["metric"]


def _is_fec(row: dict[str, Any]) -> bool:
    """Not a default route, and no own address inside a subnet: those have no LSP of their own."""
    is_own = row["type"] == "local" and row["interface"] != "lo0"
    return row["prefix"] != str(DEFAULT) and not is_own


def _leftovers(what: str, row: dict[str, Any], peers: set[str]) -> Iterator[str]:
    remote = {label["peer"]["router"] for label in row["remote"]}
    advertised = {peer["router"] for peer in row["advertised"]}
    if row["awaited"]:
        yield f"{what} awaits a release of {row['awaited']}"
    if any(label["stale"] for label in row["remote"]) or not remote <= peers:
        yield f"{what} has labels of {remote}, and peers are {peers}"
    if row["has_route"] and (row["local"] is None or advertised != peers):
        yield f"{what} is label {row['local']} for {advertised}, and peers are {peers}"
