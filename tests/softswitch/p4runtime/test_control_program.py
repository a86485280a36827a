"""The committed build of control.p4 is what p4c makes of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.softswitch.p4runtime.control import HERE

COMPILER = "p4c-bm2-ss"


def without_version(text: str) -> Any:
    """The program of a BMv2 JSON, without what depends on the compiler's version."""
    document = json.loads(text)
    del document["__meta__"]
    return document


@pytest.mark.skipif(shutil.which(COMPILER) is None, reason=f"{COMPILER} is not on PATH")
def test_json_and_p4info_are_those_of_the_source(tmp_path: Path) -> None:
    program, info = tmp_path / "control.json", tmp_path / "control.p4info.txtpb"
    options = ["--arch", "v1model", "--p4runtime-files", str(info), "-o", str(program)]
    subprocess.run([COMPILER, *options, "control.p4"], cwd=HERE, check=True)
    assert info.read_text() == (HERE / "control.p4info.txtpb").read_text()
    committed = (HERE / "control.json").read_text()
    assert without_version(program.read_text()) == without_version(committed)
