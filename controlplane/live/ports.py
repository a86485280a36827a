"""Whether the ports of a switch have a link, as the kernel says it at once (rtnetlink(7)).

P4Runtime has no word for it. A socket in the namespace of the switch hears of every change; after
the first, and when the kernel had to drop something, all interfaces are asked for.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from controlplane.live.namespace import inside

# linux/netlink.h, linux/rtnetlink.h, linux/if_link.h and linux/if.h
_HEADER: Final = struct.Struct("=IHHII")
_LINK: Final = struct.Struct("=BxHiII")
_ATTRIBUTE: Final = struct.Struct("=HH")
_LINK_GROUP: Final = 1
_NEW_LINK: Final = 16
_DELETED_LINK: Final = 17
_GET_LINK: Final = 18
_REQUEST_ALL: Final = 0x301
_INTERFACE_NAME: Final = 3
_IS_UP: Final = 0x1
_HAS_CARRIER: Final = 0x10000
_LONGEST: Final = 65536
_BUFFER: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class SwitchPorts:
    """A process in the namespace of a switch, and its port numbers by interface."""

    process: int
    numbers: Mapping[str, int]


class PortWatcher:
    """Tells the changes of the ports, and before the first of them those that have no link."""

    def __init__(self, ports: SwitchPorts, tell: Callable[[int, bool], None]) -> None:
        """OSError when the namespace cannot be entered."""
        self._numbers = ports.numbers
        self._tell = tell
        self._up = dict.fromkeys(ports.numbers.values(), True)
        self._loop = asyncio.get_running_loop()
        self._socket = inside(ports.process, _open)
        self._ask_all()
        self._loop.add_reader(self._socket, self._read)

    def close(self) -> None:
        """Watch no more."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _ask_all(self) -> None:
        length = _HEADER.size + _LINK.size
        request = _HEADER.pack(length, _GET_LINK, _REQUEST_ALL, 0, 0) + _LINK.pack(0, 0, 0, 0, 0)
        self._socket.send(request)

    def _read(self) -> None:
        try:
            messages = self._socket.recv(_LONGEST)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            self._ask_all()
            return
        for name, up in _links(messages):
            number = self._numbers.get(name)
            if number is not None and self._up[number] != up:
                self._up[number] = up
                self._tell(number, up)


def _open() -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    opened.bind((0, _LINK_GROUP))
    return opened


def _links(messages: bytes) -> Iterator[tuple[str, bool]]:
    """The interfaces that messages of the kernel are about, and whether they have a link."""
    at = 0
    while at + _HEADER.size <= len(messages):
        length, kind, *_ = _HEADER.unpack_from(messages, at)
        if kind in (_NEW_LINK, _DELETED_LINK):
            body = messages[at + _HEADER.size : at + length]
            *_, flags, _ = _LINK.unpack_from(body)
            up = kind == _NEW_LINK and bool(flags & _IS_UP and flags & _HAS_CARRIER)
            yield _name(body[_LINK.size :]), up
        at += _aligned(length)


def _name(attributes: bytes) -> str:
    at = 0
    while at + _ATTRIBUTE.size <= len(attributes):
        length, kind = _ATTRIBUTE.unpack_from(attributes, at)
        if kind == _INTERFACE_NAME:
            value = attributes[at + _ATTRIBUTE.size : at + length]
            return value.rstrip(b"\0").decode(errors="replace")
        at += _aligned(length)
    return ""


def _aligned(length: int) -> int:
    return (length + 3) & ~3
