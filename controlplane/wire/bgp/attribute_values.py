"""The values of path attributes: how each type of them is decoded (RFC 4271 4.3 and those after).

Of what RFC 7606 7 calls malformed, a decoder raises a DecodeError; `KINDS` has what that costs.

A hundred thousand routes have some hundred next hops, clusters and sets of route targets, so equal
octets of these kinds become one object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.wire.bgp.as_path import (
    FOUR_OCTETS,
    TWO_OCTETS,
    decode_as_path,
    has_confederations,
    merged,
    without_confederations,
)
from controlplane.wire.bgp.attribute_list import OPTIONAL, TRANSITIVE
from controlplane.wire.bgp.attributes import (
    Aggregator,
    AsPath,
    Connector,
    Origin,
    PathAttributes,
    UnknownAttribute,
)
from controlplane.wire.bgp.communities import ExtendedCommunity, LargeCommunity
from controlplane.wire.bgp.connector import decode_connector
from controlplane.wire.bgp.numbers import AS_TRANS, AttributeType, UpdateError
from controlplane.wire.bgp.pmsi_tunnel import PmsiTunnel
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Remedy
from controlplane.wire.reader import Reader

_SHARED: Final = 1 << 14
_NO_TYPES: Final[frozenset[int]] = frozenset()


@dataclass(slots=True)
class Attributes:
    """What has been decoded of a message; None where there was none."""

    terms: Terms
    origin: Origin | None = None
    as_path: AsPath | None = None
    as4_path: AsPath | None = None
    next_hop: IPv4Address | None = None
    med: int | None = None
    local_pref: int | None = None
    atomic_aggregate: bool = False
    aggregator: Aggregator | None = None
    as4_aggregator: Aggregator | None = None
    communities: frozenset[int] = frozenset()
    extended_communities: frozenset[ExtendedCommunity] = frozenset()
    large_communities: frozenset[LargeCommunity] = frozenset()
    originator_id: IPv4Address | None = None
    cluster_list: tuple[IPv4Address, ...] = ()
    pmsi_tunnel: PmsiTunnel | None = None
    connector: Connector | None = None
    unknown: list[UnknownAttribute] = field(default_factory=list)
    partial: frozenset[int] = _NO_TYPES

    def path_attributes(self, next_hop: IPv4Address | None) -> PathAttributes:
        """As routes have them that are announced with this next hop."""
        return PathAttributes(
            origin=self.origin or Origin.IGP,
            as_path=self.as_path or AsPath(),
            next_hop=next_hop,
            med=self.med,
            local_pref=self.local_pref,
            atomic_aggregate=self.atomic_aggregate,
            aggregator=self.aggregator,
            communities=self.communities,
            extended_communities=self.extended_communities,
            large_communities=self.large_communities,
            originator_id=self.originator_id,
            cluster_list=self.cluster_list,
            pmsi_tunnel=self.pmsi_tunnel,
            connector=self.connector,
            unknown=tuple(self.unknown),
            partial=self.partial,
        )

    def merge_four_octet_ases(self) -> None:
        """RFC 6793 4.2.3; an AGGREGATOR that is not AS_TRANS is newer than what AS4_* say."""
        as4_path, as4_aggregator = self.as4_path, self.as4_aggregator
        if self.aggregator is not None and as4_aggregator is not None:
            if self.aggregator.asn != AS_TRANS:
                return
            self.aggregator = as4_aggregator
        if self.as_path is not None and as4_path is not None:
            self.as_path = merged(self.as_path, as4_path)


def _origin(reader: Reader, into: Attributes) -> None:
    number = reader.u8()
    if number > Origin.INCOMPLETE:
        raise reader.error(f"value {number}")
    into.origin = Origin(number)


def _as_path(reader: Reader, into: Attributes) -> None:
    terms = into.terms
    path = decode_as_path(reader, FOUR_OCTETS if terms.asn4 else TWO_OCTETS)
    if not terms.internal:
        _check_external_path(reader, path, terms.peer_as)
    into.as_path = path


def _check_external_path(reader: Reader, path: AsPath, peer_as: int | None) -> None:
    if has_confederations(path):
        # RFC 5065 5: "an error", as nobody outside of a confederation is to see its parts.
        raise reader.error("segments of a confederation, from an external peer")
    if peer_as is not None and path.first != peer_as:
        first = "no AS" if path.first is None else f"AS {path.first}"
        raise reader.error(f"{first} is first, from a peer in AS {peer_as}")


def _as4_path(reader: Reader, into: Attributes) -> None:
    """RFC 6793 6: what is of confederations in it is left out."""
    if not reader.remaining:
        raise reader.error("no AS in it")
    into.as4_path = without_confederations(decode_as_path(reader, FOUR_OCTETS))


@lru_cache(maxsize=_SHARED)
def decode_address(octets: bytes) -> IPv4Address:
    return IPv4Address(octets)


def is_host(address: IPv4Address) -> bool:
    """Whether a packet can be sent to it: RFC 4271 6.3, "a valid IP host address"."""
    return not (address.is_multicast or address.is_unspecified)


def _next_hop(reader: Reader, into: Attributes) -> None:
    address = decode_address(reader.take(4))
    if not is_host(address):
        raise reader.error(f"{address} is no host's address")
    into.next_hop = address


def _med(reader: Reader, into: Attributes) -> None:
    into.med = reader.u32()


def _local_pref(reader: Reader, into: Attributes) -> None:
    into.local_pref = reader.u32()


def _atomic_aggregate(reader: Reader, into: Attributes) -> None:
    reader.finish()
    into.atomic_aggregate = True


def _aggregator(reader: Reader, into: Attributes) -> None:
    into.aggregator = _one_aggregator(reader, FOUR_OCTETS if into.terms.asn4 else TWO_OCTETS)


def _as4_aggregator(reader: Reader, into: Attributes) -> None:
    into.as4_aggregator = _one_aggregator(reader, FOUR_OCTETS)


def _one_aggregator(reader: Reader, octets: int) -> Aggregator:
    aggregator = Aggregator(reader.uint(octets), reader.ipv4())
    reader.finish()
    if aggregator.asn == 0:
        raise reader.error("AS 0")
    return aggregator


def _row(reader: Reader, octets: int) -> bytes:
    """A row of values of one size, which has at least one."""
    data = reader.rest()
    if not data or len(data) % octets:
        raise reader.error(f"{len(data)} octets, no multiple of {octets}")
    return data


def _pieces(row: bytes, octets: int) -> Iterator[bytes]:
    return (row[at : at + octets] for at in range(0, len(row), octets))


def _communities(reader: Reader, into: Attributes) -> None:
    row = _row(reader, 4)
    into.communities = frozenset(int.from_bytes(one, "big") for one in _pieces(row, 4))


def _extended_communities(reader: Reader, into: Attributes) -> None:
    into.extended_communities = _decode_extended(_row(reader, 8))


@lru_cache(maxsize=_SHARED)
def _decode_extended(row: bytes) -> frozenset[ExtendedCommunity]:
    return frozenset(map(ExtendedCommunity, _pieces(row, 8)))


def _large_communities(reader: Reader, into: Attributes) -> None:
    pieces = map(Reader, _pieces(_row(reader, 12), 12))
    into.large_communities = frozenset(
        LargeCommunity(piece.u32(), piece.u32(), piece.u32()) for piece in pieces
    )


def _originator_id(reader: Reader, into: Attributes) -> None:
    into.originator_id = decode_address(reader.take(4))


def _cluster_list(reader: Reader, into: Attributes) -> None:
    into.cluster_list = _decode_clusters(_row(reader, 4))


@lru_cache(maxsize=_SHARED)
def _decode_clusters(row: bytes) -> tuple[IPv4Address, ...]:
    return tuple(map(decode_address, _pieces(row, 4)))


def _pmsi_tunnel(reader: Reader, into: Attributes) -> None:
    into.pmsi_tunnel = PmsiTunnel.decode(reader)


def _connector(reader: Reader, into: Attributes) -> None:
    into.connector = decode_connector(reader)


_Decoder: TypeAlias = Callable[[Reader, Attributes], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is to be known of an attribute's type to decode one."""

    flags: int
    decode: _Decoder
    malformed: Remedy = Remedy.TREAT_AS_WITHDRAW
    subcode: UpdateError = UpdateError.OPTIONAL_ATTRIBUTE_ERROR


