"""Pings and traceroutes of a lab's live hosts: the lab makes the packets, the host sends them.

Whoever waits for a probe looks at it again and again. Times of answers are the kernel's, so how
often that is decides the pace of a probe and not what it measures.
"""

from __future__ import annotations

import time

from controlplane.lab.probes.probe import Probe
from controlplane.lab.testbed.hosts import LiveHost
from controlplane.wire.ipv4 import Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader


class LiveProbe:
    """Lets one probe of a host run while it is looked at."""

    def __init__(self, host: LiveHost, probe: Probe) -> None:
        self._host = host
        self._probe = probe
        self._heard = len(host.icmp(since=0))

    def look(self) -> bool:
        """Take the answers that came, send what is due; True while the probe runs."""
        for octets, at in self._host.icmp(since=self._heard):
            self._heard += 1
            self._hear(octets, at / 1e9)
        packet = self._probe.advance(time.monotonic())
        if packet is not None:
            self._probe.left(self._host.emit(packet.encode()) / 1e9)
        return self._probe.running

    def _hear(self, octets: bytes, at: float) -> None:
        try:
            packet = Ipv4Packet.decode(Reader(octets))
        except DecodeError:
            return
        self._probe.hear(packet, at)
