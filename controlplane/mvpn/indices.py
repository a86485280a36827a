"""Data plane numbers for interfaces that have no port: PMSIs, and the roots behind them."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import count
from typing import Final

FIRST_INDEX: Final = 1024
"""Indices below are the configured interfaces' own."""

_LIMIT: Final = 1 << 16


class IndexAllocator:
    """One number for each key, always the same for the same order of asking."""

    def __init__(self) -> None:
        self._by_key: dict[Hashable, int] = {}
        self._free = count(FIRST_INDEX)

    def index_of(self, key: Hashable) -> int:
        if key not in self._by_key:
            index = next(self._free)
            assert index < _LIMIT, "more PMSIs and root PEs than the data plane has numbers for"
            self._by_key[key] = index
        return self._by_key[key]
