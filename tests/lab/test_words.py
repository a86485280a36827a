"""Expectations in words."""

from __future__ import annotations

import pytest

from controlplane.lab.file.expect import Mroute
from controlplane.lab.judge.words import names, watched_words


def test_up_to_nine_names_are_all_there() -> None:
    nine = [f"l{number}" for number in range(1, 10)]
    assert names(nine) == "l1, l2, l3, l4, l5, l6, l7, l8, l9"
    assert names([*nine, "l10", "l11"]) == f"{names(nine)} and 2 more"


@pytest.mark.parametrize(
    ("outgoing", "words"),
    [
        (None, "tree of tv at pe1 from lan1"),
        ([], "tree of tv at pe1 from lan1 to nobody"),
        (["mdt", "lan2"], "tree of tv at pe1 from lan1 to mdt, lan2"),
    ],
)
def test_the_sides_of_a_tree_are_told(outgoing: list[str] | None, words: str) -> None:
    value = {"mroute": "tv", "routers": "pe1", "incoming": "lan1", "outgoing": outgoing}
    assert watched_words(Mroute.model_validate(value)) == words
