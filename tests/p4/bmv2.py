"""BMv2's simple_switch_grpc as a target: a process in a network namespace of its own.

When is all out that will come of a frame? BMv2 keeps the order of frames on their way, so a barrier
is sent behind each: one that the harness's own route copies to all ports; and when that is out, an
ARP frame that is punted, as some of the frame's copies may be. What comes before them belongs to
the frame in question.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from controlplane.engine.notice import Notice
from controlplane.fib.model import (
    Fib,
    FibInterface,
    InPlace,
    MulticastRoute,
    PacketIn,
    PacketOut,
    Port,
    Replica,
    Submit,
)
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import SourceGroup
from controlplane.p4rt.counters import Counters
from controlplane.p4rt.session import P4Session
from tests.p4.frames import data, ethernet, to_group
from tests.p4.targets import Outcome, outcome
from tests.p4.wires import Wire, wires

PORTS: Final = (1, 2, 3, 4, 5, 6)
_MAC: Final = MacAddress.parse("02:00:00:00:ba:44")
_VRF: Final = 0x7FFF
_INTERFACE: Final = 0xFFF0
_VLAN_IN: Final = 4093
_VLAN_OUT: Final = 4094
_SG: Final = SourceGroup(IPv4Address("192.0.2.1"), IPv4Address("232.255.255.255"))
_LIMIT: Final = 20.0

_IN: Final = to_group(data(str(_SG.source), str(_SG.group)), _MAC, _VLAN_IN)
_OUT: Final = to_group(data(str(_SG.source), str(_SG.group), ttl=63), _MAC, _VLAN_OUT)
_SUBMITTED_OUT: Final = to_group(data(str(_SG.source), str(_SG.group)), _MAC, _VLAN_OUT)
_ARP: Final = ethernet(b"barrier", _MAC, _MAC, _VLAN_IN, kind=0x0806)


def _with_barrier(fib: Fib) -> Fib:
    copies = frozenset(Replica(Port(port, _VLAN_OUT), _MAC, InPlace()) for port in PORTS)
    at = (FibInterface(Port(port, _VLAN_IN), _INTERFACE, _VRF, _MAC) for port in PORTS)
    route = MulticastRoute(_VRF, _SG, frozenset({_INTERFACE}), copies)
    return replace(fib, interfaces=fib.interfaces.union(at), multicast=fib.multicast | {route})


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
        asyncio.run_coroutine_threadsafe(self._program(_with_barrier(fib)), self._loop).result()

    def receive(self, port: int, frame: bytes) -> Outcome:
        wire = self._wires[port]
        wire.send(frame)
        wire.send(_IN)
        copies = self._copies(_OUT)
        wire.send(_ARP)
        return outcome(copies, self._all_punted())

    def send(self, packet: PacketOut | Submit) -> Outcome:
        self._submit(packet)
        self._submit(Submit(_VRF, _INTERFACE, _IN))
        copies = self._copies(_SUBMITTED_OUT)
        self._submit(Submit(_VRF, _INTERFACE, _ARP))
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
        return None if packet.interface == _INTERFACE else packet

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
