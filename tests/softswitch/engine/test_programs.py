"""The compiled test programs beside their sources are what p4c makes of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent.parent / "programs"
P4C = "p4c-bm2-ss"


@pytest.mark.skipif(shutil.which(P4C) is None, reason=f"{P4C} is not on PATH")
@pytest.mark.parametrize("source", sorted(PROGRAMS.glob("*.p4")), ids=lambda path: path.stem)
def test_json_and_p4info_are_up_to_date(source: Path, tmp_path: Path) -> None:
    compiled, info = tmp_path / "program.json", tmp_path / "program.p4info.txtpb"
    command = [P4C, "--p4runtime-files", str(info), "-o", str(compiled), source.name]
    subprocess.run(command, check=True, cwd=PROGRAMS)
    committed = source.with_suffix(".json").read_text()
    assert json.loads(committed) == json.loads(compiled.read_text())
    assert source.with_suffix(".p4info.txtpb").read_text() == info.read_text()
