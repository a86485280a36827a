"""Playing a test on a target, and holding what left against what the test expects.

As in p4c's own runner, what counts is the frames of each port, in order and in number; the order
between ports does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from finsy.proto import p4i, p4r

from tests.softswitch.exam.stf import Expect, Packet, Statement, Wait
from tests.softswitch.exam.updates import Updates

PACKET_US, WAIT_US = 1_000, 1_000_000

Copies = list[tuple[int, bytes]]


class Target(Protocol):
    """A switch that a program can be loaded into."""

    def load(self, info: p4i.P4Info, config: bytes) -> None: ...
    def write(self, updates: Sequence[p4r.Update]) -> None: ...
    def process(self, port: int, frame: bytes, now_us: int) -> Copies: ...
    def late(self, count: int) -> Copies: ...


def play(
    target: Target, info: p4i.P4Info, config: bytes, statements: Sequence[Statement]
) -> str | None:
    """None if everything came as expected, or what was different."""
    target.load(info, config)
    updates, now, left = Updates(info), 0, Copies()
    for statement in statements:
        match statement:
            case Packet(port, frame):
                now += PACKET_US
                left += target.process(port, frame, now)
            case Wait():
                now += WAIT_US
            case _:
                target.write(updates.of(statement))
    expected = [item for item in statements if isinstance(item, Expect)]
    left += target.late(len(expected) - len(left))
    return difference(expected, left)


def difference(expected: Sequence[Expect], left: Copies) -> str | None:
    """The first port on which something else left than was expected."""
    ports: dict[int, tuple[list[Expect], list[bytes]]] = defaultdict(lambda: ([], []))
    for expect in expected:
        ports[expect.port][0].append(expect)
    for port, frame in left:
        ports[port][1].append(frame)
    for port, (wanted, frames) in sorted(ports.items()):
        if len(wanted) != len(frames):
            return f"port {port}: {len(frames)} frames instead of {len(wanted)}"
        for expect, frame in zip(wanted, frames, strict=True):
            if not expect.matches(frame):
                return f"port {port}: {frame.hex()} instead of {expect.pattern}"
    return None
