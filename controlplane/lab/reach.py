"""What BGP should bring to VRFs and customers, worked out from the lab file: a small path vector.

Tables are those of VRFs and CEs. A table offers its best path of each prefix over its sessions, by
the rules that decide whether a route arrives at all: AS loops, as-override, allowas-in, Site of
Origin, no iBGP route to iBGP. PEs offer each other, by route target, what is not from other PEs.
This goes on until nothing changes.

Which of several paths wins is the routers' to decide, as far as local preference and the length of
the AS path leave it open. So an offer is a set: all that may come of it, nothing among it where one
of the possible winners does not arrive. A prefix is demanded where some offer has no such way out,
and for a VRF all PEs that could tell it a prefix are named. A policy may refuse anything, and make
it win or lose against any other path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import Final, TypeAlias

from controlplane.lab.expand.layout import Layout, PlacedEnd
from controlplane.lab.expand.rendezvous import anycast_addresses
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


_LOCAL_PREF: Final = 100
"""Of routes that nobody gave another (`BgpConfig`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """`source` is the table that it came from, `pe` the PE that it was imported from.

    `free`: a policy may have changed what it is preferred by.
    """

    ases: tuple[int, ...] = ()
    local_pref: int = _LOCAL_PREF
    free: bool = False
    sites: frozenset[RouteTarget] = frozenset()
    source: Table
    internal: bool = False
    pe: str | None = None


_Offer: TypeAlias = frozenset[_Path | None]
"""What one table may tell another of a prefix; None: perhaps nothing."""

_NOTHING: Final[_Offer] = frozenset({None})

_Offers: TypeAlias = Mapping[Table, _Offer]
"""By the table that tells; by the own one for an own prefix."""

_Tables: TypeAlias = dict[Table, dict[IPv4Network, dict[Table, _Offer]]]
"""By table and prefix, what each other table offers."""


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
        return {
            table: {
                prefix: frozenset(path.pe or table[0] for path in _paths(offers))
                for prefix, offers in found.items()
                if table not in offers and None not in _winners(table, offers)
            }
            for table, found in self._settled().items()
        }

    def _settled(self) -> _Tables:
        """Shortest paths settle in as many rounds as there are tables on the longest of them."""
        tables = self._next({table: {} for table in self._own})
        for _ in self._own:
            before, tables = tables, self._next(tables)
            if tables == before:
                break
        return tables

    def _next(self, tables: _Tables) -> _Tables:
        """One round: what all tables are offered when each has told what it held before."""
        after: _Tables = {
            table: {prefix: {table: frozenset({_Path(source=table)})} for prefix in own}
            for table, own in self._own.items()
        }
        for table, found in tables.items():
            for prefix, offers in found.items():
                for target, offer in self._offers(table, offers):
                    if offer != _NOTHING:
                        after[target].setdefault(prefix, {})[table] = offer
        return after

    def _offers(self, table: Table, offers: _Offers) -> Iterator[tuple[Table, _Offer]]:
        best = _winners(table, offers)
        for peering in self._peerings[table]:
            target = (peering.peer.router, peering.peer.vrf)
            refused = _NOTHING if _has_policy(peering) else frozenset()
            yield target, refused | {_offered(peering, table, path) for path in best}
        own = {source: offer for source, offer in offers.items() if not any(_pes(offer))}
        best = _winners(table, own)
        for target in self._importers[table]:
            # To VRFs of other PEs, and to others of this one.
            yield target, frozenset(path and _exported(table, path) for path in best)

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
        in_vpn = None if vrf == DEFAULT_VRF else vrf
        yield from map(IPv4Network, anycast_addresses(self._layout, router, in_vpn))

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


def _paths(offers: _Offers) -> Iterator[_Path]:
    return (path for offer in offers.values() for path in offer if path is not None)


def _pes(offer: _Offer) -> Iterator[str | None]:
    return (path.pe for path in offer if path is not None)


def _winners(table: Table, offers: _Offers) -> _Offer:
    """The paths that may be the best; None among them where there may be no path at all."""
    winners: set[_Path | None] = {
        path for path in _paths(offers) if not any(_beats(table, o, path) for o in offers.values())
    }
    if all(None in offer for offer in offers.values()):
        winners.add(None)
    return frozenset(winners)


def _beats(table: Table, offer: _Offer, path: _Path) -> bool:
    """Whether a path loses against whatever comes of an offer.

    RFC 4271 9.1.2 up to the AS path: the MED of what is behind that is not worked out here.
    """
    return not path.free and all(
        one is not None and not one.free and _rank(table, one) < _rank(table, path) for one in offer
    )


def _rank(table: Table, path: _Path) -> tuple[bool, int, int]:
    """The lowest is the best: own, the highest local preference, the fewest ASes."""
    return path.source != table, -path.local_pref, len(path.ases)


def _exported(table: Table, path: _Path) -> _Path:
    """As a VPN route, told by the PE that the table is of."""
    return replace(path, source=table, internal=True, pe=table[0])


def _offered(peering: Peering, table: Table, path: _Path | None) -> _Path | None:
    """What comes of a best path over a session, None where nothing does, or may not."""
    if path is None or path.source == (peering.peer.router, peering.peer.vrf):
        return None
    told = _told(peering, path)
    return None if told is None else replace(told, source=table, pe=None)


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
    return replace(
        path,
        ases=ases,
        sites=path.sites | {other.soo} if other.soo else path.sites,
        internal=internal,
        local_pref=path.local_pref if internal else _preference(other),
        free=path.free or _has_policy(peering),
    )


def _preference(end: EndBgp) -> int:
    """What a route from another AS is given at an end."""
    return _LOCAL_PREF if end.local_pref is None else end.local_pref


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
