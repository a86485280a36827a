"""The MPLS label stack between the link header and the packet (RFC 3032 2.1).

The bottom-of-stack bit is not a value of its own here: the last entry of a stack has it, the others
do not. The bits that RFC 3032 calls "experimental" are the Traffic Class since RFC 5462.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

from controlplane.net.label import Label
from controlplane.wire.reader import Reader

ENTRY_LENGTH: Final = 4
_BOTTOM: Final = 1 << 8


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelStackEntry:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                Label                  | TC  |S|       TTL     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    label: Label
    ttl: int
    traffic_class: int = 0


@dataclass(frozen=True, slots=True)
class LabelStack:
    """One entry or more, the top first."""

    entries: tuple[LabelStackEntry, ...]

    @property
    def top(self) -> LabelStackEntry:
        return self.entries[0]

    def with_ttl(self, ttl: int) -> Self:
        """The same labels, each with this TTL."""
        return replace(self, entries=tuple(replace(entry, ttl=ttl) for entry in self.entries))

    def encode(self) -> bytes:
        words = [e.label << 12 | e.traffic_class << 9 | e.ttl for e in self.entries]
        words[-1] |= _BOTTOM
        return b"".join(word.to_bytes(ENTRY_LENGTH, "big") for word in words)

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        """Read down to the bottom of the stack; what it labels is left in the reader."""
        entries: list[LabelStackEntry] = []
        word = 0
        while not word & _BOTTOM:
            word = reader.u32()
            entries.append(
                LabelStackEntry(label=word >> 12, traffic_class=word >> 9 & 0b111, ttl=word & 0xFF)
            )
        return cls(tuple(entries))
