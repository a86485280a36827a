"""A switch is kept in the desired state, whatever becomes of either side and of the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from controlplane.fib.model import Forward, InPlace, PacketOut, PopAndLookUp, Submit, TtlMode
from controlplane.net.punt import PuntReason
from controlplane.p4rt import names
from controlplane.p4rt.client import ConnectionFailed, connect
from controlplane.p4rt.codec import Codec
from controlplane.p4rt.entities import Entity
from controlplane.p4rt.inventory import Inventory
from controlplane.p4rt.notices import StandingBy, SwitchConnected, SwitchLost, UpdateRefused
from controlplane.p4rt.pipeline import load_pipeline
from controlplane.p4rt.programmer import Programmer
from controlplane.p4rt.session import Timing
from tests.p4.frames import data, to_group
from tests.p4.pe import (
    BEHIND_TUNNEL,
    BRANCHING_LEAF,
    CE2,
    CORE3,
    CORE3_MAC,
    CORE4,
    CORE4_MAC,
    RED,
    STREAM,
    WAYS,
    copy,
    core,
    member,
    multicast,
    route,
    way,
)
from tests.p4rt.meaning import anonymous, meaning
from tests.p4rt.server import DEVICE_ID, Controller, Server, eventually

QUICK = Timing(reconnect=(0.02,), probe=60.0, retry=0.1)
WARY = replace(QUICK, probe=0.5)
"""A busy machine's switch may take longer to answer: for tests that end well all the same."""

FORWARDING = core(
    {100: Forward("core"), 101: Forward("nowhere"), 102: PopAndLookUp(RED)},
    [WAYS[0], way("core", member(CORE3, CORE3_MAC, 200), member(CORE4, CORE4_MAC)), way("nowhere")],
    [(RED, "10.2.0.0/16", Forward("CE2")), (RED, "0.0.0.0/0", Forward("core"))],
    TtlMode.PIPE,
)
FIB = replace(FORWARDING, multicast=frozenset({BRANCHING_LEAF, BEHIND_TUNNEL}))
OTHER = multicast(route(RED, STREAM, 1, copy(CE2, InPlace())))


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))


async def held(address: str) -> set[Entity]:
    """What the switch itself says that it holds."""
    codec = Codec(load_pipeline())
    async with connect(address, DEVICE_ID, election_id=1) as client:
        return set(codec.decode(await client.read(codec.read_all())))


def programmed(controller: Controller) -> Callable[[], object]:
    return lambda: controller.session.synced


def test_a_switch_gets_its_program_and_its_fib(server: Server) -> None:
    async def scenario() -> None:
        async with Controller(server.address, QUICK) as controller:
            controller.session.set_fib(FIB)
            await eventually(programmed(controller))
            expected = Programmer()
            for batch in expected.program(FIB):
                expected.written(batch)
            assert await held(server.address) == set(expected.installed)

    run(scenario)


def test_of_many_fibs_the_last_one_counts(server: Server) -> None:
    async def scenario() -> None:
        async with Controller(server.address, QUICK) as controller:
            for fib in (FIB, OTHER, FIB, OTHER):
                controller.session.set_fib(fib)
                await asyncio.sleep(0)
            await eventually(programmed(controller))
            assert meaning(Inventory(await held(server.address))).fib == OTHER

    run(scenario)


def test_a_group_is_changed_by_one_update(server: Server) -> None:
    """And its next hops; by a controller that found it there."""

    async def scenario() -> None:
        async with Controller(server.address, QUICK) as first:
            first.session.set_fib(FIB)
            await eventually(programmed(first))
            before = await held(server.address)
        changed = replace(FIB, groups=frozenset(way(g.way) for g in FIB.groups))
        async with Controller(server.address, QUICK) as second:
            second.session.set_fib(changed)
            await eventually(programmed(second))
            after = await held(server.address)
            assert meaning(Inventory(after)).fib == anonymous(changed)
            written = {entity.key[0] for entity in after - before}
            assert written == {names.NEXT_HOP_GROUP}

    run(scenario)


def test_a_new_controller_leaves_alone_what_it_finds_right(server: Server) -> None:
    async def scenario() -> None:
        async with Controller(server.address, QUICK) as first:
            first.session.set_fib(FIB)
            await eventually(programmed(first))
            before = await held(server.address)
        async with Controller(server.address, QUICK) as second:
            await eventually(lambda: second.said(SwitchConnected))
            assert second.said(SwitchConnected) == [
                SwitchConnected(server.address, pipeline_set=False, entities=len(before))
            ]
            assert await held(server.address) == before
            second.session.set_fib(FIB)
            await eventually(programmed(second))
            assert await held(server.address) == before

    run(scenario)


def test_a_switch_that_restarts_is_programmed_again(server: Server) -> None:
    async def scenario() -> None:
        async with Controller(server.address, QUICK) as controller:
            controller.session.set_fib(FIB)
            await eventually(programmed(controller))
            before = await held(server.address)
            server.stop()
            await eventually(lambda: not controller.session.synced)
            controller.session.send(PacketOut(1, b"lost as on any link"))
            with pytest.raises(ConnectionFailed, match="not connected"):
                await controller.session.read_counters()
            server.start()
            await eventually(programmed(controller))
            assert await held(server.address) == before

    run(scenario)


