"""MAC addresses, and the ones that IPv4 multicast maps to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

_PATTERN: Final = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")


@dataclass(frozen=True, slots=True, order=True)
class MacAddress:
    """An EUI-48 as an integer below 2**48."""

    value: int

    def __post_init__(self) -> None:
        if not 0 <= self.value < 1 << 48:
            raise ValueError(f"not a MAC address: {self.value:#x}")

    @classmethod
    def parse(cls, text: str) -> MacAddress:
        """Read `aa:bb:cc:dd:ee:ff`; ValueError when it is not of that form."""
        if not _PATTERN.fullmatch(text):
            raise ValueError(f"not a MAC address: {text!r}")
        return cls(int(text.replace(":", ""), 16))

    @classmethod
    def of(cls, packed: bytes) -> MacAddress:
        """The address in six octets of network order."""
        return cls(int.from_bytes(packed, "big"))

    @property
    def packed(self) -> bytes:
        """Six octets in network order."""
        return self.value.to_bytes(6, "big")

    @property
    def is_group(self) -> bool:
        """True for multicast and broadcast: the I/G bit of the first octet."""
        return bool(self.value >> 40 & 1)

    def __str__(self) -> str:
        return self.packed.hex(":")


BROADCAST: Final = MacAddress((1 << 48) - 1)


def multicast_mac(group: IPv4Address) -> MacAddress:
    """RFC 1112 6.4: 01-00-5e and the low 23 bits of the group."""
    return MacAddress(0x01005E000000 | int(group) & 0x7FFFFF)
