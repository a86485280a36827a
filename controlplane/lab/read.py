"""From a source to the Layout of a checked lab file, or to the list of all that is wrong with it.

A mistake must not hide the others. So when the schema refuses a file, the refused values are taken
out (`Pruned`) and what is left is read again, until the rest is a lab file that can be checked.
What needs the whole network (who is on no link, which ports meet) is checked when the mistakes are
elsewhere: in an incomplete one it would find mistakes that are not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from controlplane.lab.checks import check
from controlplane.lab.checks.anycast import check_anycast
from controlplane.lab.checks.placed import check_placed
from controlplane.lab.checks.possible import check_possible
from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.expand.addressing import PoolEmptyError
from controlplane.lab.expand.layout import Layout, place
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.source import Source
from controlplane.lab.pruned import Pruned

_ROUNDS: Final = 8
"""How often broken parts are taken out; what is wrong shows in one or two rounds."""

_NETWORK: Final = frozenset(("provider", "routers", "hosts", "links", "vpns"))
"""The keys that a Layout is made of."""

_WORDS: Final = {
    "missing": "is missing",
    "string_pattern_mismatch": "is no name: a letter, then letters, digits, - and _",
    "string_too_long": "is too long for a name",
    "model_type": "should be a mapping (keys and values)",
    "dict_type": "should be a mapping (keys and values)",
    "list_type": "should be a list",
}


def checked(source: Source) -> Layout:
    """The network of a source's lab; BadLabFile with every mistake in the file."""
    pruned = Pruned(source.value)
    file, refused = _read(pruned)
    if file is None:
        raise source.error(refused)
    layout, found = _placed(file, source, whole=not _in_network(refused))
    problems = [*refused, *(Problem(pruned.original(one.path), one.text) for one in found)]
    if problems or layout is None:
        raise source.error(problems)
    return layout


def _read(pruned: Pruned) -> tuple[LabFile | None, list[Problem]]:
    """The part of the file that fits the schema, and what the schema refuses.

    The first time that it is read tells all; what is refused after that is a consequence.
    """
    refused: list[Problem] = []
    for _ in range(_ROUNDS):
        try:
            return LabFile.model_validate(pruned.value), refused
        except ValidationError as error:
            broken = error.errors(include_url=False)
        places = [(one, pruned.existing(_path(one))) for one in broken]
        refused = refused or [Problem(path, _words(one)) for one, path in places]
        pruned.remove(path[:-1] if one["type"] == "missing" else path for one, path in places)
    return None, refused


def _placed(file: LabFile, source: Source, *, whole: bool) -> tuple[Layout | None, list[Problem]]:
    """The network of what was read, if that is sound, and what is wrong with the file."""
    found = check(file, source.value, whole=whole)
    if not whole or _in_network(found):
        return None, found
    try:
        layout = place(file)
    except PoolEmptyError as error:
        return None, [*found, Problem(error.path, str(error))]
    placed = [*check_placed(layout), *check_anycast(layout)]
    return layout, [*found, *placed, *check_possible(layout, found)]


def _in_network(problems: Iterable[Problem]) -> bool:
    return any(problem.path and problem.path[0] in _NETWORK for problem in problems)


def _path(error: ErrorDetails) -> FieldPath:
    """Where the error is in the file: pydantic's steps without the tags of unions."""
    return tuple(
        step
        for step in error["loc"]
        if isinstance(step, int) or not (step.startswith("<") or step in ("[key]", ""))
    )


def _words(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return f"unknown key{_hint(str(error['loc'][-1]))}"
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    if error["type"] == "too_short":
        return f"needs {error['ctx']['min_length']} entries at least"
    value = error["input"]
    shown = f"{value} " if isinstance(value, str | int | float) else ""
    words = _WORDS.get(error["type"], error["msg"].removeprefix("Input "))
    return f"{shown}{words}"


def _hint(key: str) -> str:
    if key in _keys():
        return " here; it belongs elsewhere"
    close = get_close_matches(key, _keys(), n=1, cutoff=0.75)
    return f"; is it {close[0]}?" if close else ""


@cache
def _keys() -> tuple[str, ...]:
    """Every key of the schema."""
    models = LabFile.model_json_schema()
    return tuple(
        key for model in (models, *models["$defs"].values()) for key in model.get("properties", ())
    )
