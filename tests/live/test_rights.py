"""What a machine does not grant is said in one line, and is asked of the kernel itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from controlplane.lab.testbed.rights import missing_rights

ROOT = Path(__file__).parents[2]
ASK = "from controlplane.lab.live_world import missing_rights; print(missing_rights())"


def test_a_user_who_is_not_root_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert missing_rights() == "live labs need root: network namespaces are made"


def test_a_program_that_is_missing_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "mnexec" else f"/bin/{name}")
    assert missing_rights() == "live labs need the program mnexec (Debian package mininet)"


@pytest.mark.live
@pytest.mark.usefixtures("rights")
@pytest.mark.parametrize(
    ("capability", "reason"),
    [
        ("sys_admin", "live labs need network namespaces and veth: unshare: "),
        ("net_admin", "live labs need network namespaces and veth: "),
        ("net_raw", "live labs need packet sockets (CAP_NET_RAW)"),
    ],
)
def test_root_without_a_capability_is_told(capability: str, reason: str) -> None:
    without = ["setpriv", f"--bounding-set=-{capability}", f"--inh-caps=-{capability}"]
    command = [*without, sys.executable, "-c", ASK]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.startswith(reason)
    assert result.stdout.count("\n") == 1
