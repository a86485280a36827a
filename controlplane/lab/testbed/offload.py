"""Offloads off: what crosses a veth pair must look as it would on a cable.

Over veth the kernel leaves checksums to a card that is not there and joins segments to oversized
frames. A switch on AF_PACKET sockets would forward both as they are.
"""

from __future__ import annotations

import array
import fcntl
import socket
import struct
from typing import Final

_SIOCETHTOOL: Final = 0x8946
# linux/ethtool.h; without transmit checksums the kernel turns scatter-gather and TSO off as well.
_SET_TX_CHECKSUM: Final = 0x17
_SET_GSO: Final = 0x24
_SET_GRO: Final = 0x2C


def turn_off_offloads(interface: str) -> None:
    """Let the kernel make checksums and whole frames itself, on one interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in (_SET_TX_CHECKSUM, _SET_GSO, _SET_GRO):
            value = array.array("I", [command, 0])
            request = struct.pack("16sP", interface.encode(), value.buffer_info()[0])
            fcntl.ioctl(control, _SIOCETHTOOL, request)
