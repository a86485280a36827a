"""Type, length, value: what every LDP message is made of (RFC 5036 3.3), and what can be wrong.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |U|F|        Type               |            Length             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                             Value                             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

An unknown TLV is passed over when its U bit is set; else the whole message is ignored and its
sender told. Every error is an LdpError with the status that RFC 5036 3.5.1.2 names for it, which
says whether the session ends. The errors of values are found by plain readers, as DecodeErrors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import Struct
from typing import Final, Self, TypeVar

from controlplane.wire.ldp.numbers import StatusCode, TlvType
from controlplane.wire.reader import DecodeError, Reader

HEADER: Final = Struct("!HH")

UNKNOWN_BIT: Final = 0x8000
_TYPE: Final = 0x3FFF
_TYPES: Final = {int(kind): kind for kind in TlvType}

T = TypeVar("T")


class LdpError(DecodeError):
    """What is wrong with a PDU, and the status that its sender is told.

    `returned` is the TLV at fault, whole, where there is one to return (RFC 5561 8).
    """

    def __init__(self, status: StatusCode, offset: int, what: str, returned: bytes = b"") -> None:
        super().__init__(offset, what)
        self.status = status
        self.returned = returned


def encode_tlv(kind: TlvType, value: bytes, *, unknown: bool = False) -> bytes:
    """A TLV; `unknown` is its U bit."""
    return HEADER.pack(kind | UNKNOWN_BIT if unknown else kind, len(value)) + value


class Tlvs:
    """The TLVs of one message that are known; of a type that comes twice the first one counts."""

    def __init__(self, values: list[tuple[TlvType, bytes]]) -> None:
        self._values = values

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """All that is left of a message; LdpError for a bad length or an unknown TLV."""
        return cls(list(_read(reader.rest())))

    @property
    def types(self) -> list[TlvType]:
        return [kind for kind, _ in self._values]

    def get(self, kind: TlvType, decode: Callable[[Reader], T]) -> T | None:
        """The value of a TLV that may be absent."""
        for found, value in self._values:
            if found is kind:
                return _decoded(kind, value, decode)
        return None

    def require(self, kind: TlvType, decode: Callable[[Reader], T]) -> T:
        """The value of a TLV that must be there."""
        value = self.get(kind, decode)
        if value is None:
            what = f"no {kind.name} TLV"
            raise LdpError(StatusCode.MISSING_MESSAGE_PARAMETERS, 0, what)
        return value


def _read(octets: bytes) -> Iterator[tuple[TlvType, bytes]]:
    """Without a Reader: this runs for each of the TLVs that a whole table of labels is made of."""
    at, size = 0, len(octets)
    while at < size:
        if at + HEADER.size > size:
            raise _too_long(HEADER.size, at, size)
        kind, length = HEADER.unpack_from(octets, at)
        start, at = at + HEADER.size, at + HEADER.size + length
        if at > size:
            raise _too_long(length, start, size)
        if (known := _TYPES.get(kind & _TYPE)) is not None:
            yield known, octets[start:at]
        elif not kind & UNKNOWN_BIT:
            whole = octets[start - HEADER.size : at]
            what = f"unknown TLV {kind:#06x}"
            raise LdpError(StatusCode.UNKNOWN_TLV, start - HEADER.size, what, whole)


def _too_long(length: int, at: int, size: int) -> LdpError:
    what = f"{length} octets expected, {size - at} left"
    return LdpError(StatusCode.BAD_TLV_LENGTH, at, what)


def _decoded(kind: TlvType, value: bytes, decode: Callable[[Reader], T]) -> T:
    reader = Reader(value)
    try:
        decoded = decode(reader)
        reader.finish()
    except LdpError:
        raise
    except DecodeError as error:
        what = f"{kind.name} TLV: {error.what}"
        whole = encode_tlv(kind, value)
        raise LdpError(StatusCode.MALFORMED_TLV_VALUE, error.offset, what, whole) from None
    return decoded
