"""The daemons of one router, started with their configurations and asked by vtysh."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from controlplane.lab.errors import LabError
from controlplane.lab.testbed.frr import multicast_rows, unicast_rows
from controlplane.lab.testbed.frr.bgpd import bgpd_configuration
from controlplane.lab.testbed.frr.pimd import pimd_configuration, runs_pimd
from controlplane.lab.testbed.frr.vtysh import Answer, ask
from controlplane.lab.testbed.processes import Child, Processes
from controlplane.router.config import RouterConfig

_PROGRAMS: Final = Path("/usr/lib/frr")
_USER: Final = "frr"

_CONFIGURATIONS: Final[Mapping[str, Callable[[RouterConfig], Iterator[str]]]] = {
    "zebra": lambda config: iter(()),
    "bgpd": bgpd_configuration,
    "pimd": pimd_configuration,
}
"""By daemon, what it is told."""

_NOUNS: Final[Mapping[str, tuple[Callable[..., Iterator[Answer]], tuple[str, ...]]]] = {
    "route": (unicast_rows.route_rows, ("ip route",)),
    "bgp neighbor": (unicast_rows.peer_rows, ("bgp ipv4 unicast summary",)),
    "pim neighbor": (multicast_rows.neighbor_rows, ("ip pim neighbor", "ip pim interface")),
    "mroute": (
        multicast_rows.mroute_rows,
        ("ip mroute", "ip pim upstream", "ip pim rpf", "ip pim join"),
    ),
}
"""By noun, what makes its rows of the answers to these questions."""


def require_frr() -> None:
    """LabError when FRR is not installed."""
    missing = [name for name in _CONFIGURATIONS if not (_PROGRAMS / name).exists()]
    if shutil.which("vtysh") is None:
        missing.append("vtysh")
    if missing:
        raise LabError(f"a CE of this lab is run by FRR, of which {', '.join(missing)} is missing")


class FrrRouter:
    """The daemons of one router; `folder` is theirs."""

    def __init__(self, config: RouterConfig, folder: Path) -> None:
        self._name = config.name
        self._folder = folder
        folder.mkdir()
        self._daemons = [name for name in _CONFIGURATIONS if name != "pimd" or runs_pimd(config)]
        for daemon in self._daemons:
            lines = _CONFIGURATIONS[daemon](config)
            (folder / f"{daemon}.conf").write_text("".join(f"{line}\n" for line in lines))
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, _USER, _USER)

    def start(self, processes: Processes, namespace: int) -> list[Child]:
        """Start the daemons in a node's namespace; they may meet in any order."""
        return [
            processes.start(f"{daemon}-{self._name}", self._command(daemon), namespace=namespace)
            for daemon in self._daemons
        ]

    def show(self, noun: str) -> list[Answer]:
        """The rows of a noun that FRR can tell; none of the others."""
        if noun not in _NOUNS:
            return []
        rows, questions = _NOUNS[noun]
        return list(rows(*ask(self._folder, *(f"show {words} json" for words in questions))))

    def _command(self, daemon: str) -> list[str]:
        own = {"-f": f"{daemon}.conf", "-i": f"{daemon}.pid", "-z": "zserv.api"}
        files = [part for flag, file in own.items() for part in (flag, str(self._folder / file))]
        return [str(_PROGRAMS / daemon), *files, "--vty_socket", str(self._folder), "-P", "0"]
