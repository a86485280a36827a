"""Tables that are looked up, made of the sets that a Fib holds, when they are first needed.

A Fib changes often and is looked into seldom, where control packets are handed over directly; and
most changes leave most of its sets the same objects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

S = TypeVar("S")
V = TypeVar("V")


class Derived(Generic[S, V]):
    """What a function makes of a value; it is asked again when the value is another object."""

    def __init__(self, derive: Callable[[S], V]) -> None:
        self._derive = derive
        self._made: tuple[S, V] | None = None

    def of(self, source: S) -> V:
        if self._made is None or self._made[0] is not source:
            self._made = source, self._derive(source)
        return self._made[1]
