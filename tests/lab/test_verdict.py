"""The verdict as a table and as JSON."""

from __future__ import annotations

import json

from controlplane.lab.verdict import Row, Verdict

VERDICT = Verdict(
    lab="x",
    target="sim",
    rows=[Row("a receives tv", "9 of 10", False), Row("all routes", "4 routes", True, 1.5)],
    figures={"startup": 1.5},
)


def test_a_table_has_a_line_for_each_expectation_and_a_summary() -> None:
    assert VERDICT.as_text(colour=False) == (
        "✗ a receives tv  9 of 10\n✓ all routes     4 routes\n\nx on sim: 1 of 2 expectations hold"
    )


def test_colours_are_for_terminals() -> None:
    assert "\x1b[31m✗\x1b[0m a receives tv" in VERDICT.as_text(colour=True)


def test_a_long_expectation_has_a_line_to_itself() -> None:
    verdict = Verdict(lab="x", target="sim", rows=[Row("w" * 80, "seen", True)])
    assert verdict.as_text(colour=False).splitlines()[:2] == ["✓ " + "w" * 80, " " * 76 + "seen"]


def test_json_says_the_same() -> None:
    assert json.loads(VERDICT.as_json()) == {
        "lab": "x",
        "target": "sim",
        "ok": False,
        "rows": [
            {"expectation": "a receives tv", "seen": "9 of 10", "ok": False, "seconds": None},
            {"expectation": "all routes", "seen": "4 routes", "ok": True, "seconds": 1.5},
        ],
        "figures": {"startup": 1.5},
    }
