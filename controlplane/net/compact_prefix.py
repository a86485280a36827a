"""IPv4 prefixes in two numbers.

A router has a hundred thousand of them, and they are the keys of nearly all of its tables. Those of
`ipaddress` are made of an object for the network, one for its address and a dictionary, and work
their hash out of these, in Python, at each look-up. These have a third less of memory and hash and
compare their numbers. To all others they are networks like any other: equal to those of the same
value, with their hash, and printed like them.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Final

_BITS: Final = 32
_MASKS: Final = tuple((1 << _BITS) - (1 << _BITS - length) for length in range(_BITS + 1))
_NETMASKS: Final = tuple(map(IPv4Address, _MASKS))


class CompactPrefix(IPv4Network):
    """Made by `compact`. `number` is that of its address."""

    __slots__ = ("_prefixlen", "number")

    number: int
    _prefixlen: int

    def __init__(self, value: object, strict: bool = True) -> None:
        """As `ipaddress` itself does where it derives one network from another."""
        plain = IPv4Network(value, strict)
        self.number, self._prefixlen = int(plain.network_address), plain.prefixlen

    @property
    def network_address(self) -> IPv4Address:  # type: ignore[override]  # it is not to be set
        return IPv4Address(self.number)

    @property
    def netmask(self) -> IPv4Address:  # type: ignore[override]
        return _NETMASKS[self._prefixlen]

    def hosts(self) -> Iterator[IPv4Address]:
        return IPv4Network((self.number, self._prefixlen)).hosts()

    def __hash__(self) -> int:
        return self.number ^ _MASKS[self._prefixlen]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CompactPrefix):
            return self.number == other.number and self._prefixlen == other._prefixlen
        return super().__eq__(other)

    def __lt__(self, other: IPv4Network) -> bool:
        return place(self) < place(other)

    def __repr__(self) -> str:
        return f"IPv4Network({str(self)!r})"


def compact(number: int, length: int) -> CompactPrefix:
    """The network of so many bits that the address with this number is in."""
    made = CompactPrefix.__new__(CompactPrefix)
    made.number, made._prefixlen = number & _MASKS[length], length
    return made


def place(prefix: IPv4Network) -> tuple[int, int]:
    """The numbers of the address and of the mask of any prefix."""
    if isinstance(prefix, CompactPrefix):
        return prefix.number, _MASKS[prefix._prefixlen]
    return int(prefix.network_address), int(prefix.netmask)
