"""What interval a timer of Python holds: BFD sessions in one event loop, as a live lab has them.

Six pairs of routers, whose packets wait in the loop as if they had come from a switch. Measured is
how late their timers are called, and how many sessions fail that nothing is wrong with: in a loop
that does nothing else, and in one that now and then is busy for as long as a big SPF takes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from random import Random

from bench.figure import Figure
from controlplane.engine.engine import DatagramReceived, InterfaceUp, SendDatagram
from controlplane.engine.liveness import WatchNeighbor
from controlplane.engine.time import Duration
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.protocols.bfd.engine import BfdEngine
from controlplane.protocols.bfd.events import (
    BfdEnabled,
    BfdInput,
    BfdOutput,
    BfdSettings,
    ClientNotified,
    Watch,
)

_INTERVALS = (0.01, 0.02, 0.05, 0.1)
_PAIRS = 6
_SETTLE, _MEASURE = 1.5, 2.0
_BUSY, _PAUSE = 0.05, 0.5
_NEAR, _FAR = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")


def bfd_figures() -> Iterator[Figure]:
    """Lateness of timers, and how many sessions failed for no reason."""
    for loop, busy in (("idle", 0.0), ("busy", _BUSY)):
        for interval in _INTERVALS:
            late, failures = asyncio.run(_run(interval, busy))
            what = f"12 BFD sessions at {interval * 1000:g} ms, {loop} loop: 99 % late by"
            yield Figure(what, _percentile(late) * 1000, "ms")
            yield Figure("  sessions that failed, and nothing was wrong", failures, "", 0)


def _percentile(in_order: Sequence[Duration]) -> Duration:
    return in_order[int(len(in_order) * 0.99)]


@dataclass
class _Router:
    """Driven as `live/driver.py` drives one."""

    address: IPv4Address
    engine: BfdEngine
    late: list[Duration] = field(default_factory=list)
    failures: int = 0
    peer: _Router = field(init=False)
    _timer: asyncio.TimerHandle | None = None

    def handle(self, event: BfdInput) -> None:
        self._perform(self.engine.handle(event, time.monotonic()))

    def _wake(self, deadline: float) -> None:
        now = time.monotonic()
        self.late.append(now - deadline)
        self._perform(self.engine.advance(now))

    def _perform(self, outputs: list[BfdOutput]) -> None:
        for output in outputs:
            match output:
                case SendDatagram():
                    asyncio.get_running_loop().call_soon(self.peer.handle, _received(output))
                case ClientNotified():
                    self.failures += 1
        self._sleep()

    def _sleep(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if (deadline := self.engine.next_deadline()) is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(deadline, self._wake, deadline)


def _received(sent: SendDatagram) -> DatagramReceived:
    return DatagramReceived(
        interface=sent.interface,
        source=sent.source,
        destination=sent.destination,
        source_port=sent.source_port,
        destination_port=sent.destination_port,
        payload=sent.payload,
        ttl=sent.ttl,
    )


async def _run(interval: Duration, busy: Duration) -> tuple[list[Duration], int]:
    """How late each timer was, in order of size, and how many sessions failed."""
    settings = BfdSettings(desired_min_tx=interval, required_min_rx=interval, detect_mult=3)
    routers = [router for number in range(_PAIRS) for router in _pair(number, settings)]
    await asyncio.sleep(_SETTLE)
    for router in routers:
        router.late.clear()
    end = time.monotonic() + _MEASURE
    while time.monotonic() < end:
        await asyncio.sleep(_PAUSE)
        time.sleep(busy)
    return sorted(late for router in routers for late in router.late), sum(
        router.failures for router in routers
    )


def _pair(number: int, settings: BfdSettings) -> tuple[_Router, _Router]:
    near, far = (
        _Router(address, BfdEngine(rng=Random(f"{number} {address}"))) for address in (_NEAR, _FAR)
    )
    near.peer, far.peer = far, near
    for router in (near, far):
        interface = Interface(
            name="eth0",
            index=1,
            kind=InterfaceKind.ETHERNET,
            address=IPv4Interface(f"{router.address}/24"),
        )
        request = WatchNeighbor(
            interface="eth0", local=router.address, neighbor=router.peer.address
        )
        router.handle(InterfaceUp(interface=interface))
        router.handle(BfdEnabled(interface="eth0", settings=settings))
        router.handle(Watch(client="bench", request=request))
    return near, far
