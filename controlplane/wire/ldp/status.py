"""Status TLVs (RFC 5036 3.4.6), and Notifications, which carry them (3.5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from controlplane.wire.ldp.fec import Fecs, decode_fecs, encode_fecs
from controlplane.wire.ldp.numbers import MessageType, StatusCode, TlvType
from controlplane.wire.ldp.tlv import Tlvs, encode_tlv
from controlplane.wire.reader import Reader

_FATAL: Final = 0x80000000
_DATA: Final = 0x3FFFFFFF
_CODES: Final = {int(code): code for code in StatusCode}


@dataclass(frozen=True, slots=True)
class Status:
    """What happened, and to which message of the peer (0: to none in particular).

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |U|F| Status (0x0300)           |      Length                   |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |E|F|                 Status Data                               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                     Message ID                                |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |      Message Type             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    `fatal` is None where the code has the E bit that RFC 5036 3.9 gives it.
    """

    data: int
    message_id: int = 0
    message_type: int = 0
    fatal: bool | None = None

    @property
    def known(self) -> StatusCode | None:
        return _CODES.get(self.data)

    @property
    def is_fatal(self) -> bool:
        if self.fatal is not None:
            return self.fatal
        return self.known is not None and self.known.is_fatal

    @property
    def words(self) -> str:
        return self.known.words if self.known is not None else f"status {self.data:#x}"

    def encode(self, *, unknown: bool = False) -> bytes:
        """`unknown` is the U bit: set in messages other than Notifications."""
        code = self.data | (_FATAL if self.is_fatal else 0)
        value = code.to_bytes(4, "big") + self.message_id.to_bytes(4, "big")
        value += self.message_type.to_bytes(2, "big")
        return encode_tlv(TlvType.STATUS, value, unknown=unknown)

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        code, message_id, message_type = reader.u32(), reader.u32(), reader.u16()
        fatal, data = bool(code & _FATAL), code & _DATA
        known = _CODES.get(data)
        usual = known is not None and known.is_fatal
        return cls(data, message_id, message_type, None if fatal == usual else fatal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """`fecs` go with End-of-LIB, `request_id` with Label Request Aborted.

    `returned_tlvs` are those that the status is about (RFC 5561 8). Parts of the peer's PDU or
    message that come back are passed over: they are for people with a capture.
    """

    kind: ClassVar = MessageType.NOTIFICATION

    status: Status
    extended_status: int | None = None
    returned_tlvs: bytes = b""
    fecs: Fecs = ()
    request_id: int | None = None

    def encode(self) -> bytes:
        tlvs = self.status.encode()
        if self.extended_status is not None:
            tlvs += encode_tlv(TlvType.EXTENDED_STATUS, self.extended_status.to_bytes(4, "big"))
        if self.returned_tlvs:
            tlvs += encode_tlv(TlvType.RETURNED_TLVS, self.returned_tlvs, unknown=True)
        if self.fecs:
            tlvs += encode_fecs(self.fecs)
        if self.request_id is not None:
            number = self.request_id.to_bytes(4, "big")
            tlvs += encode_tlv(TlvType.LABEL_REQUEST_MESSAGE_ID, number)
        return tlvs

    @classmethod
    def decode(cls, tlvs: Tlvs) -> Self:
        return cls(
            status=tlvs.require(TlvType.STATUS, Status.decode),
            extended_status=tlvs.get(TlvType.EXTENDED_STATUS, Reader.u32),
            returned_tlvs=tlvs.get(TlvType.RETURNED_TLVS, Reader.rest) or b"",
            fecs=tlvs.get(TlvType.FEC, decode_fecs) or (),
            request_id=tlvs.get(TlvType.LABEL_REQUEST_MESSAGE_ID, Reader.u32),
        )