_WELL_KNOWN: Final = TRANSITIVE
_BOTH: Final = OPTIONAL | TRANSITIVE
_LENGTH: Final = UpdateError.ATTRIBUTE_LENGTH_ERROR
_DISCARD: Final = Remedy.ATTRIBUTE_DISCARD


KINDS: Final[Mapping[int, Kind]] = {
    AttributeType.ORIGIN: Kind(_WELL_KNOWN, _origin, subcode=UpdateError.INVALID_ORIGIN_ATTRIBUTE),
    AttributeType.AS_PATH: Kind(_WELL_KNOWN, _as_path, subcode=UpdateError.MALFORMED_AS_PATH),
    AttributeType.NEXT_HOP: Kind(
        _WELL_KNOWN, _next_hop, subcode=UpdateError.INVALID_NEXT_HOP_ATTRIBUTE
    ),
    AttributeType.MULTI_EXIT_DISC: Kind(OPTIONAL, _med, subcode=_LENGTH),
    AttributeType.LOCAL_PREF: Kind(_WELL_KNOWN, _local_pref, subcode=_LENGTH),
    AttributeType.ATOMIC_AGGREGATE: Kind(_WELL_KNOWN, _atomic_aggregate, _DISCARD),
    AttributeType.AGGREGATOR: Kind(_BOTH, _aggregator, _DISCARD),
    AttributeType.COMMUNITIES: Kind(_BOTH, _communities),
    AttributeType.ORIGINATOR_ID: Kind(OPTIONAL, _originator_id),
    AttributeType.CLUSTER_LIST: Kind(OPTIONAL, _cluster_list),
    AttributeType.EXTENDED_COMMUNITIES: Kind(_BOTH, _extended_communities),
    AttributeType.AS4_PATH: Kind(_BOTH, _as4_path, _DISCARD),
    AttributeType.AS4_AGGREGATOR: Kind(_BOTH, _as4_aggregator, _DISCARD),
    # A wrong upstream PE may follow from its loss, so it is not discarded (RFC 7606 8).
    AttributeType.CONNECTOR: Kind(_BOTH, _connector),
    # RFC 6514 5 asks for this where the Partial bit is set; RFC 7606 8 prefers it anyway.
    AttributeType.PMSI_TUNNEL: Kind(_BOTH, _pmsi_tunnel),
    AttributeType.LARGE_COMMUNITY: Kind(_BOTH, _large_communities),
}
"""All but MP_REACH_NLRI and MP_UNREACH_NLRI, which hold routes."""
