"""Keeps a switch behind P4Runtime in the desired state, over connections that come and go.

Each connection begins alike, whatever was before: become primary, load the program unless it is
there, read everything back. From then on the switch is brought to the newest Fib, whenever there is
one. So the restart of either side is nothing special, and packets are forwarded meanwhile.

What a router submits to the pipeline is meant for the Fib that it has set before, and waits until
that is written: a PIM Join that is lost is missed for a minute. What names its port does not wait.

A switch that stops answering is noticed by asking it. Updates that it refuses are reported; what
depends on them is left out, and everything is read back and tried again after a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Final, NoReturn

from controlplane.engine.notice import Notice
from controlplane.engine.time import Duration
from controlplane.fib.model import Fib, PacketIn, PacketOut, Submit
from controlplane.p4rt.client import Client, ConnectionFailed, connect, is_primary
from controlplane.p4rt.codec import Codec
from controlplane.p4rt.counters import CounterReader, Counters
from controlplane.p4rt.ids import IdsExhausted
from controlplane.p4rt.notices import (
    Programmed,
    StandingBy,
    SwitchConnected,
    SwitchLost,
    TooMuchWanted,
    UpdateRefused,
)
from controlplane.p4rt.packets import PacketCodec
from controlplane.p4rt.pipeline import load_pipeline
from controlplane.p4rt.plan import Batch, describe
from controlplane.p4rt.programmer import Programmer

ELECTION_ID: Final = 1
OUTBOX_LIMIT: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds."""

    reconnect: tuple[float, ...] = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
    """Between attempts to connect; the last one again and again."""
    probe: float = 5.0
    """Between questions whether the switch lives, and at most for the answer."""
    retry: float = 5.0
    """Until refused updates are tried again."""


DEFAULT_TIMING: Final = Timing()


