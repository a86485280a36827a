"""What OSPF tells an operator."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.notice import Notice
from controlplane.engine.time import Duration
from controlplane.protocols.ospf.calculation import AreaRun
from controlplane.protocols.ospf.dr import NOBODY
from controlplane.protocols.ospf.events import AreaId


@dataclass(frozen=True, slots=True)
class NeighborFull(Notice):
    """The databases of the two are in step: the link is used from now on."""

    interface: str
    neighbor: IPv4Address

    def words(self) -> str:
        return f"neighbor {self.neighbor} on {self.interface} is fully adjacent"


@dataclass(frozen=True, slots=True)
class NeighborDown(Notice):
    """`reason` is why a neighbour is lost that was bidirectional."""

    interface: str
    neighbor: IPv4Address
    reason: str

    def words(self) -> str:
        return f"neighbor {self.neighbor} down on {self.interface}: {self.reason}"


@dataclass(frozen=True, slots=True)
class AdjacencyRestarted(Notice):
    """The neighbour is there, and the two begin with the database exchange anew."""

    interface: str
    neighbor: IPv4Address
    reason: str

    def words(self) -> str:
        return f"exchange with {self.neighbor} on {self.interface} starts anew: {self.reason}"


@dataclass(frozen=True, slots=True)
class DrElected(Notice):
    interface: str
    dr: IPv4Address
    bdr: IPv4Address

    def words(self) -> str:
        backup = "none" if self.bdr == NOBODY else str(self.bdr)
        return f"designated router of {self.interface} is {self.dr}, backup {backup}"


@dataclass(frozen=True, slots=True)
class RoutesCalculated(Notice):
    """One calculation of routes; `runs` are those of the areas that it took part in.

    It was made `waited` after the first change that it is about was seen.
    """

    runs: tuple[AreaRun, ...]
    changed: int
    withdrawn: int
    waited: Duration

    def words(self) -> str:
        runs = ", ".join(map(_run, self.runs)) or "no area"
        return f"SPF ({runs}): {self.changed} routes changed, {self.withdrawn} withdrawn"


def _run(run: AreaRun) -> str:
    kind = "full" if run.full else "incremental"
    return f"area {run.area} {kind}, {run.vertices} vertices"


@dataclass(frozen=True, slots=True)
class SequenceNumberWraps(Notice):
    area: AreaId | None
    lsa: str

    def words(self) -> str:
        return f"{self.lsa} is at the last sequence number: flushed first, then originated anew"


@dataclass(frozen=True, slots=True)
class Trouble(Notice):
    """What keeps routers apart, told once for each cause; `show` lists those that last."""

    interface: str
    source: IPv4Address
    reason: str

    def words(self) -> str:
        return f"{self.source} on {self.interface}: {self.reason}"


@dataclass(frozen=True, slots=True)
class PacketRefused(Trouble):
    """RFC 2328 8.2: area, authentication, or a malformed packet."""


@dataclass(frozen=True, slots=True)
class HelloRefused(Trouble):
    """RFC 2328 10.5: what must be the same at both ends is not."""


@dataclass(frozen=True, slots=True)
class DuplicateRouterId(Trouble):
    """A neighbour has the router id of this router."""


@dataclass(frozen=True, slots=True)
class ContestedRouterId(Trouble):
    """Somewhere in the area another router originates our router-LSA."""


@dataclass(frozen=True, slots=True)
class OneWay(Trouble):
    """The neighbour is heard, and does not hear us."""


@dataclass(frozen=True, slots=True)
class MtuMismatch(Trouble):
    """RFC 2328 10.6: the neighbour may send what is too large to be received here."""


@dataclass(frozen=True, slots=True)
class NoAnswer(Trouble):
    """Database Descriptions or LSAs are repeated and the neighbour does not answer them."""


@dataclass(frozen=True, slots=True)
class LsaRefused(Trouble):
    """RFC 2328 13 (1), (2): an LSA that was damaged, or makes no sense."""
