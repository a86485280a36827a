"""The words of a look-up key, in C, from the values of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from softswitch.codegen.keys import KeyLayout, Slot
from softswitch.codegen.values import CType, Value
from softswitch.words import word_count


def key_words(layout: KeyLayout, values: Sequence[Value]) -> str:
    """The initialiser of the array of words."""
    terms: list[list[str]] = [[] for _ in range(layout.words)]
    for value, slot in zip(values, layout.slots, strict=True):
        text = value.as_type(CType.for_bits(slot.width))
        for i, term in enumerate(_terms(text, slot)):
            terms[slot.word - i].append(term)
    return "{" + ", ".join(" | ".join(parts) for parts in terms) + "}"


def _terms(text: str, slot: Slot) -> Iterator[str]:
    """What a field adds to each of its words, from the least significant one."""
    if not slot.wide:
        yield f"({text} << {slot.shift})" if slot.shift else text
    elif slot.width <= 128:
        yield f"(uint64_t){text}"
        yield f"(uint64_t)({text} >> 64)"
    else:
        yield from (f"sw_wide_word({text}, {i})" for i in range(word_count(slot.width)))
