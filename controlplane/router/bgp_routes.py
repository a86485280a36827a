"""From BGP's best paths to routes of a VRF's table.

    a CE's or another peer's     the neighbour that its next hop is, or is reached through
    imported from another PE     that PE and its label; with the PE of the next best path as backup
    imported from a VRF here     the next hops that the route has there, which are on its interfaces

Prefixes behind the same PEs with the same labels have the same way, so forwarding shares one path.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from controlplane.protocols.bgp.events import BestPath, Imported, PathSource
from controlplane.rib.rib import Rib
from controlplane.rib.route import Attached, Gateway, Route, RouteProtocol, VpnNextHop

Leak: TypeAlias = tuple[str, IPv4Network]
"""A prefix of a VRF of this router that others of its VRFs import."""


class BgpRoutes:
    """`ribs` are the router's tables by VRF."""

    def __init__(self, ribs: Mapping[str, Rib]) -> None:
        self._ribs = ribs
        self._leaks: dict[str, dict[IPv4Network, BestPath]] = defaultdict(dict)

    def updates(
        self, vrf: str, changed: Iterable[BestPath], withdrawn: Iterable[IPv4Network]
    ) -> Iterator[tuple[RouteProtocol, list[Route], list[IPv4Network]]]:
        """For the table of a VRF: of each of BGP's protocols, what is new and what is gone."""
        paths = {path.key: path for path in changed if isinstance(path.key, IPv4Network)}
        routes = {prefix: self._route(vrf, prefix, path) for prefix, path in paths.items()}
        for prefix in withdrawn:
            routes[prefix] = None
            self._leaks[vrf].pop(prefix, None)
        for protocol in (RouteProtocol.EBGP, RouteProtocol.IBGP):
            fresh = [one for one in routes.values() if one and one.protocol is protocol]
            gone = [p for p, one in routes.items() if one is None or one.protocol is not protocol]
            yield protocol, fresh, gone

    def leaked(self, source: str, prefixes: Iterable[IPv4Network]) -> Mapping[str, list[BestPath]]:
        """The paths by which VRFs here import these prefixes of another one here."""
        found: dict[str, list[BestPath]] = {}
        wanted = set(prefixes)
        for vrf, leaks in self._leaks.items():
            of_source = [
                path
                for prefix, path in leaks.items()
                if prefix in wanted and path.imported and path.imported.vrf == source
            ]
            if of_source:
                found[vrf] = of_source
        return found

    def _route(self, vrf: str, prefix: IPv4Network, path: BestPath) -> Route | None:
        """None for an own route, which is in the table already, and one that leads nowhere."""
        self._leaks[vrf].pop(prefix, None)
        match path.source:
            case PathSource.LOCAL:
                return None
            case PathSource.IMPORTED:
                return self._imported(vrf, prefix, path)
            case PathSource.EBGP:
                return self._through_peer(vrf, prefix, path, RouteProtocol.EBGP)
            case PathSource.IBGP:
                return self._through_peer(vrf, prefix, path, RouteProtocol.IBGP)

    def _through_peer(
        self, vrf: str, prefix: IPv4Network, path: BestPath, protocol: RouteProtocol
    ) -> Route | None:
        address = path.attributes.next_hop
        gateways = tuple(self._gateways(vrf, address)) if address else ()
        if not gateways:
            return None
        return Route(prefix=prefix, protocol=protocol, next_hops=gateways, metric=path.metric)

    def _gateways(self, vrf: str, address: IPv4Address) -> Iterator[Gateway]:
        """Who packets to the next hop are handed to (RFC 4271 9.1.2.1, recursive look-up)."""
        route = self._ribs[vrf].lookup(address)
        for hop in route.next_hops if route else ():
            match hop:
                case Attached(interface):
                    yield Gateway(interface, address)
                case Gateway():
                    yield hop

    def _imported(self, vrf: str, prefix: IPv4Network, path: BestPath) -> Route | None:
        imported = path.imported
        assert imported is not None
        if imported.vrf is not None:
            self._leaks[vrf][prefix] = path
            return self._from_own_vrf(imported)
        return Route(
            prefix=prefix,
            protocol=RouteProtocol.IBGP,
            next_hops=(_through_pe(imported),),
            metric=path.metric,
            backups=_backups(path),
        )

    def _from_own_vrf(self, imported: Imported) -> Route | None:
        assert imported.vrf is not None
        there = self._ribs[imported.vrf].installed(imported.prefix)
        if there is None:
            return None
        return Route(
            prefix=imported.prefix,
            protocol=RouteProtocol.IBGP,
            next_hops=there.next_hops,
            metric=there.metric,
        )


def _backups(path: BestPath) -> tuple[VpnNextHop, ...]:
    backup = path.backup.imported if path.backup else None
    if backup is None or backup.vrf is not None:
        return ()
    return (_through_pe(backup),)


def _through_pe(of: Imported) -> VpnNextHop:
    return VpnNextHop(of.pe, of.key.rd, of.label)
