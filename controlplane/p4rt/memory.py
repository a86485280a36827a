"""A switch in this process, kept in the desired state: what the simulator's routers write to.

The program, the plans and the messages are those of a switch behind P4Runtime; only the
connection is missing, so nothing waits and nothing fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from finsy.proto import p4r

from controlplane.fib.model import Fib, PacketIn, PacketOut, Submit
from controlplane.net.punt import PuntReason
from controlplane.p4rt.codec import Codec
from controlplane.p4rt.counters import CounterReader, Counters
from controlplane.p4rt.packets import packet_out_header
from controlplane.p4rt.pipeline import load_pipeline
from controlplane.p4rt.programmer import Programmer
from softswitch.p4runtime.packet_io import Punted
from softswitch.p4runtime.status import P4RuntimeError
from softswitch.switch import Copies, Switch

Sent: TypeAlias = tuple[list[tuple[int, bytes]], list[PacketIn]]
"""The copies that leave, with their ports, and the punted ones."""


class NoTarget(Exception):
    """The program cannot be run on this machine; the text says why."""


class MemoryTarget:
    """The embedded target with our program in it; NoTarget where there is no C compiler."""

    def __init__(self) -> None:
        pipeline = load_pipeline()
        self._switch = Switch()
        try:
            self._switch.set_pipeline(pipeline.p4info, pipeline.device_config)
        except P4RuntimeError as error:
            raise NoTarget(error.message) from None
        self._programmer = Programmer()
        self._codec = Codec(pipeline)
        self._counters = CounterReader(pipeline)
        self._fib = Fib()

    def close(self) -> None:
        """Free the switch."""
        self._switch.close()

    def set_fib(self, fib: Fib) -> None:
        """Bring the switch to this state."""
        self._fib = fib
        for batch in self._programmer.program(fib):
            self._switch.write(self._codec.updates(batch))
            self._programmer.written(batch)

    def process(self, port: int, frame: bytes, now_us: int) -> Sent:
        """A frame arrives on a port."""
        return _sent(self._switch.run(port, frame, now_us))

    def send(self, packet: PacketOut | Submit, now_us: int) -> Sent:
        """The router sends a packet."""
        return _sent(self._switch.inject(packet_out_header(packet), packet.frame, now_us))

    def read_counters(self) -> Counters:
        """What the switch has counted since it was made."""
        return self._collect(self._counters.requests(self._programmer.installed))

    def read_routes(self) -> Counters:
        """What routes have counted, and nothing else: what a router asks for again and again."""
        return self._collect(self._counters.route_requests())

    def _collect(self, requests: Sequence[p4r.Entity]) -> Counters:
        return self._counters.collect(self._switch.read(requests), self._fib.tail_tables)


def _sent(result: tuple[Copies, list[Punted]]) -> Sent:
    """Of what is punted, the header's values are those of `packet_in_t`, in its order."""
    copies, punted = result
    return copies, [
        PacketIn(port, interface, PuntReason(reason), frame, excess)
        for (port, interface, reason, excess), frame in punted
    ]
