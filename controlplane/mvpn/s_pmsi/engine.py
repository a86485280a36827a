"""The S-PMSI engine of one VRF: UDP-based S-PMSI Joins (RFC 6513 7.4.2; RFC 6037 6 and 7).

    7.2, 7.4.2.1   sender: which own flows leave the inclusive tree, and when
    7.1.2          receiver: what other PEs have said, and the trees that are joined for it
    7.4.2.2        the TLVs (`wire/s_pmsi.py`), and four constants (`config.SPmsiTimers`)

PIM over the MI-PMSI knows nothing of it: to its state machines a flow on an S-PMSI comes in on the
MI-PMSI, and goes out there (RFC 6513 7). A Join that came in elsewhere "is an illegal packet that
MUST be discarded".

A flow is an (S,G) that the root has state of. Its leaves may have that of (*,G) alone.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address

from controlplane.engine.engine import DatagramReceived
from controlplane.engine.time import Duration, Instant
from controlplane.mvpn.s_pmsi import show
from controlplane.mvpn.s_pmsi.config import SPmsiConfig
from controlplane.mvpn.s_pmsi.counters import Count
from controlplane.mvpn.s_pmsi.events import FlowsCounted, RootsChanged, SPmsiInput, SPmsiOutput
from controlplane.mvpn.s_pmsi.instance import SPmsiInstance
from controlplane.mvpn.s_pmsi.receiver import Receiver
from controlplane.mvpn.s_pmsi.sender import Sender
from controlplane.mvpn.s_pmsi.timers import (
    DelayTimer,
    HolddownTimer,
    IntervalTimer,
    SPmsiTimer,
    TimeoutTimer,
)
from controlplane.net.interface import Interface
from controlplane.net.multicast import ALL_PIM_ROUTERS, SourceGroup
from controlplane.protocols.pim.events import TreeRemoved, TreeUpdate
from controlplane.wire.reader import DecodeError, Reader
from controlplane.wire.s_pmsi import decode_joins


class SPmsiEngine:
    """An Engine[SPmsiInput, SPmsiOutput]."""

    def __init__(self, pmsi: Interface, config: SPmsiConfig) -> None:
        self._instance = SPmsiInstance(
            me=pmsi.address.ip, pmsi=pmsi.name, mtu=pmsi.mtu, config=config
        )
        self._sender = Sender(self._instance)
        self._receiver = Receiver(self._instance)
        self._roots: frozenset[IPv4Address] = frozenset()

    @property
    def counters(self) -> Counter[str]:
        """How often what happened; keys are those of `Count`."""
        return self._instance.counters

    @property
    def wants_counters(self) -> Duration | None:
        """How often it wants to hear what flows were counted, None while that does not matter."""
        return self._instance.config.timers.sampling if self._sender.counts else None

    def sent(self, now: Instant) -> tuple[show.SentView, ...]:
        return show.sent(self._instance, self._sender, now)

    def received(self, now: Instant) -> tuple[show.ReceivedView, ...]:
        return show.received(self._instance, self._receiver, now)

    def next_deadline(self) -> Instant | None:
        return self._instance.timers.next_deadline()

    def handle(self, event: SPmsiInput, now: Instant) -> list[SPmsiOutput]:
        match event:
            case DatagramReceived():
                self._receive(event, now)
            case TreeUpdate() | TreeRemoved():
                self._tree_changed(event, now)
            case FlowsCounted():
                self._sender.counted(event, now)
            case RootsChanged(roots=roots):
                if roots - self._roots:
                    self._sender.hasten(now)
                self._roots = roots
                self._receiver.roots_changed(roots)
        return self._take_outputs()

    def advance(self, now: Instant) -> list[SPmsiOutput]:
        for name in self._instance.timers.expired(now):
            self._expire(name, now)
        return self._take_outputs()

    def _tree_changed(self, event: TreeUpdate | TreeRemoved, now: Instant) -> None:
        tree = event if isinstance(event, TreeUpdate) else None
        if isinstance(event.tree, SourceGroup):
            pmsi = self._instance.pmsi
            from_ce = tree is not None and tree.incoming not in (None, pmsi)
            goes_out = tree is not None and from_ce and pmsi in tree.outgoing
            self._sender.tree_changed(event.tree, goes_out=goes_out, now=now)
        self._receiver.tree_changed(event.tree, tree)

    def _receive(self, event: DatagramReceived, now: Instant) -> None:
        self._instance.counters[Count.RECEIVED_DATAGRAM] += 1
        if (why := self._why_dropped(event)) is not None:
            self._instance.counters[why] += 1
            return
        try:
            joins = decode_joins(Reader(event.payload))
        except DecodeError:
            self._instance.counters[Count.DROP_MALFORMED] += 1
            return
        self._receiver.hear(event.source, joins, now)

    def _why_dropped(self, event: DatagramReceived) -> Count | None:
        if event.interface != self._instance.pmsi:
            return Count.DROP_NOT_ON_PMSI
        if event.destination != ALL_PIM_ROUTERS:
            return Count.DROP_DESTINATION
        return None if event.source in self._roots else Count.DROP_UNKNOWN_PE

    def _expire(self, name: SPmsiTimer, now: Instant) -> None:
        match name:
            case IntervalTimer():
                self._sender.interval_expires(now)
            case DelayTimer(flow):
                self._sender.delay_expires(flow, now)
            case HolddownTimer(flow):
                self._sender.holddown_expires(flow, now)
            case TimeoutTimer(flow, tree):
                self._receiver.timeout_expires(flow, tree)

    def _take_outputs(self) -> list[SPmsiOutput]:
        outputs, self._instance.outputs = self._instance.outputs, []
        return outputs
