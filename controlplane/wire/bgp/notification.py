"""NOTIFICATION messages (RFC 4271 4.5): why a session ends, the last message on it.

0                   1                   2                   3
0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
| Error code    | Error subcode |   Data (variable)
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from controlplane.wire.bgp.numbers import Cease, ErrorCode, MessageType, error_words
from controlplane.wire.reader import Reader

_CODES: Final = 2
_WITH_COMMUNICATION: Final = (Cease.ADMINISTRATIVE_SHUTDOWN, Cease.ADMINISTRATIVE_RESET)


@dataclass(frozen=True, slots=True)
class Notification:
    kind: ClassVar = MessageType.NOTIFICATION

    code: int
    subcode: int
    data: bytes = b""

    @property
    def words(self) -> str:
        """The error as the RFCs name it, with what the peer's operator has to say.

        Of a hard reset with the one that it is for; what that may hold in turn is not looked at.
        """
        within = self.within
        return f"{self._own_words} ({within._own_words})" if within else self._own_words

    @property
    def _own_words(self) -> str:
        words, communication = error_words(self.code, self.subcode), self.communication
        return f"{words} ({communication})" if communication else words

    @property
    def is_hard_reset(self) -> bool:
        """RFC 8538 3: whatever was agreed on, no route outlives it."""
        return (self.code, self.subcode) == (ErrorCode.CEASE, Cease.HARD_RESET)

    @property
    def within(self) -> Notification | None:
        """RFC 8538 3.1: what a hard reset is for, None where that is not said."""
        if not self.is_hard_reset or len(self.data) < _CODES:
            return None
        return Notification(self.data[0], self.data[1], self.data[_CODES:])

    @property
    def communication(self) -> str:
        """RFC 9003 2: the operator's text, of which what cannot be printed is replaced.

        Empty when there is none, or none that is UTF-8.
        """
        if self.code != ErrorCode.CEASE or self.subcode not in _WITH_COMMUNICATION:
            return ""
        length = int.from_bytes(self.data[:1], "big")
        octets = self.data[1 : 1 + length]
        try:
            text = octets.decode() if len(octets) == length else ""
        except UnicodeDecodeError:
            return ""
        return "".join(letter if letter.isprintable() else "?" for letter in text)

    @classmethod
    def hard_reset(cls, why: Notification) -> Self:
        """RFC 8538 3.1: "the Hard Reset encapsulates another NOTIFICATION message"."""
        return cls(ErrorCode.CEASE, Cease.HARD_RESET, why.encode())

    def encode(self) -> bytes:
        """The body."""
        return bytes((self.code, self.subcode)) + self.data

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """A body whose length the framing has checked."""
        reader = Reader(body)
        return cls(reader.u8(), reader.u8(), reader.rest())
