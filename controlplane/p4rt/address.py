"""Where to find a switch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SwitchAddress:
    """Where a switch serves P4Runtime, as gRPC writes it, and the id that it has there."""

    address: str
    device_id: int
