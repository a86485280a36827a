"""Network interfaces as ports: opening the packet sockets that runtime/io.c reads and writes.

A socket stays for the life of the switch. An interface that vanishes leaves its socket unbound;
when one of the same name comes up again (a link that a lab takes down and adds again), it is bound
anew.
"""

from __future__ import annotations

import errno
import socket
import struct
from dataclasses import dataclass

# linux/if_packet.h; Python's socket module does not have these.
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_MR_PROMISC = 1
PACKET_AUXDATA = 8
PACKET_VNET_HDR = 15
PACKET_IGNORE_OUTGOING = 23
ETH_P_ALL = 3

# Beyond the system's limit, for who has the right (CAP_NET_ADMIN); socket.h.
SO_SNDBUFFORCE = 32
SO_RCVBUFFORCE = 33
BUFFER_BYTES = 4 << 20


class PortError(Exception):
    """An interface cannot be used; the message says which, and why."""


@dataclass(frozen=True, slots=True)
class PortSpec:
    """A port number and the interface behind it: `3@veth7` on the command line."""

    number: int
    interface: str


class InterfacePort:
    """The packet socket of one port."""

    def __init__(self, spec: PortSpec) -> None:
        """Open and bind the socket; PortError without the interface or the right."""
        self.spec = spec
        self._index = 0
        try:
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError:
            raise PortError(
                f"port {spec.number}: no right to open interface {spec.interface} "
                "(packet sockets need root or CAP_NET_RAW)"
            ) from None
        try:
            self._set_options()
            self._bind(socket.if_nametoindex(spec.interface))
        except OSError as error:
            self.socket.close()
            raise PortError(self._explain(error)) from None

    def __enter__(self) -> InterfacePort:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def rebind(self) -> bool:
        """Look for the interface again; True if there is a new one of its name."""
        try:
            index = socket.if_nametoindex(self.spec.interface)
            if index == self._index:
                return False
            self._bind(index)
        except OSError:
            return False
        return True

    def _set_options(self) -> None:
        for option in (PACKET_IGNORE_OUTGOING, PACKET_AUXDATA, PACKET_VNET_HDR):
            self.socket.setsockopt(SOL_PACKET, option, 1)
        grow_buffers(self.socket)

    def _bind(self, index: int) -> None:
        self.socket.bind((self.spec.interface, ETH_P_ALL))
        membership = struct.pack("iHH8x", index, PACKET_MR_PROMISC, 0)
        self.socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
        self._index = index

    def _explain(self, error: OSError) -> str:
        missing = error.errno in (errno.ENODEV, errno.ENXIO) or "no interface" in str(error)
        reason = "there is no such interface" if missing else error.strerror or str(error)
        return f"port {self.spec.number}: interface {self.spec.interface}: {reason}"


def grow_buffers(sock: socket.socket) -> None:
    """Room for bursts; as much as the system grants where we have no right to more."""
    for force, plain in (
        (SO_RCVBUFFORCE, socket.SO_RCVBUF),
        (SO_SNDBUFFORCE, socket.SO_SNDBUF),
    ):
        try:
            sock.setsockopt(socket.SOL_SOCKET, force, BUFFER_BYTES)
        except PermissionError:
            sock.setsockopt(socket.SOL_SOCKET, plain, BUFFER_BYTES)
