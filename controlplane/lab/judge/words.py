"""Expectations in words, as the verdict's first column has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from itertools import starmap
from typing import Final, assert_never

from controlplane.lab.file.expect import (
    AssertSettled,
    BfdSessions,
    BgpSessions,
    Carried,
    CoreNeighbors,
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
    Receive,
    ReceiveNothing,
    Routes,
    StateExpectation,
    TrafficExpectation,
    Tree,
    WatchedExpectation,
)
from controlplane.lab.file.probes import PathSpec
from controlplane.lab.judge.window import moment_words, timed

ANY_SOURCE: Final = "*"
"""The source of a shared tree, as operators write it."""

_MANY: Final = 9

_CORE: Final[Mapping[type[CoreNeighbors], str]] = {
    OspfNeighbors: "OSPF adjacencies",
    LdpSessions: "LDP sessions",
    BfdSessions: "BFD sessions",
}


def watched_words(expectation: WatchedExpectation) -> str:
    """What should come true, and when."""
    match expectation:
        case PingAnswered(ping=spec):
            words = f"{spec.to} answers {spec.from_}"
        case PathTaken(path=spec):
            words = _path(spec)
        case _:
            words = _state(expectation)
    return words + _by(expectation)


def _path(spec: PathSpec) -> str:
    ways = " or ".join(", ".join(via) or "no router" for via in spec.via)
    labels = f", labels {spec.labels}" if spec.labels else ""
    return f"{spec.from_} to {spec.to} by {ways}{labels}"


def _state(expectation: StateExpectation) -> str:
    match expectation:
        case PimNeighbors(pim_neighbors=None):
            return "all PIM adjacencies"
        case PimNeighbors(pim_neighbors=neighbors):
            return f"PIM neighbours of {names(list(neighbors or ()))}"
        case OspfNeighbors() | LdpSessions() | BfdSessions():
            what = _CORE[type(expectation)]
            named = expectation.named
            return f"all {what}" if named is None else f"{what} of {names(list(named))}"
        case BgpSessions(bgp_sessions=None):
            return "all BGP sessions"
        case BgpSessions(bgp_sessions=named):
            return f"BGP sessions of {names(list(named or ()))}{_in_vpn(expectation)}"
        case Routes(routes=None):
            return "all routes"
        case Routes():
            return f"routes of {names([*starmap(_way, expectation.ways().items())])}"
        case NoRoutes(no_routes=routes):
            return f"routes gone from {names(list(routes))}"
        case Mroute(mroute=tree, routers=routers):
            return f"tree of {tree_words(tree)} at {names(routers)}{_sides(expectation)}"
        case NoMroute(no_mroute=tree, routers=routers):
            return f"no state of {tree_words(tree)} at {names(routers)}"
        case KnownRps(rps=rps, routers=routers):
            return f"{', '.join(starmap(_rps, rps.items()))} at {names(routers)}"
        case AssertSettled(assert_=tree, link=link, winner=winner, routers=routers):
            return (
                f"{winner} forwards {tree_words(tree)} onto {link}, by Assert, at {names(routers)}"
            )
    assert_never(expectation)


def _in_vpn(expectation: StateExpectation) -> str:
    return f" in {expectation.vpn}" if expectation.vpn else ""


def _way(router: str, ways: Mapping[IPv4Network, list[str]]) -> str:
    """A router, and by whom it reaches what it is to reach, where that is said."""
    told = ", ".join(f"{prefix} by {' or '.join(by)}" for prefix, by in ways.items() if by)
    return f"{router} ({told})" if told else router


def _rps(groups: IPv4Network, rps: Sequence[str]) -> str:
    return f"{' and '.join(rps) or 'none'} as RP of {groups}"


def _sides(expectation: Mroute) -> str:
    incoming = f" from {expectation.incoming}" if expectation.incoming else ""
    if expectation.outgoing is None:
        return incoming
    return f"{incoming} to {names(expectation.outgoing) or 'nobody'}"


def _by(expectation: WatchedExpectation) -> str:
    if expectation.after == 0:
        return ""
    return f", within {expectation.within:g} s of {moment_words(expectation.after)}"


def traffic_words(expectation: TrafficExpectation) -> str:
    """What happens to packets, and when; `receive` is a row for each host and says so itself."""
    match expectation:
        case Receive(receive=stream, hosts=hosts, repeats=repeats):
            twice = f", at most {repeats} twice" if repeats else ""
            words = f"{names(hosts)} receives {stream}{twice}"
        case ReceiveNothing(receive_nothing=streams, hosts=hosts):
            words = f"nothing of {names(streams)} at {names(hosts)}"
        case Carried(carried=stream, links=links, gre=gre):
            form = f", GRE {gre.source} → {gre.group}" if gre else ""
            words = f"{stream} once on {names(links)}{form}"
        case NotCarried(not_carried=stream, links=links):
            words = f"no {stream} on {names(links)}"
        case _:
            assert_never(expectation)
    return words + timed(expectation)


def tree_words(tree: Tree) -> str:
    """The tree's name."""
    return tree.stream or f"({tree.source or ANY_SOURCE}, {tree.group})"


def names(items: Sequence[str], between: str = ", ") -> str:
    """All of them while they are few, else the first ones and how many more."""
    more = f" and {len(items) - _MANY} more" if len(items) > _MANY else ""
    return between.join(items[:_MANY]) + more
