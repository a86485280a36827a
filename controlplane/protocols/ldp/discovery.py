"""Discovery (RFC 5036 2.4, 3.5.2): Hellos sent and heard, and the adjacencies that they make.

Link Hellos go to all routers of a link, with a TTL of 1. Targeted Hellos go to one address wherever
it is; who is configured with the peer asks it to answer in kind (R), and the peer does so if it
accepts that. A new adjacency is answered with a Hello at once: the other end opens the session only
when it has heard one too.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.engine import DatagramReceived, SendDatagram
from controlplane.engine.time import Duration, Instant
from controlplane.net.interface import Interface
from controlplane.protocols.ldp.adjacencies import Adjacencies
from controlplane.protocols.ldp.adjacency import Adjacency, AdjacencyKey
from controlplane.protocols.ldp.complaints import Complaints
from controlplane.protocols.ldp.counters import Count, malformed, received, sent
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.notices import RouterIdClash
from controlplane.protocols.ldp.sender import Sender
from controlplane.protocols.ldp.timers import HelloTimer, TargetedHelloTimer
from controlplane.wire.ldp.hello import HOLD_FOREVER, Hello
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.message import encode_message
from controlplane.wire.ldp.numbers import LDP_PORT, MessageType
from controlplane.wire.ldp.pdu import decode_datagram, encode_pdu
from controlplane.wire.reader import DecodeError

ALL_ROUTERS: Final = IPv4Address("224.0.0.2")

_LINK_TTL: Final = 1
_TARGETED_TTL: Final = 255

_DEFAULT_LINK_HOLD: Final[Duration] = 15.0
_DEFAULT_TARGETED_HOLD: Final[Duration] = 45.0
"""RFC 5036 3.5.2: what a hold time of 0 stands for."""

_HELLOS_PER_HOLD: Final = 3
"""RFC 5036 3.5.2.1: the interval is "at most one third of the Hello hold time"."""

_JITTER: Final = 0.1
"""By how much of the interval a Hello comes early, at most: so that routers do not fall in step."""


class Discovery:
    def __init__(
        self,
        instance: LdpInstance,
        sender: Sender,
        adjacencies: Adjacencies,
        complaints: Complaints,
    ) -> None:
        self._instance = instance
        self._sender = sender
        self._adjacencies = adjacencies
        self._complaints = complaints
        self._answered: set[IPv4Address] = set()

    def start(self, interface: str, now: Instant) -> None:
        """LDP begins on an interface."""
        self._link_hello(interface, now)

    def stop(self, interface: str) -> None:
        self._instance.timers.cancel(HelloTimer(interface))

    def start_targeted(self, now: Instant) -> None:
        """The interface of the transport address works."""
        for peer in (*self._instance.config.targeted, *sorted(self._answered)):
            self._targeted_hello(peer, now)

    def link_timer_expires(self, interface: str, now: Instant) -> None:
        self._link_hello(interface, now)

    def targeted_timer_expires(self, peer: IPv4Address, now: Instant) -> None:
        if AdjacencyKey(None, peer) not in self._instance.adjacencies:
            self._answered.discard(peer)
        if peer in self._answered or peer in self._instance.config.targeted:
            self._targeted_hello(peer, now)

    def receive(self, datagram: DatagramReceived, now: Instant) -> None:
        try:
            pdu = decode_datagram(datagram.payload)
            messages = [raw.decode() for raw in pdu.messages() if not raw.is_ignorable]
        except DecodeError as error:
            # RFC 5036 3.5.1.2.1: what is malformed in discovery is silently discarded.
            self._instance.counters[malformed(error)] += 1
            self._complaints.malformed(datagram.source, error, now)
            return
        for message in messages:
            if isinstance(message, Hello):
                self._instance.counters[received(MessageType.HELLO)] += 1
                self._hello(datagram, pdu.ldp_id, message, now)
            else:
                self._instance.counters[Count.DROP_NOT_A_HELLO] += 1

    def _hello(self, datagram: DatagramReceived, ldp_id: LdpId, hello: Hello, now: Instant) -> None:
        transport = hello.transport_address or datagram.source
        refusal = self._why_refused(datagram, hello)
        refusal = refusal or self._why_not_another(datagram, ldp_id, transport, now)
        if refusal is not None:
            self._instance.counters[refusal] += 1
            return
        key = AdjacencyKey(None if hello.targeted else datagram.interface, datagram.source)
        adjacency = Adjacency(
            key=key,
            ldp_id=ldp_id,
            transport_address=transport,
            hold=self._negotiated_hold(hello),
            gtsm=hello.gtsm and not hello.targeted,
            configuration_sequence=hello.configuration_sequence,
            since=now,
        )
        is_new = self._adjacencies.heard(adjacency, now)
        if hello.targeted and hello.request_targeted:
            self._answered.add(datagram.source)
        if is_new:
            self._answer(key, now)
        self._adjacencies.establish(adjacency.ldp_id, now)

    def _answer(self, key: AdjacencyKey, now: Instant) -> None:
        if key.interface is not None:
            self._link_hello(key.interface, now)
        else:
            self._targeted_hello(key.source, now)

    def _why_refused(self, datagram: DatagramReceived, hello: Hello) -> Count | None:
        return self._targeted_refusal(datagram, hello) if hello.targeted else self._link(datagram)

    def _link(self, datagram: DatagramReceived) -> Count | None:
        interface = self._instance.running(datagram.interface)
        if interface is None:
            return Count.DROP_NOT_ENABLED
        if datagram.destination != ALL_ROUTERS:
            return Count.DROP_DESTINATION
        if datagram.source == interface.address.ip:
            return Count.DROP_OWN
        if datagram.source not in interface.address.network:
            return Count.DROP_SOURCE
        return None

    def _targeted_refusal(self, datagram: DatagramReceived, hello: Hello) -> Count | None:
        """RFC 5036 3.5.2.1: acceptable from peers of ours, and if configured from who asks."""
        config = self._instance.config
        asked = config.accept_targeted and hello.request_targeted
        if datagram.source in config.targeted or asked:
            return None
        return Count.DROP_TARGETED

    def _why_not_another(
        self, datagram: DatagramReceived, ldp_id: LdpId, transport: IPv4Address, now: Instant
    ) -> Count | None:
        if ldp_id == self._instance.ldp_id:
            notice = RouterIdClash(datagram.interface, datagram.source)
            self._complaints.say(datagram.source, notice, now)
            return Count.DROP_ROUTER_ID
        if transport == self._instance.config.transport_address:
            return Count.DROP_TRANSPORT_ADDRESS
        return None

    def _negotiated_hold(self, hello: Hello) -> Duration:
        """The minimum of the two proposals."""
        own = float(self._own_hold(targeted=hello.targeted))
        if hello.hold_time == HOLD_FOREVER:
            return own
        default = _DEFAULT_TARGETED_HOLD if hello.targeted else _DEFAULT_LINK_HOLD
        return min(hello.hold_time or default, own)

    def _own_hold(self, *, targeted: bool) -> int:
        config = self._instance.config
        return round(config.targeted_hello_hold if targeted else config.hello_hold)

    def _link_hello(self, name: str, now: Instant) -> None:
        config = self._instance.config
        interface = self._instance.running(name)
        if interface is None:
            return
        hello = Hello(
            hold_time=self._own_hold(targeted=False),
            gtsm=config.gtsm,
            transport_address=config.transport_address,
        )
        self._send(interface, interface.address.ip, ALL_ROUTERS, _LINK_TTL, hello)
        holds = (a.hold for a in self._instance.adjacencies_on(name))
        self._again(HelloTimer(name), config.hello_interval, list(holds), now)

    def _targeted_hello(self, peer: IPv4Address, now: Instant) -> None:
        config = self._instance.config
        interface = self._transport_interface()
        if interface is None:
            return
        hello = Hello(
            hold_time=self._own_hold(targeted=True),
            targeted=True,
            request_targeted=peer in config.targeted,
            transport_address=config.transport_address,
        )
        self._send(interface, config.transport_address, peer, _TARGETED_TTL, hello)
        adjacency = self._instance.adjacencies.get(AdjacencyKey(None, peer))
        holds = [adjacency.hold] if adjacency else []
        self._again(TargetedHelloTimer(peer), config.targeted_hello_interval, holds, now)

    def _again(
        self,
        timer: HelloTimer | TargetedHelloTimer,
        interval: Duration,
        holds: list[Duration],
        now: Instant,
    ) -> None:
        """Set the timer of the next Hello, in time for the neighbour that is least patient."""
        bounds = (hold / _HELLOS_PER_HOLD for hold in holds)
        at_most = min((interval, *bounds))
        early = self._instance.rng.uniform(0, _JITTER)
        self._instance.timers.set(timer, now + at_most * (1 - early))

    def _transport_interface(self) -> Interface | None:
        address = self._instance.config.transport_address
        return next((i for i in self._instance.up.values() if i.address.ip == address), None)

    def _send(
        self,
        interface: Interface,
        source: IPv4Address,
        destination: IPv4Address,
        ttl: int,
        hello: Hello,
    ) -> None:
        self._instance.counters[sent(MessageType.HELLO)] += 1
        message = encode_message(hello, self._sender.message_id())
        self._instance.outputs.append(
            SendDatagram(
                interface=interface.name,
                source=source,
                destination=destination,
                source_port=LDP_PORT,
                destination_port=LDP_PORT,
                payload=encode_pdu(self._instance.ldp_id, message),
                ttl=ttl,
            )
        )
