"""Asserts as `show` commands print them: who forwards onto which link, and by which metric."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration, Instant
from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.protocols.pim.assert_metric import AssertMetric
from controlplane.protocols.pim.assert_state import AssertInfo
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.tib import Tree
from controlplane.protocols.pim.timers import AssertTimer


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertView:
    """One tree on one interface. `state` is W or L, this router being the winner or not.

    `expires` is the Assert Timer: when the winner speaks again, or a loser forgets it.
    """

    interface: str
    tree: TreeName
    state: str
    winner: IPv4Address
    metric: AssertMetric
    expires: Duration


def asserts(instance: PimInstance, now: Instant) -> tuple[AssertView, ...]:
    """All Assert state, by interface, group and source; (*,G) before its (S,G)."""
    views = (
        _view(instance, tree, interface, info, now)
        for tree in instance.tib
        for interface, info in tree.asserts.items()
    )
    return tuple(sorted(views, key=_by_interface_and_name))


def _by_interface_and_name(view: AssertView) -> tuple[str, IPv4Address, int]:
    name = view.tree
    source = int(name.source) if isinstance(name, SourceGroup) else -1
    return view.interface, name.group, source


def _view(
    instance: PimInstance, tree: Tree, interface: str, info: AssertInfo, now: Instant
) -> AssertView:
    return AssertView(
        interface=interface,
        tree=tree.name,
        state=info.state.value,
        winner=info.winner,
        metric=info.metric,
        expires=instance.timers.remaining(AssertTimer(tree.name, interface), now) or 0.0,
    )
