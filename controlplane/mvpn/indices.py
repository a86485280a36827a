"""Data plane numbers for what has no port: PMSIs, the roots behind them, selective trees.

A root that is gone keeps its number while there are others: should it come back, entries of the
switch that name it are right again. Roots come by routes from other PEs, so a shortage is not a
mistake of ours and must not stop the router.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

FIRST_INDEX: Final = 1024
"""Indices below are the configured interfaces' own."""

_ALL: Final = range(FIRST_INDEX, 0xFFFF)
"""The last number is that of Registers (`fib/model.py`)."""


class IndicesExhausted(Exception):
    """Every number is in use."""


@dataclass(frozen=True, slots=True)
class Place:
    """The PMSI of a VRF, or a root PE behind it."""

    vrf: str
    root: IPv4Address | None = None


class IndexAllocator(Generic[K]):
    """One number for each place, always the same for the same order of asking."""

    def __init__(self, numbers: Iterable[int] = _ALL) -> None:
        self._fresh: Iterator[int] = iter(numbers)
        self._by_place: dict[K, int] = {}
        self._idle: dict[K, int] = {}

    def index_of(self, place: K) -> int:
        """The number of a place that is in use from now on; IndicesExhausted when there is none."""
        index = self._by_place.get(place)
        if index is None:
            index = self._by_place[place] = self._take(place)
        return index

    def release(self, place: K) -> None:
        """Nothing comes in there any more."""
        self._idle[place] = self._by_place.pop(place)

    def _take(self, place: K) -> int:
        """Its old number, else a fresh one, else that of who is gone for longest."""
        known = self._idle.pop(place, None)
        number = next(self._fresh, None) if known is None else known
        if number is not None:
            return number
        if not self._idle:
            raise IndicesExhausted
        return self._idle.pop(next(iter(self._idle)))
