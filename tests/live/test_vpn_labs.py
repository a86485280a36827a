"""Labs of VPNs on live switches: FRR as the customers' routers, and a site on two PEs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

_SPEED = re.compile(r"receives .* within 1 s of")
"""How soon packets come depends on the machine; within 2 s they do on any."""

LABS = Path(__file__).parents[2] / "mininet" / "labs"
NEEDS_FRR = pytest.mark.skipif(
    not Path("/usr/lib/frr/bgpd").exists(), reason="FRR is not installed"
)


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
@pytest.mark.parametrize(
    ("lab", "count"), [pytest.param("l3vpn-frr", 17, marks=NEEDS_FRR), ("multihomed-site", 27)]
)
def test_every_expectation_of_a_vpn_lab_holds(lab: str, count: int, tmp_path: Path) -> None:
    path = tmp_path / "lab.yaml"
    # A name of its own, for somebody may be playing the lab on this machine.
    text = (LABS / f"{lab}.yaml").read_text()
    path.write_text(text.replace(f"name: {lab}", f"name: v{os.getpid()}", 1))
    command = [sys.executable, "-m", "controlplane.cli.main", "lab", "check", str(path), "--json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stdout, result.stderr
    rows = json.loads(result.stdout)["rows"]
    assert [row for row in rows if not row["ok"] and not _SPEED.search(row["expectation"])] == []
    assert len(rows) == count
