"""BFD Control packets: RFC 5880 4."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.contrib.bfd import BFD

from controlplane.wire.bfd import (
    Authentication,
    ControlPacket,
    Diagnostic,
    SessionState,
    diagnostic_words,
)
from controlplane.wire.reader import DecodeError, Reader

DOWN = ControlPacket(
    state=SessionState.DOWN,
    detect_mult=3,
    my_discriminator=0x11223344,
    your_discriminator=0,
    desired_min_tx=1_000_000,
    required_min_rx=300_000,
)
UP = ControlPacket(
    state=SessionState.UP,
    detect_mult=5,
    my_discriminator=1,
    your_discriminator=2,
    desired_min_tx=50_000,
    required_min_rx=50_000,
    required_min_echo_rx=50_000,
    diagnostic=Diagnostic.DETECTION_TIME_EXPIRED,
    poll=True,
    control_plane_independent=True,
    demand=True,
)
SIGNED = replace(
    DOWN, final=True, authentication=Authentication(kind=1, data=b"\x07secret"), diagnostic=31
)

VECTORS = [
    pytest.param("2040 0318 11223344 00000000 000f4240 000493e0 00000000", DOWN, id="down"),
    pytest.param("21ea 0518 00000001 00000002 0000c350 0000c350 0000c350", UP, id="up"),
    pytest.param(
        "3f54 0321 11223344 00000000 000f4240 000493e0 00000000 0109 07 736563726574",
        SIGNED,
        id="final, with a password",
    ),
]


@pytest.mark.parametrize(("octets", "packet"), VECTORS)
def test_octets_and_packet_both_ways(octets: str, packet: ControlPacket) -> None:
    assert packet.encode().hex() == octets.replace(" ", "")
    assert ControlPacket.decode(Reader(bytes.fromhex(octets))) == packet


def test_what_follows_the_packet_is_no_part_of_it() -> None:
    assert ControlPacket.decode(Reader(DOWN.encode() + b"padding")) == DOWN


@pytest.mark.parametrize(
    ("at", "octet", "what"),
    [
        (0, 0x00, "BFD version 0"),
        (0, 0x40, "BFD version 2"),
        (1, 0x41, "the Multipoint bit is set"),
        (2, 0, "a Detect Mult of zero"),
        (3, 23, "a BFD length of 23 octets"),
        (3, 25, "a length of 1 octets, 0 left"),
        (1, 0x44, "1 octets expected, 0 left"),
        (4, 0, "a My Discriminator of zero"),
    ],
)
def test_what_rfc_5880_6_8_6_has_discarded_is_an_error(at: int, octet: int, what: str) -> None:
    octets = bytearray(replace(DOWN, my_discriminator=0x01000000).encode())
    octets[at] = octet
    with pytest.raises(DecodeError, match=what):
        ControlPacket.decode(Reader(bytes(octets)))


@pytest.mark.parametrize(
    ("section", "what"),
    [
        ("0101", "a BFD Authentication Section of 1 octets"),
        ("0104 aa", "2 octets expected, 1 left"),
        ("0103 aabb", "1 octets left over"),
    ],
)
def test_an_authentication_section_has_to_fill_the_packet(section: str, what: str) -> None:
    octets = bytearray(DOWN.encode() + bytes.fromhex(section))
    octets[1] |= 0x04
    octets[3] = len(octets)
    with pytest.raises(DecodeError, match=what):
        ControlPacket.decode(Reader(bytes(octets)))


@pytest.mark.parametrize(
    ("code", "words"),
    [(1, "control detection time expired"), (7, "administratively down"), (30, "diagnostic 30")],
)
def test_a_diagnostic_in_words(code: int, words: str) -> None:
    assert diagnostic_words(code) == words


def test_scapy_writes_the_same() -> None:
    theirs = BFD(
        diag=1,
        sta=3,
        flags="DCP",
        detect_mult=5,
        my_discriminator=1,
        your_discriminator=2,
        min_tx_interval=50_000,
        min_rx_interval=50_000,
        echo_rx_interval=50_000,
    )
    assert UP.encode() == bytes(theirs)


U32 = st.integers(0, (1 << 32) - 1)


@given(
    st.builds(
        ControlPacket,
        state=st.sampled_from(SessionState),
        detect_mult=st.integers(1, 255),
        my_discriminator=st.integers(1, (1 << 32) - 1),
        your_discriminator=U32,
        desired_min_tx=U32,
        required_min_rx=U32,
        required_min_echo_rx=U32,
        diagnostic=st.integers(0, 31),
        poll=st.booleans(),
        final=st.booleans(),
        control_plane_independent=st.booleans(),
        demand=st.booleans(),
        authentication=st.none()
        | st.builds(
            Authentication, kind=st.integers(0, 255), data=st.binary(min_size=0, max_size=26)
        ),
    )
)
def test_what_is_encoded_is_decoded_to_the_same(packet: ControlPacket) -> None:
    assert ControlPacket.decode(Reader(packet.encode())) == packet
