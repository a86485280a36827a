"""The node classes of mininet/nodes.py, which is a file of the repository and no package."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

from controlplane.lab.errors import LabError

_FILE: Final = Path(__file__).parents[3] / "mininet" / "nodes.py"


@cache
def node_classes() -> ModuleType:
    """Load mininet/nodes.py; it imports Mininet, so only a live lab does that."""
    spec = importlib.util.spec_from_file_location("mvpn_mininet_nodes", _FILE)
    if spec is None or spec.loader is None or not _FILE.exists():
        raise LabError(f"live labs run from a clone of the repository: there is no {_FILE}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
