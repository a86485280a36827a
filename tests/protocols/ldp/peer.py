"""One LDP engine, and a peer made by hand on its link: it says what a test has it say.

The engine is 10.0.0.5 on `eth0`, 10.1.0.1/24. The peer is 10.1.0.2 there, and 10.0.0.1 unless a
test wants the active one: 10.0.0.9.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from random import Random
from typing import Any, TypeVar

from controlplane.engine.engine import DatagramReceived, InterfaceUp, SendDatagram
from controlplane.engine.labels import LabelSpace
from controlplane.engine.stream import (
    CloseStream,
    DataReceived,
    Endpoint,
    OpenStream,
    SendData,
    StreamAccepted,
    StreamOpened,
)
from controlplane.engine.time import Duration, Instant
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.label import Label
from controlplane.protocols.ldp.engine import LdpEngine
from controlplane.protocols.ldp.events import (
    BindingsChanged,
    FecBinding,
    FecNextHop,
    FecRoute,
    FecsChanged,
    LdpConfig,
    LdpEnabled,
    LdpInput,
    LdpOutput,
)
from controlplane.protocols.ldp.show import NeighborView
from controlplane.wire.ldp.addresses import AddressMessage
from controlplane.wire.ldp.capability import Capability
from controlplane.wire.ldp.fec import PrefixFec
from controlplane.wire.ldp.hello import Hello
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.initialization import (
    CommonSession,
    FtSession,
    Initialization,
    KeepAlive,
)
from controlplane.wire.ldp.labels import LabelMapping
from controlplane.wire.ldp.message import LdpMessage, encode_message
from controlplane.wire.ldp.numbers import LDP_PORT, StatusCode
from controlplane.wire.ldp.pdu import PduBuffer, decode_datagram, encode_pdu
from controlplane.wire.ldp.status import Notification

T = TypeVar("T")

ME = IPv4Address("10.0.0.5")
MY_LINK = IPv4Interface("10.1.0.1/24")
ACTIVE, PASSIVE = IPv4Address("10.0.0.9"), IPv4Address("10.0.0.1")
ITS_LINK = IPv4Address("10.1.0.2")
VIA = FecNextHop("eth0", ITS_LINK)
ALL_ROUTERS = IPv4Address("224.0.0.2")

FAR = IPv4Network("192.0.2.1/32")
NEAR = IPv4Network("198.51.100.0/24")
FAR_FEC, NEAR_FEC = PrefixFec(FAR), PrefixFec(NEAR)

ALL_CAPABILITIES = frozenset(Capability)


class Peer:
    """`outputs` are all of the engine; `heard` are messages of it since it was last looked at."""

    def __init__(
        self,
        peer: IPv4Address = PASSIVE,
        *,
        labels: LabelSpace | None = None,
        bfd: bool = False,
        **settings: Any,
    ) -> None:
        config = LdpConfig(router_id=ME, transport_address=ME)
        self.id = LdpId(peer)
        self.labels = labels or LabelSpace()
        self.engine = LdpEngine(replace(config, **settings), labels=self.labels, rng=Random(1))
        self.now: Instant = 0.0
        self.outputs: list[LdpOutput] = []
        self.stream = ""
        self._buffer = PduBuffer()
        self._number = 0
        loopback = IPv4Interface(ME)
        self.tell(InterfaceUp(interface=_interface("lo", InterfaceKind.LOOPBACK, loopback)))
        self.tell(LdpEnabled(interface="eth0", bfd=bfd))
        self.tell(InterfaceUp(interface=_interface("eth0", InterfaceKind.ETHERNET, MY_LINK)))

    def tell(self, event: LdpInput) -> list[LdpOutput]:
        outputs = self.engine.handle(event, self.now)
        self.outputs += outputs
        return outputs

    def run(self, duration: Duration) -> list[LdpOutput]:
        """Let time pass; what the engine does in it."""
        until, outputs = self.now + duration, list[LdpOutput]()
        while (at := self.engine.next_deadline()) is not None and at <= until:
            self.now = max(self.now, at)
            outputs += self.engine.advance(self.now)
        self.now = until
        self.outputs += outputs
        return outputs

    def run_greeting(self, duration: Duration) -> list[LdpOutput]:
        """Let time pass, in which the peer sends a Hello every five seconds."""
        outputs, until = list[LdpOutput](), self.now + duration
        while self.now < until:
            outputs += self.hello() + self.run(min(5.0, until - self.now))
        return outputs

    def hello(
        self,
        hello: Hello | None = None,
        *,
        ldp_id: LdpId | None = None,
        source: IPv4Address = ITS_LINK,
        destination: IPv4Address = ALL_ROUTERS,
        interface: str = "eth0",
    ) -> list[LdpOutput]:
        said = hello or Hello(hold_time=15, gtsm=True, transport_address=self.id.router)
        octets = encode_pdu(ldp_id or self.id, encode_message(said, 1))
        return self.datagram(octets, source, destination, interface)

    def datagram(
        self,
        octets: bytes,
        source: IPv4Address = ITS_LINK,
        destination: IPv4Address = ALL_ROUTERS,
        interface: str = "eth0",
    ) -> list[LdpOutput]:
        return self.tell(
            DatagramReceived(
                interface=interface,
                source=source,
                destination=destination,
                source_port=LDP_PORT,
                destination_port=LDP_PORT,
                payload=octets,
                ttl=1,
            )
        )

    def connect(self, stream: str = "accepted", port: int = 40000) -> list[LdpOutput]:
        """As active peer, open a stream to the engine."""
        self.stream, self._buffer = stream, PduBuffer()
        local, remote = Endpoint(ME, LDP_PORT), Endpoint(self.id.router, port)
        return self.tell(StreamAccepted(stream=stream, local=local, remote=remote))

    def accept(self) -> list[LdpOutput]:
        """As passive peer, let the engine's stream be established."""
        (opening, *_) = reversed(of(OpenStream, self.outputs))
        self.stream, self._buffer = opening.stream, PduBuffer()
        local = Endpoint(ME, 40000)
        return self.tell(StreamOpened(stream=opening.stream, local=local, remote=opening.remote))

    def say(self, *messages: LdpMessage) -> list[LdpOutput]:
        """Send messages in one PDU; their IDs count on from 1."""
        return self.octets(self.pdu(*messages))

    def pdu(self, *messages: LdpMessage) -> bytes:
        body = b""
        for message in messages:
            self._number += 1
            body += encode_message(message, self._number)
        return encode_pdu(self.id, body)

    def octets(self, data: bytes) -> list[LdpOutput]:
        return self.tell(DataReceived(stream=self.stream, data=data))

    def initialization(
        self,
        *,
        keepalive: int = 180,
        ft_session: FtSession | None = None,
        capabilities: frozenset[Capability] = ALL_CAPABILITIES,
        **session: Any,
    ) -> Initialization:
        common = CommonSession(keepalive_time=keepalive, receiver=LdpId(ME))
        return Initialization(
            session=replace(common, **session), ft_session=ft_session, capabilities=capabilities
        )

    def establish(self, **initialization: Any) -> list[LdpOutput]:
        """Go through discovery and negotiation; what the engine said when it was operational."""
        self.hello()
        if self.id.router > ME:
            self.connect(f"accepted {self.now}")
            self.say(self.initialization(**initialization))
        else:
            self.accept()
            self.say(self.initialization(**initialization))
        return self.say(KeepAlive())

    def give(self, prefix: IPv4Network, label: Label) -> list[LdpOutput]:
        """Say the address that is the next hop, and a label."""
        return self.say(AddressMessage((ITS_LINK,)), LabelMapping((PrefixFec(prefix),), label))

    def route(self, *prefixes: IPv4Network, via: Iterable[FecNextHop] = (VIA,)) -> list[LdpOutput]:
        """The engine has these routes."""
        hops = frozenset(via)
        routes = tuple(FecRoute(prefix=prefix, next_hops=hops) for prefix in prefixes)
        return self.tell(FecsChanged(changed=routes))

    def unroute(self, *prefixes: IPv4Network) -> list[LdpOutput]:
        return self.tell(FecsChanged(changed=(), withdrawn=prefixes))

    def view(self) -> NeighborView:
        """What the engine has to show of the peer."""
        (view,) = self.engine.neighbors(self.now)
        return view

    def is_up(self) -> bool:
        return [v.state for v in self.engine.neighbors(self.now)] == ["operational"]

    def binding(self, prefix: IPv4Network = FAR) -> FecBinding | None:
        """What the engine has told last of a FEC."""
        told = (b for output in of(BindingsChanged, self.outputs) for b in output.bindings)
        return next((b for b in reversed(list(told)) if b.prefix == prefix), None)


