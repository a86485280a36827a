"""The messages that advertise, request, withdraw and release labels (RFC 5036 3.5.7 to 3.5.11).

RFC 5036 3.4.2.1 draws a label at the left of its four octets; all that is deployed has it at the
right, and so has this. Hop counts and path vectors serve loop detection alone (RFC 5036 2.8): they
are known TLVs, and passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final, Self

from controlplane.net.label import EXPLICIT_NULL, FIRST_LABEL, IMPLICIT_NULL, LAST_LABEL, Label
from controlplane.wire.ldp.fec import Fecs, decode_fecs, encode_fecs
from controlplane.wire.ldp.numbers import MessageType, StatusCode, TlvType
from controlplane.wire.ldp.status import Status
from controlplane.wire.ldp.tlv import HEADER, LdpError, Tlvs, encode_tlv
from controlplane.wire.reader import DecodeError, Reader

_RESERVED_IN_USE: Final = frozenset({EXPLICIT_NULL, IMPLICIT_NULL})
_LABEL_OCTETS: Final = 4
_LABEL_HEAD: Final = HEADER.pack(TlvType.GENERIC_LABEL, _LABEL_OCTETS)
_CACHED: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class LabelMapping:
    """`request_id` is the message ID of the Label Request that this one answers."""

    kind: ClassVar = MessageType.LABEL_MAPPING

    fecs: Fecs
    label: Label
    request_id: int | None = None

    def encode(self) -> bytes:
        return encode_fecs(self.fecs) + _encode_label(self.label) + _encode_id(self.request_id)

    @classmethod
    def decode(cls, tlvs: Tlvs) -> Self:
        return cls(
            tlvs.require(TlvType.FEC, decode_fecs),
            tlvs.require(TlvType.GENERIC_LABEL, _label),
            tlvs.get(TlvType.LABEL_REQUEST_MESSAGE_ID, Reader.u32),
        )


def plain_mapping(parameters: bytes) -> LabelMapping | None:
    """A Label Mapping that is a FEC TLV and a label, as nearly all are, read in one go.

    None: it is another one, or malformed, and for `LabelMapping.decode`.
    """
    fec_end = len(parameters) - HEADER.size - _LABEL_OCTETS
    label = int.from_bytes(parameters[-_LABEL_OCTETS:], "big")
    if fec_end < 0 or parameters[fec_end:-_LABEL_OCTETS] != _LABEL_HEAD or not _is_label(label):
        return None
    fecs = _fecs_of_tlv(parameters[:fec_end])
    return None if fecs is None else LabelMapping(fecs, label)


@lru_cache(maxsize=_CACHED)
def _fecs_of_tlv(octets: bytes) -> Fecs | None:
    """Cached: every peer tells of the same FECs."""
    value = octets[HEADER.size :]
    if octets != encode_tlv(TlvType.FEC, value):
        return None
    try:
        return decode_fecs(Reader(value))
    except DecodeError:
        return None


@dataclass(frozen=True, slots=True)
class LabelRequest:
    kind: ClassVar = MessageType.LABEL_REQUEST

    fecs: Fecs

    def encode(self) -> bytes:
        return encode_fecs(self.fecs)

    @classmethod
    def decode(cls, tlvs: Tlvs) -> Self:
        return cls(tlvs.require(TlvType.FEC, decode_fecs))


@dataclass(frozen=True, slots=True)
class LabelAbortRequest:
    """`request_id` is the message ID of the Label Request that is wanted no longer."""

    kind: ClassVar = MessageType.LABEL_ABORT_REQUEST

    fecs: Fecs
    request_id: int

    def encode(self) -> bytes:
        return encode_fecs(self.fecs) + _encode_id(self.request_id)

    @classmethod
    def decode(cls, tlvs: Tlvs) -> Self:
        return cls(
            tlvs.require(TlvType.FEC, decode_fecs),
            tlvs.require(TlvType.LABEL_REQUEST_MESSAGE_ID, Reader.u32),
        )


@dataclass(frozen=True, slots=True)
class LabelWithdraw:
    """Without a label: whatever label the FEC has."""

    kind: ClassVar = MessageType.LABEL_WITHDRAW

    fecs: Fecs
    label: Label | None = None

    def encode(self) -> bytes:
        return encode_fecs(self.fecs) + _encode_label(self.label)

    @classmethod
    def decode(cls, tlvs: Tlvs) -> Self:
        return cls(tlvs.require(TlvType.FEC, decode_fecs), tlvs.get(TlvType.GENERIC_LABEL, _label))


@dataclass(frozen=True, slots=True)
class LabelRelease:
    """Without a label: whatever label the FEC has. `status` may say why."""

    kind: ClassVar = MessageType.LABEL_RELEASE

    fecs: Fecs
    label: Label | None = None
    status: StatusCode | None = None

    def encode(self) -> bytes:
        status = Status(self.status).encode(unknown=True) if self.status is not None else b""
        return encode_fecs(self.fecs) + _encode_label(self.label) + status

    @classmethod
    def decode(cls, tlvs: Tlvs) -> Self:
        status = tlvs.get(TlvType.STATUS, Status.decode)
        known = status.known if status else None
        return cls(
            tlvs.require(TlvType.FEC, decode_fecs), tlvs.get(TlvType.GENERIC_LABEL, _label), known
        )


def _encode_label(label: Label | None) -> bytes:
    if label is None:
        return b""
    return encode_tlv(TlvType.GENERIC_LABEL, label.to_bytes(_LABEL_OCTETS, "big"))


def _encode_id(message_id: int | None) -> bytes:
    if message_id is None:
        return b""
    return encode_tlv(TlvType.LABEL_REQUEST_MESSAGE_ID, message_id.to_bytes(4, "big"))


def _label(reader: Reader) -> Label:
    label = reader.u32()
    if not _is_label(label):
        what = f"label {label}"
        raise LdpError(StatusCode.MALFORMED_TLV_VALUE, reader.offset, what)
    return label


def _is_label(number: int) -> bool:
    return FIRST_LABEL <= number <= LAST_LABEL or number in _RESERVED_IN_USE
