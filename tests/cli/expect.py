"""What `show` prints of rows, as a test has it before its eyes."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from controlplane.cli.nouns import as_text


def expect(noun: str, rows: list[dict[str, Any]], text: str) -> None:
    """The text, without the indentation that it has in the test."""
    assert as_text(noun, rows) == dedent(text).strip()
