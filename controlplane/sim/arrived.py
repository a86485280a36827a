"""A frame at a switch that hands control packets over directly, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from controlplane.fib.model import PacketIn
from controlplane.net.punt import PuntReason
from controlplane.p4rt.memory import Sent
from controlplane.sim.headers import Headers
from controlplane.wire.mpls import ENTRY_LENGTH


@dataclass(frozen=True, slots=True)
class Arrived:
    """A frame and what it came in on; a submitted one pays no TTL."""

    headers: Headers
    interface: int
    vrf: int
    submitted: bool = False

    def punt(self, reason: PuntReason, interface: int | None = None) -> Sent:
        """To the router, in the name of another interface where one is given."""
        index = self.interface if interface is None else interface
        return [], [PacketIn(self.headers.port, index, reason, self.headers.frame)]

    def popped(self) -> Arrived:
        """Behind its one label."""
        inner = self.headers.at + ENTRY_LENGTH
        return replace(self, headers=replace(self.headers, at=inner))

    @property
    def cost(self) -> int:
        """The TTL that this hop costs."""
        return 0 if self.submitted else 1


def nothing() -> Sent:
    """Dropped."""
    return [], []
