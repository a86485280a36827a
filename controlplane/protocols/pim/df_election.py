"""The election of one Designated Forwarder: for an RP address (RPA), on a link (RFC 5015 3.5).

The tables are in `df_machine`. Here are what messages and metrics mean to them, their actions,
and the times of RFC 5015 3.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, assert_never

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.df_machine import (
    TRANSITIONS,
    Contender,
    DfAction,
    DfEvent,
    DfState,
)
from controlplane.protocols.pim.forwarders import Link
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.notices import DfChanged
from controlplane.protocols.pim.sender import Sender
from controlplane.protocols.pim.timers import DfTimer
from controlplane.wire.pim.df_election import (
    INFINITE_METRIC,
    Backoff,
    DfMessage,
    DfMetric,
    Offer,
    Pass,
    Winner,
)

OFFER_PERIOD: Final[Duration] = 0.1
BACKOFF_PERIOD: Final[Duration] = 1.0
ELECTION_ROBUSTNESS: Final = 3

_MILLISECONDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message says: whom it makes us compare with, and who the DF is by it."""

    sender: Contender
    compared: Contender
    df: Contender
    hold_off: Duration = 0.0


class DfElection:
    """`df` is the acting DF, `since` when it became that; `best` made the best offer to us while
    we are it. All neighbours listen to us from `_heard_from` on."""

    def __init__(
        self,
        instance: PimInstance,
        sender: Sender,
        rpa: IPv4Address,
        interface: PimInterface,
        metric: DfMetric,
    ) -> None:
        self._instance = instance
        self._sender = sender
        self._interface = interface
        self._metric = metric
        self._count = 0
        self._timer = DfTimer(rpa, interface.name)
        self._link = Link(rpa, interface.name)
        self.state = DfState.OFFER
        self.since: Instant = 0.0
        self._heard_from: Instant = 0.0
        self.df: Contender | None = None
        self.best: Contender | None = None

    @property
    def us(self) -> Contender:
        return Contender(self._interface.address, self._metric)

    @property
    def i_am_df(self) -> bool:
        """RFC 5015 3.5.3.1: "a router is considered to be an acting DF"."""
        return self.state in (DfState.WIN, DfState.BACKOFF)

    def start(self, now: Instant) -> None:
        self._set_timer(now + self._low(), lower=False)

    def end(self) -> None:
        """There is no such link or RP any more."""
        self._instance.timers.cancel(self._timer)
        self._instance.forwarders.tell(self._link, None, mine=False)

    def receive(self, source: IPv4Address, message: DfMessage, now: Instant) -> None:
        """A message of a neighbour.

        One that passes its duty on may not know yet that we have lost the path since our offer; the
        table makes us the DF (RFC 5015 3.5.3.5), which we cannot be (3.5.2.4).
        """
        heard = _heard(source, message)
        self._happen(self._event_of(heard, message), heard, now)
        if self.i_am_df and self._metric == INFINITE_METRIC:
            self._happen(DfEvent.PATH_LOST, None, now)

    def expire(self, now: Instant) -> None:
        """DFT expires."""
        if self._count < ELECTION_ROBUSTNESS:
            event = DfEvent.TIMER_EXPIRES
        elif self._metric == INFINITE_METRIC:
            event = DfEvent.LAST_TIMER_EXPIRES_WITHOUT_PATH
        else:
            event = DfEvent.LAST_TIMER_EXPIRES
        self._happen(event, None, now)

    def remind(self, now: Instant) -> None:
        """Say once more that we are the DF, if that is settled; ask, where nobody is.

        The others may think that we still are it, if they missed the offers by which we laid it
        down: for as long as our Hellos come, nothing else makes them elect another.
        """
        if self.state is DfState.WIN:
            self._say(DfAction.SEND_WINNER)
        self.ask_from(now)

    def announce_from(self, at: Instant) -> None:
        """Say so, as often as offers, from an instant on; also if we win only before it."""
        self._heard_from = at
        if self.state is DfState.WIN:
            self._repeat_from(at)

    def ask_from(self, at: Instant) -> None:
        """RFC 5015 3.5.2.5: a late router makes offers, which the DF answers; and they begin an
        election where nobody is it. We are late for what we could not hear."""
        if self.state is DfState.LOSE and self.df is None:
            self.state = DfState.OFFER
            self._repeat_from(at)

    def one_awaited(self, now: Instant) -> None:
        """Who has won just now, and learns of routers that it cannot hear yet, may be the DF beside
        one of them: it begins anew, when they are heard. A DF of long standing stays it."""
        is_new = self.since + self._interface.longest_hello > now
        if self.state is DfState.OFFER:
            self._set_timer(now + self._low(), lower=False)
        elif self.i_am_df and is_new and self._interface.all_heard_at() > now:
            self._happen(DfEvent.PATH_LOST, None, now)

    def one_heard(self, now: Instant) -> None:
        """Perhaps it was the last that the election waits for."""
        if self.state is DfState.OFFER and self._interface.all_heard_at() <= now:
            self._set_timer(now + self._low(), lower=True)

    def _repeat_from(self, at: Instant) -> None:
        self._count = 0
        self._set_timer(at, lower=False)

    def surroundings_change(self, metric: DfMetric, now: Instant) -> None:
        """Perhaps the DF is no neighbour any more, or the way to the RPA is another one now."""
        if self.df is not None and not self._is_here(self.df.address):
            self._happen(DfEvent.DF_FAILS, None, now)
        if metric != self._metric:
            self._metric_changes(metric, now)

    def _is_here(self, router: IPv4Address) -> bool:
        return router == self._interface.address or router in self._interface.neighbors

    def _metric_changes(self, metric: DfMetric, now: Instant) -> None:
        """RFC 5015 3.5.3.3; `metric` is infinite without a path."""
        before, self._metric = self.us, metric
        if (event := self._event_of_metric(before)) is not None:
            self._happen(event, None, now)
        if self.i_am_df:
            self.df = self.us

    def _event_of(self, heard: Heard, message: DfMessage) -> DfEvent:
        better = heard.compared.is_better_than(self.us)
        match message:
            case Backoff() if heard.compared.address == self.us.address:
                return DfEvent.BACKOFF_FOR_US
            case Pass() if heard.compared.address == self.us.address:
                return DfEvent.PASS_FOR_US
            case Offer():
                return DfEvent.BETTER_OFFER if better else DfEvent.WORSE_OFFER
            case Backoff() if better:
                return DfEvent.BETTER_BACKOFF
            case _ if better:
                return DfEvent.BETTER_PASS_OR_WINNER
            case _:
                return DfEvent.WORSE_PASS_WINNER_OR_BACKOFF

    def _event_of_metric(self, before: Contender) -> DfEvent | None:
        """Against what a new metric is compared depends on the state."""
        if self._metric == INFINITE_METRIC:
            return DfEvent.PATH_LOST
        match self.state:
            case DfState.OFFER | DfState.WIN if before.is_better_than(self.us):
                return DfEvent.METRIC_IS_WORSE
            case DfState.LOSE if self.df is None or self.us.is_better_than(self.df):
                return DfEvent.METRIC_IS_BETTER_THAN_DF
            case DfState.BACKOFF if self.best and self.us.is_better_than(self.best):
                return DfEvent.METRIC_IS_BETTER_THAN_BEST
            case _:
                return None

    def _happen(self, event: DfEvent, heard: Heard | None, now: Instant) -> None:
        """A step of the machine."""
        transition = TRANSITIONS.get((self.state, event))
        if transition is None:
            return
        before, was_settled = (self.df, self.i_am_df), self.state is DfState.WIN
        self.state, actions = transition
        for action in actions:
            self._act(action, heard, now)
        if self.state is DfState.WIN and not was_settled and now < self._heard_from:
            self._repeat_from(self._heard_from)
        if before != (self.df, self.i_am_df):
            self.since = now
            self._tell_change()

    def _act(self, action: DfAction, heard: Heard | None, now: Instant) -> None:
        """An action is something to keep, to say or to wait for."""
        self._keep(action)
        if heard is not None:
            self._keep_heard(action, heard)
        self._say(action)
        if action is DfAction.STOP_TIMER:
            self._instance.timers.cancel(self._timer)
        elif (delay := self._delay(action, heard)) is not None:
            self._set_timer(now + delay, lower=action is DfAction.LOWER_TIMER_TO_LOW)

    def _set_timer(self, at: Instant, *, lower: bool) -> None:
        """RFC 5015 3.5.3.4, "?=": a timer that runs is only lowered. Offers that not all can hear
        are not made: nobody would answer them, and we should win."""
        if self.state is DfState.OFFER:
            at = max(at, self._interface.all_heard_at())
        current = self._instance.timers.deadline(self._timer)
        if not lower or current is None or current > at:
            self._instance.timers.set(self._timer, at)

    def _keep(self, action: DfAction) -> None:
        match action:
            case DfAction.SET_DF_TO_BEST:
                self.df = self.best
            case DfAction.SET_DF_TO_US:
                self.df = self.us
            case DfAction.SET_DF_TO_NONE:
                self.df = None
            case DfAction.RESET_COUNT:
                self._count = 0
            case DfAction.COUNT:
                self._count += 1

    def _keep_heard(self, action: DfAction, heard: Heard) -> None:
        match action:
            case DfAction.SET_DF_TO_SENDER_OR_TARGET:
                self.df = heard.df
            case DfAction.SET_DF_TO_SENDER:
                self.df = heard.sender
            case DfAction.SET_BEST_TO_SENDER:
                self.best = heard.sender

    def _say(self, action: DfAction) -> None:
        match action:
            case DfAction.SEND_OFFER:
                self._send(Offer(rp_address=self._timer.rpa, sender=self._metric))
            case DfAction.SEND_WINNER:
                self._send(Winner(rp_address=self._timer.rpa, sender=self._metric))
            case DfAction.SEND_BACKOFF if self.best:
                self._send(self._backoff(self.best))
            case DfAction.SEND_PASS if self.best:
                self._send(self._pass(self.best))

    def _delay(self, action: DfAction, heard: Heard | None) -> Duration | None:
        """The time that an action sets DFT to (RFC 5015 3.6)."""
        match action:
            case DfAction.TIMER_LOW | DfAction.LOWER_TIMER_TO_LOW:
                return self._low()
            case DfAction.TIMER_HIGH:
                return ELECTION_ROBUSTNESS * OFFER_PERIOD
            case DfAction.TIMER_BACKOFF:
                return BACKOFF_PERIOD
            case DfAction.TIMER_TOLD_BACKOFF if heard:
                return heard.hold_off + self._low()
            case _:
                return None

    def _low(self) -> Duration:
        """OPlow."""
        return self._instance.rng.uniform(0.5, 1) * OFFER_PERIOD

    def _backoff(self, best: Contender) -> Backoff:
        return Backoff(
            rp_address=self._timer.rpa,
            sender=self._metric,
            offering_address=best.address,
            offering=best.metric,
            interval=round(BACKOFF_PERIOD * _MILLISECONDS),
        )

    def _pass(self, best: Contender) -> Pass:
        return Pass(
            rp_address=self._timer.rpa,
            sender=self._metric,
            new_winner_address=best.address,
            new_winner=best.metric,
        )

    def _send(self, message: DfMessage) -> None:
        self._sender.send(self._interface, message, Count.TX_DF_ELECTION)

    def _tell_change(self) -> None:
        df = self.df.address if self.df else None
        self._instance.forwarders.tell(self._link, df, mine=self.i_am_df)
        self._instance.outputs.append(DfChanged(self._interface.name, self._timer.rpa, df))


def _heard(source: IPv4Address, message: DfMessage) -> Heard:
    """RFC 5015 3.5.3.3 and 3.5.3.4: sender and target of the four."""
    sender = Contender(source, message.sender)
    match message:
        case Offer() | Winner():
            return Heard(sender, sender, sender)
        case Backoff():
            offering = Contender(message.offering_address, message.offering)
            return Heard(sender, offering, sender, message.interval / _MILLISECONDS)
        case Pass():
            winner = Contender(message.new_winner_address, message.new_winner)
            return Heard(sender, winner, winner)
        case _:
            assert_never(message)
