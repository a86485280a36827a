"""Hello messages (RFC 5036 3.5.2): who is there and wants to label switch, and how to reach it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import ClassVar, Final, Self

from controlplane.wire.ldp.numbers import MessageType, TlvType
from controlplane.wire.ldp.tlv import Tlvs, encode_tlv
from controlplane.wire.reader import Reader

HOLD_FOREVER: Final = 0xFFFF
"""RFC 5036 3.5.2: this hold time never runs out."""

_TARGETED: Final = 0x8000
_REQUEST: Final = 0x4000
_GTSM: Final = 0x2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The Common Hello Parameters, and behind them the optional ones.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |0|0| Common Hello Parms(0x0400)|      Length                   |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |      Hold Time                |T|R|G|   Reserved              |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    `hold_time` is in seconds, 0 for the default. `request_targeted` is R: answer in kind. `gtsm` is
    G (RFC 6720): the sender can do GTSM. An IPv6 transport address is read over.
    """

    kind: ClassVar = MessageType.HELLO

    hold_time: int
    targeted: bool = False
    request_targeted: bool = False
    gtsm: bool = False
    transport_address: IPv4Address | None = None
    configuration_sequence: int | None = None

    def encode(self) -> bytes:
        flags = (
            (_TARGETED if self.targeted else 0)
            | (_REQUEST if self.request_targeted else 0)
            | (_GTSM if self.gtsm else 0)
        )
        common = self.hold_time.to_bytes(2, "big") + flags.to_bytes(2, "big")
        tlvs = encode_tlv(TlvType.COMMON_HELLO, common)
        if self.transport_address is not None:
            tlvs += encode_tlv(TlvType.IPV4_TRANSPORT_ADDRESS, self.transport_address.packed)
        if self.configuration_sequence is not None:
            number = self.configuration_sequence.to_bytes(4, "big")
            tlvs += encode_tlv(TlvType.CONFIGURATION_SEQUENCE_NUMBER, number)
        return tlvs

    @classmethod
    def decode(cls, tlvs: Tlvs) -> Self:
        hold_time, flags = tlvs.require(TlvType.COMMON_HELLO, _common)
        return cls(
            hold_time=hold_time,
            targeted=bool(flags & _TARGETED),
            request_targeted=bool(flags & _REQUEST),
            gtsm=bool(flags & _GTSM),
            transport_address=tlvs.get(TlvType.IPV4_TRANSPORT_ADDRESS, Reader.ipv4),
            configuration_sequence=tlvs.get(TlvType.CONFIGURATION_SEQUENCE_NUMBER, Reader.u32),
        )


def _common(reader: Reader) -> tuple[int, int]:
    return reader.u16(), reader.u16()
