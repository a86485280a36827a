"""Sending Registers from the DR (RFC 7761 4.4.1): the machine of `register_state` at work.

The tunnel to the RP is a member of joins(S,G) while the state is Join; the switch encapsulates.
Where this router is the RP itself, what it would register is there already, so it answers itself
with a Register-Stop, and only tells the other members of an Anycast-RP set.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.engine.engine import PacketReceived
from controlplane.engine.time import Duration, Instant
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import Registering
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.register_anycast import tell_members
from controlplane.protocols.pim.register_state import TRANSITIONS, RegisterEvent, RegisterState
from controlplane.protocols.pim.tib import (
    REGISTER_TUNNEL,
    DownstreamState,
    SourceTree,
    set_downstream,
)
from controlplane.protocols.pim.timers import RegisterStopTimer
from controlplane.protocols.pim.unicast import send_unicast
from controlplane.wire.pim.register import ANY_SOURCE, Register, RegisterStop

REGISTER_SUPPRESSION_TIME: Final[Duration] = 60.0
REGISTER_PROBE_TIME: Final[Duration] = 5.0
"""RFC 7761 4.11."""

_SUPPRESSION_RANGE: Final = (0.5, 1.5)

_Rp: TypeAlias = tuple[IPv4Address | None, bool]
"""RP(G), and whether it is this router."""


class RegisterDr:
    """`_rps` has the RP that each source in another state than NoInfo is registered with."""

    def __init__(self, instance: PimInstance) -> None:
        self._instance = instance
        self._rps: dict[SourceGroup, _Rp] = {}

    def decide(self, tree: SourceTree, now: Instant) -> None:
        """CouldRegister(S,G), or RP(G), may have changed."""
        if not self._instance.desires.could_register(tree):
            self._handle(tree, RegisterEvent.COULD_NOT_REGISTER, now)
        elif tree.register is RegisterState.NO_INFO:
            self._rps[tree.name] = _rp(tree)
            self._handle(tree, RegisterEvent.COULD_REGISTER, now)
        elif self._rps[tree.name] != _rp(tree):
            self._rps[tree.name] = _rp(tree)
            self._handle(tree, RegisterEvent.RP_CHANGED, now)

    def expire(self, timer: RegisterStopTimer, now: Instant) -> None:
        tree = self._instance.tib.sources[timer.sg]
        self._handle(tree, RegisterEvent.REGISTER_STOP_TIMER_EXPIRES, now)

    def receive(self, packet: PacketReceived, stop: RegisterStop, now: Instant) -> None:
        """RFC 7761 4.4.1: one for (*,G) is "treated as a Register-Stop(S,G)" for all that there is.

        RFC 7761 6.1.2: a forged one silences a source, so it must come from whom we register with.
        One from another member of our Anycast-RP set asks for nothing (RFC 4610 3).
        """
        counters = self._instance.counters
        if not stop.group.is_single:
            counters[Count.IGNORED_GROUP_RANGE] += 1
            return
        for tree in self._stopped(stop):
            if self._rps[tree.name] == (packet.source, False):
                self._handle(tree, RegisterEvent.REGISTER_STOP_RECEIVED, now)
            else:
                counters[Count.IGNORED_REGISTER_STOP] += 1

    def _stopped(self, stop: RegisterStop) -> Iterable[SourceTree]:
        """The trees of a Register-Stop that have Register state."""
        shared = self._instance.tib.shared.get(stop.group.address)
        for source, tree in shared.sources.items() if shared else ():
            if tree.register is not RegisterState.NO_INFO and stop.source in (source, ANY_SOURCE):
                yield tree

    def _handle(self, tree: SourceTree, event: RegisterEvent, now: Instant) -> None:
        state = TRANSITIONS.get((tree.register, event))
        if state is None:
            return
        tree.register = state
        self._instance.touch(tree)
        self._instance.timers.cancel(RegisterStopTimer(tree.name))
        set_downstream(tree, REGISTER_TUNNEL, None)
        match state:
            case RegisterState.JOIN:
                self._join(tree, now)
            case RegisterState.PRUNE:
                self._set_timer(tree, now + self._suppression())
            case RegisterState.JOIN_PENDING:
                self._set_timer(tree, now + REGISTER_PROBE_TIME)
                self._probe(tree, now)
            case RegisterState.NO_INFO:
                del self._rps[tree.name]

    def _join(self, tree: SourceTree, now: Instant) -> None:
        """Add, or update, Register Tunnel."""
        rp, is_here = self._rps[tree.name]
        if is_here:
            self._probe(tree, now)
        elif rp is not None:
            set_downstream(tree, REGISTER_TUNNEL, DownstreamState.JOIN)

    def _probe(self, tree: SourceTree, now: Instant) -> None:
        """Send Null-Register."""
        rp, is_here = self._rps[tree.name]
        null = Register.null_of(tree.name)
        if is_here and rp is not None:
            tell_members(self._instance, rp, null)
            self._handle(tree, RegisterEvent.REGISTER_STOP_RECEIVED, now)
        elif (outer := registering(self._instance, tree)) is not None:
            assert tree.route is not None
            send_unicast(
                self._instance,
                null,
                Count.TX_REGISTER,
                interface=tree.route.interface,
                source=outer.source,
                destination=outer.rp,
            )

    def _suppression(self) -> Duration:
        """Note (*): "a random value chosen uniformly", minus Register_Probe_Time."""
        low, high = (part * REGISTER_SUPPRESSION_TIME for part in _SUPPRESSION_RANGE)
        return self._instance.rng.uniform(low, high) - REGISTER_PROBE_TIME

    def _set_timer(self, tree: SourceTree, at: Instant) -> None:
        self._instance.timers.set(RegisterStopTimer(tree.name), at)


def registering(instance: PimInstance, tree: SourceTree) -> Registering | None:
    """The addresses of Registers for a source: "the address of the DR", and RP(G).

    Of the DR's addresses that on the source's link is taken: the RP needs a way there in any case.
    """
    rp = tree.shared.rp if tree.shared is not None else None
    if rp is None or tree.route is None:
        return None
    if tree.route.is_local:
        return Registering(tree.name.source, rp)
    link = instance.links.get(tree.route.interface)
    return Registering(link.address.ip, rp) if link is not None else None


def _rp(tree: SourceTree) -> _Rp:
    shared = tree.shared
    return (shared.rp, shared.i_am_rp) if shared is not None else (None, False)
