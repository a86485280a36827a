"""What must come true in a lab.

Two kinds: about traffic, judged at the end over the packets sent in a window of time, and about
the state of routers, asked for until it is seen or its time is up.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, Tag, model_validator

from controlplane.lab.file.values import (
    Group,
    Model,
    Moment,
    Names,
    NamesOrNone,
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

    With `within`, packets sent earlier than that after `after` may be missing, but the first one
    arrives by then.
    """

    receive: str
    hosts: Names


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


class _State(Model):
    """Must be seen once between `after` and `within` later."""

    after: Moment = 0.0
    within: Patience = 3.0
    vpn: str | None = None


def _all(value: object) -> object:
    """`all` is kept as None; a null of the file stays a mistake."""
    if value is None:
        raise ValueError("is neither `all` nor a mapping of routers")
    return None if value == "all" else value


class PimNeighbors(_State):
    """Each router has exactly these PIM neighbours; `all` of those that the topology implies."""

    pim_neighbors: Annotated[
        dict[str, NamesOrNone] | None,
        BeforeValidator(_all, json_schema_input_type=Literal["all"] | dict[str, NamesOrNone]),
    ]


class Routes(_State):
    """Each router has a route to each prefix; `all`, to every prefix that it should know."""

    routes: Annotated[
        dict[str, Prefixes] | None,
        BeforeValidator(_all, json_schema_input_type=Literal["all"] | dict[str, Prefixes]),
    ]


class NoRoutes(_State):
    """No router has a route of exactly this prefix."""

    no_routes: dict[str, Prefixes]


class Tree(Model):
    """The tree of a stream, or of a source (its name or address) and a group."""

    stream: str | None = None
    source: str | None = None
    group: Group | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if (self.stream is None) == (self.source is None or self.group is None):
            raise ValueError("names a stream, or a source and a group")
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


StateExpectation: TypeAlias = PimNeighbors | Routes | NoRoutes | Mroute | NoMroute
TrafficExpectation: TypeAlias = Receive | ReceiveNothing | Carried | NotCarried

_STATE_KEYS = ("pim_neighbors", "routes", "no_routes", "mroute", "no_mroute")

StartCondition: TypeAlias = Annotated[
    Annotated[PimNeighbors, Tag("<pim_neighbors>")]
    | Annotated[Routes, Tag("<routes>")]
    | Annotated[NoRoutes, Tag("<no_routes>")]
    | Annotated[Mroute, Tag("<mroute>")]
    | Annotated[NoMroute, Tag("<no_mroute>")],
    by_key("a start condition", *_STATE_KEYS),
]
Expectation: TypeAlias = Annotated[
    Annotated[Receive, Tag("<receive>")]
    | Annotated[ReceiveNothing, Tag("<receive_nothing>")]
    | Annotated[Carried, Tag("<carried>")]
    | Annotated[NotCarried, Tag("<not_carried>")]
    | Annotated[PimNeighbors, Tag("<pim_neighbors>")]
    | Annotated[Routes, Tag("<routes>")]
    | Annotated[NoRoutes, Tag("<no_routes>")]
    | Annotated[Mroute, Tag("<mroute>")]
    | Annotated[NoMroute, Tag("<no_mroute>")],
    by_key("an expectation", "receive", "receive_nothing", "carried", "not_carried", *_STATE_KEYS),
]