class P4Session:
    """One switch, for as long as `run` runs; all calls belong to its event loop."""

    def __init__(
        self,
        address: str,
        device_id: int,
        *,
        on_packet_in: Callable[[PacketIn], None],
        on_notice: Callable[[Notice], None],
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        self._address = address
        self._device_id = device_id
        self._on_packet_in = on_packet_in
        self._on_notice = on_notice
        self._timing = timing
        self._pipeline = load_pipeline()
        self._codec = Codec(self._pipeline)
        self._packets = PacketCodec(self._pipeline)
        self._counters = CounterReader(self._pipeline)
        self._programmer = Programmer()
        self._client: Client | None = None
        self._outbox: asyncio.Queue[PacketOut] = asyncio.Queue(OUTBOX_LIMIT)
        self._submissions: asyncio.Queue[Submit] = asyncio.Queue(OUTBOX_LIMIT)
        self._fib: Fib | None = None
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._synced = False
        self._last_notice: Notice | None = None

    @property
    def synced(self) -> bool:
        """Whether the switch holds the newest Fib."""
        return self._synced and not self._changed.is_set()

    def set_fib(self, fib: Fib) -> None:
        """The switch shall be in this state; of several in a row the last one counts."""
        self._fib = fib
        self._changed.set()
        self._settled.clear()

    def send(self, packet: PacketOut | Submit) -> None:
        """Send a packet; it is lost when the switch cannot take it now, as on any link."""
        if self._client is None:
            return
        with suppress(asyncio.QueueFull):
            match packet:
                case PacketOut():
                    self._outbox.put_nowait(packet)
                case Submit():
                    self._submissions.put_nowait(packet)

    async def read_counters(self) -> Counters:
        """What the switch has counted; ConnectionFailed when it is not connected."""
        if self._client is None:
            raise ConnectionFailed(f"{self._address}: not connected")
        requests = self._counters.requests(self._programmer.installed)
        tables = self._fib.tail_tables if self._fib else ()
        return self._counters.collect(await self._client.read(requests), tables)

    async def run(self) -> NoReturn:
        """Connect, and again whenever the connection fails, until cancelled."""
        delays = self._delays()
        while True:
            try:
                async with connect(self._address, self._device_id, ELECTION_ID) as client:
                    connected = await self._establish(client)
                    delays = self._delays()
                    await self._keep(client, connected)
            except ConnectionFailed as error:
                self._notify(SwitchLost(self._address, str(error)))
            finally:
                self._client, self._synced = None, False
            await asyncio.sleep(next(delays))

    # -- the beginning of a connection ---------------------------------------------------------

    async def _establish(self, client: Client) -> SwitchConnected:
        await client.arbitrate(lambda: self._notify(StandingBy(self._address)))
        loaded = await self._load_program(client)
        await self._adopt(client)
        return SwitchConnected(self._address, loaded, len(self._programmer.installed))

    async def _load_program(self, client: Client) -> bool:
        """Whether the switch did not run our program before."""
        if await client.pipeline_cookie() == self._pipeline.cookie:
            return False
        await client.set_pipeline(self._pipeline.config())
        return True

    async def _adopt(self, client: Client) -> None:
        entities = await client.read(self._codec.read_all())
        self._programmer.adopt(self._codec.decode(entities))

    async def _keep(self, client: Client, connected: SwitchConnected) -> None:
        """Serve a connection until it fails; who hears of it can send packets at once."""
        self._client = client
        self._outbox, self._submissions = asyncio.Queue(OUTBOX_LIMIT), asyncio.Queue(OUTBOX_LIMIT)
        if self._fib is not None:
            self.set_fib(self._fib)
        self._notify(connected)
        jobs = (self._receive, self._send, self._submit, self._program, self._probe)
        tasks = [asyncio.create_task(job(client)) for job in jobs]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _delays(self) -> chain[float]:
        return chain(self._timing.reconnect, repeat(self._timing.reconnect[-1]))

    # -- while it lasts ------------------------------------------------------------------------

    async def _receive(self, client: Client) -> NoReturn:
        while True:
            message = await client.receive()
            if message.HasField("packet"):
                packet = self._packets.packet_in(message.packet)
                if packet is not None:
                    self._on_packet_in(packet)
            elif message.HasField("arbitration") and not is_primary(message.arbitration):
                raise ConnectionFailed("another controller has become primary")

    async def _send(self, client: Client) -> NoReturn:
        """Packets leave when the switch can take the answers: after its first Fib."""
        await self._settled.wait()
        while True:
            await client.send(self._packets.packet_out(await self._outbox.get()))

    async def _submit(self, client: Client) -> NoReturn:
        while True:
            packet = await self._submissions.get()
            await self._settled.wait()
            await client.send(self._packets.packet_out(packet))
            self._submissions.task_done()

    async def submitted(self, limit: Duration) -> None:
        """Wait until the switch has all that was submitted; at most so long, for it may be gone."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._submissions.join(), limit)

    async def _probe(self, client: Client) -> NoReturn:
        while True:
            await asyncio.sleep(self._timing.probe)
            await client.probe(self._timing.probe)

    async def _program(self, client: Client) -> NoReturn:
        while True:
            await self._changed.wait()
            self._synced = False
            self._changed.clear()
            self._synced = await self._write_fib(client)
            if not self._changed.is_set():
                self._settled.set()
            if not self._synced:
                await self._change_or_retry()
                await self._adopt(client)
                self._changed.set()

    async def _write_fib(self, client: Client) -> bool:
        """Bring the switch to the newest Fib; whether it did all of it."""
        assert self._fib is not None
        try:
            batches = self._programmer.program(self._fib)
        except IdsExhausted as error:
            self._notify(TooMuchWanted(self._address, str(error)))
            return False
        complete = await self._write_batches(client, batches)
        if complete and batches and not self._changed.is_set():
            self._on_notice(Programmed(sum(map(len, batches))))
        return complete

    async def _write_batches(self, client: Client, batches: list[Batch]) -> bool:
        complete = True
        for batch in batches:
            if complete and self._changed.is_set():
                break  # a newer Fib: its plan starts from here
            possible = batch if complete else self._programmer.possible(batch)
            complete &= len(possible) == len(batch)
            complete &= await self._write(client, possible)
        return complete

    async def _write(self, client: Client, batch: Batch) -> bool:
        """Whether the switch did all of a batch."""
        refused = await client.write(self._codec.updates(batch)) if batch else {}
        self._programmer.failed(batch, refused)
        for place, reason in refused.items():
            self._notify(UpdateRefused(self._address, describe(batch[place]), reason))
        return not refused

    async def _change_or_retry(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timing.retry):
                await self._changed.wait()

    def _notify(self, notice: Notice) -> None:
        """Tell the operator, but not the same again at each attempt."""
        if notice != self._last_notice:
            self._last_notice = notice
            self._on_notice(notice)
