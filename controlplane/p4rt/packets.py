"""Packet-in and packet-out <-> P4Runtime messages."""

from __future__ import annotations

from typing import Final, assert_never

from finsy.proto import p4r

from controlplane.fib.model import PacketIn, PacketOut, Submit
from controlplane.net.punt import PuntReason
from controlplane.p4rt import bytestring, names
from controlplane.p4rt.pipeline import Pipeline

_REASONS: Final = {int(reason): reason for reason in PuntReason}


class PacketCodec:
    """The packet headers of one pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        packet_in = pipeline.packet_metadata["packet_in"]
        packet_out = pipeline.packet_metadata["packet_out"]
        self._packet_in = tuple(packet_in[name] for name in names.PACKET_IN)
        self._packet_out = tuple(packet_out[name] for name in names.PACKET_OUT)

    def packet_in(self, message: p4r.PacketIn) -> PacketIn | None:
        """What was punted, and why; None when our program cannot have sent it."""
        values = {field.metadata_id: bytestring.decode(field.value) for field in message.metadata}
        port, interface, number, excess = (values.get(id_, 0) for id_ in self._packet_in)
        if (reason := _REASONS.get(number)) is None:
            return None
        return PacketIn(port, interface, reason, message.payload, excess)

    def packet_out(self, packet: PacketOut | Submit) -> p4r.PacketOut:
        """The frame behind what the pipeline shall do with it."""
        message = p4r.PacketOut(payload=packet.frame)
        for id_, value in zip(self._packet_out, packet_out_header(packet), strict=True):
            message.metadata.add(metadata_id=id_, value=bytestring.encode(value))
        return message


def packet_out_header(packet: PacketOut | Submit) -> tuple[int, ...]:
    """The values of `packet_out_t`, in the order of `names.PACKET_OUT`."""
    match packet:
        case PacketOut(port, _):
            return names.FORM_PORT, port, 0, 0
        case Submit(vrf, interface, _):
            return names.FORM_SUBMIT, 0, vrf, interface
        case _:
            assert_never(packet)
