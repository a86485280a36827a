"""What can go wrong in the software switch, each with one message for people.

A `PipelineError` is the fault of the program (p4c's BMv2 JSON), a `BuildError` of the machine
(its C compiler), an `EngineError` of whoever writes tables, groups, counters or meters.
"""

from __future__ import annotations

from enum import Enum


class SoftswitchError(Exception):
    """The root of everything that this package raises on purpose."""


class PipelineError(SoftswitchError):
    """The BMv2 JSON is damaged, or uses what this target does not have."""


class BuildError(SoftswitchError):
    """No C compiler, or one that refused the generated program."""


class ErrorKind(Enum):
    """Why a write was refused; the names are those of the canonical codes of P4Runtime."""

    NOT_FOUND = "not found"
    ALREADY_EXISTS = "already exists"
    INVALID_ARGUMENT = "invalid argument"
    OUT_OF_RANGE = "out of range"
    RESOURCE_EXHAUSTED = "resource exhausted"
    PERMISSION_DENIED = "permission denied"


class EngineError(SoftswitchError):
    """A write or read that the engine refused."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
