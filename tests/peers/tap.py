"""What crosses a cable, kept for tshark to read."""

from __future__ import annotations

import socket
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from controlplane.sim.pcap import Capture
from tests.peers.namespace import Namespace

_EVERYTHING: Final = 0x0003
"""ETH_P_ALL."""

_ROOM: Final = 4 << 20
_LONGEST: Final = 65536


class Tap:
    """Frames wait in a socket's buffer until they are written, so there must not be very many."""

    def __init__(self, namespace: Namespace, interface: str) -> None:
        self._socket = namespace.inside(partial(_open, interface))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def frames(self) -> list[bytes]:
        """Those that have come since the last time."""
        frames = []
        try:
            while True:
                frames.append(self._socket.recv(_LONGEST))
        except BlockingIOError:
            return frames


def write(path: Path, *taps: Tap) -> None:
    """Write what they have heard as one pcap file."""
    capture = Capture()
    for tap in taps:
        for frame in tap.frames():
            capture.add(0.0, frame)
    capture.write(path)


def _open(interface: str) -> socket.socket:
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERYTHING))
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
    tap.bind((interface, 0))
    tap.setblocking(False)
    return tap
