"""What the words of all protocols are put together with."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from controlplane.wire.reader import DecodeError


def tried(words: Callable[[bytes], str], what: str, data: bytes) -> str:
    """The words for octets, or why they are no `what`."""
    try:
        return words(data)
    except DecodeError as error:
        return f"malformed {what} ({error})"


def spoken(name: str) -> str:
    """Of an enumeration's member: `ALLOW_NEW_SOURCES` is "allow new sources"."""
    return name.lower().replace("_", " ")


def listed(items: Iterable[str]) -> str:
    return ", ".join(items) or "nothing"
