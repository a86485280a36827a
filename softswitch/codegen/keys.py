"""How a table's key is packed into 64-bit words, for the generated code and for the control calls.

Fields follow one another from the most significant bit of a word; one that would cross the end
of a word starts a new one, and one of more than 64 bits takes whole words. So a field is always a
shift and a mask away, which is what range matching needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from softswitch.bmv2json.model import Table
from softswitch.words import WORD_BITS as WORD
from softswitch.words import join_words, split_words, word_count


@dataclass(frozen=True)
class Slot:
    """Where a field lies: `shift` bits above the end of word `word` (its last one if wide)."""

    word: int
    shift: int
    width: int

    @property
    def first(self) -> int:
        """Its first word, which is the most significant."""
        return self.word - word_count(self.width) + 1


@dataclass(frozen=True)
class KeyLayout:
    """The slots of a key's fields, in order, and the number of words."""

    slots: tuple[Slot, ...]
    words: int

    def pack(self, values: tuple[int, ...]) -> list[int]:
        """The words of a key, or of a mask, with these fields."""
        words = [0] * self.words
        for slot, value in zip(self.slots, values, strict=True):
            for i, part in enumerate(split_words(value, slot.width)):
                words[slot.word - i] |= part << slot.shift
        return words

    def unpack(self, words: Sequence[int]) -> list[int]:
        """The values of the fields, from the words of a key or of a mask."""
        return [
            join_words(words[slot.word - i] for i in range(word_count(slot.width))) >> slot.shift
            & ((1 << slot.width) - 1)
            for slot in self.slots
        ]


def key_layout(table: Table) -> KeyLayout:
    """Place the fields of a table's key."""
    slots = []
    word, free = -1, 0
    for field in table.key:
        if field.width > WORD:
            word, free = word + word_count(field.width), 0
            slots.append(Slot(word, 0, field.width))
            continue
        if field.width > free:
            word, free = word + 1, WORD
        free -= field.width
        slots.append(Slot(word, free, field.width))
    return KeyLayout(tuple(slots), word + 1)
