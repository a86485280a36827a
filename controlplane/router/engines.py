"""The engines of a router: inputs go in by protocol and VRF, outputs come out in one queue.

Outputs keep their order over all engines, so an engine never takes an input while what it said
before is still to be carried out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

from controlplane.engine.liveness import NeighborFailed
from controlplane.engine.stream import (
    CloseStream,
    OpenStream,
    StreamAccepted,
    StreamClosed,
    StreamInput,
    StreamName,
    StreamOutput,
)
from controlplane.engine.time import Duration, Instant
from controlplane.mvpn.s_pmsi.engine import SPmsiEngine
from controlplane.mvpn.s_pmsi.events import SPmsiInput, SPmsiOutput
from controlplane.protocols.arp.events import ArpInput, ArpOutput
from controlplane.protocols.bfd.events import BfdInput, BfdOutput
from controlplane.protocols.bgp.events import BgpInput, BgpOutput
from controlplane.protocols.icmp.events import IcmpInput, IcmpOutput
from controlplane.protocols.igmp.events import IgmpInput, IgmpOutput
from controlplane.protocols.ldp.events import LdpInput, LdpOutput
from controlplane.protocols.ospf.events import OspfInput, OspfOutput
from controlplane.protocols.pim.engine import PimEngine
from controlplane.protocols.pim.events import PimInput, PimOutput
from controlplane.router.vrf import AnyEngine, Vrf
from controlplane.wire.bgp.numbers import PORT as BGP_PORT

EngineOutput: TypeAlias = (
    ArpOutput
    | BfdOutput
    | BgpOutput
    | IcmpOutput
    | IgmpOutput
    | LdpOutput
    | OspfOutput
    | PimOutput
    | SPmsiOutput
)


EngineName: TypeAlias = tuple[str, str]
"""An engine: its VRF and its name."""


@dataclass(frozen=True, slots=True)
class Said:
    """An output, and the engine of a VRF that it comes from."""

    vrf: str
    engine: str
    output: EngineOutput


class Engines:
    """An input for a protocol that does not run in the VRF is lost."""

    def __init__(self, vrfs: Mapping[str, Vrf]) -> None:
        self._vrfs = vrfs
        self._said: deque[Said] = deque()
        self._deadlines: dict[EngineName, Instant] = {}
        self._readings: dict[EngineName, Duration] = {}
        self._bgp_streams: set[tuple[str, StreamName]] = set()

    def next_output(self) -> Said | None:
        """Take the oldest output that has not been carried out."""
        return self._said.popleft() if self._said else None

    def arp(self, vrf: str, event: ArpInput, now: Instant) -> None:
        engine = self._vrfs[vrf].arp
        self._say(vrf, "arp", engine, engine.handle(event, now))

    def icmp(self, vrf: str, event: IcmpInput, now: Instant) -> None:
        engine = self._vrfs[vrf].icmp
        self._say(vrf, "icmp", engine, engine.handle(event, now))

    def igmp(self, vrf: str, event: IgmpInput, now: Instant) -> None:
        engine = self._vrfs[vrf].igmp
        self._say(vrf, "igmp", engine, engine.handle(event, now))

    def pim(self, vrf: str, event: PimInput, now: Instant) -> None:
        engine = self._vrfs[vrf].pim
        self._say(vrf, "pim", engine, engine.handle(event, now))

    def bfd(self, vrf: str, event: BfdInput, now: Instant) -> None:
        engine = self._vrfs[vrf].bfd
        self._say(vrf, "bfd", engine, engine.handle(event, now))

    def ospf(self, vrf: str, event: OspfInput, now: Instant) -> None:
        if (ospf := self._vrfs[vrf].ospf) is not None:
            self._say(vrf, "ospf", ospf, ospf.handle(event, now))

    def ldp(self, vrf: str, event: LdpInput, now: Instant) -> None:
        if (ldp := self._vrfs[vrf].ldp) is not None:
            self._say(vrf, "ldp", ldp, ldp.handle(event, now))

    def bgp(self, vrf: str, event: BgpInput, now: Instant) -> None:
        if (bgp := self._vrfs[vrf].bgp) is not None:
            self._say(vrf, "bgp", bgp, bgp.handle(event, now))

    def s_pmsi(self, vrf: str, event: SPmsiInput, now: Instant) -> None:
        if (s_pmsi := self._vrfs[vrf].s_pmsi) is not None:
            self._say(vrf, "s-pmsi", s_pmsi, s_pmsi.handle(event, now))

    def stream(self, vrf: str, event: StreamInput, now: Instant) -> None:
        """A stream is BGP's when BGP opened it or a peer opened it to BGP's port; else LDP's."""
        stream = vrf, event.stream
        if isinstance(event, StreamAccepted) and event.local.port == BGP_PORT:
            self._bgp_streams.add(stream)
        tell = self.bgp if stream in self._bgp_streams else self.ldp
        if isinstance(event, StreamClosed):
            self._bgp_streams.discard(stream)
        tell(vrf, event, now)

    def command(self, said: Said, command: StreamOutput) -> None:
        """A command for the host stack is on its way: remember whose stream it opens."""
        if isinstance(command, OpenStream) and said.engine == "bgp":
            self._bgp_streams.add((said.vrf, command.stream))
        elif isinstance(command, CloseStream):
            self._bgp_streams.discard((said.vrf, command.stream))

    def neighbor_failed(self, vrf: str, client: str, failure: NeighborFailed, now: Instant) -> None:
        """Tell the protocol that had the neighbour watched."""
        tell = {"bgp": self.bgp, "ospf": self.ospf, "ldp": self.ldp, "pim": self.pim}[client]
        tell(vrf, failure, now)

    def advance(self, now: Instant) -> None:
        """Let every timer that is due by now expire."""
        for name, vrf in self._vrfs.items():
            for engine, running in vrf.engines():
                if self._deadlines.get((name, engine), inf) <= now:
                    self._say(name, engine, running, running.advance(now))

    def next_deadline(self) -> Instant | None:
        return min(self._deadlines.values(), default=None)

    @property
    def wants_counters(self) -> Duration | None:
        """How often some engine wants to hear what the switch has counted, None: not at all."""
        return min(self._readings.values(), default=None)

    def _say(self, vrf: str, name: str, engine: AnyEngine, outputs: Iterable[EngineOutput]) -> None:
        """What an engine waits for changes when it is told something, and never else."""
        for output in outputs:
            self._said.append(Said(vrf, name, output))
        _note(self._deadlines, (vrf, name), engine.next_deadline())
        if isinstance(engine, PimEngine | SPmsiEngine):
            _note(self._readings, (vrf, name), engine.wants_counters)


def _note(table: dict[EngineName, float], name: EngineName, value: float | None) -> None:
    if value is None:
        table.pop(name, None)
    else:
        table[name] = value
