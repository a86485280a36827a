"""The Bootstrap Router of a domain: elected, heard, and passed on (RFC 5059).

Every router hears Bootstrap messages, keeps the RP-Set that is in them and passes them on to its
neighbours. A candidate BSR may be elected; then it takes advertisements of candidate RPs, and its
own messages hold what they make of it. The tables of the election are in `bootstrap_machine`.

A neighbour that has just started is told of the last message at once (RFC 5059 3.5), by the router
that would be the DR without it; after our Hello, as it does not listen to us before that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.protocols.pim.bootstrap_checks import is_flooded, why_refused
from controlplane.protocols.pim.bootstrap_machine import (
    TRANSITIONS,
    BsrAction,
    BsrEvent,
    BsrState,
    Weight,
    event_of,
    random_override,
)
from controlplane.protocols.pim.bootstrap_origin import BootstrapOrigin
from controlplane.protocols.pim.bootstrap_rp_set import LearntRps
from controlplane.protocols.pim.bootstrap_sender import BootstrapSender
from controlplane.protocols.pim.candidate_rp import CandidateRps
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.dr import elect
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.notices import BsrChanged
from controlplane.protocols.pim.sender import Sender
from controlplane.protocols.pim.timers import (
    BootstrapTimer,
    BsrTimer,
    CandidateRpAdvertisementTimer,
    CandidateRpTimer,
    PrimingTimer,
    RpMappingTimer,
    TriggeredHelloTimer,
    decrease,
)
from controlplane.wire.pim.bootstrap import Bootstrap, CandidateRpAdvertisement

_TIMER = BootstrapTimer()


@dataclass(frozen=True, slots=True)
class Heard:
    """A Bootstrap message that passed the checks; one that is `flooded` goes on."""

    message: Bootstrap
    interface: PimInterface
    flooded: bool

    @property
    def weight(self) -> Weight:
        return Weight(self.message.bsr_priority, self.message.bsr_address)


@dataclass(slots=True)
class Election:
    """What is kept of the zone (RFC 5059 2). `preferred` is the BSR that was heard, with its
    weight; `last` its last message, or ours, in fragments."""

    state: BsrState
    preferred: Weight | None = None
    since: Instant | None = None
    last: list[Bootstrap] = field(default_factory=list)
    accepted_any: bool = False


class Bootstraps:
    def __init__(self, instance: PimInstance, sender: Sender) -> None:
        self._instance = instance
        self._times = instance.config.bootstrap_times
        self._sender = BootstrapSender(instance, sender)
        self._learnt = LearntRps(instance)
        self._candidate_rps = CandidateRps(instance)
        self._started: Instant | None = None
        candidate = instance.config.candidate_bsr
        self.origin = BootstrapOrigin(instance, self._sender, candidate) if candidate else None
        self.election = Election(BsrState.PENDING if candidate else BsrState.ACCEPT_ANY)

    @property
    def own(self) -> Weight | None:
        """What a candidate BSR weighs itself."""
        return self.origin.weight if self.origin else None

    @property
    def bsr(self) -> Weight | None:
        """The elected BSR, as far as is known."""
        match self.election.state:
            case BsrState.ELECTED:
                return self.own
            case BsrState.CANDIDATE | BsrState.ACCEPT_PREFERRED:
                return self.election.preferred
            case _:
                return None

    def start(self, now: Instant) -> None:
        """The first thing that happens to the router; a candidate waits to hear of better ones."""
        if self._started is None:
            self._started = now
            if self.own:
                self._set_timer(now + random_override(self.own, None))

    def receive(
        self,
        interface: PimInterface,
        source: IPv4Address,
        destination: IPv4Address,
        message: Bootstrap,
        now: Instant,
    ) -> None:
        """A Bootstrap message, flooded or for a router that has just started."""
        refusal = why_refused(
            self._instance, interface, source, destination, message, starting=self._is_starting(now)
        )
        if refusal is not None:
            self._instance.counters[refusal] += 1
            return
        heard = Heard(message, interface, is_flooded(destination, message))
        event = event_of(self.election.state, heard.weight, self.election.preferred, self.own)
        self._happen(event, heard, now)

    def receive_advertisement(self, message: CandidateRpAdvertisement, now: Instant) -> None:
        """What a candidate RP says to the BSR."""
        if self.origin is None or self.election.state is not BsrState.ELECTED:
            self._instance.counters[Count.DROP_CANDIDATE_RP_NOT_BSR] += 1
        elif self.origin.receive(message, now):
            self._originate_soon(now)

    def neighbor_started(self, interface: PimInterface, neighbor: IPv4Address) -> None:
        """A neighbour came up, or came back: tell it, right after the Hello that it gets."""
        hello = self._instance.timers.deadline(TriggeredHelloTimer(interface.name))
        if hello is not None:
            self._instance.timers.set(PrimingTimer(interface.name, neighbor), hello)

    def expire(self, timer: BsrTimer, now: Instant) -> None:
        match timer:
            case BootstrapTimer():
                self._happen(BsrEvent.BOOTSTRAP_TIMER_EXPIRES, None, now)
            case RpMappingTimer():
                self._learnt.expire(timer)
            case CandidateRpTimer():
                assert self.origin is not None
                self.origin.candidates.expire(timer)
                self._originate_soon(now)
            case CandidateRpAdvertisementTimer():
                self._advertise(now)
            case PrimingTimer(interface, neighbor):
                self._prime(self._instance.interfaces.get(interface), neighbor)

    def _is_starting(self, now: Instant) -> bool:
        """RFC 5059 3.1.3: whether we may still be primed."""
        assert self._started is not None
        return not self.election.accepted_any and now <= self._started + self._times.period

    def _happen(self, event: BsrEvent, heard: Heard | None, now: Instant) -> None:
        """A step of the machine."""
        transition = TRANSITIONS.get((self.election.state, event))
        if transition is None:
            return
        before = self.bsr
        self.election.state, actions = transition
        if heard is not None and event is not BsrEvent.RECEIVE_NON_PREFERRED:
            self.election.preferred = heard.weight
            self.election.accepted_any = True
        if self.origin and self.election.state is not BsrState.ELECTED:
            self.origin.candidates.forget_all()
        for action in actions:
            self._act(action, heard, now)
        self._tell_change(before, now)

    def _act(self, action: BsrAction, heard: Heard | None, now: Instant) -> None:
        match action:
            case BsrAction.FORWARD_BSM:
                if heard is not None and heard.flooded:
                    self._sender.flood(heard.message, heard.interface)
            case BsrAction.STORE_RP_SET:
                if heard is not None:
                    self._learnt.store(heard.message, now)
                    self._remember(heard.message)
            case BsrAction.REFRESH_RP_SET:
                for message in self.election.last:
                    self._learnt.store(message, now)
            case BsrAction.REMOVE_BSR_STATE:
                self.election.preferred = None
                self.election.last = []
            case BsrAction.TIMEOUT:
                self._set_timer(now + self._times.timeout)
            case _ if self.origin:
                self._act_as_candidate(self.origin, action, now)

    def _act_as_candidate(self, origin: BootstrapOrigin, action: BsrAction, now: Instant) -> None:
        match action:
            case BsrAction.ORIGINATE_BSM:
                self._originate(origin, now)
            case BsrAction.RANDOM_OVERRIDE:
                self._set_timer(now + random_override(origin.weight, self.election.preferred))
            case BsrAction.PERIOD:
                self._set_timer(origin.next_time(now))

    def _remember(self, fragment: Bootstrap) -> None:
        """RFC 5059 3.1.5, Store RP-Set: "the entire BSM is stored", unless it is empty."""
        last = self.election.last
        if not fragment.ranges:
            return
        if last and _identity(last[0]) != _identity(fragment):
            last.clear()
        if fragment not in last:
            last.append(fragment)

    def _originate(self, origin: BootstrapOrigin, now: Instant) -> None:
        messages = origin.originate(now)
        if messages:
            self.election.last = list(messages)
        for message in messages:
            self._learnt.store(message, now)

    def _originate_soon(self, now: Instant) -> None:
        """RFC 5059 3.3: "decrease the Bootstrap Timer to BS_Min_Interval"."""
        decrease(self._instance.timers, _TIMER, now + self._times.minimum_interval)

    def _set_timer(self, at: Instant) -> None:
        self._instance.timers.set(_TIMER, at)

    def _tell_change(self, before: Weight | None, now: Instant) -> None:
        after = self.bsr
        if after == before:
            return
        if (after and after.address) != (before and before.address):
            self.election.since = now
            self._candidate_rps.bsr_is(after.address if after else None, now)
        self._instance.outputs.append(
            BsrChanged(after.address, after.priority) if after else BsrChanged(None, 0)
        )

    def _advertise(self, now: Instant) -> None:
        """To ourselves no packet is needed."""
        bsr = self.bsr
        assert bsr is not None
        for advertisement in self._candidate_rps.advertise(now):
            if bsr == self.own:
                self.receive_advertisement(advertisement, now)
            else:
                self._candidate_rps.send(advertisement, bsr.address)

    def _prime(self, interface: PimInterface | None, neighbor: IPv4Address) -> None:
        if interface is not None and _is_dr_without(interface, neighbor):
            self._sender.prime(interface, neighbor, self.election.last)


def _identity(message: Bootstrap) -> tuple[IPv4Address, int]:
    return message.bsr_address, message.fragment_tag


def _is_dr_without(interface: PimInterface, neighbor: IPv4Address) -> bool:
    """RFC 5059 3.5: who tells a new neighbour, be it the DR or not."""
    others = [n for n in interface.neighbors.values() if n.address != neighbor]
    return elect(interface.address, interface.settings.dr_priority, others).winner == (
        interface.address
    )
