"""What may follow `mvpn show ROUTER`: a noun, or the first word of several, which shows them all.

Under the name of a protocol its nouns come one after another, each with a heading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from controlplane.cli.nouns import NOUNS, as_text
from controlplane.cli.tables import Row


def _by_protocol() -> Mapping[str, tuple[str, ...]]:
    """Nouns of two words by the first; their order is that of NOUNS."""
    groups: dict[str, tuple[str, ...]] = {}
    for noun in NOUNS:
        first, _, second = noun.partition(" ")
        if second:
            groups[first] = (*groups.get(first, ()), noun)
    return groups


GROUPS: Final = _by_protocol()
"""Protocols and their nouns."""


def nouns_of(words: str) -> tuple[str, ...]:
    """The nouns that are asked for; none when there is nothing of the name."""
    return (words,) if words in NOUNS else GROUPS.get(words, ())


def group_text(rows: Mapping[str, Sequence[Row]]) -> str:
    """The rows of several nouns, each under its heading."""
    return "\n\n".join(f"=== {noun} ===\n{as_text(noun, rows[noun])}" for noun in rows)


def listing() -> str:
    """All that there is to show, a protocol in a line."""
    alone = (noun for noun in NOUNS if " " not in noun)
    grouped = (
        f"{first} [{' | '.join(noun.removeprefix(f'{first} ') for noun in nouns)}]"
        for first, nouns in GROUPS.items()
    )
    return "\n".join(f"  {line}" for line in sorted((*alone, *grouped)))


def unknown(words: str) -> str:
    """What to tell somebody who asked for something else."""
    close = get_close_matches(words, (*NOUNS, *GROUPS), n=1)
    rest = f"is it {close[0]!r}? There is:" if close else "there is:"
    return f"nothing to show under {words!r}; {rest}\n{listing()}"
