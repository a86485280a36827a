"""Sending Database Description packets (RFC 2328 10.8)."""

from __future__ import annotations

from typing import Final

from controlplane.engine.time import Instant
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import OspfInterface
from controlplane.protocols.ospf.lsdb import OPAQUE_TYPES, Stored
from controlplane.protocols.ospf.neighbor import Exchange, Neighbor, NeighborState
from controlplane.protocols.ospf.notices import NoAnswer
from controlplane.protocols.ospf.sender import Sender
from controlplane.protocols.ospf.timers import ExchangeTimer, RetransmissionTimer
from controlplane.wire.ospf.exchange import DatabaseDescription
from controlplane.wire.ospf.lsa import HEADER_OCTETS, MAX_AGE
from controlplane.wire.ospf.options import Options

_FIXED_OCTETS: Final = 8
_REPEATS_BEFORE_TROUBLE: Final = 4


class Descriptions:
    def __init__(self, instance: OspfInstance, sender: Sender) -> None:
        self._instance = instance
        self._sender = sender

    def begin(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """In ExStart: "declares itself master", with an empty packet that is repeated."""
        if neighbor.dd_sequence_number is None:
            # "some unique value (like the time of day clock)" (RFC 2328 10.3)
            neighbor.dd_sequence_number = self._instance.rng.getrandbits(31)
        else:
            neighbor.dd_sequence_number = following(neighbor.dd_sequence_number)
        neighbor.exchange = Exchange()
        self._send(interface, neighbor, (), now)

    def summarise(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """Entering Exchange: "list the contents of its entire area link state database"; LSAs of
        MaxAge go to the retransmission list, opaque ones only to those that know them."""
        opaque = bool(neighbor.options & Options.O)
        due = now + interface.settings.retransmit_interval
        for lsdb in self._instance.databases(interface):
            for stored in lsdb.stored():
                if not opaque and stored.key.ls_type in OPAQUE_TYPES:
                    continue
                if stored.age(now) >= MAX_AGE:
                    neighbor.await_acknowledgment(stored, due)
                else:
                    neighbor.exchange.summary.append(stored)
        if neighbor.retransmissions:
            timer = RetransmissionTimer(interface.name, neighbor.key)
            self._instance.timers.set(timer, due)

    def next(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """Describe what comes next, or nothing more."""
        summary = neighbor.exchange.summary
        fit = (interface.room - _FIXED_OCTETS) // HEADER_OCTETS
        described, neighbor.exchange.summary = summary[:fit], summary[fit:]
        self._send(interface, neighbor, described, now)

    def repeat(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """Send the last packet once more; `last_sent` is None when it has been freed."""
        if (body := neighbor.exchange.last_sent) is not None:
            self._send_body(interface, neighbor, body, now)

    def expire(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """RxmtInterval without an answer; or, after the exchange, RouterDeadInterval."""
        if neighbor.state > NeighborState.EXCHANGE:
            neighbor.exchange.last_sent = None
            return
        neighbor.exchange.repeats += 1
        if neighbor.exchange.repeats == _REPEATS_BEFORE_TROUBLE:
            reason = "does not answer our Database Descriptions (is its MTU smaller than ours?)"
            self._instance.complain(NoAnswer(interface.name, neighbor.address, reason), now)
        self.repeat(interface, neighbor, now)

    def done(self, interface: OspfInterface, neighbor: Neighbor, now: Instant) -> None:
        """The slave keeps its last packet, should the master have missed it (RFC 2328 10.8)."""
        timer = ExchangeTimer(interface.name, neighbor.key)
        if neighbor.exchange.is_master:
            neighbor.exchange.last_sent = None
            self._instance.timers.cancel(timer)
        else:
            self._instance.timers.set(timer, now + interface.settings.dead_interval)

    def _send(
        self,
        interface: OspfInterface,
        neighbor: Neighbor,
        described: tuple[Stored, ...] | list[Stored],
        now: Instant,
    ) -> None:
        exchange, is_first = neighbor.exchange, neighbor.state is NeighborState.EX_START
        assert neighbor.dd_sequence_number is not None
        exchange.more_sent = is_first or bool(exchange.summary)
        body = DatabaseDescription(
            mtu=interface.interface.mtu,
            options=self._instance.area_of(interface).options | Options.O,
            sequence_number=neighbor.dd_sequence_number,
            init=is_first,
            more=exchange.more_sent,
            master=exchange.is_master,
            headers=tuple(stored.header(now) for stored in described),
        )
        exchange.last_sent = body
        exchange.repeats = 0
        self._send_body(interface, neighbor, body, now)

    def _send_body(
        self,
        interface: OspfInterface,
        neighbor: Neighbor,
        body: DatabaseDescription,
        now: Instant,
    ) -> None:
        """The master repeats until there is an answer; the slave only answers."""
        destination = interface.address_of(neighbor)
        self._sender.send(interface, body, destination, now)
        if neighbor.exchange.is_master:
            timer = ExchangeTimer(interface.name, neighbor.key)
            self._instance.timers.set(timer, now + interface.settings.retransmit_interval)


def following(dd_sequence_number: int) -> int:
    """The next DD sequence number; the field has 32 bits."""
    return (dd_sequence_number + 1) & 0xFFFFFFFF
