"""Retransmitting LSAs until they are acknowledged (RFC 2328 13.6)."""

from __future__ import annotations

from itertools import takewhile
from typing import Final

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import OspfInterface
from controlplane.protocols.ospf.neighbor import Neighbor
from controlplane.protocols.ospf.timers import RetransmissionTimer
from controlplane.protocols.ospf.updates import Updates, packed

_SLACK: Final = 0.1
"""LSAs that fall due within this part of RxmtInterval go with those that are due."""


class Retransmissions:
    """A list is in the order of its due times: what is sent again goes to its end."""

    def __init__(self, instance: OspfInstance, updates: Updates) -> None:
        self._instance = instance
        self._updates = updates

    def expire(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """Send one packet of what is due, "directly to the neighbor"."""
        self._send_due(interface, neighbor, now)
        if neighbor.retransmissions:
            first = next(iter(neighbor.retransmissions.values()))
            interval = interface.settings.retransmit_interval
            at = first.due if first.due > now else now + interval
            timer = RetransmissionTimer(interface.name, neighbor.key)
            self._instance.timers.set(timer, at)

    def acknowledged(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """ "Another packet of retransmissions can be sent whenever some of the LSAs are
        acknowledged": those that were due and did not fit in the last one."""
        first = next(iter(neighbor.retransmissions.values()), None)
        if first is not None and first.due <= now:
            self._send_due(interface, neighbor, now)

    def _send_due(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        interval = interface.settings.retransmit_interval
        horizon = now + _SLACK * interval
        waiting = takewhile(lambda w: w.due <= horizon, neighbor.retransmissions.values())
        packet = next(packed((w.stored for w in waiting), interface.room), None)
        if packet is None:
            return
        for stored in packet:
            neighbor.await_acknowledgment(stored, now + interval)
        self._instance.counters[Count.LSA_RETRANSMITTED] += len(packet)
        self._updates.send(interface, packet, interface.address_of(neighbor), now)
