"""The link state database of one scope (RFC 2328 12.2): a link, an area, or the whole AS.

What an LSA is flooded through is what it is stored for (RFC 5250 3): type 9 a link, types 1 to 4, 7
and 10 an area, types 5 and 11 the AS. The age of an LSA is not kept but worked out: a database of
thousands of LSAs costs nothing while time passes.

An LSA that reached MaxAge is still here until all neighbours have acknowledged that (RFC 2328 14),
but "LSAs having age MaxAge are not used in the routing table calculation": `of_type` and `usable`
leave it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.events import AreaId
from controlplane.wire.ospf.lsa import MAX_AGE, Lsa, LsaHeader, LsaKey, LsType

LINK_TYPES: Final = frozenset({LsType.OPAQUE_LINK})
AS_TYPES: Final = frozenset({LsType.AS_EXTERNAL, LsType.OPAQUE_AS})
OPAQUE_TYPES: Final = frozenset({LsType.OPAQUE_LINK, LsType.OPAQUE_AREA, LsType.OPAQUE_AS})


class Scope(NamedTuple):
    """How far LSAs go: over a link of an area, through an area, or (neither) through the AS."""

    area: AreaId | None = None
    interface: str | None = None


AS_SCOPE: Final = Scope()


@dataclass(slots=True, eq=False)
class Stored:
    """An instance of an LSA in a database.

    It had the age in its header `at` that instant. `flooded` tells that it came from a neighbour;
    `unacknowledged` on how many retransmission lists it is. `sent` is when it left last.
    """

    lsa: Lsa
    at: Instant
    flooded: bool = False
    unacknowledged: int = 0
    sent: Instant | None = None
    key: LsaKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = self.lsa.key

    def age(self, now: Instant) -> int:
        """LS age in whole seconds, at most MaxAge (RFC 2328 14)."""
        return min(MAX_AGE, self.lsa.header.age + int(now - self.at))

    @property
    def expires(self) -> Instant:
        """When it reaches MaxAge."""
        return self.at + MAX_AGE - self.lsa.header.age

    @property
    def is_max_age(self) -> bool:
        """Whether it is being flushed; ageing replaces an LSA that got old by one of MaxAge."""
        return self.lsa.header.age >= MAX_AGE

    def header(self, now: Instant) -> LsaHeader:
        """The header as it reads at this instant."""
        return self.lsa.header if now == self.at else self.lsa.with_age(self.age(now)).header


class Lsdb:
    """LSAs by key, and by type; `ageing` are those whose age is being watched (`ageing.py`)."""

    def __init__(self, scope: Scope = AS_SCOPE) -> None:
        self.scope = scope
        self.ageing: set[LsaKey] = set()
        self._stored: dict[LsaKey, Stored] = {}
        self._of_type: dict[int, dict[LsaKey, Stored]] = {}

    def __len__(self) -> int:
        return len(self._stored)

    def get(self, key: LsaKey) -> Stored | None:
        return self._stored.get(key)

    def usable(self, key: LsaKey) -> Lsa | None:
        """The LSA if there is one that the calculation of routes may use."""
        stored = self._stored.get(key)
        return None if stored is None or stored.is_max_age else stored.lsa

    def stored(self) -> Iterator[Stored]:
        """All instances, those of MaxAge included."""
        return iter(self._stored.values())

    def lsas(self) -> Iterator[Lsa]:
        """All LSAs, those of MaxAge included."""
        return (stored.lsa for stored in self._stored.values())

    def of_type(self, ls_type: int) -> Iterator[Lsa]:
        """The LSAs of a type that the calculation of routes may use."""
        of_type = self._of_type.get(ls_type, {})
        return (stored.lsa for stored in of_type.values() if not stored.is_max_age)

    def install(self, lsa: Lsa, now: Instant, *, flooded: bool = False) -> Stored:
        """Store an instance in place of the one that is there."""
        stored = Stored(lsa, now, flooded)
        self._stored[stored.key] = stored
        self._of_type.setdefault(stored.key.ls_type, {})[stored.key] = stored
        return stored

    def clear(self) -> None:
        self._stored.clear()
        self._of_type.clear()

    def remove(self, key: LsaKey) -> None:
        del self._stored[key]
        del self._of_type[key.ls_type][key]
