"""The tree information base (RFC 7761 4.1): what is known of (*,G), (S,G) and (S,G,rpt).

    SharedTree    (*,G): the tree from the RP to all who want the group          4.1.2
    SourceTree    (S,G): the tree from one source                                4.1.3
                  (S,G,rpt): what of S is pruned off the shared tree             4.1.4

(S,G) and (S,G,rpt) share an object, as each decides with the state of the other; its `shared` is
the (*,G) of the group, of which the RFC thinks as always there, if without state. In the SSM
range there is no (*,G) and no (S,G,rpt) state (4.8.1), and `shared` is None.

Most of it is empty most of the time. What is never there for most trees is an immutable empty value
that all trees share, and is replaced as a whole when something comes in. So are the joined
interfaces: thousands of trees are joined on the same ones, and share what says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address
from types import MappingProxyType
from typing import Final, TypeAlias

from controlplane.engine.time import Instant
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.protocols.pim.assert_state import AssertInfo
from controlplane.protocols.pim.events import Rpf, TreeUpdate
from controlplane.protocols.pim.register_state import RegisterState

REGISTER_TUNNEL: Final = "Register-Tunnel"
"""RFC 7761 4.4.1: a DR's virtual interface towards the RP, a member of an olist like any other.

At the RP it is RPF_interface(RP(G)), where Registers come in (4.2).
"""

NOWHERE: Final[frozenset[str]] = frozenset()
_NO_ASSERTS: Final[Mapping[str, AssertInfo]] = MappingProxyType({})


class DownstreamState(Enum):
    """DownstreamJPState(*,G,I) or (S,G,I) but NoInfo, which is the absence of state."""

    JOIN = "J"
    PRUNE_PENDING = "PP"


class RptDownstreamState(Enum):
    """DownstreamJPState(S,G,rpt,I) but NoInfo; those with a stroke last as long as a message."""

    PRUNE = "P"
    PRUNE_PENDING = "PP"
    PRUNE_TMP = "P'"
    PRUNE_PENDING_TMP = "PP'"


Downstream: TypeAlias = Mapping[str, DownstreamState]

_NOT_JOINED: Final[Downstream] = MappingProxyType({})
_NO_RPT: Final[Mapping[str, RptDownstreamState]] = MappingProxyType({})


class UpstreamState(Enum):
    """UpstreamJPState(*,G) or (S,G)."""

    NOT_JOINED = "NJ"
    JOINED = "J"


class RptUpstreamState(Enum):
    """The state of (S,G,rpt) triggered messages (RFC 7761 4.5.7)."""

    RPT_NOT_JOINED = "NJ"
    PRUNED = "P"
    NOT_PRUNED = "NP"


class Waiting(Enum):
    """What the Join Timer runs for."""

    PERIOD = "period"
    SUPPRESSION = "suppressed"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class RpfNeighbor:
    """RPF_interface of a tree's root and RPF'; `asserted` where RPF' is an Assert's winner."""

    interface: str
    neighbor: IPv4Address | None
    asserted: bool = field(default=False, compare=False)


@dataclass(slots=True, kw_only=True)
class _Tree:
    """What (*,G) and (S,G) have in common.

    `downstream` has the interfaces that are joined, REGISTER_TUNNEL perhaps among them; `members`
    is local_receiver_include(I), which RFC 7761 4.1.3 recommends to keep on routers that are not
    the DR too. `route` is the MRIB's answer for the root, `rpf` the RPF' that was used last.
    `published` is the last forwarding state that was told.
    """

    since: Instant
    downstream: Downstream = field(default_factory=lambda: _NOT_JOINED)
    members: frozenset[str] = NOWHERE
    asserts: Mapping[str, AssertInfo] = field(default_factory=lambda: _NO_ASSERTS)
    upstream: UpstreamState = UpstreamState.NOT_JOINED
    route: Rpf | None = None
    rpf: RpfNeighbor | None = None
    waiting: Waiting = Waiting.PERIOD
    published: TreeUpdate | None = None


@dataclass(slots=True, kw_only=True)
class SharedTree(_Tree):
    """(*,G) state. `rp` is the last RP used, `sources` all (S,G) and (S,G,rpt) of the group; a
    `bidirectional` one has none (RFC 5015). `is_busy` says that packets come at the rate at which
    this router leaves it for the sources' own trees."""

    group: IPv4Address
    rp: IPv4Address | None = None
    bidirectional: bool = False
    is_busy: bool = False
    sources: dict[IPv4Address, SourceTree] = field(default_factory=dict)
    _name: AnySource | None = None

    @property
    def name(self) -> AnySource:
        """Made when it is asked for: there may be many (S,G) of groups whose (*,G) is empty."""
        if self._name is None:
            self._name = AnySource.of(self.group)
        return self._name

    @property
    def is_empty(self) -> bool:
        return not (self.downstream or self.members or self.asserts)

    @property
    def i_am_rp(self) -> bool:
        """I_am_RP(G), where packets come in Registers; a bidirectional tree has no such router."""
        return self.route is not None and self.route.is_local and not self.bidirectional


