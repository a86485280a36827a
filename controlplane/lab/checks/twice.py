"""Values that may be given once in their scope."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from controlplane.lab.errors import FieldPath, Problem, dotted


@dataclass(frozen=True, slots=True)
class Given:
    """A value of the file, where it stands, and where it must be the only one of its kind."""

    scope: Hashable
    value: object
    path: FieldPath


def given_twice(what: str, values: Iterable[Given]) -> Iterator[Problem]:
    """A problem for each value but the first of those that are equal in one scope."""
    first: dict[tuple[Hashable, object], FieldPath] = {}
    for given in values:
        earlier = first.setdefault((given.scope, given.value), given.path)
        if earlier != given.path:
            yield Problem(given.path, f"the {what} {given.value} is that of {dotted(earlier)}")
