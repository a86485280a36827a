"""Section "Packet I/O": the headers in front of packets from and to a controller."""

from __future__ import annotations

import pytest
from finsy.proto import p4r

from softswitch.p4runtime.p4info import Field, PacketHeader
from softswitch.p4runtime.packet_io import PacketInDecoder, PacketOutEncoder
from softswitch.p4runtime.status import P4RuntimeError

# The example of section "ControllerPacketMetadata": 9 + 1 bits, filled up to two bytes.
PACKET_IN = PacketHeader("packet_in", (Field(1, "ingress_port", 9), Field(2, "is_clone", 1)))
PACKET_OUT = PacketHeader("packet_out", (Field(1, "egress_port", 9), Field(2, "queue_id", 8)))
BARE = PacketHeader("packet_in")


def metadata(**values: bytes) -> list[p4r.PacketMetadata]:
    ids = {"egress_port": 1, "queue_id": 2, "other": 7}
    return [p4r.PacketMetadata(metadata_id=ids[name], value=v) for name, v in values.items()]


def test_a_packet_in_is_header_fields_and_payload() -> None:
    frame = (0x1FE << 7 | 1 << 6).to_bytes(2, "big") + b"payload"
    packet = PacketInDecoder(PACKET_IN).decode(frame)
    assert packet is not None
    assert packet.payload == b"payload"
    assert [(m.metadata_id, m.value) for m in packet.metadata] == [(1, b"\x01\xfe"), (2, b"\x01")]


def test_a_frame_shorter_than_its_header_is_no_packet_in() -> None:
    assert PacketInDecoder(PACKET_IN).decode(b"\x00") is None


def test_a_program_without_header_gives_bare_frames() -> None:
    assert PacketInDecoder(BARE).decode(b"frame") == p4r.PacketIn(payload=b"frame")


def test_a_packet_out_is_encoded_without_gaps_in_any_order_of_metadata() -> None:
    fields = metadata(queue_id=b"\x05", egress_port=b"\x01\x02")
    frame = PacketOutEncoder(PACKET_OUT).encode(p4r.PacketOut(payload=b"xyz", metadata=fields))
    assert frame == ((0x102 << 8 | 5) << 7).to_bytes(3, "big") + b"xyz"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (metadata(egress_port=b"\x01"), "queue_id .2. is missing"),
        (
            metadata(egress_port=b"\x01", queue_id=b"\x01", other=b"\x01"),
            "no packet_out metadata 7",
        ),
        (metadata(egress_port=b"\x02\x00", queue_id=b"\x01"), "does not fit into bit<9>"),
        (metadata(egress_port=b"\x01", queue_id=b"\x01") * 2, "given twice"),
    ],
)
def test_a_packet_out_that_does_not_match_the_p4info_is_refused(
    fields: list[p4r.PacketMetadata], message: str
) -> None:
    with pytest.raises(P4RuntimeError, match=message):
        PacketOutEncoder(PACKET_OUT).encode(p4r.PacketOut(metadata=fields))
