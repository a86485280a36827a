"""Label stacks in ICMP errors: RFC 4884, RFC 4950."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.contrib.mpls import MPLS, ICMPExtension_MPLS
from scapy.layers.inet import ICMPExtension_Header

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.icmp import IcmpTimeExceeded, IcmpUnreachable, UnreachableCode, decode
from controlplane.wire.icmp_extensions import decode_labels, encode_labels
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.reader import DecodeError, Reader

STACK = LabelStack(
    (LabelStackEntry(label=100048, ttl=1, traffic_class=6), LabelStackEntry(label=16, ttl=64))
)
OBJECT = "000c 01 01 186d0c01 00010140"
OTHER_OBJECT = "0008 02 01 deadbeef"
EXCEEDED = IcmpTimeExceeded(quoted=b"", labels=STACK)
TOO_BIG = IcmpUnreachable(
    quoted=b"", code=UnreachableCode.FRAGMENTATION_NEEDED, next_hop_mtu=1476, labels=STACK
)


def structure(objects: str, version: int = 2) -> bytes:
    """Objects behind a header whose checksum is right."""
    octets = bytearray((version << 4, 0, 0, 0)) + bytes.fromhex(objects)
    octets[2:4] = internet_checksum(bytes(octets)).to_bytes(2, "big")
    return bytes(octets)


class TestStructure:
    def test_a_label_stack_both_ways(self) -> None:
        assert encode_labels(STACK) == structure(OBJECT)
        assert decode_labels(structure(OBJECT)) == STACK

    def test_scapy_writes_the_same(self) -> None:
        stack = [MPLS(label=100048, cos=6, s=0, ttl=1), MPLS(label=16, s=1, ttl=64)]
        theirs = ICMPExtension_Header() / ICMPExtension_MPLS(classtype=1, stack=stack)
        assert encode_labels(STACK) == bytes(theirs)

    @pytest.mark.parametrize(
        ("objects", "labels"),
        [("", None), (OTHER_OBJECT, None), (OTHER_OBJECT + OBJECT + OTHER_OBJECT, STACK)],
    )
    def test_other_objects_are_skipped(self, objects: str, labels: LabelStack | None) -> None:
        assert decode_labels(structure(objects)) == labels

    def test_a_checksum_of_zero_is_none(self) -> None:
        assert decode_labels(bytes.fromhex("20000000" + OBJECT)) == STACK

    @pytest.mark.parametrize(
        ("octets", "what"),
        [
            (structure(OBJECT, version=1), "ICMP extensions of version 1"),
            (bytes.fromhex("20000001" + OBJECT), "wrong checksum of ICMP extensions"),
            (structure("0003 0101"), "an ICMP extension object of 3 octets"),
            (structure("0010 0101 00010140"), "a length of 12 octets, 4 left"),
            (structure("0008 0101 00010040"), "4 octets expected, 0 left"),
            (structure("000c 0101 00010140 00010140"), "4 octets left over"),
            (b"\x20\x00", "2 octets expected, 0 left"),
        ],
    )
    def test_a_damaged_structure_is_an_error(self, octets: bytes, what: str) -> None:
        with pytest.raises(DecodeError, match=what):
            decode_labels(octets)


@pytest.mark.parametrize("error", [EXCEEDED, TOO_BIG])
@pytest.mark.parametrize(("quoted", "octets"), [(40, 128), (128, 128), (129, 132), (200, 200)])
def test_an_error_with_labels_says_how_much_it_quotes_and_quotes_128_octets_or_more(
    error: IcmpTimeExceeded | IcmpUnreachable, quoted: int, octets: int
) -> None:
    message = replace(error, quoted=b"\x45" * quoted)
    encoded = message.encode()
    assert encoded[5] * 4 == octets
    assert decode(Reader(encoded)) == replace(error, quoted=message.quoted.ljust(octets, b"\0"))


@pytest.mark.parametrize("error", [EXCEEDED, TOO_BIG])
def test_an_error_without_labels_has_no_length(
    error: IcmpTimeExceeded | IcmpUnreachable,
) -> None:
    message = replace(error, quoted=b"\x45" * 200, labels=None)
    assert message.encode()[5] == 0
    assert decode(Reader(message.encode())) == message


def test_a_length_beyond_the_message_is_an_error() -> None:
    octets = bytearray(replace(EXCEEDED, quoted=bytes(128)).encode())
    octets[5] = 200
    octets[2:4] = bytes(2)
    octets[2:4] = internet_checksum(bytes(octets)).to_bytes(2, "big")
    with pytest.raises(DecodeError, match="800 octets expected, 144 left"):
        decode(Reader(bytes(octets)))


@given(st.binary(max_size=60))
def test_any_structure_is_a_stack_or_none_or_a_decode_error(octets: bytes) -> None:
    try:
        decode_labels(b"\x20\x00\x00\x00" + octets)
    except DecodeError as error:
        assert 0 <= error.offset <= len(octets) + 4
