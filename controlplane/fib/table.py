"""Entries by key, and their set as a value that is cheap to take again after a few changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Hashable)


class Members(Generic[V]):
    """A set as a value.

    Sets keep the hashes of their members when they are copied or joined: a snapshot of 10,000
    routes of which one changed hashes that one.
    """

    def __init__(self) -> None:
        self._snapshot: frozenset[V] = frozenset()
        self._gone: set[V] = set()
        self._new: set[V] = set()

    def exchange(self, old: V | None, new: V | None) -> None:
        """One member takes the place of another, either of which may be none."""
        if old != new:
            _move(old, self._new, self._gone)
            _move(new, self._gone, self._new)

    def snapshot(self) -> frozenset[V]:
        """All members; the same object while nothing changes."""
        if self._gone:
            self._snapshot -= self._gone
            self._gone = set()
        if self._new:
            self._snapshot |= self._new
            self._new = set()
        return self._snapshot


class Table(Generic[K, V]):
    """Values hold their key, so no two keys have equal values."""

    def __init__(self) -> None:
        self._by_key: dict[K, V] = {}
        self._members: Members[V] = Members()

    def get(self, key: K) -> V | None:
        return self._by_key.get(key)

    def put(self, key: K, value: V | None) -> None:
        """Set the entry of a key, or take it out."""
        self._members.exchange(_put(self._by_key, key, value), value)

    def snapshot(self) -> frozenset[V]:
        """All entries; the same object while nothing changes."""
        return self._members.snapshot()


class VrfTable(Generic[K, V]):
    """Entries by VRF and key: a VRF has thousands, so none of them pays for its name."""

    def __init__(self) -> None:
        self._by_vrf: defaultdict[str, dict[K, V]] = defaultdict(dict)
        self._members: Members[V] = Members()

    def get(self, vrf: str, key: K) -> V | None:
        return self._by_vrf[vrf].get(key)

    def put(self, vrf: str, key: K, value: V | None) -> None:
        """Set the entry of a key, or take it out."""
        self._members.exchange(_put(self._by_vrf[vrf], key, value), value)

    def snapshot(self) -> frozenset[V]:
        """All entries; the same object while nothing changes."""
        return self._members.snapshot()


def _put(values: dict[K, V], key: K, value: V | None) -> V | None:
    """Returns what was there; an equal value stays."""
    if value is None:
        return values.pop(key, None)
    old = values.get(key)
    if old != value:
        values[key] = value
    return old


def _move(value: V | None, back: set[V], into: set[V]) -> None:
    """Note a change, unless it takes one back that no snapshot has seen."""
    if value in back:
        back.remove(value)
    elif value is not None:
        into.add(value)
