"""Expectations: what they name exists, and their windows of time are not empty."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.lab.checks.known import Known, is_address, unknown
from controlplane.lab.checks.play import source
from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.file.expect import (
    AssertSettled,
    BfdSessions,
    BgpSessions,
    Carried,
    KnownRps,
    LdpSessions,
    Mroute,
    NoMroute,
    NoRoutes,
    NotCarried,
    OspfNeighbors,
    PathTaken,
    PimNeighbors,
    PingAnswered,
    ProbeExpectation,
    Receive,
    ReceiveNothing,
    Routes,
    StateExpectation,
    TrafficExpectation,
    Tree,
    WatchedExpectation,
)
from controlplane.lab.file.model import LabFile

CORE = "core"
"""Instead of links: all links between P and PE routers."""
MDT = "mdt"
"""Instead of a link: the PMSI of the VRF."""


def check_expectations(file: LabFile, known: Known) -> Iterator[Problem]:
    """Start conditions and expectations."""
    for at, condition in enumerate(file.start):
        yield from _state(file, known, ("start", at), condition)
        yield from _starts_now(("start", at), condition)
    for at, expectation in enumerate(file.expect):
        path: FieldPath = ("expect", at)
        if isinstance(expectation, TrafficExpectation):
            yield from _traffic(file, known, path, expectation)
        elif isinstance(expectation, ProbeExpectation):
            yield from _probe(known, path, expectation)
        else:
            yield from _state(file, known, path, expectation)


def _starts_now(path: FieldPath, condition: StateExpectation) -> Iterator[Problem]:
    for key in sorted(condition.model_fields_set & {"after", "within"}):
        yield Problem((*path, key), "a start condition has no time; the limit is `startup`")


def _traffic(
    file: LabFile, known: Known, path: FieldPath, expectation: TrafficExpectation
) -> Iterator[Problem]:
    match expectation:
        case Receive():
            yield from unknown((*path, "receive"), "stream", [expectation.receive], known.streams)
            yield from unknown((*path, "hosts"), "host", expectation.hosts, known.hosts)
        case ReceiveNothing(receive_nothing=streams):
            yield from unknown((*path, "receive_nothing"), "stream", streams, known.streams)
            yield from unknown((*path, "hosts"), "host", expectation.hosts, known.hosts)
        case Carried():
            yield from _carried(known, path, expectation)
        case NotCarried(not_carried=stream):
            yield from unknown((*path, "not_carried"), "stream", [stream], known.streams)
            yield from unknown((*path, "links"), "link", expectation.links, known.links | {CORE})
    yield from _window(file, known, path, expectation)


def _carried(known: Known, path: FieldPath, expectation: Carried) -> Iterator[Problem]:
    yield from unknown((*path, "carried"), "stream", [expectation.carried], known.streams)
    yield from unknown((*path, "links"), "link", expectation.links, known.links | {CORE})
    if CORE in set(expectation.links) - known.links:
        text = "`core` is for `not_carried`; name each link that carries it, no other core link may"
        yield Problem((*path, "links"), text)
    if expectation.gre is not None:
        pe = [expectation.gre.source]
        yield from unknown((*path, "gre", "source"), "router", pe, known.routers)


def _window(
    file: LabFile, known: Known, path: FieldPath, expectation: TrafficExpectation
) -> Iterator[Problem]:
    for key, moment in (("after", expectation.after), ("before", expectation.before)):
        if isinstance(moment, str):
            yield from unknown((*path, key), "event", [moment], known.events)
    if expectation.within is not None and expectation.after is None:
        yield Problem((*path, "within"), "needs an `after` that it counts from")
    start, end = file.time_of(expectation.after), file.time_of(expectation.before)
    if start is not None and end is not None and start + (expectation.within or 0) >= end:
        yield Problem((*path, "before"), "leaves no time after `after` and `within`")


def _state(
    file: LabFile, known: Known, path: FieldPath, expectation: StateExpectation
) -> Iterator[Problem]:
    yield from _after(known, path, expectation)
    if expectation.vpn is not None:
        yield from unknown((*path, "vpn"), "VPN", [expectation.vpn], known.vpns)
    match expectation:
        case PimNeighbors(pim_neighbors=neighbors):
            yield from _routers(known, (*path, "pim_neighbors"), list(neighbors or ()))
            for router, others in (neighbors or {}).items():
                yield from _routers(known, (*path, "pim_neighbors", router), others)
        case OspfNeighbors() | LdpSessions() | BfdSessions():
            yield from _routers(known, path, list(expectation.named or ()))
            for others in (expectation.named or {}).values():
                yield from _routers(known, path, others)
        case BgpSessions(bgp_sessions=peers):
            yield from _routers(known, (*path, "bgp_sessions"), list(peers or ()))
            for router, others in (peers or {}).items():
                yield from _routers(known, (*path, "bgp_sessions", router), others)
        case Routes():
            yield from _routers(known, (*path, "routes"), list(expectation.routes or ()))
            for router, ways in expectation.ways().items():
                for by in ways.values():
                    yield from _routers(known, (*path, "routes", router), by)
        case NoRoutes(no_routes=prefixes):
            yield from _routers(known, (*path, "no_routes"), list(prefixes))
        case Mroute():
            yield from _routers(known, (*path, "routers"), expectation.routers)
            yield from _tree(file, known, (*path, "mroute"), expectation.mroute)
            yield from _sides(known, path, expectation)
        case NoMroute():
            yield from _routers(known, (*path, "routers"), expectation.routers)
            yield from _tree(file, known, (*path, "no_mroute"), expectation.no_mroute)
        case KnownRps(rps=rps):
            yield from _routers(known, (*path, "routers"), expectation.routers)
            named = [name for names in rps.values() for name in names if not is_address(name)]
            yield from _routers(known, (*path, "rps"), named)
        case AssertSettled():
            yield from _routers(known, (*path, "routers"), expectation.routers)
            yield from _routers(known, (*path, "winner"), [expectation.winner])
            yield from _tree(file, known, (*path, "assert"), expectation.assert_)
            yield from unknown((*path, "link"), "link", [expectation.link], known.links | {MDT})


def _after(known: Known, path: FieldPath, expectation: WatchedExpectation) -> Iterator[Problem]:
    if isinstance(expectation.after, str):
        yield from unknown((*path, "after"), "event", [expectation.after], known.events)


def _probe(known: Known, path: FieldPath, expectation: ProbeExpectation) -> Iterator[Problem]:
    yield from _after(known, path, expectation)
    match expectation:
        case PingAnswered(ping=spec):
            inside: FieldPath = (*path, "ping")
            if expectation.within <= spec.duration:
                text = f"{spec.count} requests take {spec.duration:g} s"
                yield Problem((*path, "within"), f"is too short: {text}")
        case PathTaken(path=spec):
            inside = (*path, "path")
            for routers in spec.via:
                yield from _routers(known, (*inside, "via"), routers)
    yield from unknown((*inside, "from"), "host", [spec.from_], known.hosts)
    yield from unknown((*inside, "to"), "host or router", [spec.to], known.nodes)
    if spec.to == spec.from_:
        yield Problem((*inside, "to"), f"{spec.to} would ask itself")


def _routers(known: Known, path: FieldPath, names: list[str]) -> Iterator[Problem]:
    yield from unknown(path, "router", names, known.routers)


def _tree(file: LabFile, known: Known, path: FieldPath, tree: Tree) -> Iterator[Problem]:
    if tree.stream is not None:
        yield from unknown(path, "stream", [tree.stream], known.streams)
        spec = file.streams.get(tree.stream)
        if spec is not None and spec.to in known.hosts:
            yield Problem(path, f"{tree.stream} goes to one host, so it has no tree")
    elif tree.source is not None:
        yield from source((*path, "source"), tree.source, known.nodes)


def _sides(known: Known, path: FieldPath, expectation: Mroute) -> Iterator[Problem]:
    links = known.links | {MDT}
    if expectation.incoming is not None:
        yield from unknown((*path, "incoming"), "link", [expectation.incoming], links)
    yield from unknown((*path, "outgoing"), "link", expectation.outgoing or [], links)
