"""Veth pairs in a network namespace of their own: one end is a switch's port, the other is ours."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pyroute2 import IPRoute, netns

_ETH_P_ALL: Final = 3
_SOL_PACKET: Final = 263
_PACKET_AUXDATA: Final = 8
_PACKET_IGNORE_OUTGOING: Final = 23
_AUXDATA: Final = struct.Struct("=IIIHHHH")
_VLAN_VALID: Final = 0x10


class Wire:
    """Our end of a pair."""

    def __init__(self, name: str) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        self._socket.bind((name, _ETH_P_ALL))
        self._socket.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        self._socket.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        self._socket.settimeout(10)

    def send(self, frame: bytes) -> None:
        self._socket.send(frame)

    def receive(self) -> bytes:
        """The next frame; TimeoutError when there is none."""
        frame, ancillary, _, _ = self._socket.recvmsg(65536, socket.CMSG_SPACE(_AUXDATA.size))
        for _, _, data in ancillary:
            frame = _with_vlan(frame, data)
        return frame

    def close(self) -> None:
        self._socket.close()


def _with_vlan(frame: bytes, auxdata: bytes) -> bytes:
    """The frame as it was: the kernel keeps a VLAN tag beside it."""
    status, _, _, _, _, tag, kind = _AUXDATA.unpack_from(auxdata)
    if not status & _VLAN_VALID:
        return frame
    return frame[:12] + struct.pack("!HH", kind, tag) + frame[12:]


@contextmanager
def wires(namespace: str, ports: Iterable[int]) -> Iterator[dict[int, Wire]]:
    """A pair for each port, `port1` to us and `switch1` to the switch and so on."""
    netns.create(namespace)
    ours: dict[int, Wire] = {}
    try:
        netns.pushns(namespace)
        try:
            # Neighbour discovery would disturb.
            Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")
            with IPRoute() as links:
                _up(links, "lo")
                for port in ports:
                    links.link("add", ifname=f"port{port}", kind="veth", peer=f"switch{port}")
                    _up(links, f"port{port}")
                    _up(links, f"switch{port}")
                    ours[port] = Wire(f"port{port}")
        finally:
            netns.popns()
        yield ours
    finally:
        for wire in ours.values():
            wire.close()
        netns.remove(namespace)


def _up(links: IPRoute, name: str) -> None:
    """With room for frames that the switch is to find too long."""
    links.link("set", index=links.link_lookup(ifname=name)[0], state="up", mtu=9000)
