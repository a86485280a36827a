"""Capabilities (RFC 5561): what a speaker can do beyond RFC 5036, told as TLVs.

0                   1                   2                   3
0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|U|F| TLV Code Point            |            Length             |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|S| Reserved    |        Capability Data
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Final, Self

from controlplane.wire.ldp.numbers import MessageType, StatusCode, TlvType
from controlplane.wire.ldp.tlv import LdpError, Tlvs, encode_tlv
from controlplane.wire.reader import Reader

_STATE: Final = 0x80


class Capability(IntEnum):
    """Those that are known here; none of them has data."""

    DYNAMIC = TlvType.DYNAMIC_CAPABILITY
    """RFC 5561 9: Capability messages are understood."""
    TYPED_WILDCARD_FEC = TlvType.TYPED_WILDCARD_FEC
    """RFC 5918 5."""
    UNRECOGNIZED_NOTIFICATION = TlvType.UNRECOGNIZED_NOTIFICATION
    """RFC 5919 3: advisory notifications of unknown status, End-of-LIB too, do no harm."""


_CAPABILITIES: Final = {int(capability): capability for capability in Capability}


@dataclass(frozen=True, slots=True)
class CapabilityMessage:
    """Capabilities that the sender has from now on (True), or not any more (RFC 5561 4)."""

    kind: ClassVar = MessageType.CAPABILITY

    changes: Mapping[Capability, bool] = field(default_factory=dict)

    def encode(self) -> bytes:
        return b"".join(encode_capability(c, enabled=s) for c, s in self.changes.items())

    @classmethod
    def decode(cls, tlvs: Tlvs) -> Self:
        return cls(advertised(tlvs))


def encode_capability(capability: Capability, *, enabled: bool) -> bytes:
    """A Capability Parameter."""
    value = bytes((_STATE if enabled else 0,))
    return encode_tlv(TlvType(capability), value, unknown=True)


def advertised(tlvs: Tlvs) -> dict[Capability, bool]:
    """The Capability Parameters of a message, with their S bits."""
    counted = Counter(_CAPABILITIES[kind] for kind in tlvs.types if kind in _CAPABILITIES)
    for capability, count in counted.items():
        if count > 1:
            # RFC 5561 3: the session ends, and the second of them is returned.
            what = f"capability {capability.name} twice"
            returned = encode_capability(capability, enabled=True)
            raise LdpError(StatusCode.MALFORMED_TLV_VALUE, 0, what, returned)
    return {capability: tlvs.require(TlvType(capability), _state) for capability in counted}


def _state(reader: Reader) -> bool:
    state = bool(reader.u8() & _STATE)
    reader.rest()
    return state
