"""Frames as scapy builds them: what goes in and, built anew, what must come out."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any, Final

from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, UDP, IPOption_Router_Alert
from scapy.layers.l2 import GRE, Dot1Q, Ether
from scapy.packet import Raw

from controlplane.net.mac import MacAddress, multicast_mac

NEIGHBOR: Final = MacAddress.parse("02:00:00:00:99:01")
"""Who sends what comes in."""


def ethernet(
    payload: Any, to: MacAddress, source: MacAddress = NEIGHBOR, vlan: int = 0, kind: int = 0x0800
) -> bytes:
    """A frame around a payload, with an 802.1Q tag unless the VLAN is 0."""
    frame = Ether(dst=str(to), src=str(source), type=0x8100 if vlan else kind)
    if vlan:
        frame /= Dot1Q(vlan=vlan, type=kind)
    return bytes(frame / payload)


def to_group(payload: Any, source: MacAddress = NEIGHBOR, vlan: int = 0) -> bytes:
    """A frame to the MAC address of the group that an IP packet is for."""
    return ethernet(payload, multicast_mac(IPv4Address(payload.dst)), source, vlan)


def data(source: str, destination: str, ttl: int = 64, **fields: Any) -> Any:
    """A UDP packet: customer's data."""
    packet = IP(src=source, dst=destination, ttl=ttl, id=4711, tos=0xB9, flags="DF")
    for name, value in fields.items():
        setattr(packet, name, value)
    return packet / UDP(sport=5000, dport=5001) / Raw(b"octets of a stream")


def igmp(source: str, group: str) -> Any:
    """A packet of protocol 2 with the Router Alert option, as RFC 3376 4 wants it."""
    options = [IPOption_Router_Alert()]
    return IP(src=source, dst=group, ttl=1, proto=2, options=options) / Raw(bytes(8))


def tunnel(source: str, group: str, inner: Any, ttl: int = 64, **fields: Any) -> Any:
    """A packet in GRE in IPv4, as one PE sends it to others."""
    outer = IP(src=source, dst=group, ttl=ttl, id=0, tos=inner.tos & 0xFC, flags="DF")
    for name, value in fields.items():
        setattr(outer, name, value)
    return outer / GRE(proto=0x0800) / inner


REGISTER: Final = bytes.fromhex("2100deff00000000")
"""RFC 7761 4.9.3: version 2, type 1, the checksum over these eight octets; neither B nor N."""


def register(source: str, rp: str, inner: Any, header: bytes = REGISTER, **fields: Any) -> Any:
    """A PIM Register, as the DR of a source sends it to the RP."""
    outer = IP(src=source, dst=rp, ttl=64, id=0, tos=inner.tos, flags="DF", proto=103)
    for name, value in fields.items():
        setattr(outer, name, value)
    return outer / Raw(header) / inner


def labelled(payload: Any, *labels: int, ttl: int = 64, cos: int = 5) -> Any:
    """A packet under a label stack, its top first; `ttl` and `cos` are those of the top."""
    stack = [MPLS(label=label, cos=cos, s=0, ttl=ttl) for label in labels]
    for below in stack[1:]:
        below.ttl, below.cos = 33, 2
    stack[-1].s = 1
    for label in reversed(stack):
        payload = label / payload
    return payload


def stacked(payload: Any, *labels: int, ttl: int = 64, cos: int = 5) -> Any:
    """A packet under labels that were pushed together, the top one first."""
    for label in reversed(labels):
        last = not isinstance(payload, MPLS)
        payload = MPLS(label=label, cos=cos, s=last, ttl=ttl) / payload
    return payload


def mpls_frame(packet: Any, to: MacAddress, source: MacAddress = NEIGHBOR, vlan: int = 0) -> bytes:
    return ethernet(packet, to, source, vlan, kind=0x8847)
