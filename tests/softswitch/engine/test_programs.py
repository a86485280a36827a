"""The compiled programs beside their sources are what p4c makes of them: the test programs, and the
example of docs/softswitch.md."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent.parent / "programs"
EXAMPLE = Path(__file__).parents[3] / "mininet" / "l2-learning" / "l2.p4"
SOURCES = [*sorted(PROGRAMS.glob("*.p4")), EXAMPLE]
P4C = "p4c-bm2-ss"


@pytest.mark.skipif(shutil.which(P4C) is None, reason=f"{P4C} is not on PATH")
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_json_and_p4info_are_up_to_date(source: Path, tmp_path: Path) -> None:
    compiled, info = tmp_path / "program.json", tmp_path / "program.p4info.txtpb"
    command = [P4C, "--p4runtime-files", str(info), "-o", str(compiled), source.name]
    subprocess.run(command, check=True, cwd=source.parent)
    committed = source.with_suffix(".json").read_text()
    assert json.loads(committed) == json.loads(compiled.read_text())
    assert source.with_suffix(".p4info.txtpb").read_text() == info.read_text()
