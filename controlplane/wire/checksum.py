"""The Internet checksum (RFC 1071)."""

from __future__ import annotations


def internet_checksum(data: bytes) -> int:
    """One's complement of the one's complement sum of 16-bit words; 0 over data that holds it."""
    if len(data) % 2:
        data += b"\0"
    total = int.from_bytes(data, "big") % 0xFFFF
    if total == 0 and any(data):
        return 0
    return 0xFFFF - total
