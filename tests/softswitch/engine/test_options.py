"""A varbit, advance, lookahead, and checksums with conditions and over the payload."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scapy.layers.inet import IP, UDP

from softswitch.engine import Engine

GOOD, PARSER_ERROR, CHECKSUM_ERROR = 1, 2, 3


@pytest.fixture
def engine(start: Callable[[str], Engine]) -> Engine:
    return start("options")


def packet(options: int, payload: bytes, tos: int = 0, proto: int = 17) -> bytes:
    padding = b"\1" * options
    ip = IP(src="10.0.0.1", dst="10.0.0.2", id=7, ttl=9, options=padding, tos=tos, proto=proto)
    return bytes(ip / UDP(sport=5, dport=6) / payload)


@pytest.mark.parametrize("options", [0, 4, 8, 40])
@pytest.mark.parametrize("payload", [b"", b"x", b"xy", b"x" * 101])
def test_both_checksums_are_right_after_the_ttl_has_changed(
    engine: Engine, options: int, payload: bytes
) -> None:
    ((port, received),) = engine.process(1, packet(options, payload), 0)
    expected = IP(packet(options, payload))
    expected.ttl = 8
    del expected.chksum, expected[UDP].chksum
    assert (port, received) == (GOOD, bytes(expected))


def test_a_checksum_over_options_is_verified(engine: Engine) -> None:
    damaged = bytearray(packet(8, b"data"))
    damaged[21] ^= 0x40
    assert [port for port, _ in engine.process(1, bytes(damaged), 0)] == [CHECKSUM_ERROR]


def test_a_header_shorter_than_its_fixed_part_is_a_parser_error(engine: Engine) -> None:
    damaged = b"\x44" + packet(0, b"data")[1:]
    assert [port for port, _ in engine.process(1, damaged, 0)] == [PARSER_ERROR]


def test_options_that_the_packet_does_not_have_are_a_parser_error(engine: Engine) -> None:
    damaged = b"\x4f" + packet(0, b"")[1:]
    assert engine.process(1, damaged, 0) == [(PARSER_ERROR, damaged)]


def test_advance_skips_octets_that_never_come_back(engine: Engine) -> None:
    sent = packet(0, b"data", proto=255)
    skipped = sent[:20] + b"!!" + sent[20:]
    ((_, received),) = engine.process(1, skipped, 0)
    assert len(received) == len(sent)


def test_a_header_made_invalid_at_ingress_is_gone(engine: Engine) -> None:
    sent = packet(4, b"data", tos=1)
    ((_, received),) = engine.process(1, sent, 0)
    assert len(received) == len(sent) - 24


def test_packet_length_follows_the_headers_into_egress(engine: Engine) -> None:
    sent = packet(12, b"data", tos=2)
    ((_, received),) = engine.process(1, sent, 0)
    assert int.from_bytes(received[32 + 4 : 32 + 6], "big") == len(sent)
