"""Questions to the daemons of one router, all in one run of vtysh."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

Answer: TypeAlias = dict[str, Any]
"""To a `show ... json`."""


def ask(folder: Path, *commands: str) -> list[Answer]:
    """An answer to each command; nothing while the daemons, whose folder it is, do not answer."""
    arguments = [word for command in commands for word in ("-c", command)]
    run = subprocess.run(
        ["vtysh", "--vty_socket", str(folder), *arguments], capture_output=True, text=True
    )
    answers = list(documents(run.stdout))
    return answers if len(answers) == len(commands) else [{} for _ in commands]


def documents(text: str) -> Iterator[Answer]:
    """The JSON documents that stand one after the other, up to what is none."""
    decoder = json.JSONDecoder()
    rest = text.lstrip()
    while rest:
        try:
            document, end = decoder.raw_decode(rest)
        except ValueError:
            return
        yield document
        rest = rest[end:].lstrip()
