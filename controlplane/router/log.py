"""What the engines of a router have told: the newest notices, for whoever asks why."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from controlplane.engine.notice import TimedNotice
from controlplane.engine.time import Instant
from controlplane.router.events import Noticed

_KEPT: Final = 200
"""Of each engine of each VRF: one that has much to tell does not hide what others told."""


class Log:
    """Of one router, by VRF and engine."""

    def __init__(self) -> None:
        self._logged: dict[tuple[str, str], deque[TimedNotice]] = {}

    def add(self, told: Noticed, now: Instant) -> None:
        """Keep a notice, in the place of the oldest one when there are many."""
        kept = self._logged.setdefault((told.vrf, told.engine), deque(maxlen=_KEPT))
        kept.append(TimedNotice(now, told.notice))

    def of(self, vrf: str, engine: str) -> Sequence[TimedNotice]:
        """The newest last."""
        return tuple(self._logged.get((vrf, engine), ()))
