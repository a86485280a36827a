"""What core routers have of each other: OSPF adjacencies, LDP and BFD sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from controlplane.lab.expand.layout import Layout, PlacedEnd
from controlplane.lab.file.expect import BfdSessions, CoreNeighbors, LdpSessions, OspfNeighbors
from controlplane.lab.judge.words import names
from controlplane.lab.tables import TableRow, Tables
from controlplane.lab.verdict import Seen
from controlplane.net.interface import DEFAULT_VRF


@dataclass(frozen=True, slots=True)
class _Protocol:
    """The noun that shows it, in which states a neighbour counts, and what they are called."""

    noun: str
    states: frozenset[str]
    words: str


_PROTOCOLS: Final[Mapping[type[CoreNeighbors], _Protocol]] = {
    # RFC 2328 10.1: routers of a LAN that are neither DR nor BDR stay 2-Way to each other.
    OspfNeighbors: _Protocol("ospf neighbor", frozenset({"Full", "2-Way"}), "adjacencies"),
    LdpSessions: _Protocol("ldp neighbor", frozenset({"Operational"}), "sessions"),
    BfdSessions: _Protocol("bfd neighbor", frozenset({"Up"}), "sessions"),
}


def core_neighbors(layout: Layout, expectation: CoreNeighbors) -> Mapping[str, frozenset[str]]:
    """The neighbours that the topology implies, by router."""
    return {
        router: frozenset(
            other.node
            for own in layout.ends[router]
            for other in layout.neighbors(own)
            if _meet(layout, expectation, own, other)
        ).union(_targeted(layout, expectation, router))
        for router in layout.file.routers
        if layout.domains.is_core(router)
    }


def _targeted(layout: Layout, expectation: CoreNeighbors, router: str) -> tuple[str, ...]:
    """Those that LDP meets wherever they are."""
    ldp = layout.file.provider.ldp
    return ldp.peers_of(router) if isinstance(expectation, LdpSessions) and ldp.enabled else ()


def _meet(layout: Layout, expectation: CoreNeighbors, own: PlacedEnd, other: PlacedEnd) -> bool:
    if not layout.link[own.link].core:
        return False
    provider = layout.file.provider
    match expectation:
        case OspfNeighbors():
            return all(end.spec.ospf is None or end.spec.ospf.enabled for end in (own, other))
        case LdpSessions():
            return provider.ldp.enabled and own.spec.ldp and other.spec.ldp
        case BfdSessions():
            return provider.bfd is not None


def judge_core(layout: Layout, expectation: CoreNeighbors, tables: Tables) -> Seen:
    """Whether each router shows the neighbours that it should have, and no others."""
    protocol, possible = _PROTOCOLS[type(expectation)], core_neighbors(layout, expectation)
    wanted = (
        possible
        if expectation.named is None
        else {router: frozenset(named) for router, named in expectation.named.items()}
    )
    faults = [
        fault
        for router, neighbors in wanted.items()
        for fault in _faults(layout, protocol, router, neighbors, tables)
    ]
    total = sum(map(len, wanted.values()))
    return Seen(not faults, names(faults) or f"{total} {protocol.words}")


def _faults(
    layout: Layout, protocol: _Protocol, router: str, wanted: frozenset[str], tables: Tables
) -> Iterator[str]:
    rows = tables.rows(router, protocol.noun, DEFAULT_VRF)
    shown = {_name(layout, router, row) for row in rows if row["state"] in protocol.states}
    for missing in sorted(wanted - shown):
        yield f"{router} misses {missing}"
    for extra in sorted(shown - wanted):
        yield f"{router} has {extra}"


def _name(layout: Layout, router: str, row: TableRow) -> str:
    """The router with the neighbour's address on the link, or its router ID."""
    shown = {str(row[key]) for key in ("neighbor", "address") if key in row}
    on_links = (
        other.node
        for own in layout.ends[router]
        for other in layout.neighbors(own)
        if str(other.address.ip) in shown
    )
    loopbacks = (name for name, address in layout.loopbacks.items() if str(address) in shown)
    return next(on_links, None) or next(loopbacks, ", ".join(sorted(shown)))
