"""A TUN device: what the kernel of a namespace sends is read from it, what is written it receives.

The kernel computes every checksum and cuts every segment itself: a TUN device that is not told
otherwise has no offloads. Only TCP leaves: what else a kernel says of itself (IGMP, ICMP errors,
IPv6) is a router's to say, and this kernel is none.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from collections.abc import Collection, Iterator
from ipaddress import IPv4Address
from typing import Final

from controlplane.live.namespace import set_sysctls
from controlplane.wire.ipv4 import MINIMUM_HEADER, IpProtocol

_DEVICE: Final = "/dev/net/tun"
_NAME: Final = "tun0"
_TUNSETIFF: Final = 0x400454CA
_IFF_TUN: Final = 0x0001
_IFF_NO_PI: Final = 0x1000  # packets without a header in front of them
_LONGEST: Final = 65535

_BATCH: Final = 64
"""Packets that are read in one go, so that a busy stream leaves the event loop to others."""

_QUIET: Final = {
    "ipv6/conf/all/disable_ipv6": 1,
    "ipv6/conf/default/disable_ipv6": 1,
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
}


class Tun:
    """Make it in the namespace where it shall be; use it anywhere."""

    def __init__(self, addresses: Collection[IPv4Address], mtu: int) -> None:
        """A device with these addresses, which leads everywhere; OSError when there can be none."""
        set_sysctls(_QUIET)
        self._file = os.open(_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            request = struct.pack("16sH22x", _NAME.encode(), _IFF_TUN | _IFF_NO_PI)
            fcntl.ioctl(self._file, _TUNSETIFF, request)
            _configure(addresses, mtu)
        except OSError:
            self.close()
            raise

    def fileno(self) -> int:
        return self._file

    def read(self) -> Iterator[bytes]:
        """The next IPv4 packets of TCP that the kernel has sent."""
        for _ in range(_BATCH):
            try:
                packet = os.read(self._file, _LONGEST)
            except BlockingIOError:
                return
            if _is_tcp(packet):
                yield packet

    def write(self, packet: bytes) -> None:
        """Let the kernel receive an IPv4 packet; one that it cannot take is lost, as on a cable."""
        try:
            os.write(self._file, packet)
        except OSError:
            return

    def close(self) -> None:
        """Remove the device."""
        os.close(self._file)


def _configure(addresses: Collection[IPv4Address], mtu: int) -> None:
    commands = [f"address add {address}/32 dev {_NAME}" for address in sorted(addresses)]
    commands += [f"link set {_NAME} mtu {mtu} up", f"route add default dev {_NAME}"]
    ran = subprocess.run(
        ["ip", "-batch", "-"], input="\n".join(commands), text=True, capture_output=True
    )
    if ran.returncode != 0:
        raise OSError(f"ip: {ran.stderr.strip().replace(chr(10), '; ')}")


def _is_tcp(packet: bytes) -> bool:
    return len(packet) >= MINIMUM_HEADER and packet[0] >> 4 == 4 and packet[9] == IpProtocol.TCP
