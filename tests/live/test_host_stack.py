"""Byte streams on the kernel's TCP, in namespaces of their own, over a link that a test makes."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from controlplane.engine.stream import (
    UNSENT_LIMIT,
    CloseStream,
    Endpoint,
    Listen,
    OpenStream,
    SendData,
    StreamClosed,
    StreamDrained,
    StreamOpened,
    Why,
)
from controlplane.live import streams
from controlplane.sim.scheduler import Scheduler
from controlplane.sim.tcp import TcpStack
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import Reader
from controlplane.wire.tcp import TcpSegment
from tests.live.stacks import MTU, SERVICE, A, B, Stacks, settled, two_stacks, until
from tests.sim.tcp_pair import Side

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

TEXT = bytes(range(256)) * 4000


def play(scenario: Callable[[Stacks], Awaitable[None]]) -> None:
    """Run a scenario with two stacks."""

    async def run() -> None:
        async with two_stacks() as stacks:
            await scenario(stacks)

    asyncio.run(run())


def test_both_ends_hear_of_each_other_and_octets_go_both_ways() -> None:
    async def scenario(stacks: Stacks) -> None:
        name = await stacks.opened()
        (opened,) = stacks.a_side.events
        assert isinstance(opened, StreamOpened)
        assert (opened.stream, opened.local.address, opened.remote) == ("s", A, SERVICE)
        assert name == f"10.255.0.1:{opened.local.port} > 10.255.0.2:646"
        stacks.a.command(SendData(stream="s", data=TEXT))
        stacks.b.command(SendData(stream=name, data=TEXT[::-1]))
        await until(lambda: stacks.b_side.data(name) == TEXT)
        await until(lambda: stacks.a_side.data("s") == TEXT[::-1])

    play(scenario)


def test_what_leaves_is_tcp_with_right_checksums_and_fits_the_mtu() -> None:
    async def scenario(stacks: Stacks) -> None:
        name = await stacks.opened()
        stacks.a.command(SendData(stream="s", data=TEXT))
        await until(lambda: stacks.b_side.data(name) == TEXT)
        assert {packet.protocol for packet in stacks.packets} == {IpProtocol.TCP}
        assert max(len(packet.encode()) for packet in stacks.packets) == MTU
        assert {packet.tos for packet in stacks.packets} == {0xC0}
        for packet in stacks.packets:  # DecodeError where a checksum is wrong
            TcpSegment.decode(Reader(packet.payload), packet.source, packet.destination)

    play(scenario)


def test_a_kernel_without_traffic_says_nothing() -> None:
    async def scenario(stacks: Stacks) -> None:
        unreachable = Ipv4Packet(source=A, destination=B, protocol=IpProtocol.UDP, payload=bytes(8))
        stacks.b.receive(unreachable.encode())
        stacks.b.receive(b"garbage")
        await settled(stacks)
        assert stacks.packets == []

    play(scenario)


def test_a_port_that_nobody_listens_on_refuses() -> None:
    async def scenario(stacks: Stacks) -> None:
        stacks.a.command(OpenStream(stream="s", local=A, remote=Endpoint(B, 179)))
        await until(lambda: bool(stacks.a_side.events))
        assert stacks.a_side.events == [StreamClosed(stream="s", why=Why.REFUSED)]

    play(scenario)


def test_without_an_answer_it_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HANDSHAKE_LIMIT", 0.05)

    async def scenario(stacks: Stacks) -> None:
        stacks.link = lambda _packet: None
        await stacks.open()
        await until(lambda: stacks.a_side.reasons == [Why.NO_ANSWER])

    play(scenario)


def test_an_address_that_is_not_there_cannot_be_opened_from() -> None:
    async def scenario(stacks: Stacks) -> None:
        stacks.a.command(OpenStream(stream="s", local=B, remote=SERVICE))
        assert stacks.a_side.events == []  # not from inside the command
        await until(lambda: stacks.a_side.reasons == ["Cannot assign requested address"])

    play(scenario)


class TestClosing:
    def test_what_was_sent_before_is_delivered_although_octets_are_unread(self) -> None:
        async def scenario(stacks: Stacks) -> None:
            name = await stacks.opened()
            stacks.b.command(SendData(stream=name, data=b"never read"))
            stacks.a.command(SendData(stream="s", data=TEXT))
            stacks.a.command(CloseStream(stream="s"))
            await until(lambda: bool(stacks.b_side.reasons))
            assert stacks.b_side.data(name) == TEXT
            assert stacks.b_side.reasons == [Why.CLOSED]
            assert len(stacks.a_side.events) == 1

        play(scenario)

    def test_then_nothing_is_left_at_either_end(self) -> None:
        async def scenario(stacks: Stacks) -> None:
            await stacks.opened()
            stacks.a.command(CloseStream(stream="s"))
            await until(lambda: not stacks.a._streams and not stacks.b._streams)
            assert not stacks.a._named and not stacks.b._named

        play(scenario)

    def test_the_name_can_be_used_again_at_once(self) -> None:
        async def scenario(stacks: Stacks) -> None:
            await stacks.opened()
            stacks.a.command(CloseStream(stream="s"))
            stacks.a.command(OpenStream(stream="s", local=A, remote=SERVICE))
            await until(lambda: len(stacks.a_side.events) == 2)
            assert isinstance(stacks.a_side.events[1], StreamOpened)

        play(scenario)

    def test_a_stream_that_is_closed_while_it_opens_is_forgotten(self) -> None:
        async def scenario(stacks: Stacks) -> None:
            stacks.link = lambda _packet: None
            await stacks.open()
            stacks.a.command(CloseStream(stream="s"))
            assert not stacks.a._streams
            await settled(stacks)
            assert stacks.a_side.events == []

        play(scenario)

    def test_a_reset_stack_tells_its_peers_and_listens_no_more(self) -> None:
        async def scenario(stacks: Stacks) -> None:
            await stacks.opened()
            stacks.b.reset()
            await until(lambda: stacks.a_side.reasons == [Why.RESET])
            stacks.a.command(OpenStream(stream="s", local=A, remote=SERVICE))
            await until(lambda: stacks.a_side.reasons == [Why.RESET, Why.REFUSED])
            stacks.b.command(Listen(local=SERVICE))
            stacks.a.command(OpenStream(stream="s", local=A, remote=SERVICE))
            await until(lambda: isinstance(stacks.a_side.events[-1], StreamOpened))

        play(scenario)


def test_a_peer_that_does_not_read_costs_its_own_stream_alone() -> None:
    async def scenario(stacks: Stacks) -> None:
        name = await stacks.opened()
        stacks.a.command(OpenStream(stream="t", local=A, remote=SERVICE))
        await until(lambda: len(stacks.b_side.events) == 2)
        reading = stacks.b._named[name]
        reading._loop.remove_reader(reading._socket)
        while not stacks.a_side.reasons:
            stacks.a.command(SendData(stream="s", data=bytes(UNSENT_LIMIT // 8)))
            await asyncio.sleep(0.001)
        assert stacks.a_side.reasons == [Why.DOES_NOT_READ]
        stacks.a.command(SendData(stream="t", data=b"still here"))
        await until(
            lambda: b"still here" in [getattr(e, "data", b"") for e in stacks.b_side.events]
        )

    play(scenario)


class TestDrained:
    def test_it_is_told_each_time_that_all_has_left(self) -> None:
        async def scenario(stacks: Stacks) -> None:
            name = await stacks.opened()
            for times in (1, 2):
                stacks.a.command(SendData(stream="s", data=TEXT))
                await until(lambda: stacks.a_side.drained == times)  # noqa: B023
            await until(lambda: stacks.b_side.data(name) == TEXT * 2)
            await settled(stacks)
            assert (stacks.a_side.drained, stacks.b_side.drained) == (2, 0)

        play(scenario)

    def test_of_what_was_sent_while_the_stream_opened_too(self) -> None:
        async def scenario(stacks: Stacks) -> None:
            await stacks.open()
            stacks.a.command(SendData(stream="s", data=b"early"))
            await until(lambda: stacks.a_side.drained == 1)
            assert [type(event) for event in stacks.a_side.events] == [StreamOpened, StreamDrained]

        play(scenario)

    def test_while_the_peer_does_not_read_it_is_not_told(self) -> None:
        async def scenario(stacks: Stacks) -> None:
            name = await stacks.opened()
            reading = stacks.b._named[name]
            reading._loop.remove_reader(reading._socket)
            stacks.a.command(SendData(stream="s", data=bytes(UNSENT_LIMIT // 2)))
            await settled(stacks)
            assert stacks.a_side.drained == 0
            reading.start()
            await until(lambda: stacks.a_side.drained == 1)
            await until(lambda: len(stacks.b_side.data(name)) == UNSENT_LIMIT // 2)

        play(scenario)


class TestKeys:
    """RFC 2385, by the kernel."""

    def test_equal_keys_open(self) -> None:
        async def scenario(stacks: Stacks) -> None:
            await stacks.opened(key=b"secret", listener_key=b"secret")
            for packet in stacks.packets:
                ends = packet.source, packet.destination
                segment = TcpSegment.decode(Reader(packet.payload), *ends)
                assert segment.is_signed_with(packet.payload, *ends, b"secret")

        play(scenario)

    @pytest.mark.parametrize(
        ("key", "listener_key"), [(b"secret", b"Secret"), (None, b"secret"), (b"secret", None)]
    )
    def test_others_are_not_answered(self, key: bytes | None, listener_key: bytes | None) -> None:
        async def scenario(stacks: Stacks) -> None:
            await stacks.open(key=key, listener_key=listener_key)
            await until(lambda: bool(stacks.packets))
            await settled(stacks)
            assert {packet.source for packet in stacks.packets} == {A}
            assert stacks.b_side.events == []

        play(scenario)

    def test_a_listener_takes_new_keys(self) -> None:
        async def scenario(stacks: Stacks) -> None:
            name = await stacks.opened(key=b"old", listener_key=b"old")
            stacks.b.command(Listen(local=SERVICE, md5_keys={A: b"new"}))
            stacks.a.command(SendData(stream="s", data=b"still"))
            stacks.a.command(OpenStream(stream="t", local=A, remote=SERVICE, md5_key=b"new"))
            await until(lambda: stacks.a_side.opened == ["s", "t"])
            await until(lambda: stacks.b_side.data(name) == b"still")
            stacks.b.command(Listen(local=SERVICE))
            stacks.a.command(OpenStream(stream="u", local=A, remote=SERVICE))
            await until(lambda: stacks.a_side.opened == ["s", "t", "u"])
            assert stacks.a_side.reasons == []

        play(scenario)


class TestGtsm:
    """RFC 5082 3, by the kernel."""

    def test_segments_leave_with_255(self) -> None:
        async def scenario(stacks: Stacks) -> None:
            await stacks.open(gtsm=True)
            await until(lambda: bool(stacks.b_side.events))
            assert {packet.ttl for packet in stacks.packets} == {255}

        play(scenario)

    def test_from_behind_a_router_they_are_not_heard(self) -> None:
        def hop(datagram: bytes) -> bytes:
            packet = Ipv4Packet.decode(Reader(datagram))
            return replace(packet, ttl=packet.ttl - 1).encode()

        async def scenario(stacks: Stacks) -> None:
            stacks.link = hop
            await stacks.open(gtsm=True)
            await until(lambda: bool(stacks.packets))
            await settled(stacks)
            assert stacks.b_side.events == []

        play(scenario)


@pytest.mark.parametrize("key", [None, b"secret"])
def test_the_simulators_tcp_and_the_kernels_understand_each_other(key: bytes | None) -> None:
    """The kernel's end is `b` of the pair; the simulator's clock follows the real one."""

    async def scenario(stacks: Stacks) -> None:
        loop, side = asyncio.get_running_loop(), Side()
        scheduler, started = Scheduler(), loop.time()
        ours = TcpStack(scheduler, random.Random(1), MTU, stacks.b.receive, side.events.append)
        stacks.b._send = lambda datagram: scheduler.at(scheduler.now, ours.receive, datagram)

        async def until_then(holds: Callable[[], bool]) -> None:
            def live_on() -> bool:
                scheduler.run(loop.time() - started)
                return holds()

            await until(live_on)

        keys = {} if key is None else {A: key}
        stacks.b.command(Listen(local=SERVICE, md5_keys=keys, gtsm=True))
        ours.command(OpenStream(stream="s", local=A, remote=SERVICE, md5_key=key, gtsm=True))
        await until_then(lambda: bool(side.events and stacks.b_side.events))
        name = stacks.b_side.accepted
        ours.command(SendData(stream="s", data=TEXT))
        stacks.b.command(SendData(stream=name, data=TEXT[::-1]))
        await until_then(lambda: stacks.b_side.data(name) == TEXT)
        await until_then(lambda: side.data("s") == TEXT[::-1])
        stacks.b.command(CloseStream(stream=name))
        await until_then(lambda: side.reasons == [Why.CLOSED])
        await until_then(lambda: not ours._connections and not stacks.b._streams)

    play(scenario)


def test_closed_stacks_leave_no_thread_no_file_and_no_interface() -> None:
    def what_there_is() -> tuple[int, set[str], list[str]]:
        gc.collect()  # files that other tests have forgotten
        files = len(list(Path("/proc/self/fd").iterdir()))
        threads = {thread.name for thread in threading.enumerate()}
        return files, threads, sorted(path.name for path in Path("/sys/class/net").iterdir())

    async def scenario(stacks: Stacks) -> None:
        await stacks.opened()

    play(scenario)
    before = what_there_is()
    play(scenario)
    assert what_there_is() == before
