"""Sockets of the host stack: how a session asks Linux's TCP for keys, TTLs and patience.

They belong to the namespace of the thread that makes them.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.stream import DEAD_AFTER, Endpoint, Listen, OpenStream

LONGEST_KEY: Final = 80
"""TCP_MD5SIG_MAXKEYLEN of linux/tcp.h."""

# linux/tcp.h and linux/in.h; Python names few of them.
_TCP_MD5SIG: Final = 14
_MD5SIG: Final = struct.Struct(f"@HH4s120xBBHi{LONGEST_KEY}s")
_IP_MINTTL: Final = 21

_GTSM_TTL: Final = 255
_NETWORK_CONTROL: Final = 0xC0  # RFC 2474 4.2.2.1: class selector 6, as all that engines send
_BACKLOG: Final = 128


def make_opening(command: OpenStream) -> socket.socket:
    """A socket that is ready to connect."""
    opening = _make(gtsm=command.gtsm)
    try:
        if command.md5_key is not None:
            set_key(opening, command.remote.address, command.md5_key)
        opening.bind((str(command.local), 0))
    except OSError:
        opening.close()
        raise
    return opening


def make_listening(command: Listen) -> socket.socket:
    """A socket that listens; the keys are still to be set."""
    listening = _make(gtsm=command.gtsm)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((str(command.local.address), command.local.port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def change_keys(
    listening: socket.socket, old: Mapping[IPv4Address, bytes], new: Mapping[IPv4Address, bytes]
) -> None:
    """Set the keys of peers that have others now; those of open streams stay."""
    for peer in old.keys() - new.keys():
        set_key(listening, peer, b"")
    for peer, key in new.items():
        if old.get(peer) != key:
            set_key(listening, peer, key)


def set_gtsm(sock: socket.socket, *, gtsm: bool) -> None:
    """Hear only what has come from the next hop, or all."""
    sock.setsockopt(socket.IPPROTO_IP, _IP_MINTTL, _GTSM_TTL if gtsm else 0)


def set_key(sock: socket.socket, peer: IPv4Address, key: bytes) -> None:
    """Sign what goes to a peer and ask the same of it (RFC 2385); with an empty key, no longer."""
    value = _MD5SIG.pack(socket.AF_INET, 0, peer.packed, 0, 0, len(key), 0, key)
    sock.setsockopt(socket.IPPROTO_TCP, _TCP_MD5SIG, value)


def endpoint(address: tuple[str, int]) -> Endpoint:
    """What `getsockname` and `getpeername` say, as a value."""
    return Endpoint(IPv4Address(address[0]), address[1])


def abort(sock: socket.socket) -> None:
    """Close with a RST, whatever is under way (socket(7), SO_LINGER)."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def prepare(sock: socket.socket) -> None:
    """What every stream is, whoever opened it."""
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # tcp(7): it is writable when the kernel has sent all that it was given, and not before.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(DEAD_AFTER * 1000))


def _make(*, gtsm: bool) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    prepare(made)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _NETWORK_CONTROL)
    # RFC 5082 3: what has crossed a router has less. A peer may ask that of us at any time.
    made.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, _GTSM_TTL)
    set_gtsm(made, gtsm=gtsm)
    return made
