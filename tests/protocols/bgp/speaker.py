"""One BGP engine, and peers made by hand around it: they say what a test has them say.

The engine is 10.0.0.5 in AS 65000. Its peer is 10.0.0.9 in the same AS unless a test wants another
one; both have loopbacks. `Speaker` is the engine with this one peer, `Wire` one connection of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from random import Random
from typing import Any, TypeVar

from controlplane.engine.engine import InterfaceDown, InterfaceUp
from controlplane.engine.stream import (
    CloseStream,
    DataReceived,
    Endpoint,
    OpenStream,
    SendData,
    StreamAccepted,
    StreamClosed,
    StreamDrained,
    StreamOpened,
)
from controlplane.engine.time import Duration, Instant
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.protocols.bgp.engine import BgpEngine
from controlplane.protocols.bgp.events import (
    BgpConfig,
    BgpInput,
    BgpOutput,
    PeerConfig,
    PeerTimers,
)
from controlplane.protocols.bgp.notices import SessionDown, SessionRefused
from controlplane.protocols.bgp.show import PeerView
from controlplane.wire.bgp.capability import (
    Capability,
    EnhancedRouteRefresh,
    FourOctetAs,
    Multiprotocol,
    RouteRefresh,
)
from controlplane.wire.bgp.framing import KEEPALIVE, MessageBuffer, RawMessage, encode
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.notification import Notification
from controlplane.wire.bgp.numbers import PORT, MessageType
from controlplane.wire.bgp.open import Open
from controlplane.wire.bgp.refresh import RouteRefreshMessage

T = TypeVar("T")

ME, PEER = IPv4Address("10.0.0.5"), IPv4Address("10.0.0.9")
STRANGER = IPv4Address("10.0.0.66")
AS = 65000
LINK = IPv4Interface("10.1.0.1/24")
NEIGHBOR = IPv4Address("10.1.0.2")
TIMERS = PeerTimers(min_advertisement=0.0)
PREFIX = IPv4Network("192.0.2.0/24")
EMPTY_UPDATE = encode(MessageType.UPDATE, bytes(4))
"""The End-of-RIB of IPv4 unicast (RFC 4724 2)."""


def capabilities(asn: int = AS, *families: Family) -> tuple[Capability, ...]:
    multiprotocol = [Multiprotocol(family) for family in families or (Family.IPV4_UNICAST,)]
    return (*multiprotocol, RouteRefresh(), EnhancedRouteRefresh(), FourOctetAs(asn))


def opening(
    asn: int = AS,
    hold_time: int = 90,
    router_id: IPv4Address = PEER,
    told: Sequence[Capability] | None = None,
) -> bytes:
    """An OPEN message."""
    said = Open(asn, hold_time, router_id, capabilities(asn) if told is None else tuple(told))
    return encode(MessageType.OPEN, said.encode())


def notification(code: int, subcode: int, data: bytes = b"") -> bytes:
    return encode(MessageType.NOTIFICATION, Notification(code, subcode, data).encode())


def refresh(family: Family, subtype: int = 0) -> bytes:
    body = RouteRefreshMessage(family, subtype).encode()
    return encode(MessageType.ROUTE_REFRESH, body)


def of(kind: type[T], outputs: Sequence[object]) -> list[T]:
    return [output for output in outputs if isinstance(output, kind)]


@dataclass
class Wire:
    """A connection between the engine and a peer; `heard` is all that the engine said on it."""

    speaker: Speaker
    stream: str
    heard: list[RawMessage] = field(default_factory=list)
    is_closed: bool = False
    _buffer: MessageBuffer = field(default_factory=MessageBuffer)

    def says(self, *octets: bytes) -> list[BgpOutput]:
        return self.speaker.tell(DataReceived(stream=self.stream, data=b"".join(octets)))

    def breaks(self, why: str = "the peer reset it") -> list[BgpOutput]:
        self.is_closed = True
        return self.speaker.tell(StreamClosed(stream=self.stream, why=why))

    def drains(self) -> list[BgpOutput]:
        return self.speaker.tell(StreamDrained(stream=self.stream))

    def takes(self, octets: bytes) -> None:
        self.heard += self._buffer.feed(octets)

    @property
    def types(self) -> list[MessageType]:
        return [message.type for message in self.heard]

    @property
    def notifications(self) -> list[tuple[int, int]]:
        """What the engine complained of, as code and subcode."""
        return [(said.code, said.subcode) for said in self.complaints]

    @property
    def complaints(self) -> list[Notification]:
        bodies = [one.body for one in self.heard if one.type is MessageType.NOTIFICATION]
        return [Notification.decode(body) for body in bodies]


class Speaker:
    """`outputs` are all of the engine; settings are those of the peer's PeerConfig."""

    def __init__(
        self,
        *,
        config: dict[str, Any] | None = None,
        up: bool = True,
        peers: tuple[PeerConfig, ...] = (),
        **settings: Any,
    ) -> None:
        usual: dict[str, Any] = {
            "address": PEER,
            "local": ME,
            "remote_as": AS,
            "timers": TIMERS,
        }
        peer = PeerConfig(**(usual | settings))
        own: dict[str, Any] = {"asn": AS, "router_id": ME, "peers": (peer, *peers)}
        self.peer = peer
        self.engine = BgpEngine(BgpConfig(**(own | (config or {}))), rng=Random(1))
        self.now: Instant = 0.0
        self.outputs: list[BgpOutput] = []
        self.wires: dict[str, Wire] = {}
        self._port = 40000
        if up:
            self.bring_up()

    def bring_up(self) -> list[BgpOutput]:
        """The loopback and the link work."""
        lo = _interface("lo", InterfaceKind.LOOPBACK, IPv4Interface(ME))
        eth0 = _interface("eth0", InterfaceKind.ETHERNET, LINK)
        return [
            *self.tell(InterfaceUp(interface=lo)),
            *self.tell(InterfaceUp(interface=eth0)),
        ]

    def take_down(self, name: str) -> list[BgpOutput]:
        return self.tell(InterfaceDown(name=name))

    def tell(self, event: BgpInput) -> list[BgpOutput]:
        return self._keep(self.engine.handle(event, self.now))

    def run(self, duration: Duration) -> list[BgpOutput]:
        """Let time pass; what the engine does in it."""
        until, outputs = self.now + duration, list[BgpOutput]()
        while (at := self.engine.next_deadline()) is not None and at <= until:
            self.now = max(self.now, at)
            outputs += self._keep(self.engine.advance(self.now))
        self.now = until
        return outputs

    def run_chatting(self, wire: Wire, duration: Duration) -> None:
        """Let time pass, in which the peer sends a KEEPALIVE every ten seconds."""
        until = self.now + duration
        while self.now < until:
            wire.says(KEEPALIVE)
            self.run(min(10.0, until - self.now))

    # -- connections

    @property
    def openings(self) -> list[OpenStream]:
        return of(OpenStream, self.outputs)

    def accept(self) -> Wire:
        """The peer accepts the connection that the engine opened last."""
        last = self.openings[-1]
        wire = self.wires[last.stream] = Wire(self, last.stream)
        local = Endpoint(last.local, 50000)
        self.tell(StreamOpened(stream=last.stream, local=local, remote=last.remote))
        return wire

    def refuse(self) -> list[BgpOutput]:
        """Nobody listens where the engine opened a connection last."""
        stream = self.openings[-1].stream
        return self.tell(StreamClosed(stream=stream, why="the peer refused it"))

    def connect(self, address: IPv4Address | None = None, local: IPv4Address | None = None) -> Wire:
        """The peer, or somebody else, opens a connection."""
        self._port += 1
        remote = Endpoint(address or self.peer.address, self._port)
        wire = Wire(self, f"from {remote.address}:{remote.port}")
        self.wires[wire.stream] = wire
        at = Endpoint(local or self.peer.local, PORT)
        self.tell(StreamAccepted(stream=wire.stream, local=at, remote=remote))
        return wire

    def open_sent(self) -> Wire:
        return self.connect()

    def open_confirm(self, **said: Any) -> Wire:
        wire = self.connect()
        wire.says(opening(self.peer.remote_as, **said))
        return wire

    def established(self, **said: Any) -> Wire:
        wire = self.open_confirm(**said)
        wire.says(KEEPALIVE)
        assert self.state == "Established"
        return wire

    # -- what came of it

    @property
    def view(self) -> PeerView:
        views = self.engine.peers(self.now)
        return next(view for view in views if view.address == self.peer.address)

    @property
    def state(self) -> str:
        return self.view.state

    @property
    def reasons(self) -> list[str]:
        """Why sessions ended or did not come up, as far as it was told."""
        return [one.reason for one in self.outputs if isinstance(one, SessionDown | SessionRefused)]

    def _keep(self, outputs: list[BgpOutput]) -> list[BgpOutput]:
        self.outputs += outputs
        for output in outputs:
            match output:
                case SendData(stream=stream, data=data):
                    wire = self.wires.setdefault(stream, Wire(self, stream))
                    assert not wire.is_closed, "said on a closed stream"
                    wire.takes(data)
                case CloseStream(stream=stream):
                    self.wires.setdefault(stream, Wire(self, stream)).is_closed = True
                case _:
                    pass
        return outputs


def _interface(name: str, kind: InterfaceKind, address: IPv4Interface) -> Interface:
    return Interface(name=name, index=1, kind=kind, address=address)
