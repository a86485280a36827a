"""LSAs as octets and as values (RFC 2328 12.1, A.4; RFC 3101, RFC 5250)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from controlplane.wire.ospf.bodies import (
    ExternalLsa,
    LinkType,
    LsaBody,
    NetworkLsa,
    OpaqueLsa,
    RouterLsa,
    SummaryLsa,
)
from controlplane.wire.ospf.lsa import (
    HEADER_OCTETS,
    MAX_AGE,
    Lsa,
    LsaHeader,
    LsaKey,
    LsType,
    decode_header,
    lsa_of,
    take_lsa,
)
from controlplane.wire.reader import DecodeError, Reader
from tests.wire.ospf_samples import ASBR, LSAS, MASK, ME, NETWORK, ROUTER, TE, YOU, link

A = IPv4Address

BODIES: list[tuple[str, LsType, LsaBody]] = [
    (
        "0300 0002c0000202 0a000001 01 00 000a0a010200 ffffff00 03 00 ffff",
        LsType.ROUTER,
        RouterLsa(
            links=(
                link(LinkType.POINT_TO_POINT, YOU, A("10.0.0.1"), 10),
                link(LinkType.STUB, NETWORK, MASK, 65535),
            ),
            area_border=True,
            as_boundary=True,
        ),
    ),
    ("1400 0000", LsType.ROUTER, RouterLsa(links=(), virtual_endpoint=True, nssa_translator=True)),
    (
        "ffffff00 c0000201 c0000202",
        LsType.NETWORK,
        NetworkLsa(mask=MASK, attached_routers=(ME, YOU)),
    ),
    ("ffffff00 00 abcdef", LsType.SUMMARY_NETWORK, SummaryLsa(mask=MASK, metric=0xABCDEF)),
    ("00000000 00 00001e", LsType.SUMMARY_ASBR, SummaryLsa(metric=30)),
    (
        "ffffff00 80 000014 00000000 d0000001",
        LsType.AS_EXTERNAL,
        ExternalLsa(mask=MASK, metric=20, type2=True, tag=0xD0000001),
    ),
    (
        "ffffff00 00 000005 0a000001 00000000",
        LsType.NSSA_EXTERNAL,
        ExternalLsa(mask=MASK, metric=5, type2=False, forwarding_address=A("10.0.0.1")),
    ),
    ("01020304", LsType.OPAQUE_AS, OpaqueLsa(data=b"\1\2\3\4")),
]


def header(octets: bytes, ls_type: int) -> bytes:
    """A header for these octets of a body."""
    return LsaHeader(
        age=0,
        options=0,
        ls_type=ls_type,
        link_state_id=ME,
        advertising_router=ME,
        sequence_number=1,
        checksum=0,
        length=HEADER_OCTETS + len(octets),
    ).encode()


def decode(octets: bytes) -> Lsa:
    reader = Reader(octets)
    decoded = lsa_of(take_lsa(reader))
    reader.finish()
    return decoded


@pytest.mark.parametrize(("octets", "ls_type", "body"), BODIES)
def test_a_body_is_these_octets_and_they_are_that_body(
    octets: str, ls_type: LsType, body: LsaBody
) -> None:
    assert body.encode().hex() == bytes.fromhex(octets).hex()
    assert decode(header(body.encode(), ls_type) + body.encode()).body == body


def test_a_header_is_these_octets_and_they_are_that_header() -> None:
    octets = bytes.fromhex("0e10 42 05 0a010200 c0000201 80000001 abcd 0024")
    expected = LsaHeader(
        age=MAX_AGE,
        options=0x42,
        ls_type=LsType.AS_EXTERNAL,
        link_state_id=NETWORK,
        advertising_router=ME,
        sequence_number=-0x7FFFFFFF,
        checksum=0xABCD,
        length=36,
    )
    assert decode_header(Reader(octets)) == expected
    assert expected.encode() == octets
    assert expected.key == LsaKey(LsType.AS_EXTERNAL, NETWORK, ME)


@pytest.mark.parametrize("lsa", LSAS, ids=lambda lsa: lsa.header.ls_type.name)
def test_what_is_made_is_read_as_it_was_made(lsa: Lsa) -> None:
    assert decode(lsa.octets) == lsa
    assert lsa.header.length == len(lsa.octets)


@pytest.mark.parametrize("lsa", LSAS, ids=lambda lsa: lsa.header.ls_type.name)
class TestTheChecksum:
    """RFC 2328 12.1.7."""

    def test_is_right_when_an_lsa_is_made_and_at_every_age(self, lsa: Lsa) -> None:
        assert lsa.checksum_ok()
        assert lsa.with_age(MAX_AGE).checksum_ok()

    def test_is_wrong_when_any_octet_behind_the_age_is_another(self, lsa: Lsa) -> None:
        for at in range(2, len(lsa.octets)):
            changed = bytearray(lsa.octets)
            changed[at] ^= 0x40
            assert not replace(lsa, octets=bytes(changed)).checksum_ok()

    def test_of_zero_is_wrong(self, lsa: Lsa) -> None:
        octets = lsa.octets[:16] + b"\0\0" + lsa.octets[18:]
        assert not replace(lsa, octets=octets).checksum_ok()


def test_the_checksum_of_octets_that_are_all_zero_is_not_taken_for_right() -> None:
    """Both sums over zeros are zero, so that only the rule against a checksum of zero tells."""
    assert not replace(ASBR, octets=bytes(28)).checksum_ok()


def test_an_older_lsa_differs_in_its_age_alone() -> None:
    older = TE.with_age(1234)
    assert older.octets == TE.aged(1234) == (1234).to_bytes(2, "big") + TE.octets[2:]
    assert older == replace(TE, header=replace(TE.header, age=1234), octets=older.octets)


def test_metrics_by_type_of_service_are_skipped() -> None:
    with_tos = bytes.fromhex("0000 0001 0a010200 ffffff00 03 02 000a 08 00 0001 10 00 0002")
    expected = RouterLsa(links=(link(LinkType.STUB, NETWORK, MASK, 10),))
    assert decode(header(with_tos, LsType.ROUTER) + with_tos).body == expected
    summary = bytes.fromhex("ffffff00 00 00000a 08 000001")
    assert decode(header(summary, LsType.SUMMARY_NETWORK) + summary).body == SummaryLsa(
        mask=MASK, metric=10
    )
    external = bytes.fromhex("ffffff00 00 00000a 00000000 00000000 08 000001 00000000 00000000")
    assert decode(header(external, LsType.AS_EXTERNAL) + external).body == ExternalLsa(
        mask=MASK, metric=10, type2=False
    )


@pytest.mark.parametrize(
    ("octets", "at", "what"),
    [
        (ROUTER.octets[:19], 0, "20 octets expected, 19 left"),
        (ROUTER.octets[:-1], 20, "52 octets expected, 51 left"),
        (header(b"", 1)[:18] + b"\0\x13", 20, "an LSA of 19 octets"),
        (header(b"", 6), 0, "an LSA of unknown type 6"),
        (header(b"\0\0\0\1", 1) + b"\0\0\0\1", 24, "12 octets expected, 0 left"),
        (header(bytes(8), 1) + bytes(8), 24, "4 octets left over"),
        (
            header(bytes(16), 1) + bytes.fromhex("00000001 00000000 00000000 05 00 0000"),
            36,
            "a link of unknown type 5",
        ),
        (header(bytes(6), 2) + bytes(6), 24, "4 octets expected, 2 left"),
        (header(bytes(15), 5) + bytes(15), 20, "16 octets expected, 15 left"),
    ],
)
def test_what_is_no_lsa_says_where_it_fails(octets: bytes, at: int, what: str) -> None:
    with pytest.raises(DecodeError) as raised:
        decode(octets)
    assert (raised.value.offset, raised.value.what) == (at, what)
