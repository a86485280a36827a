"""Time, as engines see it: a number of seconds that the driver passes in."""

from __future__ import annotations

from typing import TypeAlias

Instant: TypeAlias = float
"""Seconds since the driver's own zero; never decreases."""

Duration: TypeAlias = float
"""Seconds."""
