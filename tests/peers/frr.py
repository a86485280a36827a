"""FRR's daemons as a peer: started in a namespace with a configuration, asked by vtysh.

    with Namespace() as theirs:
        frr = Frr(theirs, {"ospfd": OSPFD_CONFIGURATION})
        frr.json("show ip ospf neighbor json")

zebra always runs, and gives the daemons the namespace's interfaces and routes. All of it ends with
the namespace. Configurations are in the words of FRR's manual.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.peers.namespace import Namespace

_PROGRAMS: Final = Path("/usr/lib/frr")
_FOLDER: Final = Path("/run/frr")
_USER: Final = "frr"


def missing_frr(*daemons: str) -> str | None:
    """Why these daemons of FRR cannot run here; None when they can."""
    for daemon in ("zebra", *daemons):
        if not (_PROGRAMS / daemon).exists():
            return f"FRR's {daemon} is not installed (Debian package frr)"
    if shutil.which("vtysh") is None:
        return "vtysh is not on PATH (Debian package frr)"
    return None


class Frr:
    """`configurations` by daemon: `ospfd`, `ldpd`, `bfdd`, and `zebra` when it needs one."""

    def __init__(self, namespace: Namespace, configurations: Mapping[str, str]) -> None:
        self._namespace = namespace
        self._folder = namespace.path(str(_FOLDER))
        self._folder.mkdir()
        shutil.chown(self._folder, _USER, _USER)
        for daemon, configuration in {"zebra": "", **configurations}.items():
            self._write(f"{daemon}.conf", configuration)
            self.start(daemon)

    def start(self, daemon: str) -> None:
        """Start a daemon, anew when it was killed; on return it answers to vtysh."""
        self._namespace.run(
            str(_PROGRAMS / daemon),
            "--daemon",
            "--config_file",
            str(_FOLDER / f"{daemon}.conf"),
            "--log",
            f"file:{_FOLDER / daemon}.log",
        )

    def kill(self, daemon: str) -> None:
        """Kill a daemon as a crash does: it says goodbye to nobody."""
        pid = (self._folder / f"{daemon}.pid").read_text().strip()
        self._namespace.run("kill", "-KILL", pid)

    def vtysh(self, *commands: str) -> str:
        """What the daemons answer to commands, one after the other."""
        arguments = [argument for command in commands for argument in ("-c", command)]
        return self._namespace.run("vtysh", *arguments)

    def json(self, command: str) -> Any:
        """The answer to a `show ... json`."""
        return json.loads(self.vtysh(command))

    def configure(self, *lines: str) -> None:
        """Change the running configuration."""
        self.vtysh("configure terminal", *lines)

    def log(self, daemon: str) -> str:
        """What a daemon has logged so far."""
        return (self._folder / f"{daemon}.log").read_text()

    def _write(self, name: str, text: str) -> None:
        path = self._folder / name
        path.write_text(text)
        shutil.chown(path, _USER, _USER)
