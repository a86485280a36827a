"""How calls fail (https://grpc.io/docs/guides/status-codes)."""

from __future__ import annotations

from typing import Final

OK: Final = 0
UNKNOWN: Final = 2
INVALID_ARGUMENT: Final = 3
UNIMPLEMENTED: Final = 12


class RpcError(Exception):
    """Ends a call, with a code and words for people."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def details(self) -> bytes | None:
        """The octets of a google.rpc.Status, where there is more to tell."""
        return None
