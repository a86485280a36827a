"""IGMP's state as values, for `show`; times are seconds from the instant of asking."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.igmp.filter import FilterMode
from controlplane.protocols.igmp.membership import Membership
from controlplane.protocols.igmp.network import Network
from controlplane.protocols.igmp.timers import IgmpTimers, TimerKind, TimerName


@dataclass(frozen=True, slots=True, kw_only=True)
class IgmpSource:
    """A source of a group's record; one that does not expire is refused (EXCLUDE mode's Y)."""

    address: IPv4Address
    expires: Duration | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IgmpGroup:
    """A group that somebody on an interface's network wants; `expires` is the group timer."""

    interface: str
    group: IPv4Address
    mode: FilterMode
    version: int
    uptime: Duration
    expires: Duration | None
    last_reporter: IPv4Address | None
    sources: tuple[IgmpSource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IgmpInterface:
    """An interface that IGMP runs on, with the variables that hold there now."""

    interface: str
    address: IPv4Address
    version: int
    uptime: Duration
    querier: IPv4Address
    is_querier: bool
    querier_expires: Duration | None
    next_query: Duration | None
    robustness: int
    query_interval: Duration
    groups: int


def show_group(membership: Membership, now: Instant) -> IgmpGroup:
    state = membership.state
    return IgmpGroup(
        interface=membership.interface,
        group=membership.group,
        mode=state.mode,
        version=membership.version,
        uptime=now - membership.since,
        expires=_until(membership.deadline(), now),
        last_reporter=membership.last_reporter,
        sources=tuple(
            IgmpSource(address=source, expires=_until(membership.deadline(source), now))
            for source in sorted(state.wanted | state.refused)
        ),
    )


def show_interface(network: Network, timers: IgmpTimers, now: Instant) -> IgmpInterface:
    name, querier = network.interface.name, network.querier
    other_present = TimerName(TimerKind.OTHER_QUERIER_PRESENT, name)
    return IgmpInterface(
        interface=name,
        address=network.interface.address.ip,
        version=network.settings.version,
        uptime=now - network.since,
        querier=querier.address,
        is_querier=querier.is_me,
        querier_expires=timers.remaining(other_present, now),
        next_query=timers.remaining(TimerName(TimerKind.GENERAL_QUERY, name), now),
        robustness=querier.variables.robustness,
        query_interval=querier.variables.query_interval,
        groups=len(network.memberships),
    )


def _until(deadline: Instant | None, now: Instant) -> Duration | None:
    return None if deadline is None else max(0.0, deadline - now)
