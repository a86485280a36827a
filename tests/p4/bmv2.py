"""BMv2's simple_switch_grpc as a target: a process in a network namespace of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from controlplane.engine.notice import Notice
from controlplane.fib.model import Fib, PacketIn, PacketOut, Submit
from controlplane.p4rt.counters import Counters
from controlplane.p4rt.session import P4Session
from tests.p4.barrier import (
    BARRIER,
    COPY,
    COPY_OF_SUBMITTED,
    INTERFACE,
    LAST,
    PORTS,
    submitted,
    with_barrier,
)
from tests.p4.targets import Outcome, outcome
from tests.p4.wires import Wire, wires

_LIMIT: Final = 20.0


class Bmv2:
    """One simple_switch_grpc, and the session that keeps it in the state of the test."""

    def __init__(self, address: str, wires: dict[int, Wire]) -> None:
        self._wires = wires
        self._punted: SimpleQueue[PacketIn] = SimpleQueue()
        self.notices: list[Notice] = []
        self._loop = asyncio.new_event_loop()
        self._session = P4Session(
            address, 1, on_packet_in=self._punted.put, on_notice=self.notices.append
        )
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))
        self._thread.start()

    def program(self, fib: Fib) -> None:
        asyncio.run_coroutine_threadsafe(self._program(with_barrier(fib)), self._loop).result()

    def receive(self, port: int, frame: bytes) -> Outcome:
        wire = self._wires[port]
        wire.send(frame)
        wire.send(BARRIER)
        copies = self._copies(COPY)
        wire.send(LAST)
        return outcome(copies, self._all_punted())

    def send(self, packet: PacketOut | Submit) -> Outcome:
        self._submit(packet)
        self._submit(submitted(BARRIER))
        copies = self._copies(COPY_OF_SUBMITTED)
        self._submit(submitted(LAST))
        return outcome(copies, self._all_punted())

    def counters(self) -> Counters:
        return asyncio.run_coroutine_threadsafe(self._session.read_counters(), self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def _submit(self, packet: PacketOut | Submit) -> None:
        self._loop.call_soon_threadsafe(self._session.send, packet)

    def _copies(self, barrier: bytes) -> list[tuple[int, bytes]]:
        return [
            (port, frame)
            for port, wire in self._wires.items()
            for frame in iter(wire.receive, barrier)
        ]

    def _all_punted(self) -> list[PacketIn]:
        return list(iter(self._next_punted, None))

    def _next_punted(self) -> PacketIn | None:
        packet = self._punted.get(timeout=_LIMIT)
        return None if packet.interface == INTERFACE else packet

    async def _run(self) -> None:
        self._stopped = asyncio.Event()
        task = asyncio.create_task(self._session.run())
        await self._stopped.wait()
        task.cancel()

    async def _program(self, fib: Fib) -> None:
        self._session.set_fib(fib)
        async with asyncio.timeout(_LIMIT):
            while not self._session.synced:
                await asyncio.sleep(0.005)


@contextmanager
def bmv2(folder: Path) -> Iterator[Bmv2]:
    """Start BMv2 and connect to it; everything is gone when the context ends."""
    namespace, address = f"mvpn-p4-{os.getpid()}", f"unix:{folder}/p4rt"
    with wires(namespace, PORTS) as ours:
        ports = [word for port in PORTS for word in ("-i", f"{port}@switch{port}")]
        command = ["simple_switch_grpc", "--no-p4", "--device-id", "1", *ports, "--"]
        target = ["--grpc-server-addr", address, "--cpu-port", "510"]
        process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, *command, *target],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            switch = Bmv2(address, ours)
            yield switch
        finally:
            switch.close()
            process.terminate()
            process.wait()
