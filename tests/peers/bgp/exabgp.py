"""ExaBGP as a peer: it tells what its configuration says, and we read what it was told.

10.9.0.1  ours, in AS 65000, which waits for the peer to connect
10.9.0.2  ExaBGP, in the same AS
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final

from controlplane.protocols.bgp.events import PeerConfig
from controlplane.protocols.bgp.show import PeerView
from controlplane.wire.bgp.nlri import Family
from tests.peers.bgp import exabgp_ear
from tests.peers.bgp.speaker import QUICK, Speaker, speaker_config
from tests.peers.namespace import Namespace
from tests.peers.wire import Wire, eventually

WE, EXABGP = IPv4Address("10.9.0.1"), IPv4Address("10.9.0.2")
ASN: Final = 65000

_HEARD: Final = "/run/heard"
_CONFIGURATION: Final = "/run/exabgp.conf"
_SETTINGS: Final = {"daemon_user": "root", "api_cli": "false", "log_enable": "false"}
_TEXT: Final = """
process ear {{
    run {python} {ear} {heard};
    encoder json;
}}
neighbor {ours} {{
    router-id {theirs};
    local-address {theirs};
    local-as {asn};
    peer-as {asn};
    hold-time 9;
    family {{ ipv4 unicast; ipv4 mpls-vpn; ipv4 mcast-vpn; }}
    capability {{ route-refresh; graceful-restart 60; }}
    api {{ processes [ ear ]; receive {{ parsed; update; }} }}
    static {{ {static} }}
    announce {{ ipv4 {{ {announce} }} }}
}}
"""


def missing_exabgp() -> str | None:
    """Why ExaBGP cannot run here; None when it can."""
    if importlib.util.find_spec("exabgp") is None:
        return "ExaBGP is not installed (PyPI package exabgp, extra `dev` of this project)"
    return None


class ExaBgp:
    """Both run from the start; `static` and `announce` are lines of its configuration."""

    def __init__(
        self, stack: ExitStack, *, static: Iterable[str] = (), announce: Iterable[str] = ()
    ) -> None:
        self._namespace = stack.enter_context(Namespace())
        self._namespace.address("lo", f"{EXABGP}/32")
        config = PeerConfig(
            address=EXABGP,
            local=WE,
            remote_as=ASN,
            families=frozenset({Family.IPV4_UNICAST, Family.VPNV4, Family.MCAST_VPN}),
            timers=QUICK,
            passive=True,
            reflector_client=True,
        )
        speaker = Speaker(speaker_config(ASN, WE, config))
        self.wire = stack.enter_context(Wire(speaker, self._namespace))
        self.wire.up("lo", f"{WE}/32")
        self._configure(static, announce)
        self._start(stack)

    @property
    def speaker(self) -> Speaker:
        return self.wire.engine

    @property
    def view(self) -> PeerView:
        return self.speaker.peer(EXABGP, self.wire.now)

    def eventually(self, holds: Callable[[], object]) -> None:
        eventually(holds, self.wire)

    def comes_up(self) -> None:
        self.eventually(lambda: self.view.state == "Established")

    def updates(self) -> Iterator[dict[str, Any]]:
        """What it was told, as it says it: `attribute`, `announce`, `withdraw`."""
        heard = self._namespace.path(_HEARD)
        text = heard.read_text() if heard.exists() else ""
        *lines, _unfinished = text.split("\n")
        for line in lines:
            said = json.loads(line)
            if said["type"] == "update" and "update" in said["neighbor"]["message"]:
                yield said["neighbor"]["message"]["update"]

    def announced(self, family: str) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Routes of a family that it was told: next hop, NLRI, attributes."""
        return [
            (next_hop, nlri, update.get("attribute", {}))
            for update in self.updates()
            for next_hop, routes in update.get("announce", {}).get(family, {}).items()
            for nlri in routes
        ]

    def withdrawn(self, family: str) -> list[dict[str, Any]]:
        """NLRI of routes that it was told are no more."""
        return [
            nlri for update in self.updates() for nlri in update.get("withdraw", {}).get(family, ())
        ]

    def _configure(self, static: Iterable[str], announce: Iterable[str]) -> None:
        text = _TEXT.format(
            python=sys.executable,
            ear=Path(exabgp_ear.__file__).resolve(),
            heard=_HEARD,
            ours=WE,
            theirs=EXABGP,
            asn=ASN,
            static=" ".join(f"{line};" for line in static),
            announce=" ".join(f"{line};" for line in announce),
        )
        self._namespace.path(_CONFIGURATION).write_text(text)

    def _start(self, stack: ExitStack) -> None:
        settings = [f"exabgp_{name}={value}" for name, value in _SETTINGS.items()]
        inside = ["setpriv", "--pdeathsig", "KILL", "nsenter", "--net", "--mount", "-t"]
        program = [sys.executable, "-m", "exabgp", "server", _CONFIGURATION]
        exabgp = subprocess.Popen(
            [*inside, str(self._namespace.pid), "env", *settings, *program],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(exabgp.wait)
        stack.callback(exabgp.terminate)
