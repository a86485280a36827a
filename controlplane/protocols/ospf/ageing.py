"""Ageing the link state databases (RFC 2328 14), and what becomes of LSAs of MaxAge.

Each LSA that was installed has one entry in a heap: when it will be MaxAge. An LSA that is replaced
in time leaves its entry where it is; when that comes up it is put back by the age of the instance
that is there then. So an LSA costs the heap something once in an hour, not at each refresh.

An LSA of MaxAge "must be removed immediately from the router's link state database as soon as both
a) it is no longer contained on any neighbor Link state retransmission lists and b) none of the
router's neighbors are in states Exchange or Loading": it waits in `_flushing` for that.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count
from typing import Final, TypeAlias

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.lsdb import OPAQUE_TYPES, Lsdb, Scope, Stored
from controlplane.protocols.ospf.newer import same_contents
from controlplane.protocols.ospf.timers import AgeTimer
from controlplane.wire.ospf.lsa import MAX_AGE, Lsa, LsaKey

ScopedKey: TypeAlias = tuple[Scope, LsaKey]

_AGE_TIMER: Final = AgeTimer()


class Ageing:
    def __init__(self, instance: OspfInstance) -> None:
        self._instance = instance
        self._heap: list[tuple[Instant, int, Lsdb, LsaKey]] = []
        self._flushing: dict[Stored, Lsdb] = {}
        self._order = count()

    def install(self, lsdb: Lsdb, lsa: Lsa, now: Instant, *, flooded: bool) -> Stored:
        """RFC 2328 13.2: store an instance, and note when routes may hang on the difference."""
        old = lsdb.get(lsa.key)
        stored = lsdb.install(lsa, now, flooded=flooded)
        if lsa.header.ls_type not in OPAQUE_TYPES and _differs(old, lsa):
            self._instance.changed[(lsdb.scope.area, stored.key)] = None
        if old is not None:
            self._flushing.pop(old, None)
        if stored.is_max_age:
            self._flushing[stored] = lsdb
        else:
            self._expect(lsdb, stored.key, stored.expires)
        return stored

    def aged_out(self, now: Instant) -> Iterator[tuple[Lsdb, Stored]]:
        """The LSAs that have reached MaxAge by themselves."""
        while self._heap and self._heap[0][0] <= now:
            _, _, lsdb, key = heapq.heappop(self._heap)
            lsdb.ageing.discard(key)
            if (stored := lsdb.get(key)) is None or stored.is_max_age:
                continue
            if stored.expires <= now:
                yield lsdb, stored
            else:
                self._expect(lsdb, key, stored.expires)
        self._set_timer()

    def purge(self) -> list[ScopedKey]:
        """Remove the LSAs of MaxAge that nobody has to hear of any more."""
        if not self._flushing or any(n.is_exchanging for n in self._instance.neighbors()):
            return []
        done = [(s, lsdb) for s, lsdb in self._flushing.items() if not s.unacknowledged]
        for stored, lsdb in done:
            del self._flushing[stored]
            lsdb.remove(stored.key)
        return [(lsdb.scope, stored.key) for stored, lsdb in done]

    def forget(self, lsdb: Lsdb) -> None:
        """The database of a link is gone."""
        self._flushing = {s: other for s, other in self._flushing.items() if other is not lsdb}
        lsdb.clear()

    def _expect(self, lsdb: Lsdb, key: LsaKey, at: Instant) -> None:
        if key in lsdb.ageing:
            return
        lsdb.ageing.add(key)
        heapq.heappush(self._heap, (at, next(self._order), lsdb, key))
        if self._heap[0][0] == at:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._heap:
            self._instance.timers.set(_AGE_TIMER, self._heap[0][0])


def _differs(old: Stored | None, lsa: Lsa) -> bool:
    """Whether the routes may be others; an LSA of MaxAge is as good as none."""
    if old is None or old.is_max_age:
        return lsa.header.age < MAX_AGE
    return not same_contents(old.lsa, lsa)
