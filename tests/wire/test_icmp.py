"""ICMP messages: RFC 792, RFC 1191 4."""

from __future__ import annotations

import pytest
from scapy.layers.inet import ICMP
from scapy.packet import Packet, Raw

from controlplane.wire.icmp import (
    IcmpEcho,
    IcmpMessage,
    IcmpTimeExceeded,
    IcmpUnreachable,
    OtherIcmp,
    UnreachableCode,
    decode,
)
from controlplane.wire.reader import DecodeError, Reader

REQUEST = IcmpEcho(is_reply=False, identifier=0x1234, sequence=7, data=b"ping")
REPLY = IcmpEcho(is_reply=True, identifier=0x1234, sequence=7, data=b"ping")
EXCEEDED = IcmpTimeExceeded(quoted=b"\x45\0\0\x1c")
NO_HOST = IcmpUnreachable(code=UnreachableCode.HOST, quoted=b"\x45\0\0\x1c")
TOO_BIG = IcmpUnreachable(
    code=UnreachableCode.FRAGMENTATION_NEEDED, quoted=b"\x45\0\x05\xdc", next_hop_mtu=1476
)
TIMESTAMP = OtherIcmp(kind=13, code=0, word=0x12340001, body=bytes(12))

VECTORS = [
    pytest.param("0800 06f4 1234 0007 70696e67", REQUEST, id="echo request"),
    pytest.param("0000 0ef4 1234 0007 70696e67", REPLY, id="echo reply"),
    pytest.param("0b00 afe3 00000000 4500001c", EXCEEDED, id="time exceeded"),
    pytest.param("0301 b7e2 00000000 4500001c", NO_HOST, id="host unreachable"),
    pytest.param("0304 ac5b 0000 05c4 450005dc", TOO_BIG, id="fragmentation needed"),
    pytest.param("0d00 e0ca 1234 0001" + 12 * "00", TIMESTAMP, id="timestamp, of no concern"),
]


@pytest.mark.parametrize(("octets", "message"), VECTORS)
def test_octets_and_message_both_ways(octets: str, message: IcmpMessage) -> None:
    assert message.encode().hex() == octets.replace(" ", "")
    assert decode(Reader(bytes.fromhex(octets))) == message


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        ("0800 0000", "4 octets expected, 0 left"),
        ("0800 06f5 1234 0007 70696e67", "wrong ICMP checksum"),
    ],
)
def test_a_short_or_damaged_message_is_an_error(octets: str, what: str) -> None:
    with pytest.raises(DecodeError, match=what):
        decode(Reader(bytes.fromhex(octets)))


@pytest.mark.parametrize(
    ("message", "theirs"),
    [
        (REQUEST, ICMP(type="echo-request", id=0x1234, seq=7) / Raw(b"ping")),
        (REPLY, ICMP(type="echo-reply", id=0x1234, seq=7) / Raw(b"ping")),
        (EXCEEDED, ICMP(type="time-exceeded", code=0) / Raw(b"\x45\0\0\x1c")),
        (NO_HOST, ICMP(type="dest-unreach", code=1) / Raw(b"\x45\0\0\x1c")),
        (
            TOO_BIG,
            ICMP(type="dest-unreach", code=4, nexthopmtu=1476) / Raw(b"\x45\0\x05\xdc"),
        ),
    ],
)
def test_scapy_writes_the_same(message: IcmpMessage, theirs: Packet) -> None:
    assert message.encode() == bytes(theirs)
