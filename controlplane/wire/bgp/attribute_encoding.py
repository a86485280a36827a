"""Path attributes written, in the order of their types, as RFC 4271 5 recommends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from controlplane.wire.bgp.as_path import (
    FOUR_OCTETS,
    TWO_OCTETS,
    as4_path,
    encode_as_path,
    is_two_octet,
)
from controlplane.wire.bgp.attribute_list import OPTIONAL, PARTIAL, TRANSITIVE, RawAttribute
from controlplane.wire.bgp.attributes import Aggregator, PathAttributes
from controlplane.wire.bgp.connector import encode_connector
from controlplane.wire.bgp.numbers import AS_TRANS, AttributeType

_BOTH: Final = OPTIONAL | TRANSITIVE
_CACHED: Final = 4096


@lru_cache(maxsize=_CACHED)
def encode_attributes(attributes: PathAttributes, *, asn4: bool, next_hop: bool) -> bytes:
    """All of them, NEXT_HOP if it is wanted, and not what holds routes.

    A reflector says the same to a thousand peers: it is put into octets once.
    """
    found = [*_mandatory(attributes, asn4, next_hop), *_numbers(attributes)]
    found += [*_aggregator(attributes, asn4), *_communities(attributes)]
    found += [*_reflection(attributes), *_tunnels(attributes), *_as4(attributes, asn4)]
    found += (RawAttribute(one.flags, one.type, one.value) for one in attributes.unknown)
    return b"".join(one.encode() for one in sorted(found, key=lambda one: one.type))


def _mandatory(attributes: PathAttributes, asn4: bool, next_hop: bool) -> Iterator[RawAttribute]:
    yield RawAttribute(TRANSITIVE, AttributeType.ORIGIN, bytes((attributes.origin,)))
    path = encode_as_path(attributes.as_path, FOUR_OCTETS if asn4 else TWO_OCTETS)
    yield RawAttribute(TRANSITIVE, AttributeType.AS_PATH, path)
    if next_hop:
        assert attributes.next_hop is not None, "an IPv4 unicast route without a next hop"
        yield RawAttribute(TRANSITIVE, AttributeType.NEXT_HOP, attributes.next_hop.packed)


def _numbers(attributes: PathAttributes) -> Iterator[RawAttribute]:
    if attributes.med is not None:
        octets = attributes.med.to_bytes(4, "big")
        yield RawAttribute(OPTIONAL, AttributeType.MULTI_EXIT_DISC, octets)
    if attributes.local_pref is not None:
        octets = attributes.local_pref.to_bytes(4, "big")
        yield RawAttribute(TRANSITIVE, AttributeType.LOCAL_PREF, octets)


def _aggregator(attributes: PathAttributes, asn4: bool) -> Iterator[RawAttribute]:
    if attributes.atomic_aggregate:
        yield RawAttribute(TRANSITIVE, AttributeType.ATOMIC_AGGREGATE, b"")
    if attributes.aggregator is not None:
        octets = _encode_aggregator(attributes.aggregator, FOUR_OCTETS if asn4 else TWO_OCTETS)
        yield _transitive(attributes, AttributeType.AGGREGATOR, octets)


def _encode_aggregator(aggregator: Aggregator, octets: int) -> bytes:
    fits = octets == FOUR_OCTETS or is_two_octet(aggregator.asn)
    asn = aggregator.asn if fits else AS_TRANS
    return asn.to_bytes(octets, "big") + aggregator.address.packed


def _communities(attributes: PathAttributes) -> Iterator[RawAttribute]:
    """In numeric order, as RFC 4360 2 and RFC 8092 3 let receivers sort them anyway."""
    plain = (one.to_bytes(4, "big") for one in sorted(attributes.communities))
    extended = (one.octets for one in sorted(attributes.extended_communities))
    large = (
        b"".join(part.to_bytes(4, "big") for part in (one.administrator, one.first, one.second))
        for one in sorted(attributes.large_communities)
    )
    yield from _list(attributes, AttributeType.COMMUNITIES, plain)
    yield from _list(attributes, AttributeType.EXTENDED_COMMUNITIES, extended)
    yield from _list(attributes, AttributeType.LARGE_COMMUNITY, large)


def _list(
    attributes: PathAttributes, kind: AttributeType, values: Iterable[bytes]
) -> Iterator[RawAttribute]:
    if octets := b"".join(values):
        yield _transitive(attributes, kind, octets)


def _reflection(attributes: PathAttributes) -> Iterator[RawAttribute]:
    if attributes.originator_id is not None:
        octets = attributes.originator_id.packed
        yield RawAttribute(OPTIONAL, AttributeType.ORIGINATOR_ID, octets)
    if attributes.cluster_list:
        octets = b"".join(one.packed for one in attributes.cluster_list)
        yield RawAttribute(OPTIONAL, AttributeType.CLUSTER_LIST, octets)


def _tunnels(attributes: PathAttributes) -> Iterator[RawAttribute]:
    if attributes.connector is not None:
        octets = encode_connector(attributes.connector)
        yield _transitive(attributes, AttributeType.CONNECTOR, octets)
    if attributes.pmsi_tunnel is not None:
        octets = attributes.pmsi_tunnel.encode()
        yield _transitive(attributes, AttributeType.PMSI_TUNNEL, octets)


def _as4(attributes: PathAttributes, asn4: bool) -> Iterator[RawAttribute]:
    """RFC 6793 4.2.2: only for a peer that does not know four octets, and only what two lose."""
    if asn4:
        return
    if (path := as4_path(attributes.as_path)) is not None:
        octets = encode_as_path(path, FOUR_OCTETS)
        yield RawAttribute(_BOTH, AttributeType.AS4_PATH, octets)
    if attributes.aggregator is not None and not is_two_octet(attributes.aggregator.asn):
        octets = _encode_aggregator(attributes.aggregator, FOUR_OCTETS)
        yield RawAttribute(_BOTH, AttributeType.AS4_AGGREGATOR, octets)


def _transitive(attributes: PathAttributes, kind: AttributeType, octets: bytes) -> RawAttribute:
    """An optional transitive attribute, partial if it ever was (RFC 4271 5)."""
    return RawAttribute(_BOTH | (PARTIAL if kind in attributes.partial else 0), kind, octets)
