"""Three routers of a core in the simulator, and what can go wrong between them.

     p1
    /  \\          by p1 is the way, the direct link is dear
pe1 ---- pe2
 |        |
h1        h2
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from controlplane.engine.timers import Timers
from controlplane.lab.load import load
from controlplane.lab.probes.ping import Ping, PingProbe
from controlplane.lab.sim_world import SimWorld
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.mac import multicast_mac
from controlplane.protocols.ospf.interface import ALL_SPF_ROUTERS
from controlplane.router.config import RouterConfig
from controlplane.sim.switch import SimSwitch, Transmit
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import Reader

LAB = """\
name: faults
provider:
  loopbacks: 192.0.2.0/24
  ldp: {hello_interval: 1, hello_hold: 4, keepalive_hold: 15}
  timers: {ospf: {hello_interval: 1, dead_interval: 4, retransmit_interval: 1}}
routers:
  pe1: {role: pe}
  pe2: {role: pe}
  p1: {role: p}
hosts: {h1: {}, h2: {}}
links:
  - {name: near, ends: {pe1: {}, p1: {}}, subnet: 10.0.1.0/24}
  - {name: far, ends: {p1: {}, pe2: {}}, subnet: 10.0.2.0/24}
  - {name: dear, ends: {pe1: {}, pe2: {}}, subnet: 10.0.3.0/24, cost: 100}
  - {ends: [pe1, h1], subnet: 10.1.1.0/24}
  - {ends: [pe2, h2], subnet: 10.1.2.0/24}
start: []
"""
BFD = LAB.replace("provider:\n", "provider:\n  bfd: {interval: 0.1}\n")

PE1, PE2, P1 = "192.0.2.1", "192.0.2.2", "192.0.2.3"
ON_NEAR = {"pe1": "10.0.1.1", "p1": "10.0.1.2"}
CONVERGED = 20.0
"""RFC 2328 B has 5 s between two instances of an LSA."""

Row: TypeAlias = dict[str, Any]
Configure: TypeAlias = Callable[[RouterConfig], RouterConfig]
Change: TypeAlias = Callable[[bytes], bytes | None]


class FaultWorld:
    """A lab that has converged. `configure` changes what its file would tell each router."""

    convergence = CONVERGED

    def __init__(
        self, folder: Path, text: str = LAB, configure: Configure = lambda config: config
    ) -> None:
        path = folder / "faults.yaml"
        path.write_text(text)
        self.lab = load(path)
        plan = self.lab.plan
        routers = {name: configure(config) for name, config in plan.routers.items()}
        self.world = SimWorld(replace(plan, routers=routers))
        self.world.start()
        self.run(self.convergence)

    @property
    def switches(self) -> dict[str, SimSwitch]:
        return self.world._switches

    def run(self, duration: float) -> None:
        self.world.advance_to(self.world.now() + duration)

    # -- faults

    def tamper(self, router: str, link: str, change: Change) -> Callable[[], None]:
        """Change the frames that a router sends on a link, or lose them (None); call it to end."""
        switch, port = self.switches[router], self.lab.layout.link[link].end(router).port
        assert port is not None
        transmit = switch._transmit[port]
        switch.connect(port, partial(_changed, change, transmit))
        return partial(switch.connect, port, transmit)

    def inject(self, router: str, link: str, sender: str, ospf: bytes) -> None:
        """Let a router receive an OSPF packet that seems to be from another one on the link."""
        placed = self.lab.layout.link[link]
        port, peer = placed.end(router).port, placed.end(sender)
        assert port is not None
        packet = Ipv4Packet(
            source=peer.address.ip,
            destination=ALL_SPF_ROUTERS,
            protocol=IpProtocol.OSPF,
            payload=ospf,
            ttl=1,
        )
        frame = EthernetFrame(
            destination=multicast_mac(ALL_SPF_ROUTERS),
            source=peer.mac,
            ethertype=EtherType.IPV4,
            payload=packet.encode(),
        )
        self.switches[router].receiver(port)(frame.encode())

    def vanish(self, router: str) -> None:
        """A router starts afresh, and its streams are gone without a word to the peers."""
        stack = self.switches[router].tcp(DEFAULT_VRF)
        for table in (stack._connections, stack._named):
            table.clear()
        stack._timers = Timers()
        self.switches[router].restart()

    # -- what comes of them

    def rows(self, router: str, noun: str, vrf: str = DEFAULT_VRF) -> list[Row]:
        return self.world.show(router, noun, vrf)

    def log(self, router: str, protocol: str, vrf: str = DEFAULT_VRF) -> list[str]:
        """What `mvpn show ROUTER PROTOCOL log` tells, in its order."""
        return [row["text"] for row in self.rows(router, f"{protocol} log", vrf)]

    def troubles(self, router: str) -> list[str]:
        return [row["reason"] for row in self.rows(router, "ospf trouble")]

    def neighbors(self, router: str) -> dict[str, str]:
        """OSPF's, by router id, with their states."""
        return {row["neighbor"]: row["state"] for row in self.rows(router, "ospf neighbor")}

    def sessions(self, router: str) -> dict[str, str]:
        """LDP's, likewise."""
        return {row["neighbor"]: row["state"] for row in self.rows(router, "ldp neighbor")}

    def last_failure(self, router: str, peer: str) -> str:
        """Why a session of LDP ended, or did not come up."""
        rows = self.rows(router, "ldp neighbor")
        return next(str(row["last_failure"]) for row in rows if row["neighbor"] == peer)

    def diagnostic(self, router: str, peer: str) -> str:
        """Of the BFD session with a neighbour on the link `near`."""
        rows = self.rows(router, "bfd neighbor")
        return next(str(row["diagnostic"]) for row in rows if row["neighbor"] == ON_NEAR[peer])

    def counted(self, router: str, protocol: str, counter: str, vrf: str = DEFAULT_VRF) -> int:
        rows = self.rows(router, "counters", vrf)
        key = (protocol, counter)
        return sum(row["value"] for row in rows if (row["where"], row["counter"]) == key)

    def cost(self, router: str, prefix: str) -> int:
        """Of OSPF's route."""
        rows = self.rows(router, "route")
        return next(int(row["metric"]) for row in rows if row["prefix"] == prefix)

    def hears(self, node: str = "h2", host: str = "h1") -> bool:
        """Whether a host has another node answer it, through the pipelines."""
        layout = self.lab.layout
        ping = Ping(destination=layout.address(node), count=3)
        probe = PingProbe(ping, layout.address(host), identifier=round(self.world.now()) % 65536)
        running = self.world.probe(host, probe)
        self.world.wait(lambda: not running.look(), limit=5.0)
        return probe.result.replies == ping.count


def _changed(change: Change, transmit: Transmit, frame: bytes) -> None:
    if (other := change(frame)) is not None:
        transmit(other)


def of_ospf(change: Change) -> Change:
    """Change the payloads of OSPF's packets, and leave all else."""

    def changed(data: bytes) -> bytes | None:
        frame = EthernetFrame.decode(Reader(data))
        if frame.ethertype != EtherType.IPV4:
            return data
        packet = Ipv4Packet.decode(Reader(frame.payload))
        if packet.protocol != IpProtocol.OSPF:
            return data
        payload = change(packet.payload)
        if payload is None:
            return None
        return replace(frame, payload=replace(packet, payload=payload).encode()).encode()

    return changed
