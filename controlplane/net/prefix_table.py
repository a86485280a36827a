"""Longest-prefix match over IPv4 prefixes: one hash table for each prefix length.

A look-up tries the lengths that there are, the longest first (Waldvogel et al. 1997 search them by
halves, which pays from more lengths on than tables have). A prefix costs one entry of a dictionary,
where a trie of Python objects has two nodes for it, and a look-up a few probes instead of a walk.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Generic, TypeVar

from controlplane.net.compact_prefix import place

T = TypeVar("T")


class PrefixTable(Generic[T]):
    """A map from prefixes to values that also finds the longest prefix that covers an address.

    `_by_mask` has the values by the bits of their prefixes, for each mask; longer masks come first.
    """

    def __init__(self) -> None:
        self._by_mask: dict[int, dict[int, T]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by_mask.values()))

    def insert(self, prefix: IPv4Network, value: T) -> None:
        """Set the value of a prefix, in place of an earlier one."""
        bits, mask = place(prefix)
        values = self._by_mask.get(mask)
        if values is None:
            values = self._admit(mask)
        values[bits] = value

    def remove(self, prefix: IPv4Network) -> T:
        """Take a prefix out and return its value; KeyError when it is not there."""
        bits, mask = place(prefix)
        values = self._by_mask.get(mask, {})
        if bits not in values:
            raise KeyError(prefix)
        value = values.pop(bits)
        if not values:
            del self._by_mask[mask]
        return value

    def get(self, prefix: IPv4Network) -> T | None:
        """The value of exactly this prefix."""
        bits, mask = place(prefix)
        values = self._by_mask.get(mask)
        return values.get(bits) if values else None

    def lookup(self, address: IPv4Address) -> T | None:
        """The value of the longest prefix that covers an address."""
        bits = int(address)
        for mask, values in self._by_mask.items():
            if (network := bits & mask) in values:
                return values[network]
        return None

    def values(self) -> Iterator[T]:
        """Every value, by the address of its prefix, that of the shorter of two prefixes first."""
        places = ((bits, mask) for mask, values in self._by_mask.items() for bits in values)
        return (self._by_mask[mask][bits] for bits, mask in sorted(places))

    def _admit(self, mask: int) -> dict[int, T]:
        found: dict[int, T] = {}
        self._by_mask[mask] = found
        self._by_mask = {mask: self._by_mask[mask] for mask in sorted(self._by_mask, reverse=True)}
        return found
