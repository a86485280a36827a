"""Frames in words, as `mvpn replay` prints them."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.net.mac import MacAddress
from controlplane.wire.arp import ArpOperation, ArpPacket
from controlplane.wire.ethernet import EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.icmp import IcmpEcho, IcmpTimeExceeded, IcmpUnreachable, OtherIcmp
from controlplane.wire.igmp import (
    GroupRecord,
    IgmpType,
    QueryV3,
    RecordType,
    ReportV3,
    ShortMessage,
)
from controlplane.wire.ipv4 import IpProtocol
from controlplane.wire.pim.address import EncodedGroup, EncodedSource
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune
from controlplane.wire.pim.message import encode_message
from controlplane.wire.udp import UdpDatagram
from controlplane.wire.words import frame_words
from tests.wire.frames import HERE, HOST, THERE, ethernet, ipv4, spoken

SOURCE, GROUP = IPv4Address("10.1.0.2"), IPv4Address("232.1.1.1")


def gre(payload: bytes, protocol_type: int = EtherType.IPV4) -> bytes:
    return ipv4(IpProtocol.GRE, GrePacket(protocol_type=protocol_type, payload=payload).encode())


def arp(operation: ArpOperation) -> bytes:
    packet = ArpPacket(
        operation=operation,
        sender_mac=HOST,
        sender_address=HERE,
        target_mac=MacAddress(0),
        target_address=THERE,
    )
    return ethernet(packet.encode(), EtherType.ARP)


JOIN_PRUNE = JoinPrune(
    upstream_neighbor=THERE,
    holdtime=210,
    groups=(
        GroupSet(
            group=EncodedGroup(address=GROUP),
            joined=(EncodedSource(address=SOURCE), EncodedSource(address=HERE, rpt=True)),
            pruned=(EncodedSource(address=HERE, wildcard=True, rpt=True),),
        ),
        GroupSet(
            group=EncodedGroup(address=IPv4Address("239.0.0.0"), mask_length=8),
            joined=(EncodedSource(address=SOURCE),),
        ),
    ),
)
REPORT = ReportV3(
    records=(
        GroupRecord(kind=RecordType.ALLOW_NEW_SOURCES, group=GROUP, sources=(SOURCE, HERE)),
        GroupRecord(kind=RecordType.MODE_IS_EXCLUDE, group=GROUP),
    )
)
ECHO = IcmpEcho(is_reply=True, identifier=5, sequence=1, data=b"")
UDP = UdpDatagram(source_port=5000, destination_port=5001, payload=bytes(8))


@pytest.mark.parametrize(
    ("protocol", "payload", "words"),
    [
        (IpProtocol.PIM, encode_message(Hello()), "PIM Hello"),
        (
            IpProtocol.PIM,
            encode_message(Hello(holdtime=105, generation_id=0x2A)),
            "PIM Hello, holdtime 105 s, GenID 0x0000002a",
        ),
        (
            IpProtocol.PIM,
            encode_message(JOIN_PRUNE),
            "PIM Join/Prune to 192.0.2.2: join (10.1.0.2, 232.1.1.1), "
            "join (192.0.2.1, 232.1.1.1, rpt), prune (*, 232.1.1.1), join (10.1.0.2, 239.0.0.0/8)",
        ),
        (
            IpProtocol.PIM,
            encode_message(JoinPrune(upstream_neighbor=THERE, holdtime=1, groups=())),
            "PIM Join/Prune to 192.0.2.2: nothing",
        ),
        (IpProtocol.PIM, bytes.fromhex("2600 d9ff"), "PIM graft"),
        (
            IpProtocol.PIM,
            bytes.fromhex("1000 efff"),
            "malformed PIM (at octet 1: PIM version 1)",
        ),
        (
            IpProtocol.IGMP,
            QueryV3(max_response_code=10, robustness=2, interval_code=125).encode(),
            "IGMP query v3 of all groups",
        ),
        (
            IpProtocol.IGMP,
            ShortMessage(kind=IgmpType.LEAVE_V2, group=GROUP).encode(),
            "IGMP leave v2 of 232.1.1.1",
        ),
        (
            IpProtocol.IGMP,
            REPORT.encode(),
            "IGMP report v3: allow new sources 232.1.1.1 from 10.1.0.2, 192.0.2.1, "
            "mode is exclude 232.1.1.1",
        ),
        (IpProtocol.IGMP, bytes.fromhex("1300 ecff"), "IGMP type 0x13"),
        (IpProtocol.ICMP, ECHO.encode(), "ICMP echo reply, id 5, seq 1"),
        (IpProtocol.ICMP, IcmpTimeExceeded(quoted=b"").encode(), "ICMP time exceeded"),
        (
            IpProtocol.ICMP,
            IcmpUnreachable(code=3, quoted=b"").encode(),
            "ICMP destination unreachable, code 3",
        ),
        (
            IpProtocol.ICMP,
            OtherIcmp(kind=9, code=0, word=0, body=b"").encode(),
            "ICMP type 9, code 0",
        ),
        (IpProtocol.UDP, UDP.encode(HERE, THERE), "UDP 5000 > 5001, 8 octets"),
        (IpProtocol.EIGRP, bytes(20), "EIGRP, 20 octets"),
        (200, bytes(3), "IP protocol 200, 3 octets"),
        (IpProtocol.GRE, b"", "malformed GRE (at octet 0: 2 octets expected, 0 left)"),
    ],
    ids=spoken,
)
def test_a_packet_is_its_addresses_and_what_it_carries(
    protocol: int, payload: bytes, words: str
) -> None:
    assert frame_words(ethernet(ipv4(protocol, payload))) == f"192.0.2.1 > 192.0.2.2 {words}"


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (arp(ArpOperation.REQUEST), "ARP who has 192.0.2.2, tell 192.0.2.1"),
        (arp(ArpOperation.REPLY), "ARP 192.0.2.1 is at 02:aa:00:00:00:01"),
        (ethernet(b"", EtherType.ARP), "malformed ARP (at octet 0: 6 octets expected, 0 left)"),
        (ethernet(bytes(4), 0x86DD), "EtherType 0x86dd, 4 octets"),
        (ethernet(b"\x60"), "malformed IPv4 (at octet 1: IP version 6)"),
        (bytes(5), "malformed frame (at octet 0: 14 octets expected, 5 left)"),
        (
            ethernet(ipv4(IpProtocol.PIM, bytes(8), fragment_offset=8)),
            "192.0.2.1 > 192.0.2.2 PIM, a fragment",
        ),
        (
            ethernet(ipv4(IpProtocol.GRE, bytes(8), fragment_offset=8)),
            "192.0.2.1 > 192.0.2.2 GRE, a fragment",
        ),
    ],
    ids=spoken,
)
def test_other_frames_are_named_as_far_as_they_are_known(frame: bytes, words: str) -> None:
    assert frame_words(frame) == words


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        (gre(ipv4(IpProtocol.RSVP, b"")), "GRE: 192.0.2.1 > 192.0.2.2 RSVP, 0 octets"),
        (gre(b""), "GRE: malformed IPv4 (at octet 0: 1 octets expected, 0 left)"),
        (gre(b"", 0x86DD), "GRE of EtherType 0x86dd"),
        (gre(gre(ipv4(IpProtocol.RSVP, b""))), "GRE: 192.0.2.1 > 192.0.2.2 GRE, 24 octets"),
    ],
    ids=spoken,
)
def test_a_tunnel_is_looked_into_once(inner: bytes, words: str) -> None:
    assert frame_words(ethernet(inner)) == f"192.0.2.1 > 192.0.2.2 {words}"


@given(st.binary(max_size=80), st.sampled_from(IpProtocol))
def test_there_are_words_for_every_byte_string(octets: bytes, protocol: IpProtocol) -> None:
    assert frame_words(octets)
    assert "\n" not in frame_words(ethernet(ipv4(protocol, octets)))
