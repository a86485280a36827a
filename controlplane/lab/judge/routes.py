"""The unicast routes that routers show, held against those that they should have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network
from typing import TypeAlias

from controlplane.lab.core_costs import CoreCosts
from controlplane.lab.expand.layout import Layout
from controlplane.lab.file.expect import NoRoutes, Routes
from controlplane.lab.judge.words import names
from controlplane.lab.reach import Table
from controlplane.lab.routes import RouteProvider
from controlplane.lab.routes import Routes as RoutesOfAll
from controlplane.lab.tables import TableRow, Tables, vrf_of
from controlplane.lab.verdict import Seen
from controlplane.net.interface import DEFAULT_VRF

_Ways: TypeAlias = Mapping[str, frozenset[str] | None]
"""Prefixes, each with the routers that it may be reached by; None for any."""


@dataclass(frozen=True)
class RouteJudge:
    """Of one state of the network: `down` are the links that do not work."""

    layout: Layout
    provider: RouteProvider
    down: frozenset[str] = frozenset()

    def routes(self, expectation: Routes, tables: Tables) -> Seen:
        """Whether they are there, and lead where they should."""
        wanted = self._wanted(expectation)
        faults = list(self._detours(tables)) if expectation.routes is None else []
        for (router, vrf), ways in wanted.items():
            shown = _by_prefix(tables.rows(router, "route", vrf))
            for prefix, by in sorted(ways.items()):
                faults += self._faults((router, vrf), prefix, by, shown.get(prefix))
        total = sum(map(len, wanted.values()))
        return _seen(f"{total} {'route' if total == 1 else 'routes'}", faults)

    def no_routes(self, expectation: NoRoutes, tables: Tables) -> Seen:
        faults: list[str] = []
        for router, prefixes in expectation.no_routes.items():
            vrf = vrf_of(self.layout, router, expectation.vpn)
            shown = _by_prefix(tables.rows(router, "route", vrf)).keys() & set(map(str, prefixes))
            faults += [f"{router} has {one}" for one in sorted(shown)]
        return _seen("none", faults)

    def _wanted(self, expectation: Routes) -> Mapping[Table, _Ways]:
        if expectation.routes is None:
            return self._everything
        return {
            (router, vrf_of(self.layout, router, expectation.vpn)): {
                str(prefix): frozenset(by) or None for prefix, by in ways.items()
            }
            for router, ways in expectation.ways().items()
        }

    @cached_property
    def _routes(self) -> RoutesOfAll:
        return self.provider.routes(self.down)

    @cached_property
    def _costs(self) -> Mapping[tuple[str, IPv4Network], int]:
        return CoreCosts(self.layout, self.down).all()

    @cached_property
    def _everything(self) -> Mapping[Table, _Ways]:
        """What IGPs and the file bring; and BGP, in a VRF from a PE that can tell it."""
        reached = self.provider.reached(self.down)
        return {
            (router, vrf): {
                **{
                    str(prefix): None if vrf == DEFAULT_VRF else by
                    for prefix, by in reached.get((router, vrf), {}).items()
                },
                **{str(route.prefix): None for route in routes},
            }
            for (router, vrf), routes in self._routes.items()
        }

    # -- what is wrong

    def _faults(
        self, table: Table, prefix: str, by: frozenset[str] | None, row: TableRow | None
    ) -> Iterator[str]:
        router, _ = table
        if row is None:
            yield f"{router} misses {prefix}"
        elif by is not None:
            for name in sorted({self._next(table, hop, by) for hop in row["next_hops"]} - by):
                yield f"{router} reaches {prefix} by {name}, not {' or '.join(sorted(by))}"

    def _next(self, table: Table, hop: TableRow, by: frozenset[str]) -> str:
        """The router that a next hop is; a PE itself, where that is what is asked for."""
        router, vrf = table
        if hop["type"] != "vpn" and router in by:
            return router
        of_router = (
            other.node
            for own in self.layout.ends[router]
            for other in self.layout.neighbors(own)
            if own.vrf == vrf and str(other.address.ip) == hop["via"]
        )
        pes = (name for name, ip in self.layout.loopbacks.items() if str(ip) == hop["via"])
        return next(pes if hop["type"] == "vpn" else of_router, str(hop["via"] or hop["type"]))

    def _detours(self, tables: Tables) -> Iterator[str]:
        """Routes that the core has found for itself and that are not the shortest.

        OSPF keeps off a link that waits for LDP (RFC 5443): then there are routes already, and
        others will follow.
        """
        routers = {router for router, _ in self._costs}
        shown = {one: _by_prefix(tables.rows(one, "route", DEFAULT_VRF)) for one in routers}
        for (router, prefix), cost in self._costs.items():
            row = shown[router].get(str(prefix))
            if row and row["protocol"] == "ospf" and row["metric"] != cost:
                yield f"{router} reaches {prefix} at cost {row['metric']}, not {cost}"


def _by_prefix(rows: list[TableRow]) -> dict[str, TableRow]:
    return {str(row["prefix"]): row for row in rows}


def _seen(words: str, faults: list[str]) -> Seen:
    return Seen(not faults, names(faults) or words)
