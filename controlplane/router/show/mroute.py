"""Rows of PIM's trees: what operators know as `show ip mroute`.

A (*,G) has `*` for its source, and stands before the (S,G) of its group. `flags` are in words, for
which IOS and FRR have letters:

    SSM, sparse, bidirectional    what trees the group has                                s S B
    connected                     a link of this router has members                       C
    pruned                        no interface is left to send to                         P
    RPT pruned                    this router prunes S off the tree of the RP             R
    register                      this router is the DR of S, and has Register state      F
    SPT                           SPTbit(S,G): packets come on the source's own tree      T
    join SPT                      of (*,G): sources will be joined once they are heard;
                                  of (S,G): joined, but packets do not come there yet     J

and those of `mdt_flags`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from itertools import chain
from operator import itemgetter
from typing import Final, TypeAlias

from controlplane.engine.time import Instant
from controlplane.net.multicast import AnySource, TreeName
from controlplane.protocols.pim.config import PimConfig, SptPolicy
from controlplane.protocols.pim.df_machine import DfState
from controlplane.protocols.pim.register_state import RegisterState
from controlplane.protocols.pim.rp_set import GroupMode
from controlplane.protocols.pim.show import (
    OutgoingView,
    RptPruneView,
    SharedTreeView,
    TreeView,
)
from controlplane.protocols.pim.tib import RptUpstreamState, UpstreamState
from controlplane.router.router import Router
from controlplane.router.show.mdt_flags import MdtFlags, mdt_flags
from controlplane.router.show.row import Json, Row, seconds, text
from controlplane.router.vrf import Vrf

_Order: TypeAlias = tuple[IPv4Address, IPv4Address]
_ANY_SOURCE: Final = IPv4Address(0)
"""Sorts before all sources."""


def mroute(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """`state` is that of the upstream machine: J joined, NJ not joined.

    `accepted` are the interfaces that a bidirectional tree takes packets on (RFC 5015 3.3); of
    other trees the PMSI, where packets of every PE are taken and not of `rpf_neighbor` alone.
    """
    mdt = mdt_flags(router, vrf, now)
    rows = (*_shared_trees(router, vrf, mdt, now), *_source_trees(vrf, mdt, now))
    return [row for _, row in sorted(rows, key=itemgetter(0))]


def _shared_trees(
    router: Router, vrf: Vrf, mdt: MdtFlags, now: Instant
) -> Iterator[tuple[_Order, Row]]:
    bidirectional = {
        view.group for view in vrf.pim.rp_of_groups() if view.mode == GroupMode.BIDIRECTIONAL.value
    }
    joins_spt = _pim_config(router, vrf).spt is SptPolicy.IMMEDIATE
    for tree in vrf.pim.shared_trees(now):
        also = mdt.get(AnySource.of(tree.group), ())
        if tree.group in bidirectional:
            row = _bidirectional_tree(vrf, tree, also, now)
        else:
            flags = chain(_sparse_flags(tree, joins_spt=joins_spt), also)
            row = _shared_tree(vrf, tree, flags)
        yield (tree.group, _ANY_SOURCE), row


def _source_trees(vrf: Vrf, mdt: MdtFlags, now: Instant) -> Iterator[tuple[_Order, Row]]:
    for tree in vrf.pim.trees(now):
        yield (tree.sg.group, tree.sg.source), _source_tree(vrf, tree, mdt.get(tree.sg, ()))


def _source_tree(vrf: Vrf, tree: TreeView, also: Iterable[str]) -> Row:
    """`register` is the state of the DR's machine: J registering, P stopped, JP asking again."""
    return {
        "vrf": vrf.name,
        "source": str(tree.sg.source),
        "group": str(tree.sg.group),
        "rp": None,
        "i_am_rp": False,
        **_common(tree),
        "flags": [*_source_flags(tree), *also],
        "keepalive": seconds(tree.keepalive),
        "register": tree.register,
        "accepted": [*sorted(_accepted(vrf, tree.sg))],
        "outgoing": [_outgoing(view, "inherited") for view in tree.outgoing],
        "rpt_pruned": [_rpt_prune(view) for view in tree.rpt_pruned],
    }


