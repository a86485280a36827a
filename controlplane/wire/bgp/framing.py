"""Messages in a stream (RFC 4271 4.1): a header in front of each.

0                   1                   2                   3
0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                                                               |
+                                                               +
|                     Marker, all ones                          |
+                                                               +
|                                                               |
+                                                               +
|                                                               |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|          Length               |      Type     |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from struct import Struct
from typing import Final

from controlplane.wire.bgp.errors import BgpError
from controlplane.wire.bgp.numbers import MAX_MESSAGE, ErrorCode, HeaderError, MessageType

_HEADER: Final = Struct("!16sHB")
HEADER_OCTETS: Final = _HEADER.size
_MARKER: Final = b"\xff" * 16

_BODY_AT_LEAST: Final[Mapping[int, int]] = {
    MessageType.OPEN: 10,
    MessageType.UPDATE: 4,
    MessageType.NOTIFICATION: 2,
    MessageType.KEEPALIVE: 0,
    MessageType.ROUTE_REFRESH: 0,
}
"""RFC 4271 4.2 to 4.5. What is wrong with a short ROUTE-REFRESH is not said by its header."""


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message that is not decoded yet."""

    type: MessageType
    body: bytes


def encode(kind: MessageType, body: bytes) -> bytes:
    """A whole message."""
    return _HEADER.pack(_MARKER, HEADER_OCTETS + len(body), kind) + body


KEEPALIVE: Final = encode(MessageType.KEEPALIVE, b"")
"""RFC 4271 4.4: a header is all of it."""


class MessageBuffer:
    """What has come of a stream and is no whole message yet."""

    def __init__(self) -> None:
        self._octets = bytearray()

    def feed(self, data: bytes) -> Iterator[RawMessage]:
        """The messages that are whole now; BgpError at one whose header is wrong."""
        self._octets += data
        start = 0
        try:
            while len(self._octets) - start >= HEADER_OCTETS:
                kind, length = _checked(*_HEADER.unpack_from(self._octets, start))
                end = start + length
                if len(self._octets) < end:
                    return
                body = bytes(self._octets[start + HEADER_OCTETS : end])
                start = end
                yield RawMessage(kind, body)
        finally:
            del self._octets[:start]


def _checked(marker: bytes, length: int, kind: int) -> tuple[MessageType, int]:
    """RFC 4271 6.1."""
    if marker != _MARKER:
        raise _error(HeaderError.CONNECTION_NOT_SYNCHRONIZED, "a marker that is not all ones")
    if not HEADER_OCTETS <= length <= MAX_MESSAGE:
        raise _bad_length("a message", length)
    at_least = _BODY_AT_LEAST.get(kind)
    if at_least is None:
        data = kind.to_bytes(1, "big")
        raise _error(HeaderError.BAD_MESSAGE_TYPE, f"message type {kind}", data)
    known = MessageType(kind)
    too_long = known is MessageType.KEEPALIVE and length > HEADER_OCTETS
    if length < HEADER_OCTETS + at_least or too_long:
        raise _bad_length(f"{known.name} message", length)
    return known, length


def _bad_length(what: str, length: int) -> BgpError:
    data = length.to_bytes(2, "big")
    return _error(HeaderError.BAD_MESSAGE_LENGTH, f"{what} of {length} octets", data)


def _error(subcode: HeaderError, what: str, data: bytes = b"") -> BgpError:
    return BgpError(ErrorCode.MESSAGE_HEADER, subcode, what, data)
