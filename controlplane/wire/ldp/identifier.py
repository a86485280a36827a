"""LDP identifiers (RFC 5036 2.2.2): a router, and one of its label spaces."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Self

from controlplane.wire.reader import Reader


@dataclass(frozen=True, slots=True, order=True)
class LdpId:
    """`label_space` 0 is the platform-wide one."""

    router: IPv4Address
    label_space: int = 0

    def __hash__(self) -> int:
        """Every label that comes is looked up by its peer, so this is to be cheap."""
        return int(self.router)

    def __str__(self) -> str:
        return f"{self.router}:{self.label_space}"

    def encode(self) -> bytes:
        return self.router.packed + self.label_space.to_bytes(2, "big")

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        return cls(reader.ipv4(), reader.u16())
