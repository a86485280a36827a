"""What a live lab needs of the machine, and what of it is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
from typing import Final

from controlplane.lab.errors import LabError

_PROGRAMS: Final = {
    "ip": "iproute2",
    "setpriv": "util-linux",
    "unshare": "util-linux",
    "mnexec": "mininet",
    "ifconfig": "net-tools",
}
"""Programs, and the Debian packages that they are in; Mininet itself asks for the last two."""


def missing_rights() -> str | None:
    """One line on why no live lab is possible here; None when one is."""
    if os.geteuid() != 0:
        return "live labs need root: network namespaces are made"
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            return f"live labs need the program {program} (Debian package {package})"
    if importlib.util.find_spec("mininet.net") is None:
        return "live labs need the Python package mininet"
    if not _grants_packet_sockets():
        return "live labs need packet sockets (CAP_NET_RAW): switches and captures use them"
    tried = subprocess.run(
        ["unshare", "--net", "--mount", "ip", "link", "add", "mvpn0", "type", "veth"],
        text=True,
        capture_output=True,
    )
    if tried.returncode != 0:
        return f"live labs need network namespaces and veth: {tried.stderr.strip()}"
    return None


def _grants_packet_sockets() -> bool:
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except PermissionError:
        return False
    return True


def require_program(program: str, hint: str) -> None:
    """LabError when a program is not there; the hint says where it comes from."""
    if shutil.which(program) is None:
        raise LabError(f"{program} is not on PATH: {hint}")
