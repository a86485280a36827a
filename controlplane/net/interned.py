"""One object for each address and prefix, which knows its hash.

Addresses and prefixes are the keys of nearly all tables of a router, and `ipaddress` works the hash
of an address out anew at each look-up, in Python. These have it at hand; and since all who make one
here get the same object, a look-up seldom has to compare. They are equal to any other address of
the same value, have its hash, and print like it. Prefixes are those of `compact_prefix.py`.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from controlplane.net.compact_prefix import compact

_HOST: Final = 32
_CACHED: Final = 1 << 17


class InternedAddress(IPv4Address):
    """Made by `address`."""

    __slots__ = ("_hash",)

    def __init__(self, value: object) -> None:
        super().__init__(value)
        self._hash = super().__hash__()

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"IPv4Address({str(self)!r})"


@lru_cache(maxsize=_CACHED)
def address(number: int) -> IPv4Address:
    """The address with this number."""
    return InternedAddress(number)


@lru_cache(maxsize=_CACHED)
def prefix(number: int, length: int) -> IPv4Network:
    """The network of so many bits that an address is in."""
    return compact(number, length)


@lru_cache(maxsize=_CACHED)
def packed_address(octets: bytes) -> IPv4Address:
    """The address in four octets of network order."""
    return address(int.from_bytes(octets, "big"))


def host(own: IPv4Address) -> IPv4Network:
    """The network of one address alone."""
    return prefix(int(own), _HOST)
