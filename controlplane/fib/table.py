"""Entries by key, and their set as a value that is cheap to take again after a few changes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Hashable)


class Table(Generic[K, V]):
    """Values hold their key, so no two keys have equal values.

    Copying a set to a frozenset keeps the hashes of its members: a snapshot of 10,000 routes of
    which one changed hashes that one.
    """

    def __init__(self) -> None:
        self._by_key: dict[K, V] = {}
        self._values: set[V] = set()
        self._snapshot: frozenset[V] | None = None

    def put(self, key: K, value: V | None) -> None:
        """Set the entry of a key, or take it out."""
        old = self._by_key.pop(key, None)
        if value is not None:
            self._by_key[key] = value
        if old != value:
            self._exchange(old, value)

    def snapshot(self) -> frozenset[V]:
        """All entries; the same object while nothing changes."""
        if self._snapshot is None:
            self._snapshot = frozenset(self._values)
        return self._snapshot

    def _exchange(self, old: V | None, new: V | None) -> None:
        self._snapshot = None
        if old is not None:
            self._values.remove(old)
        if new is not None:
            self._values.add(new)
