"""Frames that are too long for their link, cut up: the slow path of fragmentation.

The pipeline hands over a copy in the form in which it would have left (`PuntReason.TO_FRAGMENT`),
so nothing is to be looked up: pieces get the same Ethernet header, the same labels (RFC 3032 3.4)
and, of a copy that was encapsulated here, the same tunnel header around them. In that case it is
the packet inside which is cut: "fragment the C-Packet before encapsulation", RFC 6037 4.8; the far
end of a tunnel should not have to put its packets together.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.fragments import fragments
from controlplane.wire.ipv4 import MINIMUM_HEADER, IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack
from controlplane.wire.reader import Reader

_TUNNELS: Final = {IpProtocol.GRE: bytes.fromhex("00000800"), IpProtocol.PIM: b"\x21"}
"""What the pipeline's own tunnels put behind the outer IPv4 header: GRE, and PIM Registers."""

_TUNNEL_HEADERS: Final = {IpProtocol.GRE: 4, IpProtocol.PIM: 8}


def pieces(frame: EthernetFrame, mtu: int, own: Container[IPv4Address]) -> Iterator[EthernetFrame]:
    """The frame as several; `own` are the addresses of this router. DecodeError if it is damaged.

    `mtu` leaves room for all headers and eight octets: those of the lab start at 576.
    """
    reader = Reader(frame.payload)
    labels = LabelStack.decode(reader).encode() if frame.ethertype == EtherType.MPLS else b""
    packet = Ipv4Packet.decode(reader)
    for piece in _cut(packet, mtu - len(labels), own):
        yield replace(frame, payload=labels + piece.encode())


def _cut(packet: Ipv4Packet, room: int, own: Container[IPv4Address]) -> list[Ipv4Packet]:
    around = _tunnel_header(packet) if packet.source in own else None
    if around is None:
        return fragments(packet, room)
    inner = Ipv4Packet.decode(Reader(packet.payload[around:]))
    inside = _cut(inner, room - MINIMUM_HEADER - around, own)
    return [_around(packet, around, piece, number) for number, piece in enumerate(inside)]


def _tunnel_header(packet: Ipv4Packet) -> int | None:
    """The octets between the IPv4 header and the one inside; None of what is no tunnel of ours."""
    for protocol, start in _TUNNELS.items():
        if packet.protocol == protocol and packet.payload.startswith(start):
            return _TUNNEL_HEADERS[protocol]
    return None


def _around(outer: Ipv4Packet, header: int, inner: Ipv4Packet, number: int) -> Ipv4Packet:
    """Without DF, packets need numbers of their own, as a router of the core may cut them again.

    The first has the customer's, of whose packets the next ones take the numbers behind it.
    """
    apart = 0 if outer.dont_fragment else number << 14
    identification = (outer.identification + apart) & 0xFFFF
    payload = outer.payload[:header] + inner.encode()
    return replace(outer, payload=payload, identification=identification)
