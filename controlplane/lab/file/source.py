"""YAML with line numbers, and without YAML 1.1's surprises.

PyYAML's composer gives the tree of nodes with their marks; the values are made here by the core
schema of YAML 1.2 (10.3.2), since 1.1 reads the route distinguisher `65000:1` as a number in base
60, and `no` and `on` as booleans. Keys are always text. A key given twice is a mistake, which
PyYAML would swallow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import yaml

from controlplane.lab.errors import BadLabFile, FieldPath, Problem, dotted

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"

_CONSTANTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DEEPEST: Final = 20
_LONGEST_NUMBER: Final = 40


@dataclass(frozen=True, slots=True)
class Source:
    """A lab file as text, its tree, and the plain values in it."""

    path: Path
    root: yaml.Node
    value: Value

    def line(self, path: FieldPath) -> int:
        """The line of the field, or of the innermost thing around it that is there."""
        node, line = self.root, 1
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line

    def error(self, problems: list[Problem]) -> BadLabFile:
        """All problems with their places, in the order of the file."""
        placed = sorted((self.line(p.path), dotted(p.path), p.text) for p in problems)
        return BadLabFile(
            [
                f"{self.path.name}:{line}: {field + ': ' if field else ''}{text}"
                for line, field, text in dict.fromkeys(placed)
            ]
        )


def read_source(path: Path) -> Source:
    """Read a YAML file; BadLabFile for syntax errors and for keys given twice."""
    root = _compose(path)
    problems: list[Problem] = []
    source = Source(path, root, _value(root, (), problems))
    if problems:
        raise source.error(problems)
    return source


def _compose(path: Path) -> yaml.Node:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    except OSError as error:
        raise BadLabFile([f"{path}: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise BadLabFile([f"{path.name}: not UTF-8 text (octet {error.start})"]) from None
    except yaml.MarkedYAMLError as error:
        raise BadLabFile([f"{path.name}:{_error_line(error)}: {_error_words(error)}"]) from None
    except (yaml.YAMLError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else _first_line(error)
        raise BadLabFile([f"{path.name}:1: {reason}"]) from None
    if root is None:
        raise BadLabFile([f"{path.name}:1: the file is empty"])
    return root


def _error_line(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


def _error_words(error: yaml.MarkedYAMLError) -> str:
    return "not YAML: " + ", ".join(part for part in (error.context, error.problem) if part)


def _first_line(error: Exception) -> str:
    return "not YAML: " + str(error).splitlines()[0]


def _value(node: yaml.Node, path: FieldPath, problems: list[Problem]) -> Value:
    if len(path) > _DEEPEST:
        # An alias inside its own anchor has no end, so depth has a limit.
        problems.append(Problem(path[:3], "nested too deeply"))
        return None
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, at), problems) for at, item in enumerate(node.value)]
    return _scalar(node)


def _mapping(node: yaml.MappingNode, path: FieldPath, problems: list[Problem]) -> Value:
    result: dict[str, Value] = {}
    for key, value in node.value:
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        if name in result:
            line = key.start_mark.line + 1
            problems.append(Problem((*path, name), f"given twice, again in line {line}"))
        if name == "<<":
            problems.append(Problem((*path, name), "there are no merge keys: write the keys out"))
        result[name] = _value(value, (*path, name), problems)
    return result


def _scalar(node: yaml.Node) -> Value:
    text = str(node.value)
    if isinstance(node, yaml.ScalarNode) and node.style is not None:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    return _number(text)


def _number(text: str) -> int | float | str:
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    return float(text) if _FLOAT.fullmatch(text) else text


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    """The line and the node one step further down."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item.start_mark.line + 1, item
    return None
