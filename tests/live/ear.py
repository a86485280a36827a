"""Frames at an interface of a namespace: heard as they come in, and said."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Final

from scapy.layers.l2 import Ether
from scapy.packet import Packet

from controlplane.lab.testbed.namespace import inside

_ALL: Final = 3  # ETH_P_ALL
_LONGEST: Final = 65536
_LIMIT: Final = 30.0


class Ear:
    """Hears from the start, until `stack` ends; `mac` is the interface's own.

    `pid` is a process in the namespace.
    """

    def __init__(self, stack: ExitStack, pid: int, interface: str) -> None:
        self._socket = stack.enter_context(inside(pid, partial(_open, interface)))
        self.mac: str = self._socket.getsockname()[-1].hex(":")

    def say(self, frame: Packet) -> None:
        self._socket.send(bytes(frame))

    def hear(self, wanted: Callable[[Packet], bool]) -> Packet:
        """The first frame to come in that is wanted."""
        end = time.monotonic() + _LIMIT
        while time.monotonic() < end:
            octets, (_, _, kind, *_) = self._socket.recvfrom(_LONGEST)
            frame = Ether(octets)
            if kind != socket.PACKET_OUTGOING and wanted(frame):
                return frame
        raise AssertionError("no such frame came in")


def _open(interface: str) -> socket.socket:
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
    opened.bind((interface, _ALL))
    opened.settimeout(_LIMIT)
    return opened
