"""Walking a JSON document so that every complaint names its place.

A `Node` is a value together with the path that led to it; its accessors either return the type
that was asked for or raise a `PipelineError` such as `pipelines[0].tables[2].max_size: expected
a number`. The nodes of a document share a note of which members somebody has asked for: what is
left says what the reader does not know.
"""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.errors import PipelineError

MAX_COUNT = 1 << 31


class Node:
    """A value of the document and its path."""

    __slots__ = ("_asked", "path", "value")

    def __init__(
        self, value: object, path: str = "", asked: set[tuple[int, str]] | None = None
    ) -> None:
        """`asked` has the members that were asked for: the identity of the object, and the key."""
        self.value = value
        self.path = path
        self._asked = set() if asked is None else asked

    def error(self, message: str) -> PipelineError:
        """A complaint about this place."""
        return PipelineError(f"{self.path or 'pipeline JSON'}: {message}")

    def __getitem__(self, key: str) -> Node:
        found = self.get(key)
        if found is None:
            raise self.error(f"{key!r} is missing")
        return found

    def get(self, key: str) -> Node | None:
        """The member of that name; None where it is absent or null."""
        if not isinstance(self.value, dict):
            raise self.error("expected an object")
        self._asked.add((id(self.value), key))
        value = self.value.get(key)
        return None if value is None else self._member(key, value)

    def _member(self, key: str, value: object) -> Node:
        return Node(value, f"{self.path}.{key}" if self.path else key, self._asked)

    def unasked(self) -> Iterator[Node]:
        """The members, at any depth, that nobody has asked for and that are not null."""
        if isinstance(self.value, dict):
            for key, value in self.value.items():
                if (id(self.value), key) not in self._asked:
                    if value is not None:
                        yield self._member(key, value)
                elif isinstance(value, dict | list):
                    yield from self._member(key, value).unasked()
        elif isinstance(self.value, list):
            for item in self:
                if isinstance(item.value, dict | list):
                    yield from item.unasked()

    def list(self, key: str) -> tuple[Node, ...]:
        """The elements of a member that is a list; none where it is absent."""
        found = self.get(key)
        return () if found is None else tuple(found)

    def __iter__(self) -> Iterator[Node]:
        if not isinstance(self.value, list):
            raise self.error("expected a list")
        return (Node(item, f"{self.path}[{i}]", self._asked) for i, item in enumerate(self.value))

    def pair(self) -> tuple[Node, Node]:
        """The two elements of a list of two."""
        items = tuple(self)
        if len(items) != 2:
            raise self.error("expected a list of two")
        return items[0], items[1]

    @property
    def is_object(self) -> bool:
        return isinstance(self.value, dict)

    @property
    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.error("expected a string")
        return self.value

    @property
    def number(self) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.error("expected a number")
        return self.value

    @property
    def count(self) -> int:
        """A number of things."""
        if not 0 <= self.number < MAX_COUNT:
            raise self.error(f"{self.number} is out of range")
        return self.number

    @property
    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.error("expected true or false")
        return self.value

    @property
    def hex(self) -> int:
        """A hexadecimal string, maybe with a sign."""
        try:
            return int(self.text, 16)
        except ValueError:
            raise self.error(f"expected a hexadecimal number, not {self.value!r}") from None
