"""Peers that know AS numbers of two octets only (RFC 6793)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from controlplane.wire.bgp.attributes import Aggregator, AsPath, Segment, SegmentKind
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.update import Reach, Update
from controlplane.wire.bgp.update_decoding import decode_update
from tests.wire.bgp.bodies import TERMS, announced, body
from tests.wire.bgp.samples import PE, PLAIN, SEQUENCE, sequence

TWO_OCTET_TERMS = replace(TERMS, asn4=False)
PREFIX = IPv4Network("10.1.2.0/24")
BIG = 4200000000
SET, CONFED = SegmentKind.AS_SET, SegmentKind.AS_CONFED_SEQUENCE


def path(*segments: tuple[SegmentKind, *tuple[int, ...]]) -> AsPath:
    return AsPath(tuple(Segment(kind, tuple(ases)) for kind, *ases in segments))


def test_a_path_of_small_numbers_needs_no_other_one() -> None:
    reach = Reach(Family.IPV4_UNICAST, PLAIN, ((PREFIX, None),))
    octets = "40 01 01 00 40 02 04 02 01 fde9 40 03 04 0a090001"
    assert announced(reach, TWO_OCTET_TERMS) == body(attributes=octets, nlri="18 0a0102")
    read = decode_update(body(attributes=octets, nlri="18 0a0102"), TWO_OCTET_TERMS)
    assert read == Update(reach=(reach,))


def test_as_trans_stands_for_a_big_number_and_another_path_has_it() -> None:
    aggregator = Aggregator(BIG, PE)
    attributes = replace(PLAIN, as_path=sequence(1, BIG), aggregator=aggregator)
    reach = Reach(Family.IPV4_UNICAST, attributes, ((PREFIX, None),))
    octets = (
        "40 01 01 00  40 02 06 02 02 0001 5ba0  40 03 04 0a090001  c0 07 06 5ba0 0a090001"
        "  c0 11 0a 02 02 00000001 fa56ea00  c0 12 08 fa56ea00 0a090001"
    )
    assert announced(reach, TWO_OCTET_TERMS) == body(attributes=octets, nlri="18 0a0102")
    read = decode_update(body(attributes=octets, nlri="18 0a0102"), TWO_OCTET_TERMS)
    assert read == Update(reach=(reach,))


def test_confederations_are_not_in_the_other_path() -> None:
    both = path((CONFED, BIG), (SEQUENCE, BIG, 2))
    reach = Reach(Family.IPV4_UNICAST, replace(PLAIN, as_path=both), ((PREFIX, None),))
    octets = (
        "40 01 01 00  40 02 0a 03 01 5ba0 02 02 5ba0 0002  40 03 04 0a090001"
        "  c0 11 0a 02 02 fa56ea00 00000002"
    )
    assert announced(reach, TWO_OCTET_TERMS) == body(attributes=octets, nlri="18 0a0102")


@pytest.mark.parametrize(
    ("two", "four", "merged"),
    [
        ("02 02 0001 5ba0", "02 01 fa56ea00", sequence(1, BIG)),
        ("02 01 5ba0", "02 02 00000001 fa56ea00", sequence(23456)),
        ("02 03 0001 0002 5ba0", "02 01 fa56ea00", sequence(1, 2, BIG)),
        ("01 02 0001 0002 02 01 5ba0", "02 01 fa56ea00", path((SET, 1, 2), (SEQUENCE, BIG))),
        (
            "02 01 0001 01 02 5ba0 0002",
            "01 02 fa56ea00 00000002",
            path((SEQUENCE, 1), (SET, BIG, 2)),
        ),
        ("03 01 0007 02 01 5ba0", "02 01 fa56ea00", path((CONFED, 7), (SEQUENCE, BIG))),
        ("02 01 5ba0", "03 01 00000007 02 01 fa56ea00", sequence(BIG)),
    ],
)
def test_what_other_speakers_added_stands_in_front_of_the_true_path(
    two: str, four: str, merged: AsPath
) -> None:
    """RFC 6793 4.2.3."""
    sizes = [f"{len(bytes.fromhex(one)):02x}" for one in (two, four)]
    octets = f"40 01 01 00  40 02 {sizes[0]} {two}  40 03 04 0a090001  c0 11 {sizes[1]} {four}"
    (reach,) = decode_update(body(attributes=octets, nlri="00"), TWO_OCTET_TERMS).reach
    assert reach.attributes.as_path == merged


def test_an_aggregator_that_is_not_as_trans_is_newer_than_the_other_path() -> None:
    octets = (
        "40 01 01 00  40 02 06 02 02 0001 5ba0  40 03 04 0a090001  c0 07 06 0009 0a090001"
        "  c0 11 06 02 01 fa56ea00  c0 12 08 fa56ea00 0a090002"
    )
    (reach,) = decode_update(body(attributes=octets, nlri="00"), TWO_OCTET_TERMS).reach
    assert reach.attributes.as_path == sequence(1, 23456)
    assert reach.attributes.aggregator == Aggregator(9, PE)
