"""ARP for IPv4 over Ethernet (RFC 826)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address
from typing import Final, Self

from controlplane.net.mac import MacAddress
from controlplane.wire.reader import Reader

_ETHERNET_IPV4: Final = bytes.fromhex("0001 0800 06 04")
"""Hardware type, protocol type and their address lengths: the only ones that occur."""


class ArpOperation(IntEnum):
    REQUEST = 1
    REPLY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ArpPacket:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |       Hardware Type = 1       |    Protocol Type = 0x0800     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |    Length = 6 |    Length = 4 |           Operation           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                          Sender MAC                           |
    +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                               |        Sender Address         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                               |          Target MAC           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
    |                                                               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                        Target Address                         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    operation: ArpOperation
    sender_mac: MacAddress
    sender_address: IPv4Address
    target_mac: MacAddress
    target_address: IPv4Address

    def encode(self) -> bytes:
        return b"".join(
            (
                _ETHERNET_IPV4,
                self.operation.to_bytes(2, "big"),
                self.sender_mac.packed,
                self.sender_address.packed,
                self.target_mac.packed,
                self.target_address.packed,
            )
        )

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        """Octets behind the packet are padding of the link, and are skipped."""
        if reader.take(len(_ETHERNET_IPV4)) != _ETHERNET_IPV4:
            raise reader.error("not ARP of IPv4 over Ethernet")
        packet = cls(
            operation=_operation(reader),
            sender_mac=MacAddress.of(reader.take(6)),
            sender_address=reader.ipv4(),
            target_mac=MacAddress.of(reader.take(6)),
            target_address=reader.ipv4(),
        )
        reader.rest()
        return packet


def _operation(reader: Reader) -> ArpOperation:
    number = reader.u16()
    try:
        return ArpOperation(number)
    except ValueError:
        raise reader.error(f"ARP operation {number}") from None
