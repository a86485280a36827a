"""What must come true in a lab.

Three kinds: about traffic, judged at the end over the packets sent in a window of time; about the
state of routers, asked for until it is seen or its time is up; and about pings and traceroutes,
which are tried as long.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from controlplane.lab.file.probes import PathSpec, PingSpec
from controlplane.lab.file.values import (
    Group,
    Model,
    Moment,
    Names,
    NamesOrNone,
    Prefix,
    Prefixes,
    Seconds,
    by_key,
)

Patience: TypeAlias = Annotated[float, Field(ge=0.1, le=86_400, allow_inf_nan=False)]
"""How long a state may take. Live labs are looked at every 0.05 s, so less could not be told."""


class _Traffic(Model):
    """Packets sent from `after` to `before` count; `within` gives a change its time to work."""

    after: Moment | None = None
    before: Moment | None = None
    within: Seconds | None = None


class Receive(_Traffic):
    """Each host gets every packet exactly once and in order.

    With `within`, packets sent earlier than that after `after` may be missing or overtake each
    other, as they do when their way changes, but the first one arrives by then. With `repeats`, so
    many may come more than once: two routers forward onto one link until an Assert settles it.
    """

    receive: str
    hosts: Names
    repeats: Annotated[int, Field(ge=1)] | None = None


class ReceiveNothing(_Traffic):
    """No host gets a packet of these streams."""

    receive_nothing: Names
    hosts: Names


class Gre(Model):
    """The outer header in the core: from a PE's loopback to an MDT group."""

    source: str
    group: Group


class Carried(_Traffic):
    """One copy of each packet of a stream on each of these links and on no other core link.

    On core links in GRE as stated, elsewhere as the host sent it; in no other form.
    """

    carried: str
    links: Names
    gre: Gre | None = None


class NotCarried(_Traffic):
    """No packet of the stream on these links, in whatever form; `core` means all core links."""

    not_carried: str
    links: Names


class _Watched(Model):
    """Must come true once between `after` and `within` later."""

    after: Moment = 0.0
    within: Patience = 3.0


class _State(_Watched):
    """Must be seen in the tables of routers."""

    vpn: str | None = None


def _all(value: object) -> object:
    """`all` is kept as None; a null of the file stays a mistake."""
    if value is None:
        raise ValueError("is neither `all` nor a mapping of routers")
    return None if value == "all" else value


_Named: TypeAlias = Annotated[
    dict[str, NamesOrNone] | None,
    BeforeValidator(_all, json_schema_input_type=Literal["all"] | dict[str, NamesOrNone]),
]
"""Neighbours by router; None for all that the topology implies."""


class PimNeighbors(_State):
    """Each router has exactly these PIM neighbours; `all` of those that the topology implies."""

    pim_neighbors: _Named


class OspfNeighbors(_State):
    """Each router has exactly these full OSPF adjacencies (two-way, between others than the DR)."""

    ospf_neighbors: _Named

    @property
    def named(self) -> _Named:
        return self.ospf_neighbors


class LdpSessions(_State):
    """Each router has exactly these operational LDP sessions."""

    ldp_sessions: _Named

    @property
    def named(self) -> _Named:
        return self.ldp_sessions


class BfdSessions(_State):
    """Each router has exactly these BFD sessions up."""

    bfd_sessions: _Named

    @property
    def named(self) -> _Named:
        return self.bfd_sessions


class BgpSessions(_State):
    """Each router has exactly these established BGP sessions, in the VRF of `vpn` on a PE."""

    bgp_sessions: _Named


CoreNeighbors: TypeAlias = OspfNeighbors | LdpSessions | BfdSessions
"""What core routers share a link for."""


def _form(value: object) -> str:
    return "<ways>" if isinstance(value, dict) else "<prefixes>"


_Ways: TypeAlias = Annotated[
    Annotated[Prefixes, Tag("<prefixes>")] | Annotated[dict[Prefix, Names], Tag("<ways>")],
    Discriminator(_form),
]
"""Prefixes; or each with the routers that it may be reached by."""


class Routes(_State):
    """Each router has a route to each prefix, by way of one of the routers that are named with it.

    `all`: to every prefix that it should know, and into a VRF from a PE that can tell it.
    """

    routes: Annotated[
        dict[str, _Ways] | None,
        BeforeValidator(_all, json_schema_input_type=Literal["all"] | dict[str, _Ways]),
    ]

    def ways(self) -> dict[str, dict[IPv4Network, list[str]]]:
        """By router and prefix the routers that are named; none where any will do."""
        return {
            router: ways if isinstance(ways, dict) else {prefix: [] for prefix in ways}
            for router, ways in (self.routes or {}).items()
        }


class NoRoutes(_State):
    """No router has a route of exactly this prefix."""

    no_routes: dict[str, Prefixes]


