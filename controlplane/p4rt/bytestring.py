"""Numbers as P4Runtime writes them (specification 8.3)."""

from __future__ import annotations


def encode(value: int) -> bytes:
    """The shortest octet string that holds the value, and at least one octet."""
    return value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")


def decode(octets: bytes) -> int:
    """The value, from a target that may have written leading zeros."""
    return int.from_bytes(octets, "big")
