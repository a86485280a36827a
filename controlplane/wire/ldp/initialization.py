"""Initialization messages (RFC 5036 3.5.3), what sets up a session; KeepAlives, what keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from controlplane.wire.ldp.capability import Capability, advertised, encode_capability
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.numbers import DEFAULT_MAX_PDU, VERSION, MessageType, TlvType
from controlplane.wire.ldp.tlv import Tlvs, encode_tlv
from controlplane.wire.reader import Reader

_ON_DEMAND: Final = 0x80
_LOOP_DETECTION: Final = 0x40

_LEARN_FROM_NETWORK: Final = 0x0001


@dataclass(frozen=True, slots=True, kw_only=True)
class FtSession:
    """The FT Session TLV with the L flag (RFC 3479 8.2, RFC 3478 2); times in milliseconds.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |1|0| FT Session TLV (0x0503)   |      Length (= 12)            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |R|         Reserved    |S|A|C|L|      Reserved                 |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                FT Reconnect Timeout (in milliseconds)         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                Recovery Time (in milliseconds)                |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    reconnect_timeout: int
    recovery_time: int
    learn_from_network: bool = True

    def encode(self) -> bytes:
        flags = _LEARN_FROM_NETWORK if self.learn_from_network else 0
        times = self.reconnect_timeout.to_bytes(4, "big") + self.recovery_time.to_bytes(4, "big")
        value = flags.to_bytes(2, "big") + bytes(2) + times
        return encode_tlv(TlvType.FT_SESSION, value, unknown=True)

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        flags = reader.u16()
        reader.take(2)
        return cls(
            reconnect_timeout=reader.u32(),
            recovery_time=reader.u32(),
            learn_from_network=bool(flags & _LEARN_FROM_NETWORK),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonSession:
    """The Common Session Parameters.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |0|0| Common Sess Parms (0x0500)|      Length                   |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    | Protocol Version              |      KeepAlive Time           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |A|D|  Reserved |     PVLim     |      Max PDU Length           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                 Receiver LDP Identifier                       |
    +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    keepalive_time: int
    receiver: LdpId
    max_pdu_length: int = DEFAULT_MAX_PDU
    on_demand: bool = False
    loop_detection: bool = False
    path_vector_limit: int = 0
    version: int = VERSION

    def encode(self) -> bytes:
        flags = (_ON_DEMAND if self.on_demand else 0) | (
            _LOOP_DETECTION if self.loop_detection else 0
        )
        return encode_tlv(
            TlvType.COMMON_SESSION,
            self.version.to_bytes(2, "big")
            + self.keepalive_time.to_bytes(2, "big")
            + bytes((flags, self.path_vector_limit))
            + self.max_pdu_length.to_bytes(2, "big")
            + self.receiver.encode(),
        )

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        version, keepalive_time = reader.u16(), reader.u16()
        flags, path_vector_limit, max_pdu_length = reader.u8(), reader.u8(), reader.u16()
        return cls(
            version=version,
            keepalive_time=keepalive_time,
            on_demand=bool(flags & _ON_DEMAND),
            loop_detection=bool(flags & _LOOP_DETECTION),
            path_vector_limit=path_vector_limit,
            max_pdu_length=max_pdu_length,
            receiver=LdpId.decode(reader),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialization:
    kind: ClassVar = MessageType.INITIALIZATION

    session: CommonSession
    ft_session: FtSession | None = None
    capabilities: frozenset[Capability] = frozenset()

    def encode(self) -> bytes:
        ft_session = self.ft_session.encode() if self.ft_session else b""
        capabilities = (encode_capability(c, enabled=True) for c in sorted(self.capabilities))
        return self.session.encode() + ft_session + b"".join(capabilities)

    @classmethod
    def decode(cls, tlvs: Tlvs) -> Self:
        return cls(
            session=tlvs.require(TlvType.COMMON_SESSION, CommonSession.decode),
            ft_session=tlvs.get(TlvType.FT_SESSION, FtSession.decode),
            # RFC 5561 6: here the S bit "SHOULD be ignored on receipt".
            capabilities=frozenset(advertised(tlvs)),
        )


@dataclass(frozen=True, slots=True)
class KeepAlive:
    kind: ClassVar = MessageType.KEEPALIVE

    def encode(self) -> bytes:
        return b""

    @classmethod
    def decode(cls, tlvs: Tlvs) -> Self:
        return cls()
