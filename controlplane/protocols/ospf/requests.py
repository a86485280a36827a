"""Link State Requests: what the neighbour described and is newer than ours (RFC 2328 10.9)."""

from __future__ import annotations

from itertools import islice
from typing import Final

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import OspfInterface
from controlplane.protocols.ospf.neighbor import Neighbor
from controlplane.protocols.ospf.sender import Sender
from controlplane.protocols.ospf.timers import RequestTimer
from controlplane.wire.ospf.exchange import LinkStateRequest

_REQUEST_OCTETS: Final = 12


class Requests:
    def __init__(self, instance: OspfInstance, sender: Sender) -> None:
        self._instance = instance
        self._sender = sender

    def proceed(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """Ask for the next ones when all that was asked for has come: "There should be at most
        one Link State Request packet outstanding"."""
        neighbor.requested &= neighbor.requests.keys()
        if neighbor.requested:
            return
        if neighbor.requests:
            self.send(interface, neighbor, now)
        else:
            self._instance.timers.cancel(RequestTimer(interface.name, neighbor.key))

    def send(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """Ask for "the beginning of the Link state request list", until it comes."""
        if not neighbor.requests:
            return
        keys = tuple(islice(neighbor.requests, interface.room // _REQUEST_OCTETS))
        neighbor.requested = set(keys)
        destination = interface.address_of(neighbor)
        self._sender.send(interface, LinkStateRequest(keys), destination, now)
        timer = RequestTimer(interface.name, neighbor.key)
        self._instance.timers.set(timer, now + interface.settings.retransmit_interval)
