"""Names of OSPF's timers: those of RFC 2328 9 and 10, and what the engine paces by itself."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from controlplane.protocols.ospf.lsdb import Scope
from controlplane.protocols.ospf.neighbor import NeighborKey
from controlplane.wire.ospf.lsa import LsaKey


class HelloTimer(NamedTuple):
    """RFC 2328 9: the next Hello on an interface."""

    interface: str
    name: str = "hello"


class WaitTimer(NamedTuple):
    """RFC 2328 9: the end of the state Waiting."""

    interface: str
    name: str = "wait"


class FloodTimer(NamedTuple):
    """The next Link State Update with what waits to be flooded out of an interface."""

    interface: str
    name: str = "flood"


class DelayedAckTimer(NamedTuple):
    """RFC 2328 13.5: delayed acknowledgments are due."""

    interface: str
    name: str = "delayed ack"


class InactivityTimer(NamedTuple):
    """RFC 2328 10: no Hello of a neighbour for RouterDeadInterval."""

    interface: str
    neighbor: NeighborKey
    name: str = "inactivity"


class ExchangeTimer(NamedTuple):
    """RxmtInterval of Database Description packets; as slave, when the last one is freed."""

    interface: str
    neighbor: NeighborKey
    name: str = "exchange"


class RequestTimer(NamedTuple):
    """RxmtInterval of Link State Request packets."""

    interface: str
    neighbor: NeighborKey
    name: str = "request"


class RetransmissionTimer(NamedTuple):
    """RxmtInterval of LSAs on the retransmission list of a neighbour."""

    interface: str
    neighbor: NeighborKey
    name: str = "retransmission"


class AgeTimer(NamedTuple):
    """An LSA of some database may have reached MaxAge."""

    name: str = "age"


class OriginationTimer(NamedTuple):
    """An own LSA may be originated again (MinLSInterval), or has to be (LSRefreshTime)."""

    scope: Scope
    key: LsaKey
    name: str = "origination"


class SpfTimer(NamedTuple):
    """Routes are to be calculated."""

    name: str = "spf"


OspfTimer: TypeAlias = (
    HelloTimer
    | WaitTimer
    | FloodTimer
    | DelayedAckTimer
    | InactivityTimer
    | ExchangeTimer
    | RequestTimer
    | RetransmissionTimer
    | AgeTimer
    | OriginationTimer
    | SpfTimer
)
