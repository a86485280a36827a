"""Networks as LSAs name them, an address and a mask, in one number.

Routes are calculated over thousands of networks at a time, so within the calculation a network is
a number that is cheap to hash and compare: its address in the upper half, its mask in the lower.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network
from typing import Final, TypeAlias

from controlplane.net import interned
from controlplane.net.compact_prefix import place

Prefix: TypeAlias = int

DEFAULT: Final[Prefix] = 0
"""DefaultDestination, 0.0.0.0/0 (RFC 2328 appendix B)."""

_ALL_ONES: Final = 0xFFFFFFFF
_CACHED: Final = 1 << 16


def prefix_of(address: int, mask: int) -> Prefix | None:
    """The network of an address, None when the mask has a hole (RFC 2328 has no such networks)."""
    host_bits = mask ^ _ALL_ONES
    return None if host_bits & (host_bits + 1) else (address & mask) << 32 | mask


def number_of(network: IPv4Network) -> Prefix:
    address, mask = place(network)
    return address << 32 | mask


@lru_cache(maxsize=_CACHED)
def network_of(prefix: Prefix) -> IPv4Network:
    return interned.prefix(prefix >> 32, mask_of(prefix).bit_count())


def address_of(prefix: Prefix) -> int:
    return prefix >> 32


def mask_of(prefix: Prefix) -> int:
    return prefix & _ALL_ONES


def host_bits_of(prefix: Prefix) -> int:
    """The bits of an address that the network leaves open."""
    return mask_of(prefix) ^ _ALL_ONES


def contains(outer: Prefix, inner: Prefix) -> bool:
    """Whether every address of `inner` is one of `outer`."""
    mask = mask_of(outer)
    return mask <= mask_of(inner) and address_of(inner) & mask == address_of(outer)
