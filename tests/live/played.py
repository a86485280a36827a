"""Labs of the repository on live switches, played and judged as `mvpn lab check` does it.

How soon something happens depends on what else the machine does, and `make bench` tells it. That it
happens does not. So what was seen and only later than asked for is right here; and so are the rows
of `speed`, which say how soon packets arrive: those that were sent too soon do not come later.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

Rows = list[dict[str, Any]]

_LABS: Final = Path(__file__).parents[2] / "mininet" / "labs"
_LATE: Final = re.compile(r"later than [\d.]+ s$")


def play(lab: str, target: str, folder: Path, patience: Mapping[str, str]) -> Rows:
    """The rows of a verdict; `patience` is what stands in the file for what is too hasty here."""
    text = (_LABS / f"{lab}.yaml").read_text()
    # A name of its own, for somebody may be playing the lab on this machine.
    for hasty, patient in {f"name: {lab}": f"name: v{os.getpid()}", **patience}.items():
        assert hasty in text
        text = text.replace(hasty, patient)
    path = folder / "lab.yaml"
    path.write_text(text)
    command = [sys.executable, "-m", "controlplane.cli.main", "lab", "check", str(path)]
    options = ["--target", target, "--json"]
    result = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert result.stdout, result.stderr
    assert "Task was destroyed" not in result.stderr
    rows: Rows = json.loads(result.stdout)["rows"]
    return rows


def assert_right(rows: Rows, speed: str) -> None:
    """Every row holds, but for its speed; a failure of the test names those that do not."""
    wrong = [
        f"{row['expectation']}: {row['seen']}"
        for row in rows
        if not row["ok"]
        and not re.search(speed, row["expectation"])
        and not _LATE.search(row["seen"])
    ]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
