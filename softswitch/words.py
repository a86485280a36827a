"""Numbers of any width as 64-bit words: how keys, arguments and registers cross into C."""

from __future__ import annotations

from collections.abc import Iterable

WORD_BITS = 64
WORD_MASK = (1 << WORD_BITS) - 1


def word_count(width: int) -> int:
    """The words that a number of that many bits takes."""
    return (width + WORD_BITS - 1) // WORD_BITS


def join_words(words: Iterable[int]) -> int:
    """The number that `split_words` has split."""
    return sum(word << WORD_BITS * i for i, word in enumerate(words))


def split_words(value: int, width: int) -> list[int]:
    """The words of a number, the least significant one first."""
    return [value >> WORD_BITS * i & WORD_MASK for i in range(word_count(width))]
