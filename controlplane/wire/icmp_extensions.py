"""What an ICMP error says beside the datagram that it is about (RFC 4884, RFC 4950).

The extension structure stands behind the quoted datagram, whose padded length the error then says.
The one object that is read here is the label stack with which the datagram came to the router that
sent the error; others are skipped (RFC 4884 7: "an unrecognized object does not imply that an ICMP
message is malformed").
"""

from __future__ import annotations

from typing import Final

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.mpls import LabelStack
from controlplane.wire.reader import Reader

LEAST_QUOTED: Final = 128
"""RFC 4884 4: the least that is quoted before an extension structure, with zeros at its end.

RFC 4884 5.3: older receivers expect the structure right behind that many octets, so they are the
best length too.
"""

LENGTH_UNIT: Final = 4
"""RFC 4884 4: "For ICMPv4 messages, the length attribute represents 32-bit words"."""

_VERSION: Final = 2
_OBJECT_HEADER: Final = 4
_MPLS_LABEL_STACK: Final = (1, 1)  # RFC 4950 5: Class-Num, C-Type


def padded(quoted: bytes) -> bytes:
    """The quoted datagram as it stands before an extension structure."""
    length = max(LEAST_QUOTED, len(quoted) + -len(quoted) % LENGTH_UNIT)
    return quoted.ljust(length, b"\0")


def encode_labels(labels: LabelStack) -> bytes:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |Version|      (Reserved)       |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |             Length            |   Class-Num   |   C-Type      |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           Label stack ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """
    stack = labels.encode()
    length = (_OBJECT_HEADER + len(stack)).to_bytes(2, "big")
    rest = length + bytes(_MPLS_LABEL_STACK) + stack
    header = bytes((_VERSION << 4, 0))
    checksum = internet_checksum(header + bytes(2) + rest)
    return header + checksum.to_bytes(2, "big") + rest


def decode_labels(structure: bytes) -> LabelStack | None:
    """Read a whole extension structure; the last label stack in it, None without one."""
    reader = Reader(structure)
    version, checksum = reader.u16() >> 12, reader.u16()
    if version != _VERSION:
        raise reader.error(f"ICMP extensions of version {version}")
    # RFC 4884 7: "An all-zero value means that no checksum was transmitted."
    if checksum and internet_checksum(structure):
        raise reader.error("wrong checksum of ICMP extensions")
    labels = None
    while reader.remaining:
        labels = _decode_object(reader) or labels
    return labels


def _decode_object(reader: Reader) -> LabelStack | None:
    length, kind = reader.u16(), (reader.u8(), reader.u8())
    if length < _OBJECT_HEADER:
        raise reader.error(f"an ICMP extension object of {length} octets")
    with reader.sub(length - _OBJECT_HEADER) as payload:
        if kind == _MPLS_LABEL_STACK:
            return LabelStack.decode(payload)
        payload.rest()
    return None
