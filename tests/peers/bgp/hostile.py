"""A peer that says what the test makes it say, octet by octet, to an engine on the same host.

    10.9.0.1  ours, which waits for the peer to connect
    10.9.0.2  the peer

Nothing here comes from our codec, so that its errors are not also the judge's.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address
from typing import Any, Final

from controlplane.protocols.bgp.events import PeerConfig
from controlplane.protocols.bgp.show import PeerView
from controlplane.wire.bgp.nlri import Family
from tests.peers.bgp.speaker import QUICK, Speaker, speaker_config
from tests.peers.namespace import Namespace
from tests.peers.wire import Wire, eventually

WE, PEER = IPv4Address("10.9.0.1"), IPv4Address("10.9.0.2")
OUR_AS, PEER_AS = 65000, 65001

OPEN, UPDATE, NOTIFICATION, KEEPALIVE, ROUTE_REFRESH = range(1, 6)
MARKER: Final = b"\xff" * 16

_PORT: Final = 179
_HEADER: Final = 19
_HOLD: Final = 90
_FAMILIES: Final = frozenset({Family.IPV4_UNICAST, Family.VPNV4})


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


class Hostile:
    """Ours runs from the start, and the peer's session with it is established."""

    def __init__(self, stack: ExitStack, peer_as: int = PEER_AS, **settings: Any) -> None:
        namespace = stack.enter_context(Namespace())
        namespace.address("lo", f"{PEER}/32")
        given = {"timers": QUICK, "families": _FAMILIES, "address": PEER, **settings}
        config = PeerConfig(local=WE, remote_as=peer_as, passive=True, **given)
        self._namespace = namespace
        self.wire = stack.enter_context(
            Wire(Speaker(speaker_config(OUR_AS, WE, config)), namespace)
        )
        self.wire.up("lo", f"{WE}/32")
        self._stack = stack
        self._end: socket.socket | None = None
        self._heard = b""

    @property
    def speaker(self) -> Speaker:
        return self.wire.engine

    @property
    def view(self) -> PeerView:
        return self.speaker.peer(PEER, self.wire.now)

    @property
    def is_up(self) -> bool:
        return self.speaker.is_up(PEER, self.wire.now)

    def connect(self) -> None:
        """A connection, without a word on it; a former one is forgotten."""
        end = self._namespace.inside(self._connected)
        self._stack.callback(end.close)
        end.setblocking(False)
        self._end, self._heard = end, b""

    def establish(self, said: bytes | None = None) -> None:
        """A session, after this OPEN of the peer's."""
        self.connect()
        self.say((said or open_message()) + message(KEEPALIVE))
        self.eventually(lambda: self.is_up)

    def say(self, octets: bytes) -> None:
        assert self._end is not None
        self._end.sendall(octets)

    def heard(self) -> Iterator[tuple[int, bytes]]:
        """The messages that came since the connection is there: type and body."""
        self._listen()
        at = 0
        while len(self._heard) - at >= _HEADER:
            length, kind = struct.unpack_from("!HB", self._heard, at + len(MARKER))
            yield kind, self._heard[at + _HEADER : at + length]
            at += length

    def notification(self) -> tuple[int, int] | None:
        """Code and subcode of the NOTIFICATION that came."""
        bodies = (body for kind, body in self.heard() if kind == NOTIFICATION)
        body = next(bodies, None)
        return (body[0], body[1]) if body else None

    def eventually(self, holds: Any) -> None:
        eventually(holds, self.wire)

    def settles(self) -> None:
        """Until what was said so far is dealt with: a KEEPALIVE behind it is counted."""
        before = self.view.received.get("keepalive", 0)
        self.say(message(KEEPALIVE))
        self.eventually(lambda: self.view.received.get("keepalive", 0) > before or not self.is_up)

    def _connected(self) -> socket.socket:
        return socket.create_connection((str(WE), _PORT), source_address=(str(PEER), 0))

    def _listen(self) -> None:
        assert self._end is not None
        try:
            while octets := self._end.recv(65536):
                self._heard += octets
        except (BlockingIOError, ConnectionResetError):
            return
