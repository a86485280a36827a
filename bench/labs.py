"""The demo lab as a user runs it: how long it takes, and how soon a join brings packets."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.figure import Figure

DEMO = Path(__file__).parent.parent / "mininet" / "labs" / "rosen-ssm.yaml"
_AT_MOST = {"sim": 5.0, "softswitch": 60.0}
_RUNS = {"sim": 3, "softswitch": 1}
_STARTUP, _JOIN = 15.0, 0.3


def lab_figures(target: str) -> Iterator[Figure]:
    """Play the demo lab on a target; RuntimeError when an expectation does not hold."""
    runs = [_run(target) for _ in range(_RUNS[target])]
    took, verdict = median(took for took, _ in runs), runs[-1][1]
    clock = "simulated: " if target == "sim" else ""
    yield Figure(f"demo lab on {target}, from command to verdict", took, "s", _AT_MOST[target])
    startup = verdict["figures"]["startup"]
    yield Figure(f"  {clock}processes started to all expected states", startup, "s", _STARTUP)
    (join,) = (row["seconds"] for row in verdict["rows"] if "of r3-back" in row["expectation"])
    yield Figure(f"  {clock}join to first packet at the far host", join, "s", _JOIN)


def _run(target: str) -> tuple[float, dict[str, Any]]:
    """How long it took, and the verdict."""
    command = [sys.executable, "-m", "controlplane.cli.main", "lab", "check", str(DEMO)]
    started = time.perf_counter()
    result = subprocess.run(
        [*command, "--target", target, "--json"], capture_output=True, text=True, check=False
    )
    took = time.perf_counter() - started
    if result.returncode:
        raise RuntimeError(f"the demo lab on {target} failed:\n{result.stdout}{result.stderr}")
    return took, json.loads(result.stdout)
