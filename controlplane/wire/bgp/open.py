"""OPEN messages (RFC 4271 4.2), the first on a connection.

0                   1                   2                   3
0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+
|  Version = 4  |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|     My Autonomous System      |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|           Hold Time           |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                         BGP Identifier                        |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
| Opt Parm Len  |  Optional Parameters (variable)
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

The only optional parameter is Capabilities (RFC 5492 4). When more than 255 octets of them are to
be said, their lengths have two octets (RFC 9072 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import ClassVar, Final, Self

from controlplane.wire.bgp.capability import (
    Capability,
    FourOctetAs,
    decode_capabilities,
    encode_capability,
)
from controlplane.wire.bgp.errors import BgpError
from controlplane.wire.bgp.numbers import (
    AS_TRANS,
    UNSPECIFIC,
    VERSION,
    ErrorCode,
    MessageType,
    OpenError,
)
from controlplane.wire.reader import DecodeError, Reader

_CAPABILITIES: Final = 2
_EXTENDED: Final = 255
_NO_HOLD_TIMES: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class Open:
    """`asn` is the one of the 4-octet AS capability where there is such a capability."""

    kind: ClassVar = MessageType.OPEN

    asn: int
    hold_time: int
    router_id: IPv4Address
    capabilities: tuple[Capability, ...] = ()

    def encode(self) -> bytes:
        """The body. RFC 6793 9: AS_TRANS stands for an AS that needs four octets."""
        asn = self.asn if self.asn < 1 << 16 else AS_TRANS
        fixed = bytes((VERSION,)) + asn.to_bytes(2, "big") + self.hold_time.to_bytes(2, "big")
        return fixed + self.router_id.packed + _encode_parameters(self.capabilities)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """BgpError for what RFC 4271 6.2 finds wrong."""
        reader = Reader(body)
        try:
            return cls._read(reader)
        except BgpError:
            raise
        except DecodeError as error:
            raise _error(UNSPECIFIC, error.what) from None

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        _check_version(reader.u8())
        asn, hold_time, router_id = reader.u16(), reader.u16(), reader.ipv4()
        capabilities = tuple(_decode_parameters(reader.rest()))
        numbers = [one.asn for one in capabilities if isinstance(one, FourOctetAs)]
        message = cls(numbers[-1] if numbers else asn, hold_time, router_id, capabilities)
        message._check()
        return message

    def _check(self) -> None:
        if self.asn == 0:
            # RFC 7607 2.
            raise _error(OpenError.BAD_PEER_AS, "AS 0")
        if self.hold_time in _NO_HOLD_TIMES:
            what = f"a hold time of {self.hold_time} s"
            raise _error(OpenError.UNACCEPTABLE_HOLD_TIME, what)
        if int(self.router_id) == 0:
            # RFC 6286 2.1: any other four octets will do.
            raise _error(OpenError.BAD_BGP_IDENTIFIER, f"BGP identifier {self.router_id}")


def _check_version(version: int) -> None:
    if version != VERSION:
        data = VERSION.to_bytes(2, "big")
        raise _error(OpenError.UNSUPPORTED_VERSION_NUMBER, f"BGP version {version}", data)


def _encode_parameters(capabilities: tuple[Capability, ...]) -> bytes:
    value = b"".join(map(encode_capability, capabilities))
    if not value:
        return bytes(1)
    if len(value) + 2 < _EXTENDED:
        return bytes((len(value) + 2, _CAPABILITIES, len(value))) + value
    parameter = bytes((_CAPABILITIES,)) + len(value).to_bytes(2, "big") + value
    return bytes((_EXTENDED, _EXTENDED)) + len(parameter).to_bytes(2, "big") + parameter


def _decode_parameters(octets: bytes) -> Iterator[Capability]:
    is_extended = octets[:1] != b"\0" and octets[1:2] == bytes((_EXTENDED,))
    reader, width = (Reader(octets[2:]), 2) if is_extended else (Reader(octets), 1)
    with reader.sub(reader.uint(width)) as parameters:
        while parameters.remaining:
            yield from _decode_parameter(parameters, width)
    reader.finish()


def _decode_parameter(reader: Reader, width: int) -> Iterator[Capability]:
    kind = reader.u8()
    with reader.sub(reader.uint(width)) as value:
        if kind != _CAPABILITIES:
            what = f"optional parameter {kind}"
            raise _error(OpenError.UNSUPPORTED_OPTIONAL_PARAMETER, what)
        yield from decode_capabilities(value)


def _error(subcode: int, what: str, data: bytes = b"") -> BgpError:
    return BgpError(ErrorCode.OPEN_MESSAGE, subcode, what, data)
