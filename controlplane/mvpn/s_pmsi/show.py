"""S-PMSI state as `show` commands print it: values, with times as seconds from now."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration, Instant
from controlplane.mvpn.s_pmsi.instance import SPmsiInstance
from controlplane.mvpn.s_pmsi.receiver import Binding, Receiver
from controlplane.mvpn.s_pmsi.sender import FlowState, Sender, SentFlow
from controlplane.mvpn.s_pmsi.timers import DelayTimer, HolddownTimer, IntervalTimer, TimeoutTimer
from controlplane.net.multicast import SourceGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class SentView:
    """`group` None: in the default MDT. `expires`: until the state ends by itself.

    `users` flows have the group, `rate` is in kbit/s.
    """

    flow: SourceGroup
    group: IPv4Address | None
    state: FlowState
    uptime: Duration
    expires: Duration | None
    next_join: Duration | None
    users: int
    rate: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedView:
    """`joined`: this PE is a leaf of the tree, for this flow."""

    flow: SourceGroup
    root: IPv4Address
    group: IPv4Address
    joined: bool
    uptime: Duration
    expires: Duration | None


def sent(instance: SPmsiInstance, sender: Sender, now: Instant) -> tuple[SentView, ...]:
    """By flow."""
    flows = sorted(sender.flows.values(), key=lambda one: one.flow)
    return tuple(_sent(instance, sender, one, now) for one in flows)


def received(instance: SPmsiInstance, receiver: Receiver, now: Instant) -> tuple[ReceivedView, ...]:
    """By tree, then by flow."""
    bindings = sorted(receiver.bindings.items(), key=lambda item: (item[0].tree, item[0].flow))
    return tuple(
        ReceivedView(
            flow=binding.flow,
            root=binding.tree.source,
            group=binding.tree.group,
            joined=_is_joined(receiver, binding),
            uptime=now - since,
            expires=instance.timers.remaining(TimeoutTimer(binding.flow, binding.tree), now),
        )
        for binding, since in bindings
    )


def _is_joined(receiver: Receiver, binding: Binding) -> bool:
    return binding.flow in receiver.leaves.get(binding.tree, ())


def _sent(instance: SPmsiInstance, sender: Sender, one: SentFlow, now: Instant) -> SentView:
    timer = HolddownTimer if one.state is FlowState.HOLDING else DelayTimer
    bound = one.group is not None
    return SentView(
        flow=one.flow,
        group=one.group,
        state=one.state,
        uptime=now - one.since,
        expires=instance.timers.remaining(timer(one.flow), now),
        next_join=instance.timers.remaining(IntervalTimer(), now) if bound else None,
        users=sender.users(one.group) if one.group is not None else 0,
        rate=one.rate,
    )
