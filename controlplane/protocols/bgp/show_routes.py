"""The tables as `show` commands print them: each route with all its paths, and why one won."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.net.label import Label
from controlplane.protocols.bgp.events import PathSource
from controlplane.protocols.bgp.path import Destination, ImportedPath, Path
from controlplane.protocols.bgp.tables import Tables
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.nlri import Family, Leaf, NlriKey, OtherMcastVpn, SPmsi, VpnPrefix


@dataclass(frozen=True, slots=True, kw_only=True)
class PathView:
    """`why_not` is empty for the best path; for others it says what they lost by, or why they do
    not compete. `metric` None: nothing leads to its next hop. `imported` names the VPN route that
    an imported path is, and `vrf` the one of this router that it comes from, if it does.
    """

    source: PathSource
    peer: IPv4Address | None
    attributes: PathAttributes
    label: Label | None
    metric: int | None
    is_best: bool
    is_backup: bool
    is_stale: bool
    why_not: str
    imported: VpnPrefix | None
    vrf: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """`paths` start with the best one; `told` are the peers that were told of it."""

    key: NlriKey
    paths: tuple[PathView, ...]
    told: tuple[IPv4Address, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldView:
    """A route as a peer was told it."""

    key: NlriKey
    attributes: PathAttributes
    label: Label | None


def routes(tables: Tables, family: Family) -> tuple[RouteView, ...]:
    """All routes of a family, in the order of their keys."""
    found = tables.ribs[family].destinations.values()
    return tuple(_route(tables, family, one) for one in sorted(found, key=_order) if one.paths)


def route(tables: Tables, family: Family, key: NlriKey) -> RouteView | None:
    """One route, None if there is no path to it."""
    found = tables.ribs[family].destinations.get(key)
    return _route(tables, family, found) if found is not None and found.paths else None


def advertised(tables: Tables, peer: IPv4Address, family: Family) -> tuple[ToldView, ...]:
    """What a peer was told of a family, and knows by now if it has read all."""
    outbound = next((out for one, out in tables.outbound.items() if one.address == peer), None)
    rib = outbound.ribs.get(family) if outbound is not None else None
    if rib is None:
        return ()
    return tuple(
        ToldView(key=one.key, attributes=attributes, label=path.label)
        for one, path in sorted(rib.sent.items(), key=lambda item: _order(item[0]))
        if (attributes := rib.exported(one, path)) is not None
    )


def _route(tables: Tables, family: Family, destination: Destination) -> RouteView:
    reasons = dict(tables.ribs[family].decision.reasons(destination.paths))
    stale = set(_stale(tables, family, destination))
    views = [
        _path(destination, path, reasons.get(path, ""), path in stale) for path in destination.paths
    ]
    told = sorted(
        peer.address
        for peer, outbound in tables.outbound.items()
        if family in outbound.ribs and destination in outbound.ribs[family].sent
    )
    by_rank = sorted(views, key=lambda view: (not view.is_best, not view.is_backup))
    return RouteView(key=destination.key, paths=tuple(by_rank), told=tuple(told))


def _path(destination: Destination, path: Path, why_not: str, is_stale: bool) -> PathView:
    said = path.announcement
    return PathView(
        source=said.source,
        peer=said.peer.address if said.peer is not None else None,
        attributes=said.attributes,
        label=path.label,
        metric=path.metric,
        is_best=path is destination.best,
        is_backup=path is destination.backup,
        is_stale=is_stale,
        why_not=why_not,
        imported=path.origin if isinstance(path, ImportedPath) else None,
        vrf=said.vrf,
    )


def _stale(tables: Tables, family: Family, destination: Destination) -> Iterator[Path]:
    for (_, of_family), adj_rib_in in tables.adj_ribs_in.items():
        if of_family is family and destination in adj_rib_in.stale:
            path = adj_rib_in.path(destination)
            assert path is not None, "what is stale is a route"
            yield path


def _order(destination: Destination) -> tuple[str, object]:
    """By kind of key; within one by the key, or its words where fields may be missing."""
    key = destination.key
    kind = type(key).__name__
    return (kind, str(key)) if isinstance(key, SPmsi | Leaf | OtherMcastVpn) else (kind, key)
