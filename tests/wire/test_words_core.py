"""What the provider's core sends, in words: labels, OSPF, LDP, BFD, TCP."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.net.multicast import SourceGroup
from controlplane.wire.bfd import ControlPacket, Diagnostic, SessionState
from controlplane.wire.checksum import internet_checksum
from controlplane.wire.ethernet import EtherType
from controlplane.wire.icmp import IcmpTimeExceeded, IcmpUnreachable
from controlplane.wire.ipv4 import IpProtocol
from controlplane.wire.ldp.initialization import KeepAlive
from controlplane.wire.ldp.labels import LabelMapping
from controlplane.wire.ldp.message import LdpMessage, encode_message
from controlplane.wire.ldp.pdu import encode_pdu
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.ospf.auth import AuType, Signature
from controlplane.wire.ospf.exchange import (
    DatabaseDescription,
    LinkStateAck,
    LinkStateRequest,
    encode_update,
)
from controlplane.wire.ospf.lsa import LsaKey
from controlplane.wire.ospf.message import OspfBody, OspfType, encode_packet
from controlplane.wire.s_pmsi import OtherJoin, SPmsiJoin, encode_joins
from controlplane.wire.tcp import TcpFlag, TcpSegment
from controlplane.wire.udp import UdpDatagram, WellKnownPort
from controlplane.wire.words import frame_words
from controlplane.wire.words.ldp import ldp_stream_words
from tests.wire.frames import HERE, THERE, ethernet, ipv4, spoken
from tests.wire.ldp_samples import HOST_FEC, LINK_HELLO, ME, OCTETS, TARGETED_HELLO
from tests.wire.ospf_samples import ACK, DESCRIPTION, HELLO, REQUEST, ROUTER, TE, UPDATE, packet

TWO_LABELS = LabelStack((LabelStackEntry(label=17, ttl=1), LabelStackEntry(label=0, ttl=254)))


def carried(protocol: IpProtocol, payload: bytes) -> str:
    """The words behind the addresses."""
    words = frame_words(ethernet(ipv4(protocol, payload)))
    return words.removeprefix("192.0.2.1 > 192.0.2.2 ")


def udp(port: int, payload: bytes) -> str:
    datagram = UdpDatagram(source_port=50_000, destination_port=port, payload=payload)
    return carried(IpProtocol.UDP, datagram.encode(HERE, THERE))


def ldp(*messages: LdpMessage) -> bytes:
    return encode_pdu(ME, b"".join(encode_message(message, 1) for message in messages))


@pytest.mark.parametrize(
    ("below", "words"),
    [
        (ipv4(IpProtocol.RSVP, b""), ": 192.0.2.1 > 192.0.2.2 RSVP, 0 octets"),
        (b"\x45", ": malformed IPv4 (at octet 1: 19 octets expected, 0 left)"),
        (b"\x60\x00", ", 2 octets"),
        (b"", ", 0 octets"),
    ],
    ids=spoken,
)
def test_a_labelled_packet_is_its_stack_and_what_is_below(below: bytes, words: str) -> None:
    frame = ethernet(TWO_LABELS.encode() + below, EtherType.MPLS)
    assert frame_words(frame) == f"MPLS label 17 TTL 1, label 0 TTL 254{words}"


def test_a_stack_without_a_bottom_is_malformed() -> None:
    frame = ethernet(bytes(4), EtherType.MPLS)
    assert frame_words(frame) == "malformed MPLS (at octet 4: 4 octets expected, 0 left)"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (IcmpTimeExceeded(quoted=b"", labels=TWO_LABELS), "ICMP time exceeded"),
        (
            IcmpUnreachable(code=4, quoted=b"", labels=TWO_LABELS),
            "ICMP destination unreachable, code 4",
        ),
    ],
    ids=spoken,
)
def test_an_error_tells_the_labels_that_its_datagram_came_under(
    error: IcmpTimeExceeded | IcmpUnreachable, words: str
) -> None:
    came_under = ", under label 17 TTL 1, label 0 TTL 254"
    assert carried(IpProtocol.ICMP, error.encode()) == words + came_under


LSAS = (
    "router-LSA 192.0.2.1{0}, network-LSA 10.0.1.2 of 192.0.2.1{0}, "
    "summary-LSA 10.1.2.0 of 192.0.2.1{0}, ASBR-summary-LSA 192.0.2.2 of 192.0.2.1{0}, "
    "AS-external-LSA 10.1.2.0 of 192.0.2.1{0}, type-7-LSA 10.1.2.0 of 192.0.2.1{0}, "
    "opaque LSA 1.0.0.0 of 192.0.2.1{0}, opaque LSA 1.0.0.1 of 192.0.2.1{0}, "
    "link-local opaque LSA 200.0.0.1 of 192.0.2.1{0}, AS-wide opaque LSA 200.0.0.2 of 192.0.2.1{0}"
)
INSTANCE = " seq 80000001 age 1"


@pytest.mark.parametrize(
    ("body", "name", "said"),
    [
        (HELLO, "Hello", ", DR 10.0.1.2, BDR 10.0.1.1, sees 192.0.2.2"),
        (
            DESCRIPTION,
            "Database Description",
            f", seq 4294967295, more, master: {LSAS.format(INSTANCE)}",
        ),
        (
            DatabaseDescription(mtu=1500, options=2, sequence_number=7, init=True),
            "Database Description",
            ", seq 7, init, slave: nothing",
        ),
        (REQUEST, "Link State Request", f": {LSAS.format('')}"),
        (
            LinkStateRequest(keys=(LsaKey(12, HERE, THERE),)),
            "Link State Request",
            ": LSA of type 12 192.0.2.1 of 192.0.2.2",
        ),
        (UPDATE, "Link State Update", f": {LSAS.format(INSTANCE)}"),
        (
            ACK,
            "Link State Acknowledgment",
            f": router-LSA 192.0.2.1{INSTANCE}, opaque LSA 1.0.0.1 of 192.0.2.1{INSTANCE}",
        ),
    ],
    ids=spoken,
)
def test_an_ospf_packet_is_its_sender_and_its_lsas(body: OspfBody, name: str, said: str) -> None:
    words = f"OSPF {name} of 192.0.2.1 in area 0.0.0.7{said}"
    assert carried(IpProtocol.OSPF, packet(body).encode()) == words


def test_an_ospf_packet_tells_the_key_that_it_says_it_is_signed_with() -> None:
    signature = Signature(key_id=5, key=b"secret", sequence_number=1)
    octets = packet(LinkStateAck(headers=())).encode(signature)
    words = "OSPF Link State Acknowledgment of 192.0.2.1 in area 0.0.0.7, MD5 key 5: nothing"
    assert carried(IpProtocol.OSPF, octets) == words


def test_an_ospf_packet_with_a_password_does_not_tell_it() -> None:
    octets = bytearray(packet(LinkStateAck(headers=())).encode())
    octets[12:16] = bytes((0, 0, 0, AuType.SIMPLE_PASSWORD))
    octets[12:14] = internet_checksum(bytes(octets)).to_bytes(2, "big")
    octets[16:] = b"password"
    words = "OSPF Link State Acknowledgment of 192.0.2.1 in area 0.0.0.7, a password: nothing"
    assert carried(IpProtocol.OSPF, bytes(octets)) == words


def test_an_lsa_that_cannot_be_read_costs_itself_alone() -> None:
    unknown = bytearray(TE.octets)
    unknown[3] = 12
    body = encode_update([bytes(unknown), ROUTER.octets])
    octets = encode_packet(OspfType.LINK_STATE_UPDATE, HERE, THERE, body)
    assert carried(IpProtocol.OSPF, octets) == (
        "OSPF Link State Update of 192.0.2.1 in area 192.0.2.2: "
        f"router-LSA 192.0.2.1{INSTANCE}, an LSA of unknown type 12"
    )


def test_a_malformed_ospf_packet_is_named() -> None:
    words = "malformed OSPF (at octet 0: OSPF version 3)"
    assert carried(IpProtocol.OSPF, b"\x03" + bytes(23)) == words


@pytest.mark.parametrize(
    ("hello", "words"),
    [
        (LINK_HELLO, "Hello, hold time 15 s, transport address 10.9.0.1, GTSM"),
        (TARGETED_HELLO, "targeted Hello, hold time 45 s, transport address 10.9.0.1"),
    ],
    ids=spoken,
)
def test_an_ldp_hello_is_its_sender_and_what_it_offers(hello: LdpMessage, words: str) -> None:
    assert udp(WellKnownPort.LDP, ldp(hello)) == f"LDP of 10.9.0.1:0: {words}"


def test_a_datagram_that_is_no_pdu_is_named() -> None:
    words = "malformed LDP (at octet 0: LDP version 0)"
    assert udp(WellKnownPort.LDP, bytes(10)) == words


def test_s_pmsi_joins_name_flows_and_their_groups() -> None:
    flow = SourceGroup(IPv4Address("10.1.0.2"), IPv4Address("232.1.1.1"))
    joins = encode_joins([SPmsiJoin(flow, IPv4Address("232.10.1.0")), OtherJoin(4, bytes(37))])
    words = "S-PMSI Join: (10.1.0.2, 232.1.1.1) in 232.10.1.0, type 4, 37 octets"
    assert udp(WellKnownPort.S_PMSI, joins) == words
    assert udp(WellKnownPort.S_PMSI, b"").startswith("malformed S-PMSI Join")


SESSION_WORDS = (
    "Initialization to 10.9.0.2:0, KeepAlive time 180 s",
    "KeepAlive",
    "Capability -typed_wildcard_fec",
    "Address 10.0.0.1, 10.9.0.1",
    "Address Withdraw 10.0.0.1",
    "Label Mapping 192.0.2.1/32 label 16",
    "Label Mapping 172.16.0.0/12, 0.0.0.0/0 label implicit null",
    "Label Request 192.0.2.1/32",
    "Label Abort Request 192.0.2.1/32",
    "Label Withdraw * label explicit null",
    "Label Withdraw * label 100",
    "Label Release 192.0.2.1/32 label 1048575",
    "Notification Shutdown",
    "Notification End of LIB *",
    "Notification Unknown TLV",
    "Notification Label Request Aborted",
)
SESSION_MESSAGES = [message for message, _ in OCTETS if message not in (LINK_HELLO, TARGETED_HELLO)]


@pytest.mark.parametrize(
    ("message", "words"), list(zip(SESSION_MESSAGES, SESSION_WORDS, strict=True)), ids=spoken
)
def test_a_message_of_a_session_is_its_name_and_what_it_is_about(
    message: LdpMessage, words: str
) -> None:
    assert ldp_stream_words(ldp(message)) == f"LDP of 10.9.0.1:0: {words}"


WHOLE = ldp(KeepAlive(), LabelMapping((HOST_FEC,), 16))
WHOLE_WORDS = "LDP of 10.9.0.1:0: KeepAlive; Label Mapping 192.0.2.1/32 label 16"


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (WHOLE + WHOLE, f"{WHOLE_WORDS}; {WHOLE_WORDS}"),
        (WHOLE + WHOLE[:-1], f"{WHOLE_WORDS}; LDP, {len(WHOLE) - 1} octets"),
        (WHOLE[1:], f"LDP, {len(WHOLE) - 1} octets"),
        (WHOLE[:3], "LDP, 3 octets"),
    ],
    ids=spoken,
)
def test_a_piece_of_a_session_is_the_pdus_that_are_whole_in_it(octets: bytes, words: str) -> None:
    assert ldp_stream_words(octets) == words


def test_a_malformed_message_costs_itself_alone() -> None:
    without_fec = bytes.fromhex("0401 0004 00000001")
    octets = encode_pdu(ME, without_fec + encode_message(KeepAlive(), 2) + bytes(3))
    assert ldp_stream_words(octets) == (
        "LDP of 10.9.0.1:0: malformed message (at octet 0: no FEC TLV); KeepAlive; "
        "malformed message (at octet 16: 8 octets expected, 3 left)"
    )


@pytest.mark.parametrize(
    ("segment", "key", "words"),
    [
        (
            TcpSegment(source_port=1024, destination_port=646, sequence=7, flags=TcpFlag.SYN),
            b"key",
            "1024 > 646 SYN, seq 7, ack 0, signed",
        ),
        (
            TcpSegment(
                source_port=646,
                destination_port=1024,
                sequence=7,
                acknowledgment=8,
                flags=TcpFlag.ACK | TcpFlag.PSH,
                payload=WHOLE,
            ),
            None,
            f"646 > 1024 PSH ACK, seq 7, ack 8: {WHOLE_WORDS}",
        ),
        (
            TcpSegment(
                source_port=23,
                destination_port=1024,
                sequence=7,
                flags=TcpFlag(0),
                payload=WHOLE,
            ),
            None,
            f"23 > 1024 no flags, seq 7, ack 0, {len(WHOLE)} octets",
        ),
    ],
    ids=spoken,
)
def test_a_segment_is_its_ports_flags_and_numbers(
    segment: TcpSegment, key: bytes | None, words: str
) -> None:
    assert carried(IpProtocol.TCP, segment.encode(HERE, THERE, key)) == f"TCP {words}"


@pytest.mark.parametrize(
    ("control", "words"),
    [
        (
            ControlPacket(
                state=SessionState.UP,
                detect_mult=3,
                my_discriminator=1,
                your_discriminator=2,
                desired_min_tx=100_000,
                required_min_rx=12_500,
            ),
            "BFD Up, discriminators 1 > 2, tx 100 ms x 3, rx 12.5 ms",
        ),
        (
            ControlPacket(
                state=SessionState.ADMIN_DOWN,
                detect_mult=5,
                my_discriminator=9,
                your_discriminator=0,
                desired_min_tx=1_000_000,
                required_min_rx=1_000_000,
                poll=True,
                final=True,
                diagnostic=Diagnostic.DETECTION_TIME_EXPIRED,
            ),
            "BFD AdminDown, discriminators 9 > 0, tx 1000 ms x 5, rx 1000 ms, poll, final, "
            "control detection time expired",
        ),
    ],
    ids=spoken,
)
def test_a_bfd_packet_is_its_state_and_its_intervals(control: ControlPacket, words: str) -> None:
    assert udp(WellKnownPort.BFD, control.encode()) == words


def test_a_malformed_bfd_packet_is_named() -> None:
    assert udp(WellKnownPort.BFD, bytes(24)) == "malformed BFD (at octet 24: BFD version 0)"


@given(st.binary(max_size=120))
def test_there_are_words_for_every_piece_of_a_session(octets: bytes) -> None:
    assert "\n" not in ldp_stream_words(octets)


@given(st.binary(max_size=120), st.sampled_from([646, 3784]))
def test_there_are_words_for_every_datagram(octets: bytes, port: int) -> None:
    assert udp(port, octets)


@given(st.binary(max_size=80))
def test_there_are_words_for_every_labelled_frame(octets: bytes) -> None:
    assert frame_words(ethernet(octets, EtherType.MPLS))
