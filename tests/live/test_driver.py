"""The live driver with a router and a session that only keep a record; the clock is the loop's."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from controlplane.engine.time import Duration, Instant
from controlplane.fib.counts import RouteCount
from controlplane.fib.model import Fib, PacketIn, PacketOut
from controlplane.live import driver
from controlplane.live.clock import Clock
from controlplane.live.driver import LiveRouter
from controlplane.net.multicast import SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.p4rt import names
from controlplane.p4rt.address import SwitchAddress
from controlplane.p4rt.counters import NOTHING_COUNTED, Count, Counters, RouteEntry
from controlplane.p4rt.notices import SwitchConnected, SwitchLost
from controlplane.router import lives
from controlplane.router.config import Role, RouterConfig
from controlplane.router.events import FibChanged, Output, PortChanged
from controlplane.router.lives import Lives

HELLO = PacketOut(1, b"hello")
FRAME = PacketIn(1, 1, PuntReason.ARP, b"who has")


class RecordingRouter:
    """Sends a hello at the start and whenever its deadline comes; a port number 13 breaks it."""

    wants_counters: Duration | None = None

    def __init__(self, config: RouterConfig, rng: random.Random) -> None:
        self.seen: list[object] = []
        self.deadline: Instant | None = None

    def start(self, now: Instant) -> list[Output]:
        self.deadline = now + 0.01
        return [HELLO, FibChanged(Fib())]

    def handle(self, event: object, now: Instant) -> list[Output]:
        if event == PortChanged(port=13, up=False):
            raise LookupError("port 13")
        self.seen.append(event)
        return []

    def advance(self, now: Instant) -> list[Output]:
        assert self.deadline is not None and now >= self.deadline
        self.deadline = None
        return [HELLO]

    def next_deadline(self) -> Instant | None:
        return self.deadline


class RecordingSession:
    """Packets go nowhere; `run` ends as a test wants it to."""

    def __init__(
        self,
        address: str,
        device_id: int,
        *,
        on_packet_in: Callable[[PacketIn], None],
        on_notice: Callable[..., None],
    ) -> None:
        self.sent: list[object] = []
        self.fibs: list[Fib] = []
        self.punt = on_packet_in
        self.notify = on_notice
        self.error: Exception | None = None

    async def submitted(self, limit: float) -> None:
        """All of it."""

    def send(self, packet: object) -> None:
        self.sent.append(packet)

    def set_fib(self, fib: Fib) -> None:
        self.fibs.append(fib)

    async def read_counters(self) -> Counters:
        """As of a switch that has fallen silent."""
        await asyncio.Event().wait()
        raise AssertionError

    async def run(self) -> None:
        if self.error is not None:
            raise self.error


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """A live router whose insides are typed loosely, to be looked at."""
    monkeypatch.setattr(lives, "Router", RecordingRouter)
    monkeypatch.setattr(driver, "P4Session", RecordingSession)
    config = RouterConfig(
        name="pe1", role=Role.PE, router_id=IPv4Address("192.0.2.1"), interfaces=()
    )

    def make_it() -> LiveRouter:
        clock = Clock(asyncio.get_running_loop())
        return LiveRouter(Lives(config, "1 pe1"), SwitchAddress("unix:pe1.sock", 1), clock)

    return make_it


def test_outputs_of_the_start_go_to_the_switch(make: Callable[[], Any]) -> None:
    async def scenario() -> None:
        live = make()
        live.start()
        assert (live.session.sent, live.session.fibs) == ([HELLO], [Fib()])

    asyncio.run(scenario())


def test_the_router_is_woken_at_its_deadline(make: Callable[[], Any]) -> None:
    async def scenario() -> None:
        live = make()
        live.start()
        while live.router.deadline is not None:
            await asyncio.sleep(0)
        assert live.session.sent == [HELLO, HELLO]

    asyncio.run(scenario())


def test_what_the_switch_punts_goes_into_the_router(make: Callable[[], Any]) -> None:
    async def scenario() -> None:
        live = make()
        live.start()
        live.session.punt(FRAME)
        assert live.router.seen == [FRAME]

    asyncio.run(scenario())


def test_an_exception_stops_this_router_and_is_kept_and_logged_in_one_line(
    make: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        live, other = make(), make()
        live.start()
        other.start()
        for router in (live, other):
            router.handle(FRAME)
        live.handle(PortChanged(port=13, up=False))
        for router in (live, other):
            router.handle(PortChanged(port=1, up=False))
        assert live.failure == "LookupError: port 13"
        assert live.router.seen == [FRAME]
        assert other.router.seen == [FRAME, PortChanged(port=1, up=False)]

    with caplog.at_level(logging.ERROR, "mvpn.live"):
        asyncio.run(scenario())
    assert [record.getMessage() for record in caplog.records] == [
        "[pe1] stopped: LookupError: port 13"
    ]


def test_a_switch_that_is_silent_has_no_counters(
    make: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "_COUNTERS_LIMIT", 0.01)

    async def scenario() -> None:
        assert await make().counters() is None

    asyncio.run(scenario())


def test_a_router_that_wants_counters_hears_of_them_until_it_wants_no_more(
    make: Callable[[], Any],
) -> None:
    sg = SourceGroup(IPv4Address("10.1.1.10"), IPv4Address("232.1.1.1"))
    entry = RouteEntry(1, sg, names.MULTICAST_ROUTE, 1)
    answers = [
        replace(NOTHING_COUNTED, entries={entry: Count(packets, 100 * packets)})
        for packets in (5, 5, 8)
    ]

    async def scenario() -> None:
        live = make()
        live.session.read_counters = counters
        live.router.wants_counters = 0.001
        live.start()
        while len(live.router.seen) < 2:
            await asyncio.sleep(0.001)
        live.router.wants_counters = None
        while asyncio.all_tasks() != {asyncio.current_task()}:
            await asyncio.sleep(0.001)
        assert [read.routes for read in live.router.seen[:2]] == [
            (),
            (RouteCount(1, sg, 3, 300),),
        ]

    async def counters() -> Counters:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    asyncio.run(scenario())


def test_a_router_that_wants_no_counters_has_none_read(make: Callable[[], Any]) -> None:
    async def scenario() -> None:
        live = make()
        live.start()
        live.session.punt(FRAME)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scenario())


def test_a_router_that_restarts_is_told_of_nothing_that_came_before(
    make: Callable[[], Any],
) -> None:
    """The readings begin anew: the first is what the next is compared with."""

    async def scenario() -> None:
        live = make()
        live.session.read_counters = counters
        live.router.wants_counters = 0.001
        live.start()
        while not live.router.seen:
            await asyncio.sleep(0.001)
        await live.restart()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await live.run()

    async def counters() -> Counters:
        return NOTHING_COUNTED

    asyncio.run(scenario())


def test_a_timer_that_fires_as_a_router_ends_begins_no_reading(make: Callable[[], Any]) -> None:
    async def scenario() -> None:
        live = make()
        live.session.read_counters = counters
        live.router.wants_counters = 0.001
        live.start()
        await live.run()
        live.router.deadline = live.now()
        live._wake()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def counters() -> Counters:
        return NOTHING_COUNTED

    asyncio.run(scenario())


def test_a_switch_that_is_lost_is_a_line_for_whoever_runs_the_lab(
    make: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        live = make()
        live.session.notify(SwitchConnected("unix:pe1.sock", True, 0))
        live.session.notify(SwitchLost("unix:pe1.sock", "probe: no answer"))

    with caplog.at_level(logging.WARNING, "mvpn.live"):
        asyncio.run(scenario())
    assert [record.getMessage() for record in caplog.records] == [
        "[pe1 p4rt] unix:pe1.sock: not connected: probe: no answer"
    ]


def test_a_restarted_router_knows_nothing_and_has_not_failed(make: Callable[[], Any]) -> None:
    async def scenario() -> None:
        live = make()
        live.start()
        live.handle(FRAME)
        live.handle(PortChanged(port=13, up=False))
        await live.restart()
        assert live.failure is None
        live.handle(PortChanged(port=1, up=False))
        assert live.router.seen == [PortChanged(port=1, up=False)]

    asyncio.run(scenario())


def test_an_exception_in_the_session_is_a_failure_of_its_router(make: Callable[[], Any]) -> None:
    async def scenario() -> None:
        live = make()
        live.start()
        live.session.error = RuntimeError("stream of nonsense")
        await live.run()
        assert live.failure == "RuntimeError: stream of nonsense"

    asyncio.run(scenario())
