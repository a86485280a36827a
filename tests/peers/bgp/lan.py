"""FRR's bgpd and engines of ours on one LAN.

10.0.0.2  FRR, router id 10.0.0.2
10.0.0.1  the first of ours, 10.0.0.3 the second ...

lan = FrrLan(stack, bgpd(65000, Neighbor(WE, 65001)), [config])
lan.eventually(lan.is_up)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, Final

from controlplane.protocols.bgp.events import BgpConfig, PeerConfig
from controlplane.protocols.bgp.show import PeerView
from controlplane.wire.bgp.nlri import Family
from tests.peers.bgp.speaker import QUICK, Speaker
from tests.peers.frr import Frr
from tests.peers.namespace import Namespace, lan
from tests.peers.wire import Wire, eventually

FRR: Final = IPv4Address("10.0.0.2")
WE: Final = IPv4Address("10.0.0.1")
OTHER: Final = IPv4Address("10.0.0.3")
"""The second of ours."""

_FAMILIES: Final = {Family.IPV4_UNICAST: "ipv4 unicast", Family.VPNV4: "ipv4 vpn"}


@dataclass(frozen=True, slots=True)
class Neighbor:
    """One of ours, in FRR's configuration.

    `lines` and those of families are put behind `neighbor ADDRESS`.
    """

    address: IPv4Address
    asn: int
    lines: tuple[str, ...] = ()
    families: tuple[Family, ...] = (Family.IPV4_UNICAST,)
    family_lines: tuple[str, ...] = ()

    def said(self) -> Iterable[str]:
        lines = f"remote-as {self.asn}", "timers connect 1", "advertisement-interval 0", *self.lines
        return (f" neighbor {self.address} {line}" for line in lines)

    def said_of(self, family: Family) -> Iterable[str]:
        if family in self.families:
            lines = "activate", *self.family_lines
            yield from (f"  neighbor {self.address} {line}" for line in lines)


def bgpd(
    asn: int,
    *neighbors: Neighbor,
    process: Sequence[str] = (),
    unicast: Sequence[str] = (),
    vpn: Sequence[str] = (),
    before: str = "",
) -> str:
    """A configuration; `unicast` and `vpn` are lines of families, `before` stands on top."""
    more = {Family.IPV4_UNICAST: unicast, Family.VPNV4: vpn}
    lines = [
        before,
        f"router bgp {asn}",
        f" bgp router-id {FRR}",
        " no bgp default ipv4-unicast",
        " no bgp ebgp-requires-policy",
        " no bgp network import-check",
        " no bgp suppress-duplicates",  # it would take a route with another label for one
        " timers bgp 3 9",
        *(f" {line}" for line in process),
        *(line for neighbor in neighbors for line in neighbor.said()),
    ]
    for family, name in _FAMILIES.items():
        lines.append(f" address-family {name}")
        lines += (line for neighbor in neighbors for line in neighbor.said_of(family))
        lines += (f"  {line}" for line in more[family])
        lines.append(" exit-address-family")
    return "\n".join([*lines, "exit", ""])


def towards_frr(asn: int, local: IPv4Address = WE, **more: Any) -> PeerConfig:
    """FRR, which is in this AS, as a peer of one of ours."""
    return PeerConfig(local=local, remote_as=asn, **{"address": FRR, "timers": QUICK, **more})


class FrrLan:
    """All run from the start; `stack` takes them apart."""

    def __init__(self, stack: ExitStack, configuration: str, ours: Sequence[BgpConfig]) -> None:
        self.switch, self.theirs = (stack.enter_context(Namespace()) for _ in range(2))
        self.nodes = [stack.enter_context(Namespace()) for _ in ours]
        members = {f"p{number}": (node, "eth0") for number, node in enumerate(self.nodes)}
        lan(self.switch, {"frr": (self.theirs, "eth0"), **members})
        self.theirs.address("eth0", f"{FRR}/24")
        self.frr = Frr(self.theirs, {"bgpd": configuration})
        self.wires = [
            stack.enter_context(_speaks(config, node))
            for config, node in zip(ours, self.nodes, strict=True)
        ]

    @property
    def wire(self) -> Wire[Speaker]:
        """The first of ours."""
        return self.wires[0]

    @property
    def speaker(self) -> Speaker:
        return self.wire.engine

    def eventually(self, holds: Callable[[], object]) -> None:
        eventually(holds, *self.wires)

    # -- states

    def view(self, wire: Wire[Speaker] | None = None) -> PeerView:
        """What one of ours, the first if none is named, has to show of FRR."""
        wire = wire or self.wire
        return wire.engine.peer(FRR, wire.now)

    def is_up(self) -> bool:
        """All sessions with FRR are established, as both ends say."""
        return all(
            self.view(wire).state == self.their_view(wire)["bgpState"] == "Established"
            for wire in self.wires
        )

    def comes_up(self) -> None:
        self.eventually(self.is_up)

    def their_view(self, wire: Wire[Speaker] | None = None) -> dict[str, Any]:
        """What FRR has to show of one of ours."""
        address = str((wire or self.wire).engine.config.router_id)
        shown: dict[str, Any] = self.frr.json(f"show bgp neighbors {address} json")
        return shown[address]  # type: ignore[no-any-return]

    # -- FRR's tables

    def their_path(self, prefix: str, rd: str | None = None) -> dict[str, Any] | None:
        """FRR's best path to a prefix, of a VPN when a distinguisher is given."""
        if rd is None:
            shown = self.frr.json(f"show bgp ipv4 unicast {prefix} json")
        else:
            shown = self.frr.json(f"show bgp ipv4 vpn rd {rd} {prefix} json").get(rd, {})
        paths = shown.get("paths", ())
        return next((path for path in paths if path.get("bestpath", {}).get("overall")), None)


def _speaks(config: BgpConfig, node: Namespace) -> Wire[Speaker]:
    wire = Wire(Speaker(config), node)
    wire.up("eth0", f"{config.router_id}/24")
    return wire
