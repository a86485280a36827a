"""OSPF packets as octets and as values (RFC 2328 A.3 and D)."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.ospf.auth import (
    CryptographicClaim,
    NoClaim,
    PasswordClaim,
    Signature,
)
from controlplane.wire.ospf.exchange import (
    DatabaseDescription,
    LinkStateAck,
    LinkStateRequest,
    LinkStateUpdate,
)
from controlplane.wire.ospf.hello import Hello
from controlplane.wire.ospf.lsa import LsaKey, LsType
from controlplane.wire.ospf.message import (
    OspfBody,
    OspfType,
    decode_header,
    decode_packet,
)
from controlplane.wire.reader import DecodeError
from tests.wire.ospf_samples import (
    ACK,
    AREA,
    ASBR,
    BODIES,
    HELLO,
    ME,
    NETWORK,
    ROUTER,
    UPDATE,
    YOU,
    packet,
)

TABLE: list[tuple[str, int, OspfBody]] = [
    (
        "ffffff00 000a 02 01 00000028 0a000102 0a000101 c0000202",
        OspfType.HELLO,
        HELLO,
    ),
    (
        "00000000 0001 12 00 00000004 00000000 00000000",
        OspfType.HELLO,
        Hello(
            network_mask=IPv4Address(0),
            hello_interval=1,
            options=0x12,
            priority=0,
            dead_interval=4,
        ),
    ),
    (
        "05dc 42 07 000000ff",
        OspfType.DATABASE_DESCRIPTION,
        DatabaseDescription(
            mtu=1500, options=0x42, sequence_number=255, init=True, more=True, master=True
        ),
    ),
    (
        "0000 02 00 ffffffff" + ASBR.octets[:20].hex(),
        OspfType.DATABASE_DESCRIPTION,
        DatabaseDescription(
            mtu=0, options=0x02, sequence_number=0xFFFFFFFF, headers=(ASBR.header,)
        ),
    ),
    (
        "00000001 c0000201 c0000201 00000005 0a010200 c0000202",
        OspfType.LINK_STATE_REQUEST,
        LinkStateRequest((LsaKey(LsType.ROUTER, ME, ME), LsaKey(LsType.AS_EXTERNAL, NETWORK, YOU))),
    ),
    (
        "00000002" + ASBR.octets.hex() + ROUTER.octets.hex(),
        OspfType.LINK_STATE_UPDATE,
        LinkStateUpdate((ASBR, ROUTER)),
    ),
    (
        ASBR.octets[:20].hex() + ROUTER.octets[:20].hex(),
        OspfType.LINK_STATE_ACK,
        LinkStateAck((ASBR.header, ROUTER.header)),
    ),
]


def raw(kind: int, body: bytes, *, au_type: int = 0, field: bytes = bytes(8)) -> bytes:
    """A packet from its parts, checksum included."""
    head = bytes((2, kind)) + (24 + len(body)).to_bytes(2, "big") + ME.packed + AREA.packed
    tail = au_type.to_bytes(2, "big")
    checksum = internet_checksum(head + b"\0\0" + tail + body)
    return head + checksum.to_bytes(2, "big") + tail + field + body


@pytest.mark.parametrize(("octets", "kind", "body"), TABLE)
def test_a_packet_is_these_octets_and_they_are_that_packet(
    octets: str, kind: OspfType, body: OspfBody
) -> None:
    expected = raw(kind, bytes.fromhex(octets))
    assert packet(body).encode().hex() == expected.hex()
    assert decode_packet(expected) == packet(body)


def test_the_header_says_who_sent_it_before_the_body_is_looked_at() -> None:
    header = decode_header(raw(OspfType.HELLO, b"no"))
    assert (header.type, header.router_id, header.area_id) == (OspfType.HELLO, ME, AREA)
    assert header.claim == NoClaim()
    with pytest.raises(DecodeError, match="at octet 24: 20 octets expected, 2 left"):
        header.decode_body()


def test_octets_behind_the_packet_are_not_of_it() -> None:
    """RFC 5613 puts a block there."""
    assert decode_packet(packet(HELLO).encode() + b"behind") == packet(HELLO)


class TestAnLsaThatCannotBeUsed:
    """RFC 2328 13 (1), (2): it is discarded, the others of the same update are not."""

    def test_of_an_unknown_type_is_left_out(self) -> None:
        unknown = ASBR.octets[:3] + b"\x06" + ASBR.octets[4:]
        body = (3).to_bytes(4, "big") + ASBR.octets + unknown + ROUTER.octets
        assert decode_packet(raw(OspfType.LINK_STATE_UPDATE, body)).body == LinkStateUpdate(
            (ASBR, ROUTER), ("an LSA of unknown type 6",)
        )

    def test_with_a_malformed_body_is_left_out(self) -> None:
        malformed = ROUTER.octets[:23] + b"\xff" + ROUTER.octets[24:]
        body = (2).to_bytes(4, "big") + malformed + ASBR.octets
        assert decode_packet(raw(OspfType.LINK_STATE_UPDATE, body)).body == LinkStateUpdate(
            (ASBR,), ("12 octets expected, 0 left",)
        )

    def test_without_a_length_that_can_be_makes_the_packet_malformed(self) -> None:
        body = (1).to_bytes(4, "big") + ASBR.octets[:18] + b"\0\7" + ASBR.octets[20:]
        with pytest.raises(DecodeError, match="an LSA of 7 octets"):
            decode_packet(raw(OspfType.LINK_STATE_UPDATE, body))

    def test_fewer_lsas_than_were_counted_make_the_packet_malformed(self) -> None:
        body = (2).to_bytes(4, "big") + ASBR.octets
        with pytest.raises(DecodeError, match="20 octets expected, 0 left"):
            decode_packet(raw(OspfType.LINK_STATE_UPDATE, body))

    def test_more_lsas_than_were_counted_make_the_packet_malformed(self) -> None:
        body = (1).to_bytes(4, "big") + ASBR.octets * 2
        with pytest.raises(DecodeError, match="28 octets left over"):
            decode_packet(raw(OspfType.LINK_STATE_UPDATE, body))


WHOLE = packet(HELLO).encode()


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (b"", "at octet 0: 16 octets expected, 0 left"),
        (WHOLE[:23], "at octet 2: a length of 48 octets, 23 received"),
        (b"\3" + WHOLE[1:], "at octet 0: OSPF version 3"),
        (b"\2\6" + WHOLE[2:], "at octet 1: unknown packet type 6"),
        (WHOLE[:2] + b"\0\x17" + WHOLE[4:], "at octet 2: a length of 23 octets, 48 received"),
        (WHOLE[:-1], "at octet 2: a length of 48 octets, 47 received"),
        (WHOLE[:-1] + b"\0", "at octet 12: wrong checksum"),
        (raw(1, HELLO.encode(), au_type=3), "at octet 14: unknown authentication type 3"),
    ],
)
def test_what_is_no_packet_says_where_it_fails(octets: bytes, what: str) -> None:
    with pytest.raises(DecodeError) as raised:
        decode_header(octets)
    assert str(raised.value) == what


class TestSimplePassword:
    """RFC 2328 D.2; the checksum does not cover the password."""

    def test_is_named(self) -> None:
        octets = raw(OspfType.HELLO, HELLO.encode(), au_type=1, field=b"cisco\0\0\0")
        assert decode_header(octets).claim == PasswordClaim(b"cisco")


class TestCryptographic:
    """RFC 2328 D.3, D.4.3."""

    SIGNATURE = Signature(key_id=7, key=b"secret", sequence_number=0x01020304)

    @pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
    def test_a_signed_packet_holds_for_its_key_and_for_no_other(self, body: OspfBody) -> None:
        octets = packet(body).encode(self.SIGNATURE)
        claim = decode_header(octets).claim
        assert isinstance(claim, CryptographicClaim)
        assert (claim.key_id, claim.sequence_number) == (7, 0x01020304)
        assert claim.holds(b"secret")
        assert not claim.holds(b"Secret")
        assert decode_packet(octets) == packet(body)

    def test_the_field_and_the_checksum_are_as_the_rfc_draws_them(self) -> None:
        octets = packet(ACK).encode(self.SIGNATURE)
        assert octets[12:24].hex() == "0000 0002 0000 07 10 01020304".replace(" ", "")
        assert int.from_bytes(octets[2:4], "big") == len(octets) - 16

    @pytest.mark.parametrize("at", [1, 5, 19, 23, 24, -17, -16, -1])
    def test_any_octet_changed_makes_it_false(self, at: int) -> None:
        octets = bytearray(packet(UPDATE).encode(self.SIGNATURE))
        octets[at] ^= 1
        claim = decode_header(bytes(octets)).claim
        assert isinstance(claim, CryptographicClaim)
        assert not claim.holds(b"secret")

    def test_a_digest_that_is_cut_short_or_lacks_does_not_hold(self) -> None:
        octets = packet(HELLO).encode(self.SIGNATURE)
        for lacking in (1, 16):
            claim = decode_header(octets[:-lacking]).claim
            assert isinstance(claim, CryptographicClaim)
            assert not claim.holds(b"secret")

    def test_a_key_of_sixteen_octets_fills_the_field(self) -> None:
        key = b"0123456789abcdef"
        signature = Signature(key_id=255, key=key, sequence_number=0)
        claim = decode_header(packet(HELLO).encode(signature)).claim
        assert isinstance(claim, CryptographicClaim)
        assert claim.holds(key)


def test_hellos_with_equal_octets_have_one_value() -> None:
    """What an unchanged Hello means is not worked out again."""
    first, second = (decode_header(WHOLE).decode_body() for _ in range(2))
    assert first is second
