"""Originating LSAs (RFC 2328 12.4): what is wanted becomes what is in the database, and flooded.

Others say what this router's LSAs shall be (`want`); here that is brought about within the RFC's
rules: a new instance only when the contents differ, not within MinLSInterval of the last one, each
LSRefreshTime in any case, with a sequence number above all that is in the database (13.4), and
what is not wanted any more is flushed (14.1). The sequence number wraps by flushing the last one
first: once the neighbours have acknowledged that and it is purged, a first one follows (12.1.6).

A router that starts waits a moment before it originates its router-LSA for the first time. Its
links become adjacencies within some milliseconds of each other; an LSA that it originated at once
would have none of them, or some, and the next one may only follow when MinLSInterval is over.

One timer runs for all intervals: while an LSA is as it shall be it is the refresh, and when it has
to change it is the end of MinLSInterval, or of that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.ospf.ageing import ScopedKey
from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.flooding import Flooding, words_of
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import OspfInterface
from controlplane.protocols.ospf.lsdb import Lsdb, Scope, Stored
from controlplane.protocols.ospf.neighbor import Neighbor
from controlplane.protocols.ospf.notices import ContestedRouterId, SequenceNumberWraps
from controlplane.protocols.ospf.originations import Wanted
from controlplane.protocols.ospf.timers import OriginationTimer
from controlplane.wire.ospf.lsa import (
    INITIAL_SEQUENCE_NUMBER,
    MAX_AGE,
    MAX_SEQUENCE_NUMBER,
    Lsa,
    LsaKey,
    LsType,
)

LS_REFRESH_TIME: Final[Duration] = 1800.0

_FIRST_WAIT: Final[Duration] = 0.05

_CONTESTED_AFTER: Final = 3
_CONTEST_TIME: Final[Duration] = 60.0
"""An own router-LSA may come back newer after a restart, once or twice. When that happens more
often, never with so long a pause, another router has this router's id."""


class Origin(Enum):
    """Who wants an LSA; each says all that it wants of a scope at a time."""

    ROUTER = auto()
    NETWORKS = auto()
    ROUTES = auto()
    TRAFFIC_ENGINEERING = auto()


@dataclass(slots=True)
class Contest:
    """How often an own LSA has come back newer, and when last; by whom it came first."""

    interface: str
    neighbor: IPv4Address
    times: int = 0
    last: Instant = 0.0


WantedLsas: TypeAlias = Mapping[LsaKey, Wanted]


