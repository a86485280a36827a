"""What the routers of a lab should show, and what they do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sized
from dataclasses import replace
from typing import TypeAlias, assert_never

from controlplane.lab.expand.layout import Layout
from controlplane.lab.file.expect import (
    AssertSettled,
    BfdSessions,
    BgpSessions,
    KnownRps,
    LdpSessions,
    Mroute,
    NoMroute,
    NoRoutes,
    OspfNeighbors,
    PimNeighbors,
    Routes,
    StateExpectation,
    Tree,
)
from controlplane.lab.judge.adjacency import Adjacency, address_words, adjacencies
from controlplane.lab.judge.bgp import judge_bgp
from controlplane.lab.judge.core import judge_core
from controlplane.lab.judge.rendezvous import judge_rps
from controlplane.lab.judge.routes import RouteJudge
from controlplane.lab.judge.words import ANY_SOURCE, names
from controlplane.lab.routes import RouteProvider
from controlplane.lab.tables import TableRow, Tables, link_name, vrf_of
from controlplane.lab.verdict import Seen

Faults: TypeAlias = Iterator[str]
Name: TypeAlias = tuple[str, str]
"""Source and group, as `show ROUTER mroute` has them."""


class StateJudge:
    """Holds expectations about state against the tables of one moment."""

    def __init__(self, layout: Layout, provider: RouteProvider) -> None:
        self._layout = layout
        self._routes = RouteJudge(layout, provider)

    def links_changed(self, down: frozenset[str]) -> None:
        """These links do not work now: other routes are the right ones."""
        self._routes = replace(self._routes, down=down)

    def judge(self, expectation: StateExpectation, tables: Tables) -> Seen:
        """Whether it holds now, with what is missing or too much."""
        match expectation:
            case PimNeighbors():
                return self._pim_neighbors(expectation, tables)
            case OspfNeighbors() | LdpSessions() | BfdSessions():
                return judge_core(self._layout, expectation, tables)
            case BgpSessions():
                return judge_bgp(self._layout, expectation, tables)
            case Routes():
                return self._routes.routes(expectation, tables)
            case NoRoutes():
                return self._routes.no_routes(expectation, tables)
            case Mroute():
                faults = self._mroute(expectation, tables)
                return _seen(f"at {len(expectation.routers)}", faults)
            case NoMroute():
                return _seen("none", self._no_mroute(expectation, tables))
            case KnownRps():
                return judge_rps(self._layout, expectation, tables)
            case AssertSettled():
                faults = self._assert(expectation, tables)
                return _seen(f"at {len(expectation.routers)}", faults)
        assert_never(expectation)

    # -- PIM neighbours

    def _pim_neighbors(self, expectation: PimNeighbors, tables: Tables) -> Seen:
        wanted = self._wanted_adjacencies(expectation)
        faults: list[str] = []
        for (router, vrf), expected in wanted.items():
            rows = tables.rows(router, "pim neighbor", vrf)
            shown = {(str(row["interface"]), str(row["neighbor"])) for row in rows}
            faults += self._neighbor_faults(router, expected, shown)
        return _seen(_count(wanted.values(), "adjacency", "adjacencies"), iter(faults))

    def _wanted_adjacencies(
        self, expectation: PimNeighbors
    ) -> Mapping[tuple[str, str], frozenset[Adjacency]]:
        everything = adjacencies(self._layout)
        if expectation.pim_neighbors is None:
            return everything
        return {
            (router, vrf := vrf_of(self._layout, router, expectation.vpn)): frozenset(
                one for one in everything.get((router, vrf), ()) if one.neighbor in neighbors
            )
            for router, neighbors in expectation.pim_neighbors.items()
        }

    def _neighbor_faults(
        self, router: str, expected: frozenset[Adjacency], shown: set[tuple[str, str]]
    ) -> Faults:
        for one in sorted(expected):
            if (one.interface, one.address) not in shown:
                yield f"{router} misses {one.neighbor} on {one.interface}"
        for interface, address in sorted(shown - {(e.interface, e.address) for e in expected}):
            yield f"{router} has {address_words(self._layout, address)} on {interface}"

    # -- multicast routes

    def _mroute(self, expectation: Mroute, tables: Tables) -> Faults:
        for router, row in self._tree(expectation.mroute, expectation, tables):
            if row is None:
                yield f"none at {router}"
                continue
            incoming = link_name(self._layout, router, row["incoming"])
            if expectation.incoming not in (None, incoming):
                yield f"{router} takes it from {incoming or 'nowhere'}"
            outgoing = self.outgoing(router, row)
            if expectation.outgoing is not None and set(expectation.outgoing) != outgoing:
                yield f"{router} sends it to {', '.join(sorted(outgoing)) or 'nobody'}"

    def _no_mroute(self, expectation: NoMroute, tables: Tables) -> Faults:
        for router, row in self._tree(expectation.no_mroute, expectation, tables):
            if row is not None:
                yield f"left at {router}"

    def _tree(
        self, tree: Tree, expectation: Mroute | NoMroute, tables: Tables
    ) -> Iterator[tuple[str, TableRow | None]]:
        """Each router with its row of the tree."""
        name, vpn = tree_of(self._layout, tree)
        for router in expectation.routers:
            vrf = vrf_of(self._layout, router, expectation.vpn or vpn)
            rows = tables.rows(router, "mroute", vrf)
            yield router, next((row for row in rows if _name(row) == name), None)

    # -- Asserts

    def _assert(self, expectation: AssertSettled, tables: Tables) -> Faults:
        name, vpn = tree_of(self._layout, expectation.assert_)
        for router in expectation.routers:
            vrf = vrf_of(self._layout, router, expectation.vpn or vpn)
            rows = tables.rows(router, "pim assert", vrf)
            winners = {
                str(row["winner"])
                for row in rows
                if _name(row) == name
                and link_name(self._layout, router, row["interface"]) == expectation.link
            }
            if winners != {self._address_on(expectation.link, expectation.winner)}:
                found = ", ".join(address_words(self._layout, winner) for winner in winners)
                yield f"{router} has {found or 'no Assert'}"

    def _address_on(self, link: str, router: str) -> str:
        """The address that a router speaks PIM from; on a PMSI its loopback (RFC 6513 5.2.1)."""
        ends = (end.address.ip for end in self._layout.ends[router] if end.link == link)
        return str(next(ends, self._layout.loopbacks[router]))

    def outgoing(self, router: str, row: TableRow) -> set[str]:
        """The links that a tree leaves a router on."""
        links = (link_name(self._layout, router, one["interface"]) for one in row["outgoing"])
        return {link for link in links if link is not None}


def tree_of(layout: Layout, tree: Tree) -> tuple[Name, str | None]:
    """The tree's source and group, and the VPN that its source is in, if it has one."""
    if tree.stream is not None:
        stream = layout.file.streams[tree.stream]
        return (str(layout.address(stream.from_)), stream.to), layout.vpn(stream.from_)
    if tree.source is None:
        return (ANY_SOURCE, str(tree.group)), None
    return (str(layout.address(tree.source)), str(tree.group)), layout.vpn(tree.source)


def _name(row: TableRow) -> Name:
    return str(row["source"]), str(row["group"])


def _count(groups: Iterable[Sized], one: str, many: str) -> str:
    total = sum(map(len, groups))
    return f"{total} {one if total == 1 else many}"


def _seen(words: str, faults: Faults) -> Seen:
    found = list(faults)
    return Seen(not found, names(found) or words)
