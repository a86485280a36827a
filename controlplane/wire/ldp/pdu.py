"""LDP PDUs (RFC 5036 3.1): what a datagram holds one of, and a stream one after another.

0                   1                   2                   3
0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|  Version                      |         PDU Length            |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                         LDP Identifier                        |
+                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                               |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final

from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.message import HEADER_OCTETS, RawMessage, split_messages
from controlplane.wire.ldp.numbers import DEFAULT_MAX_PDU, VERSION, StatusCode
from controlplane.wire.ldp.tlv import LdpError
from controlplane.wire.reader import Reader

_START: Final = Struct("!HH")
_IDENTIFIER_OCTETS: Final = 6
_MINIMUM_LENGTH: Final = _IDENTIFIER_OCTETS + HEADER_OCTETS


@dataclass(frozen=True, slots=True)
class Pdu:
    ldp_id: LdpId
    body: bytes

    def messages(self) -> Iterator[RawMessage]:
        """One by one; LdpError where one does not fit in."""
        return split_messages(self.body)


class PduBuffer:
    """What has come of a stream and is no whole PDU yet."""

    def __init__(self) -> None:
        self.max_length = DEFAULT_MAX_PDU
        self._octets = bytearray()

    def feed(self, data: bytes) -> Iterator[Pdu]:
        """The PDUs that are whole now; LdpError at one whose header is wrong."""
        self._octets += data
        while len(self._octets) >= _START.size:
            length = _checked_length(bytes(self._octets[: _START.size]), self.max_length)
            end = _START.size + length
            if len(self._octets) < end:
                return
            whole = bytes(self._octets[_START.size : end])
            del self._octets[:end]
            yield _pdu(whole)


def decode_datagram(data: bytes) -> Pdu:
    """The PDU of a Hello's datagram; LdpError when it is none, or not all of it."""
    if len(data) < _START.size:
        raise LdpError(StatusCode.BAD_PDU_LENGTH, len(data), "no whole PDU header")
    length = _checked_length(data[: _START.size], DEFAULT_MAX_PDU)
    if len(data) != _START.size + length:
        what = f"a PDU of {length} octets in a datagram of {len(data)}"
        raise LdpError(StatusCode.BAD_PDU_LENGTH, 2, what)
    return _pdu(data[_START.size :])


def encode_pdu(ldp_id: LdpId, body: bytes) -> bytes:
    """One PDU of one or more messages."""
    return _START.pack(VERSION, _IDENTIFIER_OCTETS + len(body)) + ldp_id.encode() + body


def pack(ldp_id: LdpId, messages: Iterable[bytes], max_length: int = DEFAULT_MAX_PDU) -> bytes:
    """As few PDUs as messages go in, in their order."""
    pdus: list[bytes] = []
    room = max_length - _IDENTIFIER_OCTETS
    body = bytearray()
    for message in messages:
        if body and len(body) + len(message) > room:
            pdus.append(encode_pdu(ldp_id, bytes(body)))
            body.clear()
        body += message
    if body:
        pdus.append(encode_pdu(ldp_id, bytes(body)))
    return b"".join(pdus)


def _checked_length(start: bytes, max_length: int) -> int:
    version, length = _START.unpack(start)
    if version != VERSION:
        raise LdpError(StatusCode.BAD_PROTOCOL_VERSION, 0, f"LDP version {version}")
    if not _MINIMUM_LENGTH <= length <= max_length:
        raise LdpError(StatusCode.BAD_PDU_LENGTH, 2, f"a PDU length of {length} octets")
    return int(length)


def _pdu(whole: bytes) -> Pdu:
    reader = Reader(whole)
    return Pdu(LdpId.decode(reader), reader.rest())
