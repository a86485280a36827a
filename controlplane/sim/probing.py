"""Pings and traceroutes of the simulator's hosts, on the virtual clock."""

from __future__ import annotations

from controlplane.lab.probes.probe import Probe
from controlplane.sim.host import SimHost
from controlplane.sim.scheduler import Scheduler
from controlplane.wire.ipv4 import Ipv4Packet


class SimProbe:
    """Lets one probe of a host run, from `start` until it is over."""

    def __init__(self, host: SimHost, scheduler: Scheduler, probe: Probe) -> None:
        self._host = host
        self._scheduler = scheduler
        self._probe = probe

    def start(self) -> None:
        self._host.icmp.listeners.append(self._hear)
        self._advance()

    def look(self) -> bool:
        """True while the probe runs; it does so by itself."""
        return self._probe.running

    def _hear(self, packet: Ipv4Packet) -> None:
        self._probe.hear(packet, self._scheduler.now)
        self._advance()

    def _advance(self) -> None:
        """Wake-ups that an answer has overtaken find nothing due."""
        now = self._scheduler.now
        packet = self._probe.advance(now)
        if packet is not None:
            self._host.send(packet)
        deadline = self._probe.next_deadline()
        if deadline is None:
            self._stop()
        elif packet is not None:
            self._scheduler.at(deadline, self._advance)

    def _stop(self) -> None:
        if self._hear in self._host.icmp.listeners:
            self._host.icmp.listeners.remove(self._hear)
