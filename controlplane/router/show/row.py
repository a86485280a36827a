"""Rows of `show`: what JSON can say, and how times are rounded for it."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.engine.time import Duration

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Row: TypeAlias = dict[str, Json]


def seconds(duration: Duration | None) -> float | None:
    """To the millisecond: finer is noise."""
    return None if duration is None else round(duration, 3)


def text(address: IPv4Address | None) -> str | None:
    return None if address is None else str(address)
