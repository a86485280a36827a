"""The labs of the provider's core on live switches."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

LABS = Path(__file__).parents[2] / "mininet" / "labs"

_SPEED = re.compile(r"within (1|0\.5) s of")
"""How soon packets arrive again depends on the machine; within 3 s they do on any."""

_BFD = "interval: 0.1,"
_PATIENT_BFD = "interval: 0.5,"
"""On a machine that is busy with other things 0.3 s of silence are no failure."""


def check(lab: str, target: str, folder: Path) -> list[dict[str, Any]]:
    """The rows of a verdict, under a name of its own: somebody may be playing the lab here."""
    text = (LABS / f"{lab}.yaml").read_text()
    path = folder / "lab.yaml"
    assert _BFD in text
    text = text.replace(_BFD, _PATIENT_BFD)
    path.write_text(text.replace(f"name: {lab}", f"name: {lab}-{os.getpid()}", 1))
    command = [sys.executable, "-m", "controlplane.cli.main", "lab", "check", str(path)]
    result = subprocess.run(
        [*command, "--target", target, "--json"], capture_output=True, text=True, check=False
    )
    assert result.stdout, result.stderr
    rows: list[dict[str, Any]] = json.loads(result.stdout)["rows"]
    return rows


@pytest.mark.parametrize("target", ["softswitch", pytest.param("bmv2", marks=pytest.mark.bmv2)])
@pytest.mark.parametrize(("lab", "count"), [("core-ospf-ldp", 15), ("core-failure", 18)])
def test_every_expectation_of_a_core_lab_holds(
    lab: str, count: int, target: str, tmp_path: Path
) -> None:
    if target == "bmv2" and shutil.which("simple_switch_grpc") is None:
        pytest.skip("simple_switch_grpc is not on PATH")
    rows = check(lab, target, tmp_path)
    assert [row for row in rows if not row["ok"] and not _SPEED.search(row["expectation"])] == []
    assert len(rows) == count
