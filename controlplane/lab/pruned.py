"""The values of a file with the broken ones taken out, and the way back to the original places."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from copy import deepcopy

from controlplane.lab.errors import FieldPath
from controlplane.lab.file.source import Value


class Pruned:
    """`value` is what is left; its list positions differ from those of the file."""

    def __init__(self, value: Value) -> None:
        self.value = deepcopy(value)
        self._holes: dict[FieldPath, list[int]] = {}

    def original(self, path: FieldPath) -> FieldPath:
        """The path in the file of what is at this path now."""
        result: FieldPath = ()
        for step in path:
            if isinstance(step, int):
                for hole in self._holes.get(result, ()):
                    step += hole <= step
            result = (*result, step)
        return result

    def existing(self, path: FieldPath) -> FieldPath:
        """The path, cut short where one value of the file stands for a list of it."""
        for at, step in enumerate(path):
            if isinstance(step, int) and not isinstance(self._find(path[:at]), list):
                return path[:at]
        return path

    def remove(self, paths: Iterable[FieldPath]) -> None:
        """Take values out, backwards, so that the positions of those to come still hold."""
        for path in sorted(set(paths), reverse=True):
            self._remove(path)

    def _remove(self, path: FieldPath) -> None:
        parent, original = self._find(path[:-1]), self.original(path)
        if not path:
            self.value = None
        elif isinstance(parent, dict):
            parent.pop(str(path[-1]), None)
        elif isinstance(parent, list) and isinstance(at := path[-1], int) and at < len(parent):
            del parent[at]
            insort(self._holes.setdefault(original[:-1], []), int(original[-1]))

    def _find(self, path: FieldPath) -> Value:
        value = self.value
        for step in path:
            if isinstance(value, dict):
                value = value.get(str(step))
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value
