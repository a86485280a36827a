"""A CE that FRR runs: the kernel forwards, zebra and bgpd of Debian's package speak for it.

What bgpd is told comes of the same RouterConfig that one of our own routers would get. What it
shows comes by vtysh, and is put into such rows as our own routers show, as far as labs look at it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from controlplane.lab.errors import LabError
from controlplane.lab.testbed.processes import Child, Processes
from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.bgp.events import BgpConfig, PeerConfig
from controlplane.router.config import RouterConfig

_PROGRAMS: Final = Path("/usr/lib/frr")
_DAEMONS: Final = ("zebra", "bgpd")
_USER: Final = "frr"

_TYPES: Final = {"connected": "connected", "bgp": "ebgp"}
"""What FRR and we call those whose routes a CE has."""


def require_frr() -> None:
    """LabError when FRR is not installed."""
    missing = [name for name in _DAEMONS if not (_PROGRAMS / name).exists()]
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
        for daemon, lines in (("zebra", ()), ("bgpd", bgpd_configuration(config))):
            (folder / f"{daemon}.conf").write_text("".join(f"{line}\n" for line in lines))
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, _USER, _USER)

    def start(self, processes: Processes, namespace: int) -> list[Child]:
        """Start the daemons in a node's namespace; they may meet in any order."""
        return [
            processes.start(f"{daemon}-{self._name}", self._command(daemon), namespace=namespace)
            for daemon in _DAEMONS
        ]

    def show(self, noun: str) -> list[dict[str, Any]]:
        """The rows of a noun that FRR can tell; none of the others."""
        if noun == "route":
            return list(route_rows(self._ask("show ip route json")))
        if noun == "bgp neighbor":
            return list(neighbor_rows(self._ask("show bgp ipv4 unicast summary json")))
        return []

    def _command(self, daemon: str) -> list[str]:
        own = {"-f": f"{daemon}.conf", "-i": f"{daemon}.pid", "-z": "zserv.api"}
        files = [part for flag, file in own.items() for part in (flag, str(self._folder / file))]
        return [str(_PROGRAMS / daemon), *files, "--vty_socket", str(self._folder), "-P", "0"]

    def _ask(self, command: str) -> dict[str, Any]:
        """The answer of the daemons; nothing while they do not answer yet."""
        answer = subprocess.run(
            ["vtysh", "--vty_socket", str(self._folder), "-c", command],
            capture_output=True,
            text=True,
        )
        try:
            found: dict[str, Any] = json.loads(answer.stdout)
        except ValueError:
            return {}
        return found


# -- what bgpd is told


def bgpd_configuration(config: RouterConfig) -> Iterator[str]:
    """The lines of bgpd.conf."""
    bgp = config.bgp
    if bgp is None:
        return
    yield f"router bgp {bgp.asn}"
    yield f" bgp router-id {bgp.router_id}"
    yield " no bgp ebgp-requires-policy"
    for peer in bgp.peers:
        yield from (f" neighbor {peer.address} {words}" for words in _session(peer))
    yield " address-family ipv4 unicast"
    yield "  redistribute connected"
    yield from _unicast(bgp)
    yield " exit-address-family"


def _session(peer: PeerConfig) -> Iterator[str]:
    timers = peer.timers
    yield f"remote-as {peer.remote_as}"
    yield f"timers {max(1, round(timers.keepalive))} {round(timers.hold)}"
    yield f"timers connect {max(1, round(timers.connect_retry))}"
    if timers.min_advertisement is not None:
        yield f"advertisement-interval {round(timers.min_advertisement)}"
    if peer.md5_key is not None:
        yield f"password {peer.md5_key.decode()}"
    if peer.gtsm:
        yield "ttl-security hops 1"


def _unicast(bgp: BgpConfig) -> Iterator[str]:
    for peer in bgp.peers:
        if peer.allow_own_as:
            yield f"  neighbor {peer.address} allowas-in {peer.allow_own_as}"


# -- what it shows


def route_rows(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The installed routes of `show ip route json`."""
    for prefix, routes in answer.items():
        for route in routes:
            if route.get("selected"):
                yield {
                    "vrf": DEFAULT_VRF,
                    "prefix": prefix,
                    "protocol": _TYPES.get(route["protocol"], route["protocol"]),
                    "preference": route["distance"],
                    "metric": route["metric"],
                    "next_hops": list(_next_hops(route.get("nexthops", ()))),
                }


def _next_hops(hops: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for hop in hops:
        if hop.get("fib"):
            kind = "gateway" if "ip" in hop else "attached"
            yield {"type": kind, "interface": hop.get("interfaceName"), "via": hop.get("ip")}


def neighbor_rows(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The peers of `show bgp ipv4 unicast summary json`."""
    for address, peer in answer.get("peers", {}).items():
        yield {
            "vrf": DEFAULT_VRF,
            "neighbor": address,
            "remote_as": peer["remoteAs"],
            "state": peer["state"],
        }
