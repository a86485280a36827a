"""The demo lab on live switches, as `make demo` plays it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

ROOT = Path(__file__).parent.parent.parent
DEMO = ROOT / "mininet" / "labs" / "rosen-ssm.yaml"
_SPEED = "within 0.3 s"
"""How soon a join brings packets depends on the machine: `make bench` tells."""


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
@pytest.mark.parametrize("target", ["softswitch", pytest.param("bmv2", marks=pytest.mark.bmv2)])
def test_every_expectation_of_the_demo_lab_holds(target: str, tmp_path: Path) -> None:
    if target == "bmv2" and shutil.which("simple_switch_grpc") is None:
        pytest.skip("simple_switch_grpc is not on PATH")
    lab = tmp_path / "demo.yaml"
    # A name of its own, for somebody may be playing the demo on this machine.
    lab.write_text(DEMO.read_text().replace("name: rosen-ssm", f"name: demo-{os.getpid()}", 1))
    command = [sys.executable, "-m", "controlplane.cli.main", "lab", "check", str(lab)]
    result = subprocess.run(
        [*command, "--target", target, "--json"], capture_output=True, text=True, check=False
    )
    assert result.stdout, result.stderr
    rows = json.loads(result.stdout)["rows"]
    failed = [row for row in rows if not row["ok"] and _SPEED not in row["expectation"]]
    assert failed == [], result.stderr
    assert len(rows) == 30
