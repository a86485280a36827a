"""What all kinds of entities have in common: they are written and read.

P4Runtime has one Write and one Read for everything; the `entity` oneof says what is meant. Each
kind has a store, and a pipeline is the sum of its stores.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, Protocol, TypeVar

from finsy.proto import p4r

from softswitch.p4runtime.status import invalid, unsupported

M = TypeVar("M")


class UpdateType(Enum):
    """What an update does."""

    INSERT = p4r.Update.INSERT
    MODIFY = p4r.Update.MODIFY
    DELETE = p4r.Update.DELETE


class Store(Protocol[M]):
    """The entities of one kind."""

    def write(self, kind: UpdateType, message: M) -> None:
        """Carry out one update, or raise P4RuntimeError and change nothing."""

    def read(self, request: M) -> Iterator[M]:
        """The entities that a request selects."""


class AbsentStore:
    """A kind that this target does not have: reading all of it finds nothing."""

    def __init__(self, what: str) -> None:
        self._what = what

    def write(self, kind: UpdateType, message: Any) -> None:
        raise unsupported(self._what)

    def read(self, request: Any) -> Iterator[Any]:
        if request.ListFields():
            raise unsupported(self._what)
        return iter(())


def require_modify(kind: UpdateType, what: str) -> None:
    """For entities that exist as long as what they belong to: neither inserted nor deleted."""
    if kind is not UpdateType.MODIFY:
        raise invalid(f"{what} can only be modified")
