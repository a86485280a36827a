"""The mistakes that are reported for a lab file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controlplane.lab.errors import BadLabFile
from controlplane.lab.load import Lab


def mistakes(load_text: Callable[[str], Lab], text: str) -> list[str]:
    """The lines without the file's name and their number."""
    with pytest.raises(BadLabFile) as error:
        load_text(text)
    return [line.removeprefix("lab.yaml:").partition(": ")[2] for line in error.value.lines]
