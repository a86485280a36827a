"""A token bucket: how often something may happen, by a clock that is passed in."""

from __future__ import annotations

from controlplane.engine.time import Instant


class TokenBucket:
    """Starts full; `rate` tokens a second come back, up to `burst`."""

    def __init__(self, *, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._at: Instant | None = None

    def take(self, now: Instant) -> bool:
        """Use one token; False when there is none."""
        elapsed = 0.0 if self._at is None else now - self._at
        self._tokens = min(float(self._burst), self._tokens + elapsed * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
