"""What the machines of LDP share: state, timers, and the outputs of this input."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address, IPv4Network
from random import Random

from controlplane.engine.labels import LabelSpace
from controlplane.engine.stream import StreamName
from controlplane.engine.timers import Timers
from controlplane.net.interface import Interface
from controlplane.protocols.ldp.adjacency import Adjacency, AdjacencyKey
from controlplane.protocols.ldp.events import LdpConfig, LdpEnabled, LdpOutput
from controlplane.protocols.ldp.fec import Fec
from controlplane.protocols.ldp.neighbor import Neighbor
from controlplane.protocols.ldp.session import Session
from controlplane.protocols.ldp.timers import LdpTimer
from controlplane.wire.ldp.identifier import LdpId


class LdpInstance:
    """`up` are all interfaces that work, `enabled` those to run LDP on, whether they work or not.

    `sessions` are those with a stream, by its name; a neighbour has at most one. `operational` are
    those of them that labels go over. `owners` tells which peers claim an address, in order.
    `changed` are FECs to look at again.
    """

    def __init__(self, config: LdpConfig, labels: LabelSpace, rng: Random) -> None:
        self.config = config
        self.labels = labels
        self.rng = rng
        self.ldp_id = LdpId(config.router_id)
        self.timers: Timers[LdpTimer] = Timers()
        self.up: dict[str, Interface] = {}
        self.enabled: dict[str, LdpEnabled] = {}
        self.adjacencies: dict[AdjacencyKey, Adjacency] = {}
        self.neighbors: dict[LdpId, Neighbor] = {}
        self.sessions: dict[StreamName, Session] = {}
        self.operational: dict[LdpId, Session] = {}
        self.owners: dict[IPv4Address, tuple[LdpId, ...]] = {}
        self.fecs: dict[IPv4Network, Fec] = {}
        self.changed: dict[Fec, None] = {}
        self.outputs: list[LdpOutput] = []
        self.counters: Counter[str] = Counter()

    def running(self, name: str) -> Interface | None:
        """An interface that LDP runs on now."""
        return self.up.get(name) if name in self.enabled else None

    def adjacencies_on(self, interface: str) -> list[Adjacency]:
        return [a for key, a in self.adjacencies.items() if key.interface == interface]

    def touch(self, fec: Fec) -> None:
        """What a FEC's labels depend on changed."""
        self.changed[fec] = None

    def touch_all(self) -> None:
        self.changed |= dict.fromkeys(self.fecs.values())
