"""A switch, its router and its host stacks in the simulator; `live/driver.py` is its counterpart.

Frames go through the target's pipeline and out again without the router. What is punted reaches
the router after `CONTROL_DELAY`, which stands for the way through P4Runtime; what the router wants
done is done at once. What it wants of the host stack is done at the same time, behind all else, so
the stack may tell the router of things in the middle of its work. Counters are read while the
router wants it, and at no other time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from random import Random
from typing import Final, Protocol, TypeAlias

from controlplane.engine.notice import TimedNotice
from controlplane.engine.stream import LABEL_ROOM, StreamInput
from controlplane.engine.time import Duration, Instant
from controlplane.fib.model import Fib, PacketOut, Submit
from controlplane.p4rt.counters import Counters
from controlplane.p4rt.memory import Sent
from controlplane.p4rt.readings import Readings
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
from controlplane.sim.scheduler import Scheduler
from controlplane.sim.tcp import TcpStack

CONTROL_DELAY: Final[Duration] = 0.002

Transmit: TypeAlias = Callable[[bytes], None]


class Target(Protocol):
    """A switch in this process."""

    def set_fib(self, fib: Fib) -> None:
        """Bring the switch to this state."""

    def process(self, port: int, frame: bytes, now_us: int) -> Sent:
        """A frame arrives on a port."""

    def send(self, packet: PacketOut | Submit, now_us: int) -> Sent:
        """The router sends a packet."""

    def read_routes(self) -> Counters:
        """What the switch's routes have counted."""

    def close(self) -> None:
        """Free the switch."""


class SimSwitch:
    """One router with its switch, driven by the virtual clock; `rng` is the host stack's."""

    def __init__(self, lives: Lives, scheduler: Scheduler, target: Target, rng: Random) -> None:
        self.target = target
        self.trace: list[TimedNotice] = []
        self._lives = lives
        self._scheduler = scheduler
        self._rng = rng
        self._transmit: dict[int, Transmit] = {}
        self._wake_at: Instant | None = None
        self._readings: Readings | None = None
        self.router = lives.begin()
        self._stacks: dict[str, TcpStack] = {}

    def receiver(self, port: int) -> Callable[[bytes], None]:
        """What takes the frames that arrive at a port."""
        return partial(self._receive, port)

    def connect(self, port: int, transmit: Transmit) -> None:
        """Frames that leave by a port go here; without that, nowhere."""
        self._transmit[port] = transmit

    def start(self) -> None:
        """Bring the router up as it is configured."""
        self._perform(self.router.start(self._scheduler.now))

    def restart(self) -> None:
        """A new router that remembers nothing, on the same switch; peers lose their streams."""
        for stack in self._stacks.values():
            stack.reset()
        self.router, self._readings = self._lives.begin(), None
        self.start()

    def handle(self, event: RouterInput) -> None:
        """Give the router an input now."""
        now = self._scheduler.now
        self._advance(now)
        self._perform(self.router.handle(event, now))

    def tcp(self, vrf: str) -> TcpStack:
        """The host stack of a VRF, which is there when somebody speaks over it."""
        if vrf not in self._stacks:
            mtu = Links(self._lives.config).core_mtu - LABEL_ROOM
            send, hear = partial(self._send, vrf), partial(self._hear, vrf)
            self._stacks[vrf] = TcpStack(self._scheduler, self._rng, mtu, send, hear)
        return self._stacks[vrf]

    def _send(self, vrf: str, datagram: bytes) -> None:
        self.handle(HostPacketOut(vrf=vrf, datagram=datagram))

    def _hear(self, vrf: str, event: StreamInput) -> None:
        self.handle(StreamEvent(vrf=vrf, event=event))

    def _receive(self, port: int, frame: bytes) -> None:
        self._pass_on(self.target.process(port, frame, self._microseconds()))

    def _pass_on(self, sent: Sent) -> None:
        copies, punted = sent
        for port, frame in copies:
            transmit = self._transmit.get(port)
            if transmit is not None:
                transmit(frame)
        for packet in punted:
            self._scheduler.at(self._scheduler.now + CONTROL_DELAY, self.handle, packet)

    def _perform(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            match output:
                case PacketOut() | Submit():
                    self._pass_on(self.target.send(output, self._microseconds()))
                case FibChanged(fib=fib):
                    self.target.set_fib(fib)
                case StreamCommand(vrf=vrf, command=command):
                    self._later(self.tcp(vrf).command, command)
                case HostPacket(vrf=vrf, datagram=datagram):
                    self._later(self.tcp(vrf).receive, datagram)
                case Noticed(notice=notice):
                    self.trace.append(TimedNotice(self._scheduler.now, notice))
        self._sleep()
        self._count()

    def _later(self, action: Callable[..., None], argument: object) -> None:
        self._scheduler.at(self._scheduler.now, action, argument)

    def _sleep(self) -> None:
        """Have the clock wake the router at its next deadline, unless it already will by then."""
        deadline = self.router.next_deadline()
        if deadline is None or (self._wake_at is not None and self._wake_at <= deadline):
            return
        self._wake_at = deadline
        self._scheduler.at(deadline, self._wake, deadline)

    def _count(self) -> None:
        """Begin to read counters, or end it, as the router wants it now."""
        period = self.router.wants_counters
        if period is None:
            self._readings = None
        elif self._readings is None:
            self._readings = Readings(self.target.read_routes(), self._scheduler.now)
            self._scheduler.at(self._scheduler.now + period, self._read_counters, self._readings)

    def _read_counters(self, readings: Readings) -> None:
        if readings is self._readings:
            self.handle(readings.take(self.target.read_routes(), self._scheduler.now))
        if readings is self._readings and (period := self.router.wants_counters) is not None:
            self._scheduler.at(self._scheduler.now + period, self._read_counters, readings)

    def _wake(self, deadline: Instant) -> None:
        if self._wake_at == deadline:
            self._wake_at = None
            self._advance(self._scheduler.now)
            self._sleep()

    def _advance(self, now: Instant) -> None:
        deadline = self.router.next_deadline()
        if deadline is not None and deadline <= now:
            self._perform(self.router.advance(now))

    def _microseconds(self) -> int:
        return round(self._scheduler.now * 1_000_000)
