"""Bounded reading of received bytes, with one way to fail.

Decoders take a Reader and raise DecodeError, never struct.error or IndexError: what a peer sends
can be anything. A length field opens a `sub` reader, which must be read to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address

from controlplane.net.interned import address


class DecodeError(Exception):
    """A message is not what its specification says: where in it, and what is wrong."""

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(f"at octet {offset}: {what}")
        self.offset = offset
        self.what = what


class Reader:
    """A cursor over octets in network order."""

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = bytes(data)
        self._at = 0
        self._end = len(self._data)

    @property
    def offset(self) -> int:
        """Octets read so far, from the start of the whole message."""
        return self._at

    @property
    def remaining(self) -> int:
        """Octets left before the bound."""
        return self._end - self._at

    def take(self, length: int) -> bytes:
        """The next octets; DecodeError when fewer are left."""
        start, end = self._at, self._at + length
        if end > self._end:
            raise self.error(f"{length} octets expected, {self.remaining} left")
        self._at = end
        return self._data[start:end]

    def rest(self) -> bytes:
        """All that is left before the bound."""
        return self.take(self.remaining)

    def uint(self, octets: int) -> int:
        """An unsigned integer."""
        return int.from_bytes(self.take(octets), "big")

    def u8(self) -> int:
        return self.uint(1)

    def u16(self) -> int:
        return self.uint(2)

    def u32(self) -> int:
        return self.uint(4)

    def ipv4(self) -> IPv4Address:
        return address(self.u32())

    @contextmanager
    def sub(self, length: int) -> Iterator[Reader]:
        """Bound this reader to the next octets; leaving some unread is a DecodeError."""
        if length > self.remaining:
            raise self.error(f"a length of {length} octets, {self.remaining} left")
        outer, self._end = self._end, self._at + length
        yield self
        if self.remaining:
            raise self.error(f"{self.remaining} octets left over")
        self._end = outer

    def finish(self) -> None:
        """DecodeError when octets are left."""
        if self.remaining:
            raise self.error(f"{self.remaining} octets left over")

    def error(self, what: str) -> DecodeError:
        """An error at the current place."""
        return DecodeError(self._at, what)
