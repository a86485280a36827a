"""Expectations that could never hold in this network, whatever its routers do.

They would be waited for in vain, and the verdict would blame the routers. Only what is certain is
refused: a link that the router is not on, a VRF that it has not, a neighbour that it cannot have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from controlplane.lab.checks.expectations import MDT
from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.expand.layout import Layout
from controlplane.lab.file.expect import (
    AssertSettled,
    BfdSessions,
    BgpSessions,
    Carried,
    CoreNeighbors,
    Expectation,
    KnownRps,
    LdpSessions,
    Mroute,
    NoMroute,
    NoRoutes,
    OspfNeighbors,
    PathTaken,
    PimNeighbors,
    Routes,
    StateExpectation,
)
from controlplane.lab.file.probes import PathSpec
from controlplane.lab.judge.adjacency import adjacencies
from controlplane.lab.judge.bgp import bgp_peers
from controlplane.lab.judge.core import core_neighbors
from controlplane.lab.judge.probes import switching
from controlplane.lab.judge.state import tree_of
from controlplane.lab.tables import vrf_of
from controlplane.net.interface import DEFAULT_VRF


def check_possible(layout: Layout, found: Iterable[Problem]) -> Iterator[Problem]:
    """Start conditions and expectations, but those in which a mistake was found already."""
    wrong = {problem.path[:2] for problem in found}
    sections = (("start", layout.file.start), ("expect", layout.file.expect))
    for key, expectations in sections:
        for at, expectation in enumerate(expectations):
            if (key, at) not in wrong and _has_sound_stream(layout, expectation, wrong):
                yield from _expectation(layout, (key, at), expectation)


def _has_sound_stream(layout: Layout, expectation: Expectation, wrong: Set[FieldPath]) -> bool:
    """False when the stream whose tree is expected is a mistake, or missing because of one."""
    match expectation:
        case Mroute(mroute=tree) | AssertSettled(assert_=tree):
            stream = tree.stream
        case _:
            stream = None
    return stream is None or (stream in layout.file.streams and ("streams", stream) not in wrong)


def _expectation(layout: Layout, path: FieldPath, expectation: Expectation) -> Iterator[Problem]:
    if isinstance(expectation, StateExpectation):
        yield from _vrfs(layout, path, expectation)
    match expectation:
        case Carried(gre=gre) if gre and layout.file.routers[gre.source].role != "pe":
            text = f"{gre.source} is no PE, so it puts nothing into GRE"
            yield Problem((*path, "gre", "source"), text)
        case PimNeighbors():
            yield from _neighbors(layout, path, expectation)
        case OspfNeighbors() | LdpSessions() | BfdSessions():
            yield from _core_neighbors(layout, path, expectation)
        case BgpSessions():
            yield from _bgp_peers(layout, path, expectation)
        case Mroute():
            yield from _mroute(layout, path, expectation)
        case AssertSettled():
            yield from _assert(layout, path, expectation)
        case PathTaken(path=spec):
            yield from _labels(layout, (*path, "path", "labels"), spec)


def _labels(layout: Layout, path: FieldPath, spec: PathSpec) -> Iterator[Problem]:
    """No packet has a label at the first router of the core, and none has to at the last."""
    if spec.labels == "shown" and not all(switching(layout, spec, via) for via in spec.via):
        yield Problem(path, "no router of `via` is between two others of the core")


def _vrfs(layout: Layout, path: FieldPath, expectation: StateExpectation) -> Iterator[Problem]:
    """A `vpn` means a VRF of each PE that is named."""
    vpn = expectation.vpn
    for router in _routers(expectation):
        if vpn and _is(layout, router, "pe") and vpn not in layout.vrfs(router):
            yield Problem((*path, "vpn"), f"{router} has no VRF of {vpn}")


def _routers(expectation: StateExpectation) -> Iterable[str]:
    match expectation:
        case PimNeighbors(pim_neighbors=named) | Routes(routes=named) | NoRoutes(no_routes=named):
            return named or ()
        case OspfNeighbors() | LdpSessions() | BfdSessions():
            return expectation.named or ()
        case BgpSessions(bgp_sessions=sessions):
            return sessions or ()
        case Mroute(routers=routers) | NoMroute(routers=routers) | KnownRps(routers=routers):
            return routers
        case AssertSettled(routers=routers, winner=winner):
            return [*routers, winner]


def _is(layout: Layout, router: str, role: str) -> bool:
    return layout.file.routers[router].role == role


def _neighbors(layout: Layout, path: FieldPath, expectation: PimNeighbors) -> Iterator[Problem]:
    possible = adjacencies(layout)
    for router, names in (expectation.pim_neighbors or {}).items():
        vrf = vrf_of(layout, router, expectation.vpn)
        there = {one.neighbor for one in possible.get((router, vrf), ())}
        for name in sorted(set(names) - there):
            text = f"{name} cannot be a neighbour of {router}{_where(layout, router, vrf)}"
            yield Problem((*path, "pim_neighbors", router), text)


def _core_neighbors(
    layout: Layout, path: FieldPath, expectation: CoreNeighbors
) -> Iterator[Problem]:
    possible = core_neighbors(layout, expectation)
    for router, neighbors in (expectation.named or {}).items():
        for name in sorted(set(neighbors) - possible.get(router, frozenset())):
            yield Problem(path, f"{name} cannot be a neighbour of {router} in the core")


def _bgp_peers(layout: Layout, path: FieldPath, expectation: BgpSessions) -> Iterator[Problem]:
    possible = bgp_peers(layout)
    for router, peers in (expectation.bgp_sessions or {}).items():
        vrf = vrf_of(layout, router, expectation.vpn)
        for name in sorted(set(peers) - set(possible[router, vrf].values())):
            text = f"{name} is no BGP peer of {router}{_where(layout, router, vrf)}"
            yield Problem((*path, "bgp_sessions", router), text)


def _mroute(layout: Layout, path: FieldPath, expectation: Mroute) -> Iterator[Problem]:
    _, vpn = tree_of(layout, expectation.mroute)
    incoming = [expectation.incoming] if expectation.incoming else []
    for router in expectation.routers:
        vrf = vrf_of(layout, router, expectation.vpn or vpn)
        if (why := _why_no_tree(layout, router, vpn, vrf)) is not None:
            yield Problem((*path, "routers"), why)
            continue
        yield from _sides(layout, (*path, "incoming"), incoming, router, vrf)
        yield from _sides(layout, (*path, "outgoing"), expectation.outgoing or [], router, vrf)


def _assert(layout: Layout, path: FieldPath, expectation: AssertSettled) -> Iterator[Problem]:
    """All who know of an Assert are on the link that it is about."""
    _, vpn = tree_of(layout, expectation.assert_)
    for key, routers in (("routers", expectation.routers), ("winner", [expectation.winner])):
        for router in routers:
            vrf = vrf_of(layout, router, expectation.vpn or vpn)
            if (why := _why_no_tree(layout, router, vpn, vrf)) is not None:
                yield Problem((*path, key), why)
            else:
                yield from _sides(layout, (*path, "link"), [expectation.link], router, vrf)


def _why_no_tree(layout: Layout, router: str, vpn: str | None, vrf: str) -> str | None:
    """Why a router does not know the trees of this VPN."""
    if vpn and vrf == DEFAULT_VRF and not _is(layout, router, "ce"):
        return f"{router} has no VRF of {vpn}, so it knows no tree of that VPN"
    return None


def _sides(
    layout: Layout, path: FieldPath, links: Iterable[str], router: str, vrf: str
) -> Iterator[Problem]:
    """The router is on each of these links, in the VRF of its tree."""
    where = _where(layout, router, vrf)
    for link in links:
        if link == MDT and not _has_pmsi(layout, router, vrf):
            yield Problem(path, f"{router} has no PMSI{where}")
        elif link != MDT and not _is_in_vrf(layout, router, vrf, link):
            yield Problem(path, f"{link} is no link of {router}{where}")


def _where(layout: Layout, router: str, vrf: str) -> str:
    """Which of a PE's tables is meant; the others have one."""
    if vrf != DEFAULT_VRF:
        return f" in VRF {vrf}"
    return " outside of VPNs" if _is(layout, router, "pe") else ""


def _has_pmsi(layout: Layout, router: str, vrf: str) -> bool:
    """In a VRF its own; in a PE's own table the leaves of the tunnels of any VRF."""
    vrfs = layout.vrfs(router) if vrf == DEFAULT_VRF else (vrf,)
    return any(layout.file.vpns[name].profile is not None for name in vrfs)


def _is_in_vrf(layout: Layout, router: str, vrf: str, link: str) -> bool:
    return any(end.link == link and end.vrf == vrf for end in layout.ends[router])