class Originations:
    def __init__(self, instance: OspfInstance, flooding: Flooding) -> None:
        self._instance = instance
        self._flooding = flooding
        self._wanted: dict[tuple[Scope, Origin], WantedLsas] = {}
        self._originated: dict[ScopedKey, Instant] = {}
        self._contested: dict[ScopedKey, Contest] = {}

    def want(self, scope: Scope, origin: Origin, lsas: WantedLsas, now: Instant) -> None:
        """These, and no others, are an origin's LSAs of a scope from now on."""
        before = self._wanted.get((scope, origin), {})
        if before == lsas:
            return
        self._wanted[(scope, origin)] = lsas
        for key in before:
            if key not in lsas and self._find(scope, key) is None:
                self._withdraw(scope, key, now)
        for key, wanted in lsas.items():
            if before.get(key) != wanted:
                self._originate_soon(scope, key, now)

    def expire(self, scope: Scope, key: LsaKey, now: Instant) -> None:
        """MinLSInterval or LSRefreshTime is over."""
        self._settle_contest(scope, key, now)
        self._originate(scope, key, now)

    def purged(self, scoped: Iterable[ScopedKey], now: Instant) -> None:
        """LSAs of MaxAge are gone everywhere: own ones that were to wrap begin anew."""
        for scope, key in scoped:
            if self._find(scope, key) is not None:
                self._originate_soon(scope, key, now)
            elif self._earliest(scope, key, now) <= now:
                self._originated.pop((scope, key), None)

    def received(
        self,
        lsdb: Lsdb,
        stored: Stored,
        interface: OspfInterface,
        neighbor: Neighbor,
        now: Instant,
    ) -> None:
        """RFC 2328 13.4: an own LSA that is newer than the one that we originated last."""
        scope = lsdb.scope
        if self._find(scope, stored.key) is None:
            self._flush(lsdb, stored, now)
            return
        self._note_contest(scope, stored, interface, neighbor, now)
        self._originate_soon(scope, stored.key, now)

    def forget(self, scope: Scope) -> None:
        """A link is gone, and the LSAs that were for it alone."""
        for wanted_scope, origin in tuple(self._wanted):
            if wanted_scope == scope:
                for key in self._wanted.pop((scope, origin)):
                    self._instance.timers.cancel(OriginationTimer(scope, key))

    def _find(self, scope: Scope, key: LsaKey) -> Wanted | None:
        return next(self._all_wanted(scope, key), None)

    def _all_wanted(self, scope: Scope, key: LsaKey) -> Iterator[Wanted]:
        for origin in Origin:
            lsas = self._wanted.get((scope, origin))
            if lsas is not None and (wanted := lsas.get(key)) is not None:
                yield wanted

    def _originate_soon(self, scope: Scope, key: LsaKey, now: Instant) -> None:
        """RFC 2328 12.4: "two instances of the same LSA may not be originated within the time
        period MinLSInterval"."""
        timer, earliest = OriginationTimer(scope, key), self._earliest(scope, key, now)
        if now < earliest:
            self._instance.timers.set(timer, earliest)
        elif key.ls_type != LsType.ROUTER or (scope, key) in self._originated:
            self._originate(scope, key, now)
        elif self._instance.timers.deadline(timer) is None:
            self._instance.timers.set(timer, now + _FIRST_WAIT)

    def _earliest(self, scope: Scope, key: LsaKey, now: Instant) -> Instant:
        last = self._originated.get((scope, key))
        return now if last is None else last + self._instance.config.min_ls_interval

    def _originate(self, scope: Scope, key: LsaKey, now: Instant) -> None:
        wanted, lsdb = self._find(scope, key), self._instance.database_of(scope)
        if wanted is None or lsdb is None:
            return
        stored = lsdb.get(key)
        if stored is not None and stored.lsa.header.sequence_number == MAX_SEQUENCE_NUMBER:
            self._wrap(lsdb, stored, now)
            return
        last = stored.lsa.header.sequence_number if stored else INITIAL_SEQUENCE_NUMBER - 1
        lsa = Lsa.make(
            options=wanted.options,
            ls_type=LsType(key.ls_type),
            link_state_id=key.link_state_id,
            advertising_router=key.advertising_router,
            sequence_number=last + 1,
            body=wanted.body,
        )
        self._instance.counters[Count.LSA_ORIGINATED] += 1
        self._originated[(scope, key)] = now
        self._instance.timers.set(OriginationTimer(scope, key), now + LS_REFRESH_TIME)
        self._flooding.originate(lsdb, lsa, now)

    def _wrap(self, lsdb: Lsdb, stored: Stored, now: Instant) -> None:
        """RFC 2328 12.1.6: "the current instance of the LSA must first be flushed"; `purged` goes
        on when it is."""
        if not stored.is_max_age:
            notice = SequenceNumberWraps(lsdb.scope.area, words_of(stored.lsa))
            self._instance.outputs.append(notice)
            self._flush(lsdb, stored, now)

    def _withdraw(self, scope: Scope, key: LsaKey, now: Instant) -> None:
        self._instance.timers.cancel(OriginationTimer(scope, key))
        lsdb = self._instance.database_of(scope)
        if lsdb is not None and (stored := lsdb.get(key)) is not None:
            self._flush(lsdb, stored, now)

    def _flush(self, lsdb: Lsdb, stored: Stored, now: Instant) -> None:
        """RFC 2328 14.1: premature aging."""
        if not stored.is_max_age:
            self._instance.counters[Count.LSA_FLUSHED] += 1
            self._flooding.originate(lsdb, stored.lsa.with_age(MAX_AGE), now)

    def _note_contest(
        self,
        scope: Scope,
        stored: Stored,
        interface: OspfInterface,
        neighbor: Neighbor,
        now: Instant,
    ) -> None:
        if stored.key.ls_type != LsType.ROUTER:
            return
        scoped = (scope, stored.key)
        contest = self._contested.setdefault(scoped, Contest(interface.name, neighbor.address))
        contest.times = contest.times + 1 if now - contest.last <= _CONTEST_TIME else 1
        contest.last = now
        if contest.times == _CONTESTED_AFTER:
            reason = f"another router of the area has the router id {self._instance.router_id}"
            trouble = ContestedRouterId(contest.interface, contest.neighbor, reason)
            self._instance.complain(trouble, now)

    def _settle_contest(self, scope: Scope, key: LsaKey, now: Instant) -> None:
        contest = self._contested.get((scope, key))
        if contest is not None and now - contest.last > _CONTEST_TIME:
            del self._contested[(scope, key)]
            self._instance.settled(contest.interface, contest.neighbor, ContestedRouterId)
