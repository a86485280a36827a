"""p4runtime-shell, in a virtual environment of its own.

It wants a protobuf library of years ago, beside which finsy cannot live; so it is installed apart,
once, where caches are kept.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

from controlplane.lab.errors import LabError

REQUIREMENT: Final = "p4runtime-shell==0.0.6"
ELECTION_ID: Final = "0,0"
"""Below that of every controller: the shell is a backup, which may read."""


def require_shell() -> Path:
    """The Python that has the shell, installed if it is not there; LabError if that fails."""
    folder = _cache() / REQUIREMENT
    python = folder / "bin" / "python"
    done = folder / "installed"
    if not done.exists():
        print(f"Installing {REQUIREMENT} in {folder} ...", file=sys.stderr)
        _install(folder, python)
        done.touch()
    return python


def _install(folder: Path, python: Path) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([*command, REQUIREMENT], check=True, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        raise LabError(f"{REQUIREMENT} cannot be installed in {folder}: {error}") from None


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "mvpn-p4-shell"
