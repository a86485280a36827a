"""Numbers of things that the control plane knows by name and the switch does not.

A name has one number, for as long as there is one. After a restart of the controller the number of
a name is the one that its users hold in the switch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from typing import TypeAlias

from controlplane.p4rt.ids import free_ids
from controlplane.p4rt.inventory import Inventory

Claims: TypeAlias = Counter[tuple[str, int]]
"""How many users of a name hold a number."""


class Numbers:
    """Those of one kind of thing, `what`: the key of its entries in `table`, from 1 to `last`."""

    def __init__(self, what: str, table: str, last: int, installed: Inventory) -> None:
        self._what = what
        self._table = table
        self._last = last
        self._installed = installed
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        return self._numbers[name]

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those without a number, in order."""
        return [name for name in sorted(names) if name not in self._numbers]

    def release(self, names: Iterable[str]) -> list[int]:
        """These names are gone; the numbers that they had."""
        return [self._numbers.pop(name) for name in sorted(names)]

    def admit(self, names: Iterable[str]) -> None:
        """Number the names that have no number yet, with none that the switch holds."""
        missing = self.missing(names)
        if missing:
            held = (number for (number,) in self._installed.of(self._table))
            free = free_ids(self._what, {*held, *self._numbers.values()}, self._last)
            self._numbers |= {name: next(free) for name in missing}

    def _claim(self, claims: Claims, wanted: Container[str]) -> None:
        """Names whose users hold numbers get these; those with most users come first."""
        taken: set[int] = set()
        for name, number in sorted(claims, key=lambda claim: (-claims[claim], claim)):
            if name in wanted and name not in self._numbers and number not in taken:
                self._numbers[name] = number
                taken.add(number)
