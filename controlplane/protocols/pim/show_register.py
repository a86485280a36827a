"""Sources that this router registers as a DR, as `show` commands print them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration, Instant
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.register_state import RegisterState
from controlplane.protocols.pim.tib import SourceTree
from controlplane.protocols.pim.timers import RegisterStopTimer


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterView:
    """One source. `state` is J, P or JP; `rp` is None while the group has none.

    `stopped` is what is left of the Register-Stop Timer.
    """

    sg: SourceGroup
    state: str
    rp: IPv4Address | None
    stopped: Duration | None


def registers(instance: PimInstance, now: Instant) -> tuple[RegisterView, ...]:
    """All sources with Register state, by group and source."""
    views = (
        _view(instance, tree, now)
        for tree in instance.tib.sources.values()
        if tree.register is not RegisterState.NO_INFO
    )
    return tuple(sorted(views, key=lambda v: (v.sg.group, v.sg.source)))


def _view(instance: PimInstance, tree: SourceTree, now: Instant) -> RegisterView:
    return RegisterView(
        sg=tree.name,
        state=tree.register.value,
        rp=tree.shared.rp if tree.shared is not None else None,
        stopped=instance.timers.remaining(RegisterStopTimer(tree.name), now),
    )
