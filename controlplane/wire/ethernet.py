"""Ethernet II frames with at most one 802.1Q tag.

Frames come from and go to the switch without their frame check sequence. A tag with VLAN 0 is a
priority tag: its frame belongs to no VLAN (IEEE 802.1Q 9.6), and the priority is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Final, Self

from controlplane.net.mac import MacAddress
from controlplane.wire.reader import Reader

_FIXED: Final = Struct("!6s6sH")
_VLAN_ID: Final = 0x0FFF


class EtherType(IntEnum):
    IPV4 = 0x0800
    ARP = 0x0806
    VLAN = 0x8100
    MPLS = 0x8847


@dataclass(frozen=True, slots=True, kw_only=True)
class EthernetFrame:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                      Destination Address                      |
    +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                               |        Source Address         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
    |                                                               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |   0x8100, when tagged         | PCP |D|        VLAN           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           EtherType           |           Payload ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    destination: MacAddress
    source: MacAddress
    ethertype: int
    payload: bytes
    vlan: int = 0

    def encode(self) -> bytes:
        return b"".join(
            (
                self.destination.packed,
                self.source.packed,
                self._tag(),
                self.ethertype.to_bytes(2, "big"),
                self.payload,
            )
        )

    def _tag(self) -> bytes:
        if not self.vlan:
            return b""
        return EtherType.VLAN.to_bytes(2, "big") + self.vlan.to_bytes(2, "big")

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        destination, source, ethertype = _FIXED.unpack(reader.take(_FIXED.size))
        vlan = 0
        if ethertype == EtherType.VLAN:
            vlan = reader.u16() & _VLAN_ID
            ethertype = reader.u16()
        return cls(
            destination=MacAddress.of(destination),
            source=MacAddress.of(source),
            ethertype=ethertype,
            payload=reader.rest(),
            vlan=vlan,
        )