class Tree(Model):
    """The tree of a stream, of a source (its name or address) and a group, or a group's shared one.

    A shared tree of a VPN needs the expectation's `vpn`, which a source says by itself.
    """

    stream: str | None = None
    source: str | None = None
    group: Group | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if (self.stream is None) == (self.group is None) or (self.stream and self.source):
            raise ValueError("names a stream, or a group and perhaps a source")
        return self


def _stream(value: object) -> object:
    return {"stream": value} if isinstance(value, str) else value


TreeName: TypeAlias = Annotated[Tree, BeforeValidator(_stream, json_schema_input_type=str | Tree)]


class Mroute(_State):
    """Each router has the tree's state; with `incoming` and `outgoing`, on exactly these links.

    The PMSI of a VRF is called `mdt` in these two.
    """

    mroute: TreeName
    routers: Names
    incoming: str | None = None
    outgoing: NamesOrNone | None = None


class NoMroute(_State):
    """No router has any state of the tree."""

    no_mroute: TreeName
    routers: Names


class KnownRps(_State):
    """Each router knows exactly these rendezvous points of a range, by name or address."""

    rps: dict[Prefix, NamesOrNone]
    routers: Names


class AssertSettled(_State):
    """PIM's Assert has settled who forwards a tree onto a link, and each router knows the winner.

    The PMSI of a VRF is called `mdt`.
    """

    assert_: Annotated[TreeName, Field(alias="assert")]
    routers: Names
    link: str
    winner: str


class PingAnswered(_Watched):
    """Every request of a ping is answered, by the one that it is for."""

    ping: PingSpec


class PathTaken(_Watched):
    """A traceroute reaches its goal by exactly these routers."""

    path: PathSpec


StateExpectation: TypeAlias = (
    PimNeighbors
    | CoreNeighbors
    | BgpSessions
    | Routes
    | NoRoutes
    | Mroute
    | NoMroute
    | KnownRps
    | AssertSettled
)
ProbeExpectation: TypeAlias = PingAnswered | PathTaken
WatchedExpectation: TypeAlias = StateExpectation | ProbeExpectation
TrafficExpectation: TypeAlias = Receive | ReceiveNothing | Carried | NotCarried

_TRAFFIC_KEYS = ("receive", "receive_nothing", "carried", "not_carried")
_STATE_KEYS = (
    "pim_neighbors",
    "ospf_neighbors",
    "ldp_sessions",
    "bfd_sessions",
    "bgp_sessions",
    "routes",
    "no_routes",
    "mroute",
    "no_mroute",
    "rps",
    "assert",
)

StartCondition: TypeAlias = Annotated[
    Annotated[PimNeighbors, Tag("<pim_neighbors>")]
    | Annotated[OspfNeighbors, Tag("<ospf_neighbors>")]
    | Annotated[LdpSessions, Tag("<ldp_sessions>")]
    | Annotated[BfdSessions, Tag("<bfd_sessions>")]
    | Annotated[BgpSessions, Tag("<bgp_sessions>")]
    | Annotated[Routes, Tag("<routes>")]
    | Annotated[NoRoutes, Tag("<no_routes>")]
    | Annotated[Mroute, Tag("<mroute>")]
    | Annotated[NoMroute, Tag("<no_mroute>")]
    | Annotated[KnownRps, Tag("<rps>")]
    | Annotated[AssertSettled, Tag("<assert>")],
    by_key("a start condition", *_STATE_KEYS),
]
Expectation: TypeAlias = Annotated[
    Annotated[Receive, Tag("<receive>")]
    | Annotated[ReceiveNothing, Tag("<receive_nothing>")]
    | Annotated[Carried, Tag("<carried>")]
    | Annotated[NotCarried, Tag("<not_carried>")]
    | Annotated[PimNeighbors, Tag("<pim_neighbors>")]
    | Annotated[OspfNeighbors, Tag("<ospf_neighbors>")]
    | Annotated[LdpSessions, Tag("<ldp_sessions>")]
    | Annotated[BfdSessions, Tag("<bfd_sessions>")]
    | Annotated[BgpSessions, Tag("<bgp_sessions>")]
    | Annotated[Routes, Tag("<routes>")]
    | Annotated[NoRoutes, Tag("<no_routes>")]
    | Annotated[Mroute, Tag("<mroute>")]
    | Annotated[NoMroute, Tag("<no_mroute>")]
    | Annotated[KnownRps, Tag("<rps>")]
    | Annotated[AssertSettled, Tag("<assert>")]
    | Annotated[PingAnswered, Tag("<ping>")]
    | Annotated[PathTaken, Tag("<path>")],
    by_key("an expectation", *_TRAFFIC_KEYS, *_STATE_KEYS, "ping", "path"),
]
