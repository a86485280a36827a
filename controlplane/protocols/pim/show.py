"""PIM's trees as `show` commands print them: values, with times as seconds from now."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration, Instant
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.tib import SharedTree, SourceTree, Tree
from controlplane.protocols.pim.timers import (
    ExpiryTimer,
    JoinTimer,
    OverrideTimer,
    PrunePendingTimer,
    RptExpiryTimer,
    RptPrunePendingTimer,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingView:
    """One interface that packets go out on. `state` is DownstreamJPState(I): NI, J or PP.

    An interface of (S,G) in state NI is inherited from (*,G), unless `local_member`:
    pim_include(I), members count, and this router is the one to serve them.
    """

    interface: str
    state: str
    expires: Duration | None
    prune_pending: Duration | None
    local_member: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RptPruneView:
    """One interface that does not want S on the shared tree. `state` is
    DownstreamJPState(S,G,rpt,I): P or PP; NI where only local members refuse S."""

    interface: str
    state: str
    expires: Duration | None
    prune_pending: Duration | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeView:
    """One (S,G). `upstream` is UpstreamJPState(S,G): NJ or J; `waiting` is what JT runs for.

    `incoming`, `rpf_neighbor` and `outgoing` are where packets come from and go now, which may be
    on the shared tree. `spt_bit` is always set in the SSM range. `rpt_upstream` is the state of the
    machine of (S,G,rpt), None in the SSM range, and `register` that of the DR's.
    """

    sg: SourceGroup
    uptime: Duration
    upstream: str
    join_timer: Duration | None
    waiting: str
    incoming: str | None
    rpf_neighbor: IPv4Address | None
    outgoing: tuple[OutgoingView, ...]
    spt_bit: bool = True
    keepalive: Duration | None = None
    register: str = "NI"
    rpt_upstream: str | None = None
    override_timer: Duration | None = None
    rpt_pruned: tuple[RptPruneView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTreeView:
    """One (*,G); `i_am_rp` where it is rooted at this router."""

    group: IPv4Address
    rp: IPv4Address | None
    i_am_rp: bool
    uptime: Duration
    upstream: str
    join_timer: Duration | None
    waiting: str
    incoming: str | None
    rpf_neighbor: IPv4Address | None
    outgoing: tuple[OutgoingView, ...]


def trees(instance: PimInstance, now: Instant) -> tuple[TreeView, ...]:
    """All (S,G) state, by group and source."""
    by_group = sorted(instance.tib.sources.values(), key=lambda t: (t.name.group, t.name.source))
    return tuple(_source_tree(instance, tree, now) for tree in by_group)


def shared_trees(instance: PimInstance, now: Instant) -> tuple[SharedTreeView, ...]:
    """All (*,G) state, by group."""
    by_group = sorted(instance.tib.shared.items())
    return tuple(_shared_tree(instance, t, now) for _, t in by_group if not t.is_empty)


def _source_tree(instance: PimInstance, tree: SourceTree, now: Instant) -> TreeView:
    timers = instance.timers
    incoming, rpf_neighbor = _upstream(tree)
    return TreeView(
        sg=tree.name,
        uptime=now - tree.since,
        upstream=tree.upstream.value,
        join_timer=timers.remaining(JoinTimer(tree.name), now),
        waiting=tree.waiting.value,
        incoming=incoming,
        rpf_neighbor=rpf_neighbor,
        outgoing=_outgoing(instance, tree, now),
        spt_bit=tree.shared is None or tree.spt_bit,
        keepalive=None if tree.active_until is None else tree.active_until - now,
        register=tree.register.value,
        rpt_upstream=None if tree.shared is None else tree.rpt_upstream.value,
        override_timer=timers.remaining(OverrideTimer(tree.name), now),
        rpt_pruned=_rpt_pruned(instance, tree, now),
    )


def _shared_tree(instance: PimInstance, tree: SharedTree, now: Instant) -> SharedTreeView:
    incoming, rpf_neighbor = _upstream(tree)
    return SharedTreeView(
        group=tree.group,
        rp=tree.rp,
        i_am_rp=tree.i_am_rp,
        uptime=now - tree.since,
        upstream=tree.upstream.value,
        join_timer=instance.timers.remaining(JoinTimer(tree.name), now),
        waiting=tree.waiting.value,
        incoming=incoming,
        rpf_neighbor=rpf_neighbor,
        outgoing=_outgoing(instance, tree, now),
    )


def _upstream(tree: Tree) -> tuple[str | None, IPv4Address | None]:
    """Where packets come from, or would if they were wanted."""
    if tree.published is not None:
        return tree.published.incoming, tree.published.rpf_neighbor
    return (tree.rpf.interface, tree.rpf.neighbor) if tree.rpf is not None else (None, None)


def _outgoing(instance: PimInstance, tree: Tree, now: Instant) -> tuple[OutgoingView, ...]:
    if tree.published is None:
        return ()
    timers, members = instance.timers, instance.macros.pim_include(tree)
    return tuple(
        OutgoingView(
            interface=name,
            state=tree.downstream[name].value if name in tree.downstream else "NI",
            expires=timers.remaining(ExpiryTimer(tree.name, name), now),
            prune_pending=timers.remaining(PrunePendingTimer(tree.name, name), now),
            local_member=name in members,
        )
        for name in sorted(tree.published.outgoing)
    )


def _rpt_pruned(instance: PimInstance, tree: SourceTree, now: Instant) -> tuple[RptPruneView, ...]:
    timers, states = instance.timers, tree.rpt_downstream
    return tuple(
        RptPruneView(
            interface=name,
            state=states[name].value if name in states else "NI",
            expires=timers.remaining(RptExpiryTimer(tree.name, name), now),
            prune_pending=timers.remaining(RptPrunePendingTimer(tree.name, name), now),
        )
        for name in sorted({*states, *tree.refused})
    )
