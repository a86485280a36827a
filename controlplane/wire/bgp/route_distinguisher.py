"""Route distinguishers on the wire (RFC 4364 4.2): a type of two octets, and six behind it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from controlplane.net.vpn import RouteDistinguisher

RD_OCTETS: Final = 8
_TWO_OCTET_AS: Final = 0


def encode_rd(rd: RouteDistinguisher) -> bytes:
    return rd.kind.to_bytes(2, "big") + rd.packed


@lru_cache(maxsize=4096)
def decode_rd(octets: bytes) -> RouteDistinguisher:
    """Of eight octets; those that are equal are one object, which thousands of routes share."""
    kind = int.from_bytes(octets[:2], "big")
    split = 4 if kind == _TWO_OCTET_AS else 6
    administrator, number = octets[2:split], octets[split:]
    return RouteDistinguisher(
        kind, int.from_bytes(administrator, "big"), int.from_bytes(number, "big")
    )
