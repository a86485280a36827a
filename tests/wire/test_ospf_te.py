"""Traffic engineering LSAs as octets and as values (RFC 3630 2.4, 2.5; RFC 5250 3)."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.wire.ospf.te import (
    TeData,
    TeLink,
    TeLinkType,
    TeRouterAddress,
    decode_te,
    opaque_id,
    opaque_type,
)
from controlplane.wire.reader import DecodeError
from tests.wire.ospf_samples import ME, TE_LINK, YOU

TYPE_AND_ID = "0001 0001 01000000 0002 0004 c0000202"

TABLE: list[tuple[str, TeData]] = [
    ("0001 0004 c0000201", TeRouterAddress(ME)),
    (
        "0002 0010 0001 0001 02000000 0002 0004 c0000202",
        TeLink(link_type=TeLinkType.MULTI_ACCESS, link_id=YOU),
    ),
    (
        "0002 0064"
        + TYPE_AND_ID
        + "0003 0004 0a000001 0004 0004 0a000002 0005 0004 0000000a"
        + "0006 0004 4cee6b28 0007 0004 4cbebc20"
        + "0008 0020"
        + "4cbebc20" * 7
        + "00000000"
        + "0009 0004 00000005",
        TE_LINK,
    ),
]


@pytest.mark.parametrize(("octets", "said"), TABLE)
def test_what_is_said_is_these_octets_and_they_say_that(octets: str, said: TeData) -> None:
    assert said.encode().hex() == octets.replace(" ", "")
    assert decode_te(bytes.fromhex(octets)) == (said,)


def test_unknown_sub_tlvs_are_skipped_with_their_padding() -> None:
    octets = bytes.fromhex("0002 0018" + "7fff 0003 aabbcc00" + TYPE_AND_ID)
    expected = TeLink(link_type=TeLinkType.POINT_TO_POINT, link_id=YOU)
    assert decode_te(octets) == (expected,)


def test_several_tlvs_are_read_and_unknown_ones_are_skipped() -> None:
    router = TeRouterAddress(ME)
    octets = router.encode() + bytes.fromhex("0005 0002 aabb0000") + TE_LINK.encode()
    assert decode_te(octets) == (router, TE_LINK)


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        ("0003 00", "4 octets expected, 3 left"),
        ("0001 0005 c000020100 000000", "1 octets left over"),
        ("0001 0004 c0000201 00", "4 octets expected, 1 left"),
        ("0001 0008 c0000201", "a length of 8 octets, 4 left"),
        ("0002 0000", "a TE link without its type or its id"),
        ("0002 0008 0001 0001 01000000", "a TE link without its type or its id"),
        ("0002 0008 0002 0004 c0000202", "a TE link without its type or its id"),
        ("0002 0008 0001 0001 03000000", "a TE link of unknown type 3"),
        ("0002 0008 0006 0004 7f800000", "a bandwidth of inf octets/s"),
        ("0002 000c 0008 0008 0000000000000000", "4 octets expected, 0 left"),
    ],
)
def test_what_is_malformed_says_so(octets: str, what: str) -> None:
    with pytest.raises(DecodeError) as raised:
        decode_te(bytes.fromhex(octets))
    assert raised.value.what == what


def test_the_link_state_id_holds_the_opaque_type_and_a_number() -> None:
    assert opaque_id(1, 0xABCDEF) == IPv4Address("1.171.205.239")
    assert opaque_type(IPv4Address("1.171.205.239")) == 1
