"""One router on one switch, on the real clock; `sim/switch.py` is its counterpart in the simulator.

What the switch punts goes into the router, what the router puts out goes to the switch through its
P4Runtime session, and the router is woken at its next deadline. Its host stack is made with the
first stream, or segment, that there is. While there is no connection to the switch, packets of the
router are lost, as on a cable that is not plugged in; protocols repeat themselves. When there is
one, the session brings the switch to the newest Fib. Counters are read for the router while it
wants that, and at no other time.

An exception in a router is a mistake in it. It stops this router alone: it is logged in one line
and kept in `failure`, and its switch goes on forwarding as it was last told.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from controlplane.engine.notice import Notice, TimedNotice
from controlplane.engine.stream import LABEL_ROOM, StreamInput
from controlplane.engine.time import Duration, Instant
from controlplane.fib.model import PacketOut, Submit
from controlplane.live.clock import Clock, Timer
from controlplane.live.host_stack import HostStack
from controlplane.p4rt.address import SwitchAddress
from controlplane.p4rt.client import ConnectionFailed
from controlplane.p4rt.counters import Counters
from controlplane.p4rt.notices import Programmed, SwitchConnected
from controlplane.p4rt.readings import Readings
from controlplane.p4rt.session import P4Session
from controlplane.router.events import (
    FibChanged,
    HostPacket,
    HostPacketOut,
    Noticed,
    Output,
    RouterInput,
    StreamCommand,
    StreamEvent,
)
from controlplane.router.links import Links
from controlplane.router.lives import Lives
from controlplane.router.show import Row, show

_LOG: Final = logging.getLogger("mvpn.live")

_COUNTERS_AGE: Final[Duration] = 1.0
"""Who waits for a state asks many times a second; counters need not be that fresh."""

_FAREWELL: Final[Duration] = 1.0
"""How long a router that restarts waits for its switch to take what it says to its peers."""

_COUNTERS_LIMIT: Final[Duration] = 2.0
"""How long a switch that has fallen silent keeps whoever asks waiting."""


_LEVELS: Final = {SwitchConnected: logging.INFO, Programmed: logging.DEBUG}

_TOLD_LIMIT: Final = 10_000
"""The newest notices are kept for whoever asks what happened."""


class LiveRouter:
    """Made and used in one event loop; `on_start` tells a router that came up what it cannot know.

    The router comes up when its switch is there: Hellos before that would reach nobody.
    """

    def __init__(
        self,
        lives: Lives,
        switch: SwitchAddress,
        clock: Clock,
        on_start: Callable[[], None] = lambda: None,
    ) -> None:
        self.config = lives.config
        self.failure: str | None = None
        self.router = lives.begin()
        self.session = P4Session(
            switch.address,
            switch.device_id,
            on_packet_in=self.handle,
            on_notice=self._on_session_notice,
        )
        self.told: deque[TimedNotice] = deque(maxlen=_TOLD_LIMIT)
        self._lives = lives
        self._clock = clock
        self._on_start = on_start
        self._stacks: dict[str, HostStack] = {}
        self._up = False
        self._timer: Timer | None = None
        self._counting: asyncio.Task[None] | None = None
        self._counted: Counters | None = None
        self._counted_at: Instant = 0.0

    def start(self) -> None:
        """Bring the router up."""
        self._up = True
        self._guarded(self.router.start)
        self._on_start()

    async def restart(self) -> None:
        """A new router that remembers nothing, on the same switch; peers lose their streams.

        They hear of it while the router and the switch still know the way to them.
        """
        for stack in self._stacks.values():
            stack.reset()
        await self.session.submitted(_FAREWELL)
        await self._stop_counting()
        self.router, self.failure = self._lives.begin(), None
        self.start()

    async def run(self) -> None:
        """Keep the switch in step until cancelled."""
        try:
            await self.session.run()
        except Exception as error:
            self._fail(error)
        finally:
            self._up = False
            await self._stop_counting()
            self._close()

    def handle(self, event: RouterInput) -> None:
        """Give the router an input now; one that is not up yet has no use for it."""
        if self._up:
            self._advance()
            self._guarded(lambda now: self.router.handle(event, now))

    def show(self, noun: str, vrf: str | None) -> list[Row]:
        """Rows as in `router/show`."""
        return show(self.router, noun, vrf, self._clock.now())

    async def counters(self) -> Counters | None:
        """What the switch has counted, at most a second ago; None when it does not answer."""
        if self._counted is None or self.now() - self._counted_at > _COUNTERS_AGE:
            counted = await self._read_counters()
            if counted is None:
                return None
            self._counted, self._counted_at = counted, self.now()
        return self._counted

    def now(self) -> Instant:
        """The world's time, CLOCK_MONOTONIC; the router has a clock of its own."""
        return asyncio.get_running_loop().time()

    async def _read_counters(self) -> Counters | None:
        """None when the switch does not answer."""
        try:
            async with asyncio.timeout(_COUNTERS_LIMIT):
                return await self.session.read_counters()
        except (ConnectionFailed, TimeoutError):
            return None

    async def _count(self) -> None:
        """Read counters for as long as the router wants it; what fails is missing once."""
        readings: Readings | None = None
        while self.failure is None and (period := self.router.wants_counters) is not None:
            counters = await self._read_counters()
            if counters is not None and readings is None:
                readings = Readings(counters, self.now())
            elif counters is not None and readings is not None:
                self.handle(readings.take(counters, self.now()))
            await asyncio.sleep(period)

    def _count_if_wanted(self) -> None:
        is_counting = self._counting is not None and not self._counting.done()
        if self._up and not is_counting and self.router.wants_counters is not None:
            self._counting = asyncio.create_task(self._count())

    async def _stop_counting(self) -> None:
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.gather(self._counting, return_exceptions=True)

    def _wake(self) -> None:
        """A loop may call a little early, or the clock stood; then the deadline is still ahead."""
        self._advance()
        self._sleep()

    def _advance(self) -> None:
        deadline = self.router.next_deadline()
        if deadline is not None and deadline <= self._clock.now():
            self._guarded(self.router.advance)

    def _guarded(self, step: Callable[[Instant], Iterable[Output]]) -> None:
        """Let the router take a step, carry out what comes of it, and sleep until the next."""
        if self.failure is not None:
            return
        try:
            for output in step(self._clock.now()):
                self._perform(output)
            self._sleep()
            self._count_if_wanted()
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self.failure = f"{type(error).__name__}: {error}"
        debugging = _LOG.isEnabledFor(logging.DEBUG)
        _LOG.error("[%s] stopped: %s", self.config.name, self.failure, exc_info=debugging)

    def _perform(self, output: Output) -> None:
        match output:
            case PacketOut() | Submit():
                self.session.send(output)
            case FibChanged(fib=fib):
                self.session.set_fib(fib)
            case StreamCommand(vrf=vrf, command=command):
                self._stack(vrf).command(command)
            case HostPacket(vrf=vrf, datagram=datagram):
                self._stack(vrf).receive(datagram)
            case Noticed(notice=notice):
                self.told.append(TimedNotice(self.now(), notice))
                _LOG.info("%s", output.words())

    def _stack(self, vrf: str) -> HostStack:
        stack = self._stacks.get(vrf)
        if stack is None:
            stack = self._stacks[vrf] = self._make_stack(vrf)
        return stack

    def _make_stack(self, vrf: str) -> HostStack:
        interfaces = [item.interface for item in self.config.interfaces]
        return HostStack(
            f"{self.config.name} {vrf}",
            {interface.address.ip for interface in interfaces if interface.vrf == vrf},
            Links(self.config).core_mtu - LABEL_ROOM,
            partial(self._send, vrf),
            partial(self._hear, vrf),
        )

    def _send(self, vrf: str, datagram: bytes) -> None:
        self.handle(HostPacketOut(vrf=vrf, datagram=datagram))

    def _hear(self, vrf: str, event: StreamInput) -> None:
        self.handle(StreamEvent(vrf=vrf, event=event))

    def _close(self) -> None:
        self._stop_timer()
        for stack in self._stacks.values():
            stack.close()

    def _sleep(self) -> None:
        self._stop_timer()
        deadline = self.router.next_deadline()
        if deadline is not None and self.failure is None:
            self._timer = self._clock.call_at(deadline, self._wake)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _on_session_notice(self, notice: Notice) -> None:
        """A switch that is lost, or refuses something, is told to whoever runs the lab."""
        self.told.append(TimedNotice(self.now(), notice))
        level = _LEVELS.get(type(notice), logging.WARNING)
        _LOG.log(level, "[%s p4rt] %s", self.config.name, notice.words())
        if isinstance(notice, SwitchConnected) and not self._up:
            self.start()
