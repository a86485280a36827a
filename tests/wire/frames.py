"""Frames from HERE to THERE, whatever they carry."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from controlplane.net.mac import BROADCAST, MacAddress
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.ipv4 import Ipv4Packet

HERE: Final = IPv4Address("192.0.2.1")
THERE: Final = IPv4Address("192.0.2.2")
HOST: Final = MacAddress.parse("02:aa:00:00:00:01")


def ethernet(payload: bytes, ethertype: int = EtherType.IPV4) -> bytes:
    return EthernetFrame(
        destination=BROADCAST, source=HOST, ethertype=ethertype, payload=payload
    ).encode()


def ipv4(protocol: int, payload: bytes, *, fragment_offset: int = 0) -> bytes:
    return Ipv4Packet(
        source=HERE,
        destination=THERE,
        protocol=protocol,
        payload=payload,
        fragment_offset=fragment_offset,
    ).encode()


def spoken(value: object) -> str:
    """The name of a case is its words."""
    return value if isinstance(value, str) else ""
