"""What is wrong with a message, where it costs the session (RFC 4271 6)."""

from __future__ import annotations

from controlplane.wire.bgp.numbers import ErrorCode
from controlplane.wire.reader import DecodeError


class BgpError(DecodeError):
    """The NOTIFICATION that the peer is sent: code, subcode and data; `what` in words."""

    def __init__(self, code: ErrorCode, subcode: int, what: str, data: bytes = b"") -> None:
        super().__init__(0, what)
        self.code = code
        self.subcode = subcode
        self.data = data

    def __str__(self) -> str:
        return self.what
