"""Entries by key, and their set as a value that is cheap to take again after a few changes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Hashable)


class Table(Generic[K, V]):
    """Values hold their key, so no two keys have equal values.

    Sets keep the hashes of their members when they are copied or joined: a snapshot of 10,000
    routes of which one changed hashes that one.
    """

    def __init__(self) -> None:
        self._by_key: dict[K, V] = {}
        self._snapshot: frozenset[V] = frozenset()
        self._gone: set[V] = set()
        self._new: set[V] = set()

    def get(self, key: K) -> V | None:
        return self._by_key.get(key)

    def put(self, key: K, value: V | None) -> None:
        """Set the entry of a key, or take it out."""
        old = self._by_key.get(key)
        if old == value:
            return
        if value is not None:
            self._by_key[key] = value
        else:
            del self._by_key[key]
        _move(old, self._new, self._gone)
        _move(value, self._gone, self._new)

    def snapshot(self) -> frozenset[V]:
        """All entries; the same object while nothing changes."""
        if self._gone:
            self._snapshot -= self._gone
            self._gone = set()
        if self._new:
            self._snapshot |= self._new
            self._new = set()
        return self._snapshot


def _move(value: V | None, back: set[V], into: set[V]) -> None:
    """Note a change, unless it takes one back that no snapshot has seen."""
    if value in back:
        back.remove(value)
    elif value is not None:
        into.add(value)
