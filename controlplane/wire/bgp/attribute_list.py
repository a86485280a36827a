"""The path attributes of an UPDATE message as a list of octets with a type (RFC 4271 4.3).

0                   1
0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|O|T|P|E|  0    |Attr. Type Code|
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|  Length: one octet, two with the Extended Length bit; then the value

O: optional. T: transitive. P: partial, someone on the way did not know it. E: extended length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OPTIONAL: Final = 0x80
TRANSITIVE: Final = 0x40
PARTIAL: Final = 0x20
EXTENDED_LENGTH: Final = 0x10
_KEPT: Final = OPTIONAL | TRANSITIVE | PARTIAL
_LONGEST_SHORT: Final = 255


@dataclass(frozen=True, slots=True)
class RawAttribute:
    """An attribute that is not decoded yet; `flags` without the Extended Length bit."""

    flags: int
    type: int
    value: bytes

    def encode(self) -> bytes:
        length = len(self.value)
        if length <= _LONGEST_SHORT:
            return bytes((self.flags, self.type, length)) + self.value
        head = bytes((self.flags | EXTENDED_LENGTH, self.type))
        return head + length.to_bytes(2, "big") + self.value


@dataclass(frozen=True, slots=True)
class AttributeList:
    """Those that are whole, and what is wrong with the one behind them (RFC 7606 4)."""

    attributes: tuple[RawAttribute, ...]
    overrun: str | None = None

    @staticmethod
    def read(data: bytes) -> AttributeList:
        """Storms of messages go through here, so the loop works on octets and numbers."""
        found: list[RawAttribute] = []
        at, end = 0, len(data)
        while at < end:
            flags = data[at]
            value = at + (4 if flags & EXTENDED_LENGTH else 3)
            if value > end:
                return AttributeList(tuple(found), f"{end - at} octets behind the last attribute")
            kind, length = data[at + 1], int.from_bytes(data[at + 2 : value], "big")
            at = value + length
            if at > end:
                what = f"attribute {kind} of {length} octets, {end - value} left"
                return AttributeList(tuple(found), what)
            found.append(RawAttribute(flags & _KEPT, kind, data[value:at]))
        return AttributeList(tuple(found))