def _shared_tree(vrf: Vrf, tree: SharedTreeView, flags: Iterable[str]) -> Row:
    return {
        "vrf": vrf.name,
        "source": "*",
        "group": str(tree.group),
        "rp": text(tree.rp),
        "i_am_rp": tree.i_am_rp,
        **_common(tree),
        "flags": [*flags],
        "keepalive": None,
        "register": RegisterState.NO_INFO.value,
        "accepted": [*sorted(_accepted(vrf, AnySource.of(tree.group)))],
        "outgoing": [_outgoing(view, "upstream") for view in tree.outgoing],
        "rpt_pruned": [],
    }


def _bidirectional_tree(vrf: Vrf, tree: SharedTreeView, also: Iterable[str], now: Instant) -> Row:
    """`incoming` is the interface towards the RP: this router is not the DF there."""
    accepted = _accepted(vrf, AnySource.of(tree.group))
    upstream = sorted(accepted - _forwarded_onto(vrf, tree.rp, now))
    return {
        **_shared_tree(vrf, tree, chain(_flags(GroupMode.BIDIRECTIONAL, tree), also)),
        "incoming": upstream[0] if upstream else None,
    }


def _accepted(vrf: Vrf, tree: TreeName) -> frozenset[str]:
    route = vrf.mrib.trees.get(tree)
    return route.accepted if route is not None else frozenset()


def _forwarded_onto(vrf: Vrf, rpa: IPv4Address | None, now: Instant) -> frozenset[str]:
    """The links that this router is the Designated Forwarder of."""
    mine = (DfState.WIN.value, DfState.BACKOFF.value)
    elections = vrf.pim.designated_forwarders(now)
    return frozenset(one.interface for one in elections if one.rpa == rpa and one.state in mine)


def _common(tree: TreeView | SharedTreeView) -> Row:
    return {
        "state": tree.upstream,
        "uptime": seconds(tree.uptime),
        "incoming": tree.incoming,
        "rpf_neighbor": text(tree.rpf_neighbor),
        "join_timer": seconds(tree.join_timer),
    }


def _sparse_flags(tree: SharedTreeView, *, joins_spt: bool) -> Iterator[str]:
    yield from _flags(GroupMode.SPARSE, tree)
    if joins_spt and not tree.i_am_rp and _has_members(tree):
        yield "join SPT"


def _source_flags(tree: TreeView) -> Iterator[str]:
    is_ssm = tree.rpt_upstream is None
    yield from _flags(GroupMode.SSM if is_ssm else GroupMode.SPARSE, tree)
    if tree.rpt_upstream == RptUpstreamState.PRUNED.value:
        yield "RPT pruned"
    if tree.register != RegisterState.NO_INFO.value:
        yield "register"
    if tree.spt_bit:
        yield "SPT"
    elif tree.upstream == UpstreamState.JOINED.value:
        yield "join SPT"


def _flags(mode: GroupMode, tree: TreeView | SharedTreeView) -> Iterator[str]:
    yield mode.value
    if _has_members(tree):
        yield "connected"
    if not tree.outgoing:
        yield "pruned"


def _has_members(tree: TreeView | SharedTreeView) -> bool:
    return any(view.local_member for view in tree.outgoing)


def _outgoing(view: OutgoingView, otherwise: str) -> Json:
    """`why` names what keeps the interface in the list: joins of neighbours, local receivers.

    Without them it is `inherited` by (S,G) of (*,G), or `upstream`, by which packets of a
    bidirectional tree go to the RP.
    """
    why: list[Json] = []
    if view.state != "NI":
        why.append("join")
    if view.local_member:
        why.append("local")
    return {
        "interface": view.interface,
        "why": why or [otherwise],
        "state": view.state,
        "expires": seconds(view.expires),
        "prune_pending": seconds(view.prune_pending),
    }


def _rpt_prune(view: RptPruneView) -> Json:
    return {
        "interface": view.interface,
        "state": view.state,
        "expires": seconds(view.expires),
        "prune_pending": seconds(view.prune_pending),
    }


def _pim_config(router: Router, vrf: Vrf) -> PimConfig:
    """Of a customer's VRF its own, else that of the provider's table."""
    own = (item.pim for item in router.config.vrfs if item.name == vrf.name)
    return next(own, router.config.pim)
