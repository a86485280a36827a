"""Numbers for what many share: one group of copies for many (S,G).

A number stands for a value: a set of copies, a form of one. Each value has one number, so
ten thousand C-groups with the same receivers share a group. A value that nobody numbered yet is
looked for in what the switch holds, so numbers survive a restart of the controller.

When the value behind a number changes for all of its users, the number stays and the value is
modified in place: a change of the provider's tree rewrites one group and no route. A number that
is given up is free again once it is gone from the switch, and not before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Container, Hashable, Iterable, Iterator, Mapping
from itertools import count
from typing import Generic, TypeAlias, TypeVar

Value = TypeVar("Value", bound=Hashable)

Moves: TypeAlias = Callable[[Container[int]], Iterable[tuple[int, Value | None]]]
"""Who holds one of these numbers in the switch and is still there: the number, and the value that
it wants now, None where that has another number already."""


class IdsExhausted(Exception):
    """More different values are wanted than there are numbers for."""

    def __init__(self, what: str, last: int) -> None:
        super().__init__(f"more than {last} different {what} are wanted")


class Users(Generic[Value]):
    """How many use each value, of which the first and the last one matter."""

    def __init__(self) -> None:
        self._count: Counter[Value] = Counter()

    def exchange(
        self, gone: Collection[Value], new: Collection[Value]
    ) -> tuple[list[Value], list[Value]]:
        """Users go, others come: the values that nobody uses any more, and those that are new."""
        known = self._count.keys() & {*new}
        self._count.subtract(gone)
        self._count.update(new)
        lost = [value for value in dict.fromkeys(gone) if not self._count[value]]
        for value in lost:
            del self._count[value]
        found = [value for value in dict.fromkeys(new) if value not in known]
        return lost, found


class SharedNumbers(Generic[Value]):
    """The numbers of values of one kind, `what`, from 1 to `last`."""

    def __init__(self, what: str, last: int) -> None:
        self._what = what
        self._last = last
        self._numbers: dict[Value, int] = {}

    def number(self, value: Value) -> int:
        return self._numbers[value]

    def release(self, values: Iterable[Value]) -> list[int]:
        """These values have no users any more; the numbers that they had."""
        return [self._numbers.pop(value) for value in values]

    def admit(
        self, values: Collection[Value], held: Mapping[int, Value], moves: Moves[Value]
    ) -> None:
        """Number new values, given what stands behind numbers in the switch.

        Behind the release of others, whose numbers may pass on to these.
        """
        if not values:
            return
        taken = set(self._numbers.values())
        idle = {number: value for number, value in held.items() if number not in taken}
        numbers = _unchanged({*values}, idle)
        unclaimed = idle.keys() - numbers.values()
        if unclaimed and len(numbers) < len(values):
            numbers |= _modified({*values} - numbers.keys(), moves(unclaimed))
        free = free_ids(self._what, taken | held.keys() | {*numbers.values()}, self._last)
        numbers |= {value: next(free) for value in values if value not in numbers}
        self._numbers |= numbers


def free_ids(what: str, taken: Container[int], last: int) -> Iterator[int]:
    """Numbers from 1 that nothing in the switch has."""
    for number in count(1):
        if number > last:
            raise IdsExhausted(what, last)
        if number not in taken:
            yield number


def _unchanged(wanted: set[Value], held: Mapping[int, Value]) -> dict[Value, int]:
    """The wanted values that have a number already; the lowest where there are several."""
    return {held[number]: number for number in sorted(held, reverse=True) if held[number] in wanted}


def _modified(missing: set[Value], moves: Iterable[tuple[int, Value | None]]) -> dict[Value, int]:
    """Numbers whose users all move to one missing value; that with most users for each value."""
    users: defaultdict[int, Counter[Value | None]] = defaultdict(Counter)
    for number, value in moves:
        users[number][value] += 1
    united = [
        (wanted[value], -number, value)
        for number, wanted in users.items()
        if len(wanted) == 1
        for value in wanted
        if value in missing
    ]
    united.sort(key=lambda move: move[:2])
    return {value: -number for _, number, value in united if value is not None}
