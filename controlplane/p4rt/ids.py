"""Numbers for what many share: one group of copies for many (S,G).

A number stands for a value: a set of copies, a form of one. Each value has one number, so
ten thousand C-groups with the same receivers share a group. There is no table of numbers beside
what the switch holds: they are read from there, so they survive a restart of the controller.

When the value behind a number changes for all of its users, the number stays and the value is
modified in place: a change of the provider's tree rewrites one group and no route. A number that
is given up is free again once it is gone from the switch, and not before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Hashable, Iterator, Mapping
from itertools import count
from typing import TypeVar

User = TypeVar("User", bound=Hashable)
Value = TypeVar("Value", bound=Hashable)


class IdsExhausted(Exception):
    """More different values are wanted than there are numbers for."""

    def __init__(self, what: str, last: int) -> None:
        super().__init__(f"more than {last} different {what} are wanted")


def share(
    what: str,
    wanted: Mapping[User, Value],
    held: Mapping[User, int],
    values: Mapping[int, Value],
    last: int,
) -> dict[Value, int]:
    """Number every wanted value, given what users hold now and what stands behind each number."""
    new_values = set(wanted.values())
    numbers = _unchanged(new_values, values)
    missing = new_values - numbers.keys()
    if missing:
        numbers |= _modified(missing, wanted, held, values.keys() - numbers.values())
        free = free_ids(what, values, last)
        numbers |= {value: next(free) for value in _in_order(missing - numbers.keys(), wanted)}
    return numbers


def free_ids(what: str, taken: Container[int], last: int) -> Iterator[int]:
    """Numbers from 1 that nothing in the switch has."""
    for number in count(1):
        if number > last:
            raise IdsExhausted(what, last)
        if number not in taken:
            yield number


def _unchanged(wanted: set[Value], values: Mapping[int, Value]) -> dict[Value, int]:
    """The wanted values that have a number already; the lowest where there are several."""
    return {
        values[number]: number
        for number in sorted(values, reverse=True)
        if values[number] in wanted
    }


def _modified(
    missing: set[Value],
    wanted: Mapping[User, Value],
    held: Mapping[User, int],
    unwanted: set[int],
) -> dict[Value, int]:
    """Numbers whose users all move to one missing value; that with most users for each value."""
    moves: dict[int, Counter[Value]] = {}
    for user, number in held.items():
        if number in unwanted and user in wanted:
            moves.setdefault(number, Counter())[wanted[user]] += 1
    united = [
        (users[value], -number, value)
        for number, users in moves.items()
        if len(users) == 1
        for value in users
    ]
    united.sort(key=lambda move: move[:2])
    return {value: -number for _, number, value in united if value in missing}


def _in_order(values: set[Value], wanted: Mapping[User, Value]) -> Iterator[Value]:
    """Values in the order in which users name them, so that equal runs give equal numbers."""
    return (value for value in dict.fromkeys(wanted.values()) if value in values)
