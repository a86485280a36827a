"""Names of the VPN service: route distinguishers and route targets (RFC 4364 4.2, RFC 4360 4)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class _Administered:
    """An administrator (a 2-octet AS, an IPv4 address or a 4-octet AS) and its own number.

    `kind` is the type of RFC 4364 4.2 and of RFC 4360: 0, 1 or 2.
    """

    kind: int
    administrator: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `65000:1`, `192.0.2.1:1` or `4200000000:1`; ValueError with the reason."""
        left, colon, right = text.rpartition(":")
        if not colon or not right.isdecimal():
            raise ValueError(f"not of the form ADMINISTRATOR:NUMBER: {text!r}")
        kind, administrator = _administrator(left)
        number, bits = int(right), 32 if kind == 0 else 16
        if number >= 1 << bits:
            raise ValueError(f"the number of {text!r} needs more than {bits} bits")
        return cls(kind, administrator, number)

    @property
    def packed(self) -> bytes:
        """The six octets behind the type."""
        width = 2 if self.kind == 0 else 4
        return self.administrator.to_bytes(width, "big") + self.number.to_bytes(6 - width, "big")

    def __str__(self) -> str:
        left = IPv4Address(self.administrator) if self.kind == 1 else self.administrator
        return f"{left}:{self.number}"


def _administrator(text: str) -> tuple[int, int]:
    if text.isdecimal() and int(text) < 1 << 32:
        return (0 if int(text) < 1 << 16 else 2), int(text)
    try:
        return 1, int(IPv4Address(text))
    except AddressValueError:
        raise ValueError(f"neither an AS number nor an IPv4 address: {text!r}") from None


class RouteDistinguisher(_Administered):
    """RFC 4364 4.2; on the wire its type is two octets."""

    __slots__ = ()


class RouteTarget(_Administered):
    """RFC 4360 4: extended community of sub-type 0x02."""

    __slots__ = ()
