"""The demo lab in the simulator: through the compiled P4 program, and exact."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from controlplane.cli.main import main

DEMO = Path(__file__).parent.parent.parent / "mininet" / "labs" / "rosen-ssm.yaml"


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_every_expectation_of_the_demo_lab_holds(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["lab", "check", str(DEMO), "--target", "sim", "--json"])
    verdict = json.loads(capsys.readouterr().out)
    assert [row for row in verdict["rows"] if not row["ok"]] == []
    assert (code, len(verdict["rows"])) == (0, 30)
