"""What BGP should bring to VRFs and customers, worked out from the lab file: a small path vector.

Tables are those of VRFs and CEs. A table offers its best path of each prefix over its sessions, by
the rules that decide whether a route arrives at all: AS loops, as-override, allowas-in, Site of
Origin, no iBGP route to iBGP. PEs offer each other, by route target, what is not from other PEs.
This goes on until nothing changes.

Preferences are left out: which of several paths wins is the routers' to decide, so for a VRF all
PEs that could tell it a prefix are named. A policy may refuse anything, so what comes through
one is allowed and not demanded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import TypeAlias

from controlplane.lab.expand.layout import Layout, PlacedEnd
from controlplane.lab.expand.sessions import Peering, peerings
from controlplane.lab.expand.targets import hears
from controlplane.lab.file.bgp import EndBgp
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.vpn import RouteTarget
from controlplane.rib.route import Route

Table: TypeAlias = tuple[str, str]
"""Router and VRF."""

Reached: TypeAlias = Mapping[IPv4Network, frozenset[str]]
"""Prefixes, each with the PEs that it may be reached through; this PE for one of its own sites."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """`source` is the table that it came from, `pe` the PE that it was imported from."""

    ases: tuple[int, ...] = ()
    sites: frozenset[RouteTarget] = frozenset()
    source: Table
    internal: bool = False
    pe: str | None = None


_Tables: TypeAlias = dict[Table, dict[IPv4Network, dict[Table, _Path]]]
"""By table and prefix, the paths from each other table; from itself where it is its own."""


class Reach:
    """`routes` are those of IGPs and of the file, `core` who reaches whom in the core."""

    def __init__(
        self,
        layout: Layout,
        down: frozenset[str],
        routes: Mapping[Table, Iterable[Route]],
        core: Mapping[str, Set[str]],
    ) -> None:
        self._layout = layout
        self._down = down
        self._core = core
        self._own = {table: frozenset(self._local(table, of_it)) for table, of_it in routes.items()}
        self._peerings = {
            table: tuple(one for one in peerings(layout, *table) if self._is_up(one))
            for table in self._own
        }
        self._importers = {table: tuple(self._importing(table)) for table in self._own}

    def tables(self) -> Mapping[Table, Reached]:
        """What each table should hold beside its own."""
        allowed = self._settled(with_policies=True)
        through_policy = any(
            _has_policy(one) for peerings in self._peerings.values() for one in peerings
        )
        demanded = self._settled(with_policies=False) if through_policy else allowed
        return {
            (router, vrf): {
                prefix: frozenset(
                    path.pe or router for path in allowed[router, vrf][prefix].values()
                )
                for prefix, paths in found.items()
                if (router, vrf) not in paths
            }
            for (router, vrf), found in demanded.items()
        }

    def _settled(self, *, with_policies: bool) -> _Tables:
        """Shortest paths settle in as many rounds as there are tables on the longest of them."""
        tables = self._next({table: {} for table in self._own}, with_policies)
        for _ in self._own:
            before, tables = tables, self._next(tables, with_policies)
            if tables == before:
                break
        return tables

    def _next(self, tables: _Tables, with_policies: bool) -> _Tables:
        """One round: what all tables hold when each has told what it held before."""
        after: _Tables = {
            table: {prefix: {table: _Path(source=table)} for prefix in own}
            for table, own in self._own.items()
        }
        for table, found in tables.items():
            for prefix, paths in found.items():
                for target, path in self._offers(table, paths, with_policies):
                    after[target].setdefault(prefix, {})[table] = path
        return after

    def _offers(
        self, table: Table, paths: Mapping[Table, _Path], with_policies: bool
    ) -> Iterator[tuple[Table, _Path]]:
        best = min(paths.values(), key=lambda path: _rank(table, path))
        for peering in self._peerings[table]:
            if with_policies or not _has_policy(peering):
                target = (peering.peer.router, peering.peer.vrf)
                told = _told(peering, best) if best.source != target else None
                if told is not None:
                    yield target, replace(told, source=table, pe=None)
        own = [path for path in paths.values() if path.pe is None]
        if own:
            yield from self._exported(table, min(own, key=lambda path: _rank(table, path)))

    def _exported(self, table: Table, path: _Path) -> Iterator[tuple[Table, _Path]]:
        """To VRFs of other PEs, and to others of this one."""
        for target in self._importers[table]:
            yield target, replace(path, source=table, internal=True, pe=table[0])

    # -- what the tables start with, and who is told

    def _is_up(self, peering: Peering) -> bool:
        """Whether the link works, or between loopbacks of a site, the site's own routing."""
        if peering.own is not None:
            return peering.own.link not in self._down
        table = (peering.speaker.router, peering.speaker.vrf)
        return IPv4Network(peering.address) in self._own[table]

    def _local(self, table: Table, routes: Iterable[Route]) -> Iterator[IPv4Network]:
        router, vrf = table
        if self._layout.domains.is_core(router) and vrf == DEFAULT_VRF:
            return
        yield from (route.prefix for route in routes)
        for end in self._layout.ends[router]:
            if end.vrf == vrf and end.link not in self._down:
                yield self._layout.link[end.link].subnet
        if vrf == DEFAULT_VRF:
            yield IPv4Network(self._layout.loopbacks[router])

    def _importing(self, table: Table) -> Iterator[Table]:
        pe, vpn = table
        if vpn == DEFAULT_VRF:
            return
        for other, name in self._own:
            is_other = (other, name) != table and name != DEFAULT_VRF
            if is_other and hears(self._layout.file, name, vpn) and self._meet(pe, other):
                yield other, name

    def _meet(self, pe: str, other: str) -> bool:
        """Whether VPN routes of a PE come to another one, and packets the other way."""
        if pe == other:
            return True
        reflectors = self._layout.file.provider.bgp.reflectors
        both = self._core[pe] & self._core[other]
        direct = not reflectors or pe in reflectors or other in reflectors
        return other in self._core[pe] and (direct or not both.isdisjoint(reflectors))


def _rank(table: Table, path: _Path) -> tuple[bool, int, bool, Table]:
    """The lowest is the best: own, the fewest ASes, of another AS before one by iBGP."""
    return path.source != table, len(path.ases), path.internal, path.source


def _told(peering: Peering, path: _Path) -> _Path | None:
    """What the peer has of a path; None when it is not told, or does not take it."""
    own, other = _end(peering.own), _end(peering.other)
    if own.soo in path.sites:
        return None
    internal = peering.asn == peering.remote_as
    if internal and path.internal:
        return None
    ases = path.ases if internal else (peering.asn, *_overridden(peering, own, path.ases))
    if not internal and ases.count(peering.remote_as) > other.allow_as_in:
        return None
    sites = path.sites | {other.soo} if other.soo else path.sites
    return replace(path, ases=ases, sites=sites, internal=internal)


def _overridden(peering: Peering, own: EndBgp, ases: tuple[int, ...]) -> tuple[int, ...]:
    if not own.as_override:
        return ases
    return tuple(peering.asn if one == peering.remote_as else one for one in ases)


def _end(end: PlacedEnd | None) -> EndBgp:
    """What the file says of BGP at an end of a peering's link."""
    return end.spec.bgp if end is not None else EndBgp()


def _has_policy(peering: Peering) -> bool:
    """Whether routes the way of this peering go through a policy."""
    return bool(_end(peering.own).export or _end(peering.other).import_)
