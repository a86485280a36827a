"""Errors as P4Runtime reports them.

An RPC that fails as a whole carries one canonical code and a message. A batch (Write, Read) of
which a part fails carries UNKNOWN and one `p4.v1.Error` for each element, in order, OK where it
succeeded (section "Error Reporting Messages").
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from finsy.proto import p4r, rpc_code, rpc_status

from softswitch.errors import EngineError
from softswitch.rpc.errors import RpcError


class Code(IntEnum):
    """The canonical codes of google.rpc that this server uses."""

    OK = rpc_code.OK
    UNKNOWN = rpc_code.UNKNOWN
    INVALID_ARGUMENT = rpc_code.INVALID_ARGUMENT
    NOT_FOUND = rpc_code.NOT_FOUND
    ALREADY_EXISTS = rpc_code.ALREADY_EXISTS
    PERMISSION_DENIED = rpc_code.PERMISSION_DENIED
    RESOURCE_EXHAUSTED = rpc_code.RESOURCE_EXHAUSTED
    ABORTED = rpc_code.ABORTED
    FAILED_PRECONDITION = rpc_code.FAILED_PRECONDITION
    OUT_OF_RANGE = rpc_code.OUT_OF_RANGE
    UNIMPLEMENTED = rpc_code.UNIMPLEMENTED
    INTERNAL = rpc_code.INTERNAL
    UNAVAILABLE = rpc_code.UNAVAILABLE


class P4RuntimeError(RpcError):
    """An RPC, or one element of a batch, was refused."""

    code: Code

    def __init__(self, code: Code, message: str, errors: Sequence[p4r.Error] = ()) -> None:
        super().__init__(code, message)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return f"{self.code.name}: {self.message}"

    @property
    def details(self) -> bytes:
        """The list of errors travels in a trailer, as a status."""
        return self.to_status().SerializeToString()

    def to_error(self) -> p4r.Error:
        """As the entry of a batch's list."""
        return p4r.Error(canonical_code=self.code, message=self.message)

    def to_status(self) -> rpc_status.Status:
        """As the status of a whole RPC."""
        status = rpc_status.Status(code=self.code, message=self.message)
        for error in self.errors:
            status.details.add().Pack(error)
        return status


def batch_error(what: str, failures: Sequence[P4RuntimeError | None]) -> P4RuntimeError:
    """The error of a batch, from the outcome of each element (None: it succeeded)."""
    failed = [failure for failure in failures if failure is not None]
    first = failed[0].message
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    errors = [failure.to_error() if failure else p4r.Error() for failure in failures]
    return P4RuntimeError(
        Code.UNKNOWN, f"{len(failed)} of {len(failures)} {what} failed: {first}{more}", errors
    )


def invalid(message: str) -> P4RuntimeError:
    """An INVALID_ARGUMENT, by far the most frequent refusal."""
    return P4RuntimeError(Code.INVALID_ARGUMENT, message)


def unsupported(what: str) -> P4RuntimeError:
    """An UNIMPLEMENTED for a part of P4Runtime that this target leaves out."""
    return P4RuntimeError(Code.UNIMPLEMENTED, f"{what} are not supported by this target")


def from_engine(error: EngineError) -> P4RuntimeError:
    """The engine's kinds of errors are named like the canonical codes."""
    return P4RuntimeError(Code[error.kind.name], str(error))
