"""BFD Control packets (RFC 5880 4), which UDP carries to port 3784 (RFC 5881 4).

What RFC 5880 6.8.6 has discarded for the packet's own sake is no packet here. An Authentication
Section is kept as it came: whether it is right depends on keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Final, Self

from controlplane.wire.reader import Reader

CONTROL_PORT: Final = 3784
FIRST_SOURCE_PORT: Final = 49152
LAST_SOURCE_PORT: Final = 65535
HOP_TTL: Final = 255
"""RFC 5881 5: what a packet is sent with, and has to arrive with."""

_VERSION: Final = 1
_FIELDS: Final = Struct("!BBBB5I")
_AUTHENTICATION_HEADER: Final = 2

_POLL, _FINAL, _INDEPENDENT = 0x20, 0x10, 0x08
_AUTHENTICATED, _DEMAND, _MULTIPOINT = 0x04, 0x02, 0x01


class SessionState(IntEnum):
    ADMIN_DOWN = 0
    DOWN = 1
    INIT = 2
    UP = 3


class Diagnostic(IntEnum):
    """Why a session changed its state the last time; 9 to 31 are reserved."""

    NONE = 0
    DETECTION_TIME_EXPIRED = 1
    ECHO_FAILED = 2
    NEIGHBOR_SIGNALED_DOWN = 3
    FORWARDING_PLANE_RESET = 4
    PATH_DOWN = 5
    CONCATENATED_PATH_DOWN = 6
    ADMINISTRATIVELY_DOWN = 7
    REVERSE_CONCATENATED_PATH_DOWN = 8


_DIAGNOSTIC_WORDS: Final[Mapping[int, str]] = {
    Diagnostic.NONE: "no diagnostic",
    Diagnostic.DETECTION_TIME_EXPIRED: "control detection time expired",
    Diagnostic.ECHO_FAILED: "echo function failed",
    Diagnostic.NEIGHBOR_SIGNALED_DOWN: "neighbor signaled session down",
    Diagnostic.FORWARDING_PLANE_RESET: "forwarding plane reset",
    Diagnostic.PATH_DOWN: "path down",
    Diagnostic.CONCATENATED_PATH_DOWN: "concatenated path down",
    Diagnostic.ADMINISTRATIVELY_DOWN: "administratively down",
    Diagnostic.REVERSE_CONCATENATED_PATH_DOWN: "reverse concatenated path down",
}


def diagnostic_words(code: int) -> str:
    """A diagnostic code as RFC 5880 4.1 names it."""
    return _DIAGNOSTIC_WORDS.get(code, f"diagnostic {code}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |   Auth Type   |   Auth Len    |    Authentication Data...     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    kind: int
    data: bytes

    def encode(self) -> bytes:
        return bytes((self.kind, _AUTHENTICATION_HEADER + len(self.data))) + self.data

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        kind, length = reader.u8(), reader.u8()
        if length < _AUTHENTICATION_HEADER:
            raise reader.error(f"a BFD Authentication Section of {length} octets")
        return cls(kind=kind, data=reader.take(length - _AUTHENTICATION_HEADER))


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPacket:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                       My Discriminator                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                      Your Discriminator                       |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                    Desired Min TX Interval                    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                   Required Min RX Interval                    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                 Required Min Echo RX Interval                 |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    Intervals are in microseconds.
    """

    state: SessionState
    detect_mult: int
    my_discriminator: int
    your_discriminator: int
    desired_min_tx: int
    required_min_rx: int
    required_min_echo_rx: int = 0
    diagnostic: int = Diagnostic.NONE
    poll: bool = False
    final: bool = False
    control_plane_independent: bool = False
    demand: bool = False
    authentication: Authentication | None = None

    def encode(self) -> bytes:
        authentication = self.authentication.encode() if self.authentication else b""
        mandatory = _FIELDS.pack(
            _VERSION << 5 | self.diagnostic,
            self.state << 6 | self._flags(),
            self.detect_mult,
            _FIELDS.size + len(authentication),
            self.my_discriminator,
            self.your_discriminator,
            self.desired_min_tx,
            self.required_min_rx,
            self.required_min_echo_rx,
        )
        return mandatory + authentication

    def _flags(self) -> int:
        return (
            self.poll * _POLL
            | self.final * _FINAL
            | self.control_plane_independent * _INDEPENDENT
            | (self.authentication is not None) * _AUTHENTICATED
            | self.demand * _DEMAND
        )

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        """Octets behind the packet's own length are skipped."""
        first, second, detect_mult, length, mine, yours, tx, rx, echo = _FIELDS.unpack(
            reader.take(_FIELDS.size)
        )
        if first >> 5 != _VERSION:
            raise reader.error(f"BFD version {first >> 5}")
        if not detect_mult:
            raise reader.error("a Detect Mult of zero")
        if second & _MULTIPOINT:
            raise reader.error("the Multipoint bit is set")
        if not mine:
            raise reader.error("a My Discriminator of zero")
        authentication = _decode_authentication(reader, length, bool(second & _AUTHENTICATED))
        reader.rest()
        return cls(
            state=SessionState(second >> 6),
            detect_mult=detect_mult,
            my_discriminator=mine,
            your_discriminator=yours,
            desired_min_tx=tx,
            required_min_rx=rx,
            required_min_echo_rx=echo,
            diagnostic=first & 0x1F,
            poll=bool(second & _POLL),
            final=bool(second & _FINAL),
            control_plane_independent=bool(second & _INDEPENDENT),
            demand=bool(second & _DEMAND),
            authentication=authentication,
        )


def _decode_authentication(reader: Reader, length: int, is_present: bool) -> Authentication | None:
    """RFC 5880 6.8.6 has nothing against more octets than the mandatory section's without it."""
    if length < _FIELDS.size:
        raise reader.error(f"a BFD length of {length} octets")
    with reader.sub(length - _FIELDS.size) as section:
        if is_present:
            return Authentication.decode(section)
        section.rest()
    return None
