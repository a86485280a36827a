"""Two host stacks in one event loop, each on a kernel TCP of its own, on a link of the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.stream import Endpoint, Listen, OpenStream, StreamInput
from controlplane.live.host_stack import HostStack
from controlplane.wire.ipv4 import Ipv4Packet
from controlplane.wire.reader import Reader
from tests.sim.tcp_pair import Side

A, B = IPv4Address("10.255.0.1"), IPv4Address("10.255.0.2")
SERVICE: Final = Endpoint(B, 646)
MTU: Final = 1500
_LIMIT: Final = 30.0

Change = Callable[[bytes], bytes | None]
"""What the link makes of a packet; None when it is lost."""


async def until(holds: Callable[[], bool]) -> None:
    """Let the event loop run until this holds."""
    async with asyncio.timeout(_LIMIT):
        while not holds():
            await asyncio.sleep(0.001)


async def settled(stacks: Stacks) -> None:
    """Until no packet has been on the link for a while; for things that must not happen."""
    seen = -1
    while seen != len(stacks.packets):
        seen = len(stacks.packets)
        await asyncio.sleep(0.05)


@dataclass
class Stacks:
    """`a` opens streams to `b`; `link` is what becomes of packets on their way."""

    a: HostStack = field(init=False)
    b: HostStack = field(init=False)
    a_side: Side = field(default_factory=Side)
    b_side: Side = field(default_factory=Side)
    packets: list[Ipv4Packet] = field(default_factory=list)
    link: Change = lambda packet: packet

    async def open(
        self, *, key: bytes | None = None, listener_key: bytes | None = None, gtsm: bool = False
    ) -> None:
        """`b` listens, `a` asks for the stream "s"."""
        keys = {} if listener_key is None else {A: listener_key}
        self.b.command(Listen(local=SERVICE, md5_keys=keys, gtsm=gtsm))
        self.a.command(OpenStream(stream="s", local=A, remote=SERVICE, md5_key=key, gtsm=gtsm))

    async def opened(self, **options: bytes) -> str:
        """The same, and wait until both ends have it; its name at `b`."""
        await self.open(**options)  # type: ignore[arg-type]
        await until(lambda: bool(self.a_side.events and self.b_side.events))
        return self.b_side.accepted

    def carry(self, datagram: bytes) -> None:
        carried = self.link(datagram)
        if carried is not None:
            packet = Ipv4Packet.decode(Reader(carried))
            self.packets.append(packet)
            (self.a if packet.destination == A else self.b).receive(carried)


@asynccontextmanager
async def two_stacks() -> AsyncIterator[Stacks]:
    """Both up; whatever happens, they are closed."""
    stacks = Stacks()
    stacks.a = _stack("a", A, stacks, stacks.a_side.events.append)
    try:
        stacks.b = _stack("b", B, stacks, stacks.b_side.events.append)
        try:
            yield stacks
        finally:
            stacks.b.close()
    finally:
        stacks.a.close()


def _stack(
    name: str, address: IPv4Address, stacks: Stacks, hear: Callable[[StreamInput], None]
) -> HostStack:
    return HostStack(name, {address}, MTU, stacks.carry, hear)
