"""The neighbour data structure (RFC 2328 10), and whether to become adjacent (10.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import IPv4Address
from typing import Final, NamedTuple, TypeAlias

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.lsdb import Stored
from controlplane.wire.ospf.exchange import DatabaseDescription
from controlplane.wire.ospf.lsa import LsaHeader, LsaKey

NeighborKey: TypeAlias = IPv4Address
"""RFC 2328 10.5: a neighbour on a broadcast network is known by its IP address, on a
point-to-point link by its router id."""

NO_ADDRESS: Final = IPv4Address(0)


class NeighborState(IntEnum):
    """RFC 2328 10.1, in the RFC's order; Attempt is a state of NBMA networks."""

    DOWN = 0
    INIT = 2
    TWO_WAY = 3
    EX_START = 4
    EXCHANGE = 5
    LOADING = 6
    FULL = 7


STATE_WORDS: Final = {
    NeighborState.DOWN: "Down",
    NeighborState.INIT: "Init",
    NeighborState.TWO_WAY: "2-Way",
    NeighborState.EX_START: "ExStart",
    NeighborState.EXCHANGE: "Exchange",
    NeighborState.LOADING: "Loading",
    NeighborState.FULL: "Full",
}


class ReceivedDescription(NamedTuple):
    """What makes two Database Description packets in a row duplicates (RFC 2328 10.6)."""

    initialize: bool
    more: bool
    master: bool
    options: int
    sequence_number: int


class Retransmission(NamedTuple):
    """An LSA that a neighbour has not acknowledged, and when to send it again."""

    stored: Stored
    due: Instant


@dataclass(slots=True, eq=False)
class Exchange:
    """One database exchange with a neighbour (RFC 2328 10.6 to 10.9).

    `summary` are the LSAs still to be described, `last_sent` is the packet to repeat as it is.
    """

    is_master: bool = True
    summary: list[Stored] = field(default_factory=list)
    last_sent: DatabaseDescription | None = None
    more_sent: bool = True
    last_received: ReceivedDescription | None = None
    repeats: int = 0


@dataclass(slots=True, eq=False)
class Neighbor:
    """`dr`, `bdr` and `priority` are what its last Hello says; `since` when it entered `state`.

    `requests` is the Link state request list with the headers that it described, and `requested`
    what the outstanding Link State Request asks for. `options` are those of its Database
    Descriptions. `hello` is its last Hello as received: one that is the same says nothing new.
    """

    key: NeighborKey
    interface: str
    router_id: IPv4Address
    address: IPv4Address
    since: Instant
    heard: Instant
    state: NeighborState = NeighborState.DOWN
    priority: int = 0
    dr: IPv4Address = NO_ADDRESS
    bdr: IPv4Address = NO_ADDRESS
    options: int = 0
    mtu: int | None = None
    hello: bytes = b""
    dd_sequence_number: int | None = None
    cryptographic_sequence_number: int = 0
    exchange: Exchange = field(default_factory=Exchange)
    requests: dict[LsaKey, LsaHeader] = field(default_factory=dict)
    requested: set[LsaKey] = field(default_factory=set)
    retransmissions: dict[LsaKey, Retransmission] = field(default_factory=dict)

    @property
    def is_bidirectional(self) -> bool:
        return self.state >= NeighborState.TWO_WAY

    @property
    def is_full(self) -> bool:
        return self.state is NeighborState.FULL

    @property
    def floods(self) -> bool:
        """Whether it takes part in flooding (RFC 2328 13.3 (1) (a))."""
        return self.state >= NeighborState.EXCHANGE

    @property
    def is_exchanging(self) -> bool:
        """Whether LSAs of MaxAge have to wait for it (RFC 2328 14)."""
        return self.state in (NeighborState.EXCHANGE, NeighborState.LOADING)

    def await_acknowledgment(self, stored: Stored, due: Instant) -> None:
        """Put an instance on the Link state retransmission list, in place of an older one."""
        self.acknowledged(stored.key)
        self.retransmissions[stored.key] = Retransmission(stored, due)
        stored.unacknowledged += 1

    def acknowledged(self, key: LsaKey) -> bool:
        """Take an LSA off the Link state retransmission list; whether it was there."""
        if (waiting := self.retransmissions.pop(key, None)) is None:
            return False
        waiting.stored.unacknowledged -= 1
        return True

    def clear_lists(self) -> None:
        """What the RFC clears whenever an adjacency ends (10.3)."""
        for key in tuple(self.retransmissions):
            self.acknowledged(key)
        self.exchange = Exchange()
        self.requests.clear()
        self.requested.clear()

    @property
    def declares_dr(self) -> bool:
        return self.dr == self.address

    @property
    def declares_bdr(self) -> bool:
        return self.bdr == self.address
