"""The words of a look-up key, in C, from the values of its fields."""

from __future__ import annotations

from collections.abc import Sequence

from softswitch.codegen.keys import KeyLayout
from softswitch.codegen.values import Value, to_words


def key_words(layout: KeyLayout, values: Sequence[Value]) -> str:
    """The initialiser of the array of words."""
    terms: list[list[str]] = [[] for _ in range(layout.words)]
    for value, slot in zip(values, layout.slots, strict=True):
        for i, term in enumerate(to_words(value, slot.width)):
            terms[slot.word - i].append(f"({term} << {slot.shift})" if slot.shift else term)
    return "{" + ", ".join(" | ".join(parts) for parts in terms) + "}"
