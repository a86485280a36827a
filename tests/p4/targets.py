"""What the vectors run on: the embedded target, and BMv2 where it is installed."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from controlplane.fib.model import Fib, PacketIn, PacketOut, Submit
from controlplane.p4rt.counters import Count, Counters
from controlplane.p4rt.drops import DropReason
from controlplane.p4rt.memory import MemoryTarget


class Outcome(NamedTuple):
    """The copies that left, in no order, and what the CPU got."""

    copies: frozenset[tuple[int, bytes]]
    punted: tuple[PacketIn, ...] = ()


NOTHING = Outcome(frozenset())


def outcome(copies: list[tuple[int, bytes]], punted: list[PacketIn]) -> Outcome:
    unique = frozenset(copies)
    assert len(unique) == len(copies), "a copy left twice"
    return Outcome(unique, tuple(punted))


class Target(Protocol):
    def program(self, fib: Fib) -> None:
        """Bring the switch to this state, whatever it was in."""

    def receive(self, port: int, frame: bytes) -> Outcome:
        """What becomes of a frame that arrives."""

    def send(self, packet: PacketOut | Submit) -> Outcome:
        """What becomes of a packet of the CPU's."""

    def counters(self) -> Counters:
        """What was counted up to now."""


class Softswitch:
    """The embedded target, in process."""

    def __init__(self) -> None:
        self._target = MemoryTarget()

    def close(self) -> None:
        self._target.close()

    def program(self, fib: Fib) -> None:
        self._target.set_fib(fib)

    def receive(self, port: int, frame: bytes) -> Outcome:
        return outcome(*self._target.process(port, frame, 0))

    def send(self, packet: PacketOut | Submit) -> Outcome:
        return outcome(*self._target.send(packet, 0))

    def counters(self) -> Counters:
        return self._target.read_counters()


def new_drops(target: Target, before: Counters) -> dict[DropReason, int]:
    """The packets that were dropped since, by reason."""
    return {
        reason: count.packets - before.dropped.get(reason, Count()).packets
        for reason, count in target.counters().dropped.items()
        if count != before.dropped.get(reason)
    }
