"""The root's side of S-PMSIs (RFC 6513 7.4.2.1, RFC 6037 6.2): which flows get a tree, and when.

Every flow from a CE to the PMSI that the configuration admits goes through these states:

    inclusive   sent in the inclusive tree
    announced   S-PMSI Joins speak of its tree, which leaves join meanwhile; for S-PMSI_DELAY
    selective   sent in its own tree, and nowhere else
    holding     still so, but its rate has been below the threshold; for S-PMSI_HOLDOWN

RFC 6513 has a flow return when no packet came for the holddown time, RFC 6037 when its condition
is not met. The condition here is the rate, with two thresholds, of which the lower one has to be
undercut for the whole time. A flow that no other PE wants any more loses its tree at once.

Joins are sent when a flow is announced, and all of them each S-PMSI_INTERVAL (once sooner, when a
PE has come), as many in a datagram as fit. To return, a flow's Joins just end: leaves stay in its
tree until S-PMSI_TIMEOUT, so what is still on its way arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.engine import SendDatagram
from controlplane.engine.time import Instant
from controlplane.mvpn.s_pmsi.config import Threshold
from controlplane.mvpn.s_pmsi.counters import Count
from controlplane.mvpn.s_pmsi.events import FlowMoved, FlowsCounted
from controlplane.mvpn.s_pmsi.instance import SPmsiInstance
from controlplane.mvpn.s_pmsi.notices import FlowBound, FlowReturned, FlowSwitched
from controlplane.mvpn.s_pmsi.pool import GroupPool
from controlplane.mvpn.s_pmsi.timers import DelayTimer, HolddownTimer, IntervalTimer
from controlplane.net.multicast import ALL_PIM_ROUTERS, SourceGroup
from controlplane.wire.ipv4 import MINIMUM_HEADER
from controlplane.wire.s_pmsi import SPmsiJoin, datagrams
from controlplane.wire.udp import HEADER_LENGTH, WellKnownPort

_HEADERS: Final = MINIMUM_HEADER + HEADER_LENGTH
_BITS_IN_KBIT: Final = 1000


class FlowState(Enum):
    INCLUSIVE = "inclusive"
    ANNOUNCED = "announced"
    SELECTIVE = "selective"
    HOLDING = "holding"


@dataclass(slots=True)
class SentFlow:
    """`group` is that of its tree, None in the inclusive one; `rate` in kbit/s, once counted."""

    flow: SourceGroup
    state: FlowState
    since: Instant
    group: IPv4Address | None = None
    rate: int | None = None


class Sender:
    def __init__(self, instance: SPmsiInstance) -> None:
        self._instance = instance
        self._config = instance.config
        self._timers = instance.config.timers
        self._pool = GroupPool(instance.config.pool) if instance.config.pool else None
        self.flows: dict[SourceGroup, SentFlow] = {}

    @property
    def counts(self) -> bool:
        """Whether rates of flows matter now."""
        return self._config.threshold is not None and bool(self.flows)

    def users(self, group: IPv4Address) -> int:
        """How many flows have a group of the pool."""
        assert self._pool is not None
        return self._pool.users(group)

    def tree_changed(self, flow: SourceGroup, *, goes_out: bool, now: Instant) -> None:
        """Whether the flow comes from a CE and leaves by the PMSI."""
        if not goes_out:
            self._remove(flow)
        elif flow not in self.flows and self._config.admits(flow):
            self.flows[flow] = sent = SentFlow(flow, FlowState.INCLUSIVE, now)
            if self._config.threshold is None:
                self._announce([self._bind(sent, "flows like this one go at once", now)], now)

    def counted(self, event: FlowsCounted, now: Instant) -> None:
        """Rates are others now; flows that reach the threshold are announced together."""
        threshold = self._config.threshold
        if threshold is None:
            return
        joins = []
        for sent in self.flows.values():
            octets = event.octets.get(sent.flow, 0)
            sent.rate = round(octets * 8 / event.seconds / _BITS_IN_KBIT)
            if sent.state is FlowState.INCLUSIVE and sent.rate >= threshold.above:
                joins.append(self._bind(sent, _why(sent.rate, threshold), now))
            else:
                self._hold(sent, threshold, now)
        self._announce(joins, now)

    def interval_expires(self, now: Instant) -> None:
        """S-PMSI_INTERVAL: speak of all bindings again, while there are any."""
        joins = [SPmsiJoin(s.flow, s.group) for s in self.flows.values() if s.group is not None]
        self._announce(joins, now)

    def hasten(self, now: Instant) -> None:
        """A PE has come, which knows nothing: speak of all bindings when it can hear that.

        Else one that has restarted would miss flows for an interval.
        """
        soon, due = now + self._timers.delay, self._instance.timers.deadline(IntervalTimer())
        if due is not None and soon < due:
            self._instance.timers.set(IntervalTimer(), soon)

    def delay_expires(self, flow: SourceGroup, now: Instant) -> None:
        """S-PMSI_DELAY: the leaves have had their time."""
        sent = self.flows[flow]
        assert sent.group is not None
        self._enter(sent, FlowState.SELECTIVE, now)
        tree = SourceGroup(self._instance.me, sent.group)
        self._instance.outputs += (
            FlowMoved(flow=flow, tree=tree),
            FlowSwitched(flow, sent.group),
        )
        if self._config.threshold is not None:
            self._hold(sent, self._config.threshold, now)

    def holddown_expires(self, flow: SourceGroup, now: Instant) -> None:
        """S-PMSI_HOLDOWN: back into the inclusive tree."""
        sent = self.flows[flow]
        assert sent.group is not None and self._config.threshold is not None
        below, seconds = self._config.threshold.below, self._timers.holddown
        self._release(sent, f"less than {below} kbit/s for {seconds:g} s")
        sent.group = None
        self._enter(sent, FlowState.INCLUSIVE, now)

    def _bind(self, sent: SentFlow, why: str, now: Instant) -> SPmsiJoin:
        """Give a flow its tree; returns what is to be said of it."""
        assert self._pool is not None
        sent.group = group = self._pool.take(sent.flow)
        self._enter(sent, FlowState.ANNOUNCED, now)
        self._instance.timers.set(DelayTimer(sent.flow), now + self._timers.delay)
        self._instance.outputs.append(FlowBound(sent.flow, group, self._pool.users(group), why))
        return SPmsiJoin(sent.flow, group)

    def _hold(self, sent: SentFlow, threshold: Threshold, now: Instant) -> None:
        """The holddown time starts with the first low rate, and a higher one ends it."""
        is_low = sent.rate is not None and sent.rate < threshold.below
        if sent.state is FlowState.SELECTIVE and is_low:
            self._enter(sent, FlowState.HOLDING, now)
            self._instance.timers.set(HolddownTimer(sent.flow), now + self._timers.holddown)
        elif sent.state is FlowState.HOLDING and not is_low:
            self._enter(sent, FlowState.SELECTIVE, now)
            self._instance.timers.cancel(HolddownTimer(sent.flow))

    def _enter(self, sent: SentFlow, state: FlowState, now: Instant) -> None:
        sent.state, sent.since = state, now

    def _remove(self, flow: SourceGroup) -> None:
        sent = self.flows.pop(flow, None)
        if sent is not None and sent.group is not None:
            self._release(sent, "no other PE wants it")

    def _release(self, sent: SentFlow, why: str) -> None:
        """The flow's group may be another's from now on."""
        assert sent.group is not None and self._pool is not None
        self._pool.release(sent.flow, sent.group)
        self._instance.timers.cancel(DelayTimer(sent.flow))
        self._instance.timers.cancel(HolddownTimer(sent.flow))
        if sent.state is not FlowState.ANNOUNCED:
            self._instance.outputs.append(FlowMoved(flow=sent.flow, tree=None))
        self._instance.outputs.append(FlowReturned(sent.flow, sent.group, why))

    def _announce(self, joins: Sequence[SPmsiJoin], now: Instant) -> None:
        """Over the MI-PMSI, to all PEs (RFC 6513 7.4.2.1)."""
        if joins and self._instance.timers.deadline(IntervalTimer()) is None:
            self._instance.timers.set(IntervalTimer(), now + self._timers.interval)
        for payload in datagrams(joins, self._instance.mtu - _HEADERS):
            self._instance.counters[Count.SENT_DATAGRAM] += 1
            self._instance.outputs.append(self._datagram(payload))
        self._instance.counters[Count.SENT] += len(joins)

    def _datagram(self, payload: bytes) -> SendDatagram:
        return SendDatagram(
            interface=self._instance.pmsi,
            source=self._instance.me,
            destination=ALL_PIM_ROUTERS,
            source_port=WellKnownPort.S_PMSI,
            destination_port=WellKnownPort.S_PMSI,
            payload=payload,
            ttl=1,
        )


def _why(rate: int, threshold: Threshold) -> str:
    return f"{rate:,} kbit/s, the threshold is {threshold.above:,}"
