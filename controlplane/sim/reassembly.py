"""Fragments of IPv4 packets put together, as the hosts of the simulator do it (RFC 791 3.2).

Pieces of one packet have the same source, destination, protocol and identification. They may come
in any order, and the same one twice. There is room for a few packets: the oldest one has to go for
a new one, which takes the place of RFC 791's timer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.wire.ipv4 import Ipv4Packet

MOST_PACKETS: Final = 16

_Key: TypeAlias = tuple[IPv4Address, IPv4Address, int, int]


@dataclass
class Reassembly:
    _pieces: dict[_Key, dict[int, Ipv4Packet]] = field(default_factory=dict)

    def take(self, packet: Ipv4Packet) -> Ipv4Packet | None:
        """The packet, if it is whole, or with this piece has become so."""
        if not packet.more_fragments and packet.fragment_offset == 0:
            return packet
        key = packet.source, packet.destination, packet.protocol, packet.identification
        if key not in self._pieces and len(self._pieces) == MOST_PACKETS:
            del self._pieces[next(iter(self._pieces))]
        pieces = self._pieces.setdefault(key, {})
        pieces[packet.fragment_offset] = packet
        whole = _join(pieces)
        if whole is not None:
            del self._pieces[key]
        return whole


def _join(pieces: dict[int, Ipv4Packet]) -> Ipv4Packet | None:
    """None while a piece is missing."""
    payload = b""
    while (piece := pieces.get(len(payload))) is not None:
        payload += piece.payload
        if not piece.more_fragments:
            return replace(pieces[0], payload=payload, more_fragments=False)
        if not piece.payload:
            return None
    return None
