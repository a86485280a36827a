"""The decision process (RFC 4271 9.1.2.2 with RFC 4456 9): which of the paths to a key is best.

What may compete at all: no loop in it, not denied by policy, and a next hop that can be reached
(`Path.is_usable`). In a VRF that a CE tells a prefix, nor does an imported path to it which has
been out of this AS: a hub may have told anew what came from here (RFC 4364 4.3.5), and packets that
follow it would come back. The others are compared by one criterion after the other until one path
is left:

    originated by this router                   it is the route that the router itself uses, and
                                                no other may be told (3.1); no policy of a peer's
                                                routes changes that. Not for VPN routes: those are
                                                of a VRF, whose own decision comes first
    local preference            higher          9.1.1
    length of the AS path       lower           a)
    origin                      lower           b)
    MED                         lower           c), among paths from the same neighbouring AS
    heard from another AS                       d), or own; an imported one is of this AS
    distance to the next hop    lower           e); to the PE of an imported route, 0 if that is us
    router id                   lower           f), of the originator for a reflected route
    length of the cluster list  lower           RFC 4456 9
    address of the peer         lower           g), of the PE for an imported route
    route distinguisher         lower           tells two routes of one PE in one VRF apart

MED is the reason why paths are sorted out in steps, not compared in pairs: in pairs the order in
which they came would matter. Each criterion has words for `show`, which come from the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from controlplane.protocols.bgp.events import PathSource
from controlplane.protocols.bgp.path import ImportedPath, Path
from controlplane.wire.bgp.attributes import Origin

Rank: TypeAlias = tuple[Any, ...]
"""Values of criteria in their order, lower ones better."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """`spoken` puts a value into words, `said` the comparison where values say nothing."""

    name: str
    spoken: Callable[[Any], str] = str
    higher: bool = False
    said: str = ""

    def words(self, value: object, best: object) -> str:
        """Why a path is out that another one beats."""
        if self.said:
            return self.said
        return f"{self.name} {self.spoken(value)} {'<' if self.higher else '>'} {self.spoken(best)}"


def _negated(value: int) -> str:
    return str(-value)


def _origin(value: int) -> str:
    return Origin(value).name.lower()


_LOCAL: Final = Criterion("own", said="not originated by this router")
_EXTERNAL: Final = Criterion("external", said="not heard from another AS")
_PREFERENCE: Final = (
    _LOCAL,
    Criterion("local preference", _negated, higher=True),
    Criterion("AS path length"),
    Criterion("origin", _origin),
)
_MED: Final = Criterion("MED")
_CLOSENESS: Final = (
    _EXTERNAL,
    Criterion("distance to the next hop"),
    Criterion("router id"),
    Criterion("cluster list length"),
    Criterion("address of the peer"),
    Criterion("route distinguisher"),
)

NO_NEXT_HOP: Final = "no route to its next hop"
CAME_BACK: Final = "has been out of this AS, and a CE here tells the prefix itself"


def closeness(path: Path) -> Rank:
    """Behind the MED."""
    said = path.announcement
    return (
        said.source not in (PathSource.EBGP, PathSource.LOCAL),
        path.metric,
        said.router_id,
        len(said.attributes.cluster_list),
        said.address,
        path.origin.rd if isinstance(path, ImportedPath) else (),
    )


def med(path: Path) -> int:
    """RFC 4271 9.1.2.2 c): a missing one is the lowest."""
    return path.announcement.attributes.med or 0


@dataclass(frozen=True, slots=True)
class Decision:
    """`always_compare_med` compares it between paths from different neighbouring ASes too.

    With `own_first` a route that the router originates beats all others. `asn` is the own AS.
    """

    always_compare_med: bool = False
    own_first: bool = True
    asn: int = 0

    def best(self, paths: Iterable[Path]) -> Path | None:
        """The path that wins, None when none may compete."""
        left = [path for path in paths if path.is_usable]
        if len(left) > 1:
            left = self._without_own_echo(left)
        if len(left) < 2:
            return left[0] if left else None
        ranks = [self._preference(path) for path in left]
        best = min(ranks)
        left = [path for path, rank in zip(left, ranks, strict=True) if rank == best]
        if len(left) > 1:
            left = self._lowest_med(left)
        return min(left, key=closeness) if len(left) > 1 else left[0]

    def backup(self, paths: Sequence[Path], best: Path | None) -> Path | None:
        """What wins when the best one's next hop is gone."""
        if best is None or len(paths) < 2:
            return None
        via = best.via
        return self.best([path for path in paths if path.via != via])

    def reasons(self, paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
        """Every path that has not won, with why not."""
        left: list[Path] = []
        for path in paths:
            if path.is_usable:
                left.append(path)
            else:
                yield path, path.announcement.excluded or NO_NEXT_HOP
        told = self._without_own_echo(left)
        yield from ((path, CAME_BACK) for path in left if path not in told)
        left, lost = _sorted_out(told, _PREFERENCE, self._preference)
        yield from lost
        by_med = self._lowest_med(left)
        for path in left:
            if path not in by_med:
                yield path, _MED.words(med(path), self._lowest(path, left))
        yield from _sorted_out(by_med, _CLOSENESS, closeness)[1]

    def _without_own_echo(self, paths: list[Path]) -> list[Path]:
        """Where a CE is among those who tell of the prefix, without what came back."""
        if all(path.announcement.source is not PathSource.EBGP for path in paths):
            return paths
        return [path for path in paths if not self._has_been_out(path)]

    def _has_been_out(self, path: Path) -> bool:
        return isinstance(path, ImportedPath) and bool(
            path.announcement.attributes.as_path.count(self.asn)
        )

    def _preference(self, path: Path) -> Rank:
        """Up to the MED."""
        said = path.announcement
        is_beaten = self.own_first and said.source is not PathSource.LOCAL
        return (is_beaten, -said.local_pref, said.as_length, said.attributes.origin)

    def _lowest_med(self, paths: list[Path]) -> list[Path]:
        return [path for path in paths if med(path) == self._lowest(path, paths)]

    def _lowest(self, path: Path, among: list[Path]) -> int:
        """The lowest MED among those that a path's may be compared with."""
        if self.always_compare_med:
            return min(map(med, among))
        neighbor = path.announcement.neighbor_as
        return min(med(other) for other in among if other.announcement.neighbor_as == neighbor)


def _sorted_out(
    paths: list[Path], criteria: Sequence[Criterion], rank: Callable[[Path], Rank]
) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Those that are best by all criteria, and the others with what beat them."""
    lost: list[tuple[Path, str]] = []
    for at, criterion in enumerate(criteria):
        best = min((rank(path)[at] for path in paths), default=None)
        worse = [path for path in paths if rank(path)[at] != best]
        lost += [(path, criterion.words(rank(path)[at], best)) for path in worse]
        paths = [path for path in paths if path not in worse]
    return paths, lost
