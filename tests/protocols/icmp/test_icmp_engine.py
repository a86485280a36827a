"""ICMP of a router: RFC 792, RFC 1812 4.3."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface

import pytest

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived, SendPacket
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.protocols.icmp.bucket import TokenBucket
from controlplane.protocols.icmp.counters import IcmpCount
from controlplane.protocols.icmp.engine import ERROR_BURST, ERROR_RATE, IcmpEngine
from controlplane.protocols.icmp.events import (
    IcmpOutput,
    ReportTimeExceeded,
    ReportUnreachable,
)
from controlplane.wire.icmp import (
    IcmpEcho,
    IcmpTimeExceeded,
    IcmpUnreachable,
    OtherIcmp,
    UnreachableCode,
    decode,
)
from controlplane.wire.ipv4 import ROUTER_ALERT, IpProtocol, Ipv4Packet
from controlplane.wire.reader import Reader

HOST = IPv4Address("10.1.1.10")
FAR = IPv4Address("10.9.9.9")
LOOPBACK_ADDRESS = IPv4Address("192.0.2.1")

ETH0 = Interface(
    name="eth0",
    index=1,
    kind=InterfaceKind.ETHERNET,
    address=IPv4Interface("10.1.1.1/24"),
)
LOOPBACK = Interface(
    name="lo0",
    index=2,
    kind=InterfaceKind.LOOPBACK,
    address=IPv4Interface("192.0.2.1/32"),
)
IN_VRF = Interface(
    name="eth1",
    index=3,
    kind=InterfaceKind.ETHERNET,
    address=IPv4Interface("10.7.7.1/24"),
    vrf="red",
)
REQUEST = IcmpEcho(is_reply=False, identifier=7, sequence=1, data=b"how are you")

DATAGRAM = Ipv4Packet(
    source=HOST, destination=FAR, protocol=IpProtocol.UDP, payload=bytes(range(64)), ttl=1
)


@pytest.fixture
def engine() -> IcmpEngine:
    engine = IcmpEngine()
    for interface in (ETH0, LOOPBACK, IN_VRF):
        engine.handle(InterfaceUp(interface=interface), 0)
    return engine


def received(
    payload: bytes,
    destination: IPv4Address = ETH0.address.ip,
    source: IPv4Address = HOST,
    interface: str = "eth0",
) -> PacketReceived:
    return PacketReceived(
        interface=interface, source=source, destination=destination, payload=payload, ttl=64
    )


def report(datagram: bytes, interface: str = "eth0") -> ReportTimeExceeded:
    return ReportTimeExceeded(interface=interface, datagram=datagram)


def only(outputs: list[IcmpOutput]) -> SendPacket:
    (packet,) = outputs
    assert isinstance(packet, SendPacket)
    return packet


class TestEcho:
    @pytest.mark.parametrize("destination", [ETH0.address.ip, LOOPBACK_ADDRESS])
    def test_a_request_to_any_own_address_is_answered_from_it(
        self, engine: IcmpEngine, destination: IPv4Address
    ) -> None:
        packet = only(engine.handle(received(REQUEST.encode(), destination), 0))
        assert decode(Reader(packet.payload)) == replace(REQUEST, is_reply=True)
        assert (packet.source, packet.destination, packet.interface) == (destination, HOST, "eth0")
        assert (packet.protocol, packet.ttl) == (IpProtocol.ICMP, 64)

    @pytest.mark.parametrize(("asked", "answered"), [(0, 0), (0xB8, 0xB8), (0xBB, 0xB8)])
    def test_a_reply_has_the_class_of_its_request_without_its_congestion_bits(
        self, engine: IcmpEngine, asked: int, answered: int
    ) -> None:
        request = replace(received(REQUEST.encode()), tos=asked)
        assert only(engine.handle(request, 0)).tos == answered

    @pytest.mark.parametrize("destination", ["224.0.0.1", "10.1.1.255", "10.1.1.2", "10.7.7.1"])
    def test_a_request_to_many_to_others_or_to_another_vrf_is_not_answered(
        self, engine: IcmpEngine, destination: str
    ) -> None:
        assert engine.handle(received(REQUEST.encode(), IPv4Address(destination)), 0) == []
        assert engine.counters[IcmpCount.DROPPED_NOT_MINE] == 1

    @pytest.mark.parametrize(
        "source", ["224.0.0.1", "10.1.1.255", "0.0.0.0", "127.0.0.1", "255.255.255.255"]
    )
    def test_a_request_from_no_host_is_not_answered(self, engine: IcmpEngine, source: str) -> None:
        assert engine.handle(received(REQUEST.encode(), source=IPv4Address(source)), 0) == []
        assert engine.counters[IcmpCount.DROPPED_NO_SENDER] == 1

    @pytest.mark.parametrize(
        "message",
        [
            replace(REQUEST, is_reply=True),
            IcmpTimeExceeded(quoted=DATAGRAM.encode()),
            OtherIcmp(kind=13, code=0, word=0, body=bytes(12)),
        ],
    )
    def test_other_messages_are_counted_only(
        self, engine: IcmpEngine, message: IcmpEcho | IcmpTimeExceeded | OtherIcmp
    ) -> None:
        assert engine.handle(received(message.encode()), 0) == []
        assert engine.counters == {IcmpCount.RECEIVED_OTHER: 1}

    def test_a_damaged_request_is_dropped_and_counted(self, engine: IcmpEngine) -> None:
        assert engine.handle(received(REQUEST.encode()[:-1]), 0) == []
        assert engine.counters == {IcmpCount.DROPPED_MALFORMED: 1}

    def test_nothing_is_answered_on_an_interface_that_is_down(self, engine: IcmpEngine) -> None:
        engine.handle(InterfaceDown(name="eth0"), 0)
        assert engine.handle(received(REQUEST.encode(), LOOPBACK_ADDRESS), 0) == []


class TestErrors:
    def test_time_exceeded_comes_from_the_interface_the_datagram_came_in_on(
        self, engine: IcmpEngine
    ) -> None:
        packet = only(engine.handle(report(DATAGRAM.encode()), 0))
        assert decode(Reader(packet.payload)) == IcmpTimeExceeded(quoted=DATAGRAM.encode())
        assert (packet.source, packet.destination) == (ETH0.address.ip, HOST)
        assert (packet.protocol, packet.ttl, packet.tos) == (IpProtocol.ICMP, 64, 0xC0)
        assert packet.next_hop is None

    @pytest.mark.parametrize(
        ("code", "mtu"),
        [
            (UnreachableCode.NET, 0),
            (UnreachableCode.HOST, 0),
            (UnreachableCode.FRAGMENTATION_NEEDED, 1476),
        ],
    )
    def test_unreachable_says_what_is(
        self, engine: IcmpEngine, code: UnreachableCode, mtu: int
    ) -> None:
        event = ReportUnreachable(
            interface="eth0", datagram=DATAGRAM.encode(), code=code, next_hop_mtu=mtu
        )
        packet = only(engine.handle(event, 0))
        assert decode(Reader(packet.payload)) == IcmpUnreachable(
            code=code, next_hop_mtu=mtu, quoted=DATAGRAM.encode()
        )

    def test_padding_of_the_link_is_not_quoted(self, engine: IcmpEngine) -> None:
        short = replace(DATAGRAM, payload=b"12345678", options=ROUTER_ALERT)
        packet = only(engine.handle(report(short.encode() + bytes(14)), 0))
        assert decode(Reader(packet.payload)) == IcmpTimeExceeded(quoted=short.encode())

    def test_an_error_is_never_longer_than_576_octets(self, engine: IcmpEngine) -> None:
        long = replace(DATAGRAM, payload=bytes(1400)).encode()
        packet = only(engine.handle(report(long), 0))
        assert 20 + len(packet.payload) == 576
        assert decode(Reader(packet.payload)) == IcmpTimeExceeded(quoted=long[:548])

    @pytest.mark.parametrize(
        ("datagram", "reason"),
        [
            (replace(DATAGRAM, fragment_offset=8), IcmpCount.UNSENT_ABOUT_FRAGMENT),
            (
                replace(DATAGRAM, destination=IPv4Address("232.1.1.1")),
                IcmpCount.UNSENT_ABOUT_MULTICAST,
            ),
            (
                replace(DATAGRAM, destination=IPv4Address("255.255.255.255")),
                IcmpCount.UNSENT_ABOUT_MULTICAST,
            ),
            (
                replace(DATAGRAM, destination=IPv4Address("10.1.1.255")),
                IcmpCount.UNSENT_ABOUT_MULTICAST,
            ),
            (replace(DATAGRAM, source=IPv4Address("0.0.0.0")), IcmpCount.UNSENT_NO_SENDER),
            (replace(DATAGRAM, source=IPv4Address("127.0.0.1")), IcmpCount.UNSENT_NO_SENDER),
            (replace(DATAGRAM, source=IPv4Address("240.0.0.1")), IcmpCount.UNSENT_NO_SENDER),
            (replace(DATAGRAM, source=IPv4Address("10.1.1.255")), IcmpCount.UNSENT_NO_SENDER),
            *(
                (
                    replace(DATAGRAM, protocol=IpProtocol.ICMP, payload=bytes((kind, 0))),
                    IcmpCount.UNSENT_ABOUT_ICMP_ERROR,
                )
                for kind in (3, 4, 5, 11, 12)
            ),
            (
                replace(DATAGRAM, protocol=IpProtocol.ICMP, payload=b""),
                IcmpCount.UNSENT_ABOUT_ICMP_ERROR,
            ),
        ],
    )
    def test_about_some_datagrams_there_is_never_an_error(
        self, engine: IcmpEngine, datagram: Ipv4Packet, reason: IcmpCount
    ) -> None:
        assert engine.handle(report(datagram.encode()), 0) == []
        assert engine.counters == {reason: 1}

    @pytest.mark.parametrize(
        "datagram",
        [
            replace(DATAGRAM, protocol=IpProtocol.ICMP, payload=REQUEST.encode()),
            replace(DATAGRAM, more_fragments=True),
        ],
    )
    def test_about_a_ping_and_a_first_fragment_there_is_one(
        self, engine: IcmpEngine, datagram: Ipv4Packet
    ) -> None:
        assert len(engine.handle(report(datagram.encode()), 0)) == 1

    def test_about_what_is_no_datagram_there_is_none(self, engine: IcmpEngine) -> None:
        assert engine.handle(report(DATAGRAM.encode()[:19]), 0) == []
        assert engine.counters == {IcmpCount.UNSENT_MALFORMED: 1}

    def test_on_an_interface_that_is_not_up_there_is_none(self, engine: IcmpEngine) -> None:
        assert engine.handle(report(DATAGRAM.encode(), "eth9"), 0) == []
        assert engine.counters == {IcmpCount.UNSENT_NO_INTERFACE: 1}

    def test_too_many_are_not_sent(self, engine: IcmpEngine) -> None:
        for _ in range(ERROR_BURST + 5):
            engine.handle(report(DATAGRAM.encode()), 0)
        assert engine.counters[IcmpCount.SENT_TIME_EXCEEDED] == ERROR_BURST
        assert engine.counters[IcmpCount.UNSENT_RATE] == 5
        assert len(engine.handle(report(DATAGRAM.encode()), 1 / ERROR_RATE)) == 1


class TestTokenBucket:
    def test_it_starts_full_and_fills_at_its_rate(self) -> None:
        bucket = TokenBucket(rate=2, burst=3)
        assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]
        assert [bucket.take(10.5) for _ in range(2)] == [True, False]

    def test_it_holds_no_more_than_its_burst(self) -> None:
        bucket = TokenBucket(rate=2, burst=3)
        bucket.take(0)
        assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]


def test_an_engine_without_timers_has_no_deadline(engine: IcmpEngine) -> None:
    assert engine.next_deadline() is None
    assert engine.advance(1e9) == []
