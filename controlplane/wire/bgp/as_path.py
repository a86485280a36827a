"""AS paths on the wire (RFC 4271 4.3 b), with AS numbers of four or two octets (RFC 6793).

A peer that does not know AS numbers of four octets is sent AS_TRANS in their place, and the true
path in AS4_PATH, which it hands on untouched. The two are put together again by the first one that
knows: what such peers have added stands in front of AS_PATH alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from controlplane.wire.bgp.attributes import AsPath, Segment, SegmentKind
from controlplane.wire.bgp.numbers import AS_TRANS
from controlplane.wire.reader import Reader

FOUR_OCTETS: Final = 4
TWO_OCTETS: Final = 2

_KINDS: Final = {int(kind): kind for kind in SegmentKind}
_CONFEDERATION: Final = (SegmentKind.AS_CONFED_SEQUENCE, SegmentKind.AS_CONFED_SET)
_MAX_SEGMENT: Final = 255


def is_two_octet(asn: int) -> bool:
    """Whether a peer that knows no others can be told of it."""
    return asn < 1 << 16


def encode_as_path(path: AsPath, octets: int) -> bytes:
    """With AS numbers of so many octets."""
    return b"".join(_encode_segment(segment, octets) for segment in path.segments)


def as4_path(path: AsPath) -> AsPath | None:
    """What goes into AS4_PATH beside a path of two-octet numbers, None when that says it all.

    RFC 6793 4.2.2: the segments of confederations do not.
    """
    if all(is_two_octet(asn) for segment in path.segments for asn in segment.ases):
        return None
    return without_confederations(path)


def without_confederations(path: AsPath) -> AsPath:
    return AsPath(tuple(one for one in path.segments if one.kind not in _CONFEDERATION))


def has_confederations(path: AsPath) -> bool:
    return any(segment.kind in _CONFEDERATION for segment in path.segments)


def decode_as_path(reader: Reader, octets: int) -> AsPath:
    """DecodeError for what RFC 7606 7.2 calls malformed, and for AS 0 (RFC 7607 2)."""
    return AsPath(tuple(_decode_segments(reader, octets)))


def merged(path: AsPath, as4: AsPath) -> AsPath:
    """RFC 6793 4.2.3: as much of the front of AS_PATH as AS4_PATH is shorter, and AS4_PATH."""
    missing = path.length - as4.length
    if missing < 0:
        return path
    return AsPath(_joined(list(_front(path, missing)), as4.segments))


def _encode_segment(segment: Segment, octets: int) -> bytes:
    fits = (asn if octets == FOUR_OCTETS or is_two_octet(asn) else AS_TRANS for asn in segment.ases)
    numbers = b"".join(asn.to_bytes(octets, "big") for asn in fits)
    return bytes((segment.kind, len(segment.ases))) + numbers


def _decode_segments(reader: Reader, octets: int) -> Iterator[Segment]:
    while reader.remaining:
        number, count = reader.u8(), reader.u8()
        kind = _KINDS.get(number)
        if kind is None:
            raise reader.error(f"an AS path segment of type {number}")
        if not count:
            raise reader.error("an AS path segment of no AS")
        ases = tuple(reader.uint(octets) for _ in range(count))
        if 0 in ases:
            raise reader.error("AS 0 in an AS path")
        yield Segment(kind, ases)


def _front(path: AsPath, count: int) -> Iterator[Segment]:
    """So many AS numbers; segments of confederations count nothing, and stay where they are."""
    for segment in path.segments:
        if segment.kind in _CONFEDERATION:
            yield segment
        elif not count:
            return
        elif segment.kind is SegmentKind.AS_SET:
            yield segment
            count -= 1
        else:
            ases = segment.ases[:count]
            yield Segment(segment.kind, ases)
            count -= len(ases)


def _joined(front: list[Segment], behind: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """With one sequence for two where the parts of a torn one meet."""
    if front and behind and _are_one(front[-1], behind[0]):
        last, first = front[-1], behind[0]
        return (*front[:-1], Segment(last.kind, last.ases + first.ases), *behind[1:])
    return (*front, *behind)


def _are_one(one: Segment, other: Segment) -> bool:
    return (
        one.kind is other.kind is SegmentKind.AS_SEQUENCE
        and len(one.ases) + len(other.ases) <= _MAX_SEGMENT
    )
