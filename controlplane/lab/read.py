"""From a source to a checked LabFile, or to the list of all that is wrong with it.

A mistake must not hide the others. So when the schema refuses a file, the refused values are taken
out (`Pruned`) and what is left is read again, until the rest is a lab file that can be checked.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from controlplane.lab.checks import check
from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.source import Source
from controlplane.lab.pruned import Pruned

_ROUNDS: Final = 8
"""How often broken parts are taken out; what is wrong shows in one or two rounds."""

_WORDS: Final = {
    "missing": "is missing",
    "string_pattern_mismatch": "is no name: a letter, then letters, digits, - and _",
    "string_too_long": "is too long for a name",
    "model_type": "should be a mapping (keys and values)",
    "dict_type": "should be a mapping (keys and values)",
    "list_type": "should be a list",
}


def checked(source: Source) -> LabFile:
    """The lab file of a source; BadLabFile with every mistake in it."""
    try:
        file = LabFile.model_validate(source.value)
    except ValidationError as error:
        raise source.error(_all_problems(source, error)) from None
    if problems := check(file, source.value, whole=True):
        raise source.error(problems)
    return file


def _all_problems(source: Source, error: ValidationError) -> list[Problem]:
    """What the schema refuses, and what is wrong with the rest."""
    problems = [Problem(_path(one), _words(one)) for one in error.errors(include_url=False)]
    pruned = Pruned(source.value)
    rest = _rest(pruned, error)
    found = check(rest, source.value, whole=False) if rest else []
    return problems + [Problem(pruned.original(one.path), one.text) for one in found]


def _rest(pruned: Pruned, error: ValidationError) -> LabFile | None:
    """The part of the file that fits the schema, None when nothing sensible is left."""
    for _ in range(_ROUNDS):
        broken = error.errors(include_url=False)
        pruned.remove(_path(one)[:-1] if one["type"] == "missing" else _path(one) for one in broken)
        try:
            return LabFile.model_validate(pruned.value)
        except ValidationError as next_error:
            error = next_error
    return None


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
    close = get_close_matches(key, _keys(), n=1, cutoff=0.75)
    return f"; is it {close[0]}?" if close else ""


@cache
def _keys() -> tuple[str, ...]:
    """Every key of the schema."""
    models = LabFile.model_json_schema()
    return tuple(
        key for model in (models, *models["$defs"].values()) for key in model.get("properties", ())
    )