def test_a_switch_that_falls_silent_is_noticed_and_found_again(server: Server) -> None:
    async def scenario() -> None:
        async with Controller(server.address, WARY) as controller:
            controller.session.set_fib(FIB)
            await eventually(programmed(controller))
            lost = len(controller.said(SwitchLost))
            server.freeze()
            try:
                await eventually(lambda: len(controller.said(SwitchLost)) > lost)
                controller.session.set_fib(OTHER)
            finally:
                server.thaw()
            await eventually(programmed(controller))
            assert meaning(Inventory(await held(server.address))).fib == OTHER

    run(scenario)


def test_who_waits_for_counters_is_told_when_the_connection_goes(server: Server) -> None:
    async def scenario() -> None:
        async with Controller(server.address, WARY) as controller:
            controller.session.set_fib(FIB)
            await eventually(programmed(controller))
            server.freeze()
            try:
                with pytest.raises(ConnectionFailed):
                    await controller.session.read_counters()
            finally:
                server.thaw()

    run(scenario)


def test_who_does_not_want_to_wait_for_counters_need_not(server: Server) -> None:
    async def scenario() -> None:
        async with Controller(server.address, QUICK) as controller:
            controller.session.set_fib(FIB)
            await eventually(programmed(controller))
            server.freeze()
            try:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await controller.session.read_counters()
            finally:
                server.thaw()

    run(scenario)


def test_a_fib_on_its_way_is_not_there_yet(server: Server) -> None:
    async def scenario() -> None:
        async with Controller(server.address, QUICK) as controller:
            controller.session.set_fib(FIB)
            await eventually(programmed(controller))
            server.freeze()
            try:
                controller.session.set_fib(OTHER)
                for _ in range(20):
                    assert not controller.session.synced
                    await asyncio.sleep(0.002)
            finally:
                server.thaw()
            await eventually(programmed(controller))

    run(scenario)


def test_a_submitted_packet_meets_the_fib_that_was_set_before_it(server: Server) -> None:
    """Here a route that expects the packet elsewhere, where there was one that forwarded it."""
    frame = to_group(data(str(STREAM.source), str(STREAM.group)))

    async def scenario() -> None:
        async with Controller(server.address, QUICK) as controller:
            controller.session.set_fib(OTHER)
            await eventually(programmed(controller))
            controller.session.set_fib(FIB)
            controller.session.send(Submit(RED, 1, frame))
            await eventually(lambda: controller.packets)
            assert controller.packets[0].reason is PuntReason.RPF_FAILED

    run(scenario)


def test_a_switch_that_is_not_there_is_reported_once(server: Server) -> None:
    async def scenario() -> None:
        server.stop()
        async with Controller("unix:/nowhere/at/all", QUICK) as controller:
            await eventually(lambda: controller.said(SwitchLost))
            await asyncio.sleep(5 * QUICK.reconnect[0])
            assert len(controller.notices) == 1
            assert "unix:/nowhere/at/all: not connected" in controller.notices[0].words()

    run(scenario)


def test_a_refused_update_is_reported_and_the_rest_is_done(server: Server) -> None:
    """A VRF beyond the field's 16 bits, among routes that are right."""
    wrong = route(1 << 16, STREAM, 1, copy(CE2, InPlace()))
    fib = replace(FIB, multicast=FIB.multicast | {wrong})

    async def scenario() -> None:
        async with Controller(server.address, QUICK) as controller:
            controller.session.set_fib(fib)
            await eventually(lambda: controller.said(UpdateRefused))
            assert "insert multicast_route 65536" in controller.said(UpdateRefused)[0].words()
            assert not controller.session.synced
            controller.session.set_fib(FIB)
            await eventually(programmed(controller))

    run(scenario)


def test_a_deposed_controller_stands_by_and_takes_over(server: Server) -> None:
    async def scenario() -> None:
        async with Controller(server.address, QUICK) as standby:
            await eventually(lambda: standby.said(SwitchConnected))
            async with connect(server.address, DEVICE_ID, election_id=7) as primary:
                await primary.arbitrate(standing_by=lambda: None)
                await eventually(lambda: standby.said(StandingBy))
                standby.session.set_fib(FIB)
            await eventually(programmed(standby))

    run(scenario)


def test_packets_go_both_ways(server: Server) -> None:
    frame = to_group(data(str(STREAM.source), str(STREAM.group)))

    async def scenario() -> None:
        async with Controller(server.address, QUICK) as controller:
            controller.session.set_fib(FIB)
            await eventually(programmed(controller))
            controller.session.send(Submit(RED, 1, frame))
            await eventually(lambda: controller.packets)
            (packet,) = controller.packets
            assert (packet.interface, packet.reason) == (1, PuntReason.RPF_FAILED)
            assert packet.frame == frame
            counters = await controller.session.read_counters()
            assert counters.punted[PuntReason.RPF_FAILED].packets == 1

    run(scenario)
