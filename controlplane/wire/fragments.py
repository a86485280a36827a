"""Fragmentation of IPv4 packets (RFC 791 3.2, RFC 1812 4.2.2.7)."""

from __future__ import annotations

from dataclasses import replace

from controlplane.wire.ipv4 import MINIMUM_HEADER, Ipv4Packet

_UNIT = 8
"""Octets: fragments begin at multiples of it."""


def fragments(packet: Ipv4Packet, room: int) -> list[Ipv4Packet]:
    """The packet in pieces of at most `room` octets, or whole if that fits.

    There must be room for a header and eight octets. A fragment can be cut again. Of a packet
    with options all pieces have all of them; which ones are to be copied (RFC 791 3.1) would
    matter if packets with options were forwarded.
    """
    header = MINIMUM_HEADER + len(packet.options)
    if header + len(packet.payload) <= room:
        return [packet]
    step = (room - header) // _UNIT * _UNIT
    return [
        replace(
            packet,
            payload=packet.payload[at : at + step],
            fragment_offset=packet.fragment_offset + at,
            more_fragments=packet.more_fragments or at + step < len(packet.payload),
        )
        for at in range(0, len(packet.payload), step)
    ]
