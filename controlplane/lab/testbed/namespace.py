"""Acting inside the network namespace of a node."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from controlplane.lab.errors import LabError
from controlplane.live.namespace import inside, set_sysctls

__all__ = ["inside", "ip_batch", "set_sysctls"]


def ip_batch(commands: Iterable[str]) -> None:
    """Run commands of ip(8) in one process, in the current namespace."""
    ran = subprocess.run(
        ["ip", "-batch", "-"], input="\n".join(commands), text=True, capture_output=True
    )
    if ran.returncode != 0:
        raise LabError(f"ip: {ran.stderr.strip().replace(chr(10), '; ')}")
