"""Errors about datagrams that came under MPLS labels: RFC 3032 2.3, RFC 4950."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface

import pytest

from controlplane.engine.engine import InterfaceUp, SendPacket
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.protocols.icmp.counters import IcmpCount
from controlplane.protocols.icmp.engine import ERROR_BURST, IcmpEngine
from controlplane.protocols.icmp.events import IcmpOutput, ReportTimeExceeded, SendLabelled
from controlplane.wire.icmp import IcmpEcho, IcmpTimeExceeded, decode
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.reader import Reader

TO_PE = Interface(
    name="to-pe1",
    index=1,
    kind=InterfaceKind.ETHERNET,
    address=IPv4Interface("10.0.12.2/30"),
)
CUSTOMER = IPv4Address("10.1.1.10")
DATAGRAM = Ipv4Packet(
    source=CUSTOMER,
    destination=IPv4Address("10.2.2.20"),
    protocol=IpProtocol.UDP,
    payload=bytes(range(200)),
    ttl=1,
)
STACK = LabelStack(
    (LabelStackEntry(label=17, ttl=1, traffic_class=3), LabelStackEntry(label=24, ttl=7))
)


@pytest.fixture
def engine() -> IcmpEngine:
    engine = IcmpEngine()
    engine.handle(InterfaceUp(interface=TO_PE), 0)
    return engine


def report(
    engine: IcmpEngine, datagram: Ipv4Packet, labels: LabelStack | None = STACK
) -> list[IcmpOutput]:
    event = ReportTimeExceeded(interface="to-pe1", datagram=datagram.encode(), labels=labels)
    return engine.handle(event, 0)


def labelled(outputs: list[IcmpOutput]) -> SendLabelled:
    (output,) = outputs
    assert isinstance(output, SendLabelled)
    return output


def test_the_error_goes_on_under_the_same_labels(engine: IcmpEngine) -> None:
    """RFC 3032 2.3.2: "the label values must be copied exactly"."""
    sent = labelled(report(engine, DATAGRAM))
    packet = Ipv4Packet.decode(Reader(sent.datagram))
    assert sent.interface == "to-pe1"
    assert [(e.label, e.traffic_class) for e in sent.labels.entries] == [(17, 3), (24, 0)]
    assert {entry.ttl for entry in sent.labels.entries} == {packet.ttl} == {64}
    assert (packet.source, packet.destination) == (TO_PE.address.ip, CUSTOMER)
    assert (packet.protocol, packet.tos) == (IpProtocol.ICMP, 0xC0)


def test_it_says_with_which_labels_the_datagram_came(engine: IcmpEngine) -> None:
    packet = Ipv4Packet.decode(Reader(labelled(report(engine, DATAGRAM)).datagram))
    assert decode(Reader(packet.payload)) == IcmpTimeExceeded(
        quoted=DATAGRAM.encode()[:128], labels=STACK
    )


def test_a_short_datagram_is_quoted_whole(engine: IcmpEngine) -> None:
    short = replace(DATAGRAM, payload=b"12345678")
    packet = Ipv4Packet.decode(Reader(labelled(report(engine, short)).datagram))
    message = decode(Reader(packet.payload))
    assert message == IcmpTimeExceeded(quoted=short.encode().ljust(128, b"\0"), labels=STACK)


def test_addresses_under_labels_are_not_those_of_the_own_networks(engine: IcmpEngine) -> None:
    """10.0.12.3 is the broadcast address of the link, and may be a host of a customer."""
    from_host = replace(DATAGRAM, source=IPv4Address("10.0.12.3"))
    assert labelled(report(engine, from_host))
    assert report(engine, from_host, labels=None) == []
    assert engine.counters[IcmpCount.UNSENT_NO_SENDER] == 1


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        (replace(DATAGRAM, fragment_offset=8), IcmpCount.UNSENT_ABOUT_FRAGMENT),
        (
            replace(DATAGRAM, destination=IPv4Address("232.1.1.1")),
            IcmpCount.UNSENT_ABOUT_MULTICAST,
        ),
        (
            replace(
                DATAGRAM,
                protocol=IpProtocol.ICMP,
                payload=IcmpTimeExceeded(quoted=b"").encode(),
            ),
            IcmpCount.UNSENT_ABOUT_ICMP_ERROR,
        ),
    ],
)
def test_labels_make_no_error_of_what_there_is_none_about(
    engine: IcmpEngine, datagram: Ipv4Packet, reason: IcmpCount
) -> None:
    assert report(engine, datagram) == []
    assert engine.counters == {reason: 1}


def test_what_is_under_the_labels_may_be_no_ipv4(engine: IcmpEngine) -> None:
    event = ReportTimeExceeded(interface="to-pe1", datagram=b"\x60" + bytes(39), labels=STACK)
    assert engine.handle(event, 0) == []
    assert engine.counters == {IcmpCount.UNSENT_MALFORMED: 1}


def test_all_errors_share_one_rate(engine: IcmpEngine) -> None:
    ping = replace(
        DATAGRAM,
        protocol=IpProtocol.ICMP,
        payload=IcmpEcho(is_reply=False, identifier=1, sequence=1, data=b"").encode(),
    )
    for _ in range(ERROR_BURST):
        assert len(report(engine, ping)) == 1
    assert report(engine, ping) == [] and report(engine, ping, labels=None) == []
    assert engine.counters[IcmpCount.UNSENT_RATE] == 2


def test_without_labels_the_router_looks_the_way_up(engine: IcmpEngine) -> None:
    (sent,) = report(engine, DATAGRAM, labels=None)
    assert isinstance(sent, SendPacket)
    assert decode(Reader(sent.payload)) == IcmpTimeExceeded(quoted=DATAGRAM.encode())


def test_where_the_labels_end_the_router_looks_the_way_up_and_still_says_them(
    engine: IcmpEngine,
) -> None:
    """The end of a VPN's LSP is in the customer's network (RFC 4950 for who traces the route)."""
    event = ReportTimeExceeded(
        interface="to-pe1", datagram=DATAGRAM.encode(), labels=STACK, at_end=True
    )
    (sent,) = engine.handle(event, 0)
    assert isinstance(sent, SendPacket)
    quoted = DATAGRAM.encode()[:128]
    assert decode(Reader(sent.payload)) == IcmpTimeExceeded(quoted=quoted, labels=STACK)