@dataclass(slots=True, kw_only=True)
class SourceTree(_Tree):
    """(S,G) and (S,G,rpt) state. KeepaliveTimer(S,G) expires at `active_until`.

    `refused` is local_receiver_exclude(S,G,I). `rpt_diverted` says that RPF'(S,G,rpt) was another
    one than RPF'(*,G) when last looked at, `rpt_override` that the Override Timer runs.
    """

    name: SourceGroup
    shared: SharedTree | None = None
    spt_bit: bool = False
    active_until: Instant | None = None
    register: RegisterState = RegisterState.NO_INFO
    rpt_downstream: Mapping[str, RptDownstreamState] = field(default_factory=lambda: _NO_RPT)
    refused: frozenset[str] = NOWHERE
    rpt_upstream: RptUpstreamState = RptUpstreamState.RPT_NOT_JOINED
    rpt_override: bool = False
    rpt_diverted: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it differs in nothing from a tree that there is no state of."""
        joined = self.downstream or self.members or self.is_active
        pruned = self.rpt_downstream or self.refused or self.rpt_override
        return not (joined or pruned or self.asserts)

    @property
    def is_bidirectional(self) -> bool:
        """Whether its group has become bidirectional, where sources have no trees; so it ends."""
        return self.shared is not None and self.shared.bidirectional

    @property
    def is_active(self) -> bool:
        """Whether KeepaliveTimer(S,G) is running."""
        return self.active_until is not None

    @property
    def is_directly_connected(self) -> bool:
        """DirectlyConnected(S): on a subnet of this router, or the router itself."""
        return self.route is not None and self.route.neighbor is None

    def set_rpt(self, interface: str, state: RptDownstreamState | None) -> None:
        """DownstreamJPState(S,G,rpt,I); None is NoInfo."""
        others = {i: s for i, s in self.rpt_downstream.items() if i != interface}
        if state is not None:
            others[interface] = state
        self.rpt_downstream = others or _NO_RPT


Tree: TypeAlias = SharedTree | SourceTree


def set_downstream(tree: Tree, interface: str, state: DownstreamState | None) -> None:
    """DownstreamJPState(*,G,I) or (S,G,I) of a tree; None is NoInfo."""
    if state is tree.downstream.get(interface):
        return
    states = dict(tree.downstream)
    if state is None:
        del states[interface]
    else:
        states[interface] = state
    tree.downstream = _shared_downstream(tuple(states.items()))


@lru_cache(maxsize=1 << 12)
def _shared_downstream(states: tuple[tuple[str, DownstreamState], ...]) -> Downstream:
    return MappingProxyType(dict(states))


def set_assert(tree: Tree, interface: str, info: AssertInfo | None) -> None:
    """Assert state of a tree on an interface; None is NoInfo."""
    others = {i: a for i, a in tree.asserts.items() if i != interface}
    if info is not None:
        others[interface] = info
    tree.asserts = others or _NO_ASSERTS


class Tib:
    """All trees, by name. A tree that has no state left is to be discarded by who changed it."""

    def __init__(self) -> None:
        self.shared: dict[IPv4Address, SharedTree] = {}
        self.sources: dict[SourceGroup, SourceTree] = {}

    def __len__(self) -> int:
        return len(self.shared) + len(self.sources)

    def __iter__(self) -> Iterator[Tree]:
        yield from self.shared.values()
        yield from self.sources.values()

    def get(self, name: TreeName) -> Tree | None:
        if isinstance(name, SourceGroup):
            return self.sources.get(name)
        return self.shared.get(name.group)

    def make_shared(self, group: IPv4Address, now: Instant) -> SharedTree:
        """The (*,G) of a group, made when there was none."""
        tree = self.shared.get(group)
        if tree is None:
            tree = self.shared[group] = SharedTree(group=group, since=now)
        return tree

    def make_source(self, sg: SourceGroup, shared: SharedTree | None, now: Instant) -> SourceTree:
        """The (S,G), made when there was none.

        As (S,G,rpt) it begins as what it was without an object: not pruned off a joined (*,G).
        """
        tree = self.sources.get(sg)
        if tree is None:
            tree = self.sources[sg] = SourceTree(name=sg, shared=shared, since=now)
            if shared is not None:
                shared.sources[sg.source] = tree
                if shared.upstream is UpstreamState.JOINED:
                    tree.rpt_upstream = RptUpstreamState.NOT_PRUNED
        return tree

    def discard_source(self, tree: SourceTree) -> None:
        """Forget an (S,G)."""
        del self.sources[tree.name]
        if tree.shared is not None:
            del tree.shared.sources[tree.name.source]

    def discard_shared(self, tree: SharedTree) -> None:
        """Forget a (*,G) that has neither state nor sources left."""
        if tree.is_empty and not tree.sources:
            del self.shared[tree.group]
