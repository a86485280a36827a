"""Path attributes (RFC 4271 4.3, 5) as one value: routes with equal attributes share it.

The next hop is one of them wherever it stands on the wire (NEXT_HOP, or in MP_REACH_NLRI), so what
may go out in one UPDATE message has equal `PathAttributes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address
from typing import Final, Self

from controlplane.net.vpn import RouteDistinguisher
from controlplane.wire.bgp.communities import ExtendedCommunity, LargeCommunity
from controlplane.wire.bgp.pmsi_tunnel import PmsiTunnel


class Origin(IntEnum):
    IGP = 0
    EGP = 1
    INCOMPLETE = 2


class SegmentKind(IntEnum):
    """RFC 4271 4.3 b); the last two are of RFC 5065."""

    AS_SET = 1
    AS_SEQUENCE = 2
    AS_CONFED_SEQUENCE = 3
    AS_CONFED_SET = 4


_BRACKETS: Final = {
    SegmentKind.AS_SET: "{}",
    SegmentKind.AS_CONFED_SEQUENCE: "()",
    SegmentKind.AS_CONFED_SET: "[]",
}


@dataclass(frozen=True, slots=True)
class Segment:
    kind: SegmentKind
    ases: tuple[int, ...]

    def __str__(self) -> str:
        ases = " ".join(map(str, self.ases))
        brackets = _BRACKETS.get(self.kind)
        return f"{brackets[0]}{ases}{brackets[1]}" if brackets else ases


@dataclass(frozen=True, slots=True)
class AsPath:
    """The nearest AS is the first."""

    segments: tuple[Segment, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.segments))

    @property
    def length(self) -> int:
        """RFC 4271 9.1.2.2 a): a set counts as one. RFC 5065 5.3: confederations do not."""
        counted = {SegmentKind.AS_SET: 1}
        return sum(
            len(one.ases) if one.kind is SegmentKind.AS_SEQUENCE else counted.get(one.kind, 0)
            for one in self.segments
        )

    @property
    def first(self) -> int | None:
        """The AS that the route came from, None when it is of our own."""
        sequences = (one for one in self.segments if one.kind is SegmentKind.AS_SEQUENCE)
        head = next(sequences, None)
        return head.ases[0] if head is not None and self.segments[0] is head else None

    def count(self, asn: int) -> int:
        """How often an AS is in it."""
        return sum(one.ases.count(asn) for one in self.segments)

    def prepended(self, asn: int) -> Self:
        """RFC 4271 5.1.2 b)."""
        if self.segments and self.segments[0].kind is SegmentKind.AS_SEQUENCE:
            head, *rest = self.segments
            if len(head.ases) < 255:
                return type(self)((Segment(head.kind, (asn, *head.ases)), *rest))
        return type(self)((Segment(SegmentKind.AS_SEQUENCE, (asn,)), *self.segments))

    def replaced(self, asn: int, by: int) -> Self:
        """With one AS in the place of another (as-override towards a customer's site)."""
        return type(self)(
            tuple(
                Segment(one.kind, tuple(by if asn == each else each for each in one.ases))
                for one in self.segments
            )
        )


@dataclass(frozen=True, slots=True)
class Aggregator:
    asn: int
    address: IPv4Address


class ConnectorForm(IntEnum):
    """Which of the three wire forms a Connector attribute has, by its octets."""

    RFC6037 = 6
    FREERTR = 8
    IOS = 16


@dataclass(frozen=True, slots=True)
class Connector:
    """RFC 6037 5.2.1: the PE that a source of this prefix is behind.

    The form of IOS has a route distinguisher in it too; None is written as zeros.
    """

    address: IPv4Address
    form: ConnectorForm = ConnectorForm.RFC6037
    rd: RouteDistinguisher | None = None


@dataclass(frozen=True, slots=True)
class UnknownAttribute:
    """RFC 4271 9: an optional transitive one goes on, with the Partial bit set in `flags`."""

    flags: int
    type: int
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PathAttributes:
    """`communities` are the 32 bits of RFC 1997. `next_hop` None: none known (withdrawals, RTC).

    `partial` has the types of attributes that are known here, but were not to someone on the way
    (RFC 4271 5): "it MUST NOT be set back to 0" when they go on.
    """

    origin: Origin = Origin.IGP
    as_path: AsPath = AsPath()
    next_hop: IPv4Address | None = None
    med: int | None = None
    local_pref: int | None = None
    atomic_aggregate: bool = False
    aggregator: Aggregator | None = None
    communities: frozenset[int] = frozenset()
    extended_communities: frozenset[ExtendedCommunity] = frozenset()
    large_communities: frozenset[LargeCommunity] = frozenset()
    originator_id: IPv4Address | None = None
    cluster_list: tuple[IPv4Address, ...] = ()
    pmsi_tunnel: PmsiTunnel | None = None
    connector: Connector | None = None
    unknown: tuple[UnknownAttribute, ...] = ()
    partial: frozenset[int] = frozenset()
