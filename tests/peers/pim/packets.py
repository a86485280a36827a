"""Packets of a stream, as a switch would send them."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address
from typing import Final

from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.udp import UdpDatagram

_PORT: Final = 5000
_TTL: Final = 32


def send_packet(interface: str, source: IPv4Address, group: IPv4Address) -> None:
    """Send one on an interface of the namespace that this is called in, whoever the source is."""
    datagram = UdpDatagram(source_port=_PORT, destination_port=_PORT, payload=b"a packet")
    packet = Ipv4Packet(
        source=source,
        destination=group,
        protocol=IpProtocol.UDP,
        payload=datagram.encode(source, group),
        ttl=_TTL,
    )
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        sender.sendto(packet.encode(), (str(group), 0))
