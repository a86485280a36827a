"""Peers that say what the test makes them say, octet by octet, to an engine on the same host.

    10.9.0.1  ours, which waits for peers to connect
    10.9.0.2  the peer, or the first of them

Nothing here comes from our codec, so that its errors are not also the judge's.
"""

from __future__ import annotations

import socket
import struct
from contextlib import ExitStack
from ipaddress import IPv4Address
from typing import Final

from tests.peers.namespace import Namespace

WE, PEER = IPv4Address("10.9.0.1"), IPv4Address("10.9.0.2")
OUR_AS, PEER_AS = 65000, 65001

OPEN, UPDATE, NOTIFICATION, KEEPALIVE, ROUTE_REFRESH = range(1, 6)
MARKER: Final = b"\xff" * 16

_PORT: Final = 179
_HEADER: Final = 19
_HOLD: Final = 90


def message(kind: int, body: bytes = b"") -> bytes:
    """RFC 4271 4.1."""
    return MARKER + struct.pack("!HB", _HEADER + len(body), kind) + body


def open_message(
    asn: int = PEER_AS,
    *,
    version: int = 4,
    hold: int = _HOLD,
    router_id: IPv4Address = PEER,
    parameters: bytes | None = None,
) -> bytes:
    """RFC 4271 4.2; unless others are given, parameters are two families and the AS in full."""
    if parameters is None:
        families = capability(1, b"\0\1\0\1") + capability(1, b"\0\1\0\x80")
        parameters = families + capability(65, struct.pack("!I", asn))
    fixed = struct.pack("!BHH4sB", version, asn, hold, router_id.packed, len(parameters))
    return message(OPEN, fixed + parameters)


def capability(code: int, value: bytes) -> bytes:
    """RFC 5492 4: one in an optional parameter of its own."""
    return struct.pack("!BBBB", 2, 2 + len(value), code, len(value)) + value


def attribute(flags: int, kind: int, value: bytes) -> bytes:
    """RFC 4271 4.3."""
    return struct.pack("!BBB", flags, kind, len(value)) + value


def update(attributes: bytes, nlri: bytes = b"", withdrawn: bytes = b"") -> bytes:
    """RFC 4271 4.3."""
    lengths = struct.pack("!H", len(withdrawn)) + withdrawn + struct.pack("!H", len(attributes))
    return message(UPDATE, lengths + attributes + nlri)


class RawPeer:
    """`room` is how many octets the kernel keeps for it while it does not `listen`."""

    def __init__(
        self,
        stack: ExitStack,
        namespace: Namespace,
        address: IPv4Address = PEER,
        room: int | None = None,
    ) -> None:
        namespace.address("lo", f"{address}/32")
        self.octets = 0
        self._heard: list[tuple[int, bytes]] = []
        self._stack = stack
        self._namespace = namespace
        self._address = address
        self._room = room
        self._end: socket.socket | None = None
        self._rest = b""

    def connect(self) -> None:
        """A connection, without a word on it; a former one is forgotten."""
        end = self._namespace.inside(self._connected)
        self._stack.callback(end.close)
        end.setblocking(False)
        self._end, self._rest, self.octets = end, b"", 0
        self._heard.clear()

    def say(self, octets: bytes) -> None:
        assert self._end is not None
        self._end.sendall(octets)

    def heard(self) -> list[tuple[int, bytes]]:
        """The messages that came since the connection is there: type and body."""
        self._listen()
        while len(self._rest) >= _HEADER:
            length, kind = struct.unpack_from("!HB", self._rest, len(MARKER))
            if len(self._rest) < length:
                break
            self._heard.append((kind, self._rest[_HEADER:length]))
            self._rest = self._rest[length:]
        return self._heard

    def notification(self) -> tuple[int, int] | None:
        """Code and subcode of the NOTIFICATION that came."""
        bodies = (body for kind, body in self.heard() if kind == NOTIFICATION)
        body = next(bodies, None)
        return (body[0], body[1]) if body else None

    def _connected(self) -> socket.socket:
        end = socket.socket()
        if self._room is not None:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._room)
        end.bind((str(self._address), 0))
        end.connect((str(WE), _PORT))
        return end

    def _listen(self) -> None:
        assert self._end is not None
        try:
            while octets := self._end.recv(4096):
                self._rest += octets
                self.octets += len(octets)
        except (BlockingIOError, ConnectionResetError):
            return