def of(kind: type[T], outputs: Iterable[object]) -> list[T]:
    return [output for output in outputs if isinstance(output, kind)]


def messages(outputs: Sequence[LdpOutput]) -> list[LdpMessage]:
    """The messages that the engine sent over streams."""
    sent = PduBuffer()
    data = b"".join(output.data for output in of(SendData, outputs))
    return [raw.decode() for pdu in sent.feed(data) for raw in pdu.messages()]


def heard(kind: type[T], outputs: Sequence[LdpOutput]) -> list[T]:
    """The messages of a kind that the engine sent over streams."""
    return of(kind, messages(outputs))


def hellos(outputs: Sequence[LdpOutput]) -> list[Hello]:
    pdus = [decode_datagram(output.payload) for output in of(SendDatagram, outputs)]
    return of(Hello, (raw.decode() for pdu in pdus for raw in pdu.messages()))


def statuses(outputs: Sequence[LdpOutput]) -> list[StatusCode | None]:
    """What the engine notified the peer of."""
    return [notification.status.known for notification in heard(Notification, outputs)]


def is_closed(outputs: Sequence[LdpOutput]) -> bool:
    return bool(of(CloseStream, outputs))


def _interface(name: str, kind: InterfaceKind, address: IPv4Interface) -> Interface:
    return Interface(name=name, index=1 if name == "lo" else 2, kind=kind, address=address)
