"""LSAs that describe one destination each (types 3, 4, 5, 7), by destination and by what they need.

RFC 2328 16.5 and 16.6 calculate a destination again from all LSAs that describe it. Which ones to
calculate again when a router's path has changed is the other question that is answered here: those
whose LSAs rely on that router, or on that forwarding address.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from controlplane.wire.ospf.lsa import Lsa, LsaKey

Destination: TypeAlias = int
"""The number of a network (`prefix.py`) or of a router (`graph.py`), by the index."""

Support: TypeAlias = int
"""What an LSA relies on: the vertex of a router, or a forwarding address."""

T = TypeVar("T")


class Reading(NamedTuple, Generic[T]):
    """What an LSA says, of what, and what it relies on."""

    destination: Destination
    says: T
    supports: tuple[Support, ...]


class LsaIndex(Generic[T]):
    """What the LSAs of one type and scope say; `read` gives None for one that is not to be used."""

    def __init__(self, read: Callable[[Lsa], Reading[T] | None]) -> None:
        self._read = read
        self._readings: dict[LsaKey, Reading[T]] = {}
        self._by_destination: dict[Destination, dict[LsaKey, T]] = {}
        self._relying: dict[Support, set[LsaKey]] = {}

    def put(self, key: LsaKey, lsa: Lsa | None) -> set[Destination]:
        """An LSA is now this; returns the destinations that this is about."""
        before = self._readings.pop(key, None)
        after = None if lsa is None else self._read(lsa)
        if before == after and after is not None:
            self._readings[key] = after
            return set()
        if before is not None:
            self._remove(key, before)
        if after is not None:
            self._add(key, after)
        return {reading.destination for reading in (before, after) if reading is not None}

    def of(self, destination: Destination) -> Collection[T]:
        """What LSAs say of a destination."""
        return self._by_destination.get(destination, {}).values()

    def relying_on(self, support: Support) -> set[Destination]:
        """The destinations that an LSA describes which relies on this."""
        return {self._readings[key].destination for key in self._relying.get(support, ())}

    @property
    def destinations(self) -> Iterable[Destination]:
        return self._by_destination.keys()

    def _add(self, key: LsaKey, reading: Reading[T]) -> None:
        self._readings[key] = reading
        self._by_destination.setdefault(reading.destination, {})[key] = reading.says
        for support in reading.supports:
            self._relying.setdefault(support, set()).add(key)

    def _remove(self, key: LsaKey, reading: Reading[T]) -> None:
        said = self._by_destination[reading.destination]
        del said[key]
        if not said:
            del self._by_destination[reading.destination]
        for support in reading.supports:
            self._relying[support].remove(key)
            if not self._relying[support]:
                del self._relying[support]
