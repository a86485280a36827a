"""What the parts of one BFD engine share."""

from __future__ import annotations

from collections import Counter
from math import inf
from random import Random

from controlplane.engine.time import Instant
from controlplane.engine.timers import Timers
from controlplane.protocols.bfd.events import BfdOutput
from controlplane.protocols.bfd.session import Session, SessionName
from controlplane.protocols.bfd.timers import BfdTimer


class BfdInstance:
    """`sessions` by name, and by our discriminator.

    `overslept_at` is when the engine was run again, the last time that it had been left alone
    longer than it should be.
    """

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.counters: Counter[str] = Counter()
        self.timers: Timers[BfdTimer] = Timers()
        self.sessions: dict[SessionName, Session] = {}
        self.by_discriminator: dict[int, Session] = {}
        self.outputs: list[BfdOutput] = []
        self.overslept_at: Instant = -inf

    def on_interface(self, interface: str) -> list[Session]:
        """The sessions of an interface, in the order of their making."""
        return [s for s in self.sessions.values() if s.name.interface == interface]
