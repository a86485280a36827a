"""Headers, OPEN, NOTIFICATION and ROUTE-REFRESH messages: octets, and what is wrong with them."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.wire.bgp.capability import (
    Capability,
    EnhancedRouteRefresh,
    FourOctetAs,
    GracefulRestart,
    Multiprotocol,
    RouteRefresh,
    UnknownCapability,
)
from controlplane.wire.bgp.framing import KEEPALIVE, MessageBuffer, RawMessage, encode
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.notification import Notification
from controlplane.wire.bgp.numbers import (
    MAX_MESSAGE,
    UNSPECIFIC,
    Cease,
    ErrorCode,
    HeaderError,
    MessageType,
    OpenError,
    RouteRefreshError,
    error_words,
)
from controlplane.wire.bgp.open import Open
from controlplane.wire.bgp.refresh import RefreshSubtype, RouteRefreshMessage
from tests.wire.bgp.refused import refused

ROUTER = IPv4Address("10.9.0.1")
MARKER = "ff" * 16
FIXED = "04 fde8 005a 0a090001"
UPDATE_BODY = bytes(4)


class TestHeader:
    """RFC 4271 4.1 and 6.1."""

    def test_a_keepalive_is_a_header(self) -> None:
        assert bytes.fromhex(f"{MARKER} 0013 04") == KEEPALIVE

    def test_a_message_is_a_header_with_its_body_behind(self) -> None:
        assert encode(MessageType.UPDATE, UPDATE_BODY) == bytes.fromhex(
            f"{MARKER} 0017 02 00000000"
        )

    @pytest.mark.parametrize("size", [1, 7, 19, 20, 1000])
    def test_messages_come_out_of_a_stream_however_it_is_cut(self, size: int) -> None:
        messages = [RawMessage(MessageType.KEEPALIVE, b"")] * 2 + [
            RawMessage(MessageType.UPDATE, bytes(length)) for length in (4, 300, 4077)
        ]
        stream = b"".join(encode(one.type, one.body) for one in messages)
        buffer = MessageBuffer()
        cut = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert [one for data in cut for one in buffer.feed(data)] == messages

    def test_messages_before_a_wrong_header_are_heard(self) -> None:
        heard = []
        with refused(ErrorCode.MESSAGE_HEADER, HeaderError.CONNECTION_NOT_SYNCHRONIZED):
            for message in MessageBuffer().feed(KEEPALIVE * 2 + bytes(19)):
                heard.append(message)
        assert len(heard) == 2

    @pytest.mark.parametrize(
        ("header", "subcode", "data"),
        [
            ("fe" + MARKER[2:] + "0013 04", HeaderError.CONNECTION_NOT_SYNCHRONIZED, ""),
            (f"{MARKER} 0012 04", HeaderError.BAD_MESSAGE_LENGTH, "0012"),
            (f"{MARKER} 1001 02", HeaderError.BAD_MESSAGE_LENGTH, "1001"),
            (f"{MARKER} 0014 04", HeaderError.BAD_MESSAGE_LENGTH, "0014"),
            (f"{MARKER} 001c 01", HeaderError.BAD_MESSAGE_LENGTH, "001c"),
            (f"{MARKER} 0016 02", HeaderError.BAD_MESSAGE_LENGTH, "0016"),
            (f"{MARKER} 0014 03", HeaderError.BAD_MESSAGE_LENGTH, "0014"),
            (f"{MARKER} 0013 00", HeaderError.BAD_MESSAGE_TYPE, "00"),
            (f"{MARKER} 0013 06", HeaderError.BAD_MESSAGE_TYPE, "06"),
        ],
    )
    def test_a_wrong_header_costs_the_session(
        self, header: str, subcode: HeaderError, data: str
    ) -> None:
        with refused(ErrorCode.MESSAGE_HEADER, subcode, data):
            list(MessageBuffer().feed(bytes.fromhex(header)))

    def test_a_message_of_4096_octets_is_the_longest(self) -> None:
        body = bytes(MAX_MESSAGE - 19)
        assert list(MessageBuffer().feed(encode(MessageType.UPDATE, body))) == [
            RawMessage(MessageType.UPDATE, body)
        ]


CAPABILITIES: list[tuple[Capability, str]] = [
    (Multiprotocol(Family.IPV4_UNICAST), "01 04 0001 00 01"),
    (Multiprotocol(Family.VPNV4), "01 04 0001 00 80"),
    (Multiprotocol(Family.MCAST_VPN), "01 04 0001 00 05"),
    (Multiprotocol(Family.MDT), "01 04 0001 00 42"),
    (Multiprotocol(Family.VPNV4_MULTICAST), "01 04 0001 00 81"),
    (Multiprotocol(Family.ROUTE_TARGET), "01 04 0001 00 84"),
    (UnknownCapability(1, bytes.fromhex("00020001")), "01 04 0002 00 01"),
    (RouteRefresh(), "02 00"),
    (EnhancedRouteRefresh(), "46 00"),
    (FourOctetAs(65000), "41 04 0000fde8"),
    (GracefulRestart(), "40 02 0000"),
    (
        GracefulRestart(
            restarted=True, time=120, families=((Family.VPNV4, True), (Family.MDT, False))
        ),
        "40 0a 8078 0001 80 80 0001 42 00",
    ),
    (GracefulRestart(time=120, notification=True), "40 02 4078"),
    (GracefulRestart(restarted=True, notification=True), "40 02 c000"),
    (UnknownCapability(73, b"\2pe"), "49 03 027065"),
]


class TestOpen:
    """RFC 4271 4.2 and 6.2, RFC 5492, RFC 6793 and RFC 9072."""

    def test_an_open_without_capabilities_ends_behind_their_length(self) -> None:
        message, octets = Open(65000, 90, ROUTER), bytes.fromhex(f"{FIXED} 00")
        assert message.encode() == octets
        assert Open.decode(octets) == message

    @pytest.mark.parametrize(("capability", "octets"), CAPABILITIES)
    def test_a_capability_is_written_and_read(self, capability: Capability, octets: str) -> None:
        value = bytes.fromhex(octets)
        message = Open(65000, 90, ROUTER, (capability,))
        body = bytes.fromhex(FIXED) + bytes((len(value) + 2, 2, len(value))) + value
        assert message.encode() == body
        assert Open.decode(body) == message

    def test_all_capabilities_go_into_one_parameter(self) -> None:
        capabilities = tuple(capability for capability, _ in CAPABILITIES)
        value = b"".join(bytes.fromhex(octets) for _, octets in CAPABILITIES)
        body = Open(65000, 90, ROUTER, capabilities).encode()
        assert body == bytes.fromhex(FIXED) + bytes((len(value) + 2, 2, len(value))) + value

    def test_capabilities_of_several_parameters_are_one_list(self) -> None:
        body = bytes.fromhex(f"{FIXED} 08 02 02 0200 02 02 4600")
        assert Open.decode(body).capabilities == (RouteRefresh(), EnhancedRouteRefresh())

    def test_as_trans_stands_for_an_as_of_four_octets(self) -> None:
        message = Open(4200000000, 90, ROUTER, (FourOctetAs(4200000000),))
        body = bytes.fromhex("04 5ba0 005a 0a090001 08 02 06 41 04 fa56ea00")
        assert message.encode() == body
        assert Open.decode(body) == message

    def test_families_that_nobody_knows_are_left_out_of_graceful_restart(self) -> None:
        body = bytes.fromhex(f"{FIXED} 0e 02 0c 40 0a 8078 0002 80 80 0001 80 80")
        restart = GracefulRestart(restarted=True, time=120, families=((Family.VPNV4, True),))
        assert Open.decode(body).capabilities == (restart,)

    @pytest.mark.parametrize("length", ["01", "ff"])
    def test_lengths_may_have_two_octets(self, length: str) -> None:
        """RFC 9072 2: what says so is the type; the old length is "ignored"."""
        body = bytes.fromhex(f"{FIXED} {length} ff 0005 02 0002 0200")
        assert Open.decode(body).capabilities == (RouteRefresh(),)

    def test_lengths_have_two_octets_where_one_is_not_enough(self) -> None:
        capabilities = tuple(UnknownCapability(code, bytes(200)) for code in (200, 201))
        message = Open(65000, 90, ROUTER, capabilities)
        start = bytes.fromhex(f"{FIXED} ff ff 0197 02 0194 c8c8")
        assert message.encode()[: len(start)] == start
        assert Open.decode(message.encode()) == message

    @pytest.mark.parametrize(
        ("body", "subcode", "data"),
        [
            ("03 fde8 005a 0a090001 00", OpenError.UNSUPPORTED_VERSION_NUMBER, "0004"),
            ("04 0000 005a 0a090001 00", OpenError.BAD_PEER_AS, ""),
            (f"{FIXED} 08 02 06 41 04 00000000", OpenError.BAD_PEER_AS, ""),
            ("04 fde8 0001 0a090001 00", OpenError.UNACCEPTABLE_HOLD_TIME, ""),
            ("04 fde8 0002 0a090001 00", OpenError.UNACCEPTABLE_HOLD_TIME, ""),
            ("04 fde8 005a 00000000 00", OpenError.BAD_BGP_IDENTIFIER, ""),
            (f"{FIXED} 02 01 00", OpenError.UNSUPPORTED_OPTIONAL_PARAMETER, ""),
            (f"{FIXED} 04 02 02 4101", UNSPECIFIC, ""),
            (f"{FIXED} 05 02 03 410100", UNSPECIFIC, ""),
            (f"{FIXED} 04 02 03 4600", UNSPECIFIC, ""),
            (f"{FIXED} 05 02 02 4600", UNSPECIFIC, ""),
            (f"{FIXED} 04 02 02 4600 00", UNSPECIFIC, ""),
            (FIXED, UNSPECIFIC, ""),
        ],
    )
    def test_a_wrong_open_costs_the_session(self, body: str, subcode: int, data: str) -> None:
        with refused(ErrorCode.OPEN_MESSAGE, subcode, data):
            Open.decode(bytes.fromhex(body))

    def test_a_hold_time_of_zero_is_allowed(self) -> None:
        assert Open.decode(bytes.fromhex("04 fde8 0000 0a090001 00")).hold_time == 0


def shutdown(text: bytes, length: int | None = None) -> Notification:
    octets = bytes((len(text) if length is None else length,)) + text
    return Notification(ErrorCode.CEASE, Cease.ADMINISTRATIVE_SHUTDOWN, octets)


class TestNotification:
    """RFC 4271 4.5; RFC 9003."""

    def test_it_is_code_subcode_and_data(self) -> None:
        message = Notification(ErrorCode.OPEN_MESSAGE, OpenError.BAD_PEER_AS, b"\xfd\xe8")
        assert message.encode() == bytes.fromhex("02 02 fde8")
        assert Notification.decode(bytes.fromhex("02 02 fde8")) == message

    @pytest.mark.parametrize(
        ("message", "words"),
        [
            (Notification(1, 2), "Message header: Bad message length"),
            (Notification(2, 2), "OPEN message: Bad peer AS"),
            (Notification(2, 3), "OPEN message: Bad BGP identifier"),
            (Notification(2, 0), "OPEN message"),
            (Notification(3, 11), "UPDATE message: Malformed AS path"),
            (Notification(4, 0), "Hold timer expired"),
            (Notification(6, 9), "Cease: Hard reset"),
            (Notification(6, 9, b"\x06"), "Cease: Hard reset"),
            (Notification(6, 9, b"\x06\x0a"), "Cease: Hard reset (Cease: BFD down)"),
            (Notification(6, 9, b"\x06\x09" * 2000), "Cease: Hard reset (Cease: Hard reset)"),
            (
                Notification(6, 9, b"\x06\x02\x04soon"),
                "Cease: Hard reset (Cease: Administrative shutdown (soon))",
            ),
            (Notification(5, 3), "Finite state machine: In established"),
            (Notification(6, 1), "Cease: Maximum number of prefixes reached"),
            (Notification(6, 10), "Cease: BFD down"),
            (Notification(7, 1), "Route refresh message: Invalid message length"),
            (Notification(6, 99), "Cease: subcode 99"),
            (Notification(99, 1), "error 99, subcode 1"),
        ],
    )
    def test_the_error_is_said_in_words(self, message: Notification, words: str) -> None:
        assert message.words == words

    @pytest.mark.parametrize(
        ("message", "said"),
        [
            (shutdown(b"back at six"), "back at six"),
            (shutdown("zurück".encode()), "zurück"),
            (shutdown(b"one\ntwo\x1b[31m"), "one?two?[31m"),
            (shutdown(b"only this, not that", 9), "only this"),
            (shutdown(b""), ""),
            (shutdown(b"\xff\xfe"), ""),
            (shutdown(b"short", 6), ""),
            (Notification(6, 4, b"\5reset"), "reset"),
            (Notification(6, 3, b"\5reset"), ""),
            (Notification(6, 2), ""),
        ],
    )
    def test_what_an_operator_says_is_shown_as_far_as_it_can_be(
        self, message: Notification, said: str
    ) -> None:
        assert message.communication == said

    def test_what_an_operator_says_is_among_the_words(self) -> None:
        assert shutdown(b"back at six").words == "Cease: Administrative shutdown (back at six)"


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error_has_words(code: ErrorCode) -> None:
    assert error_words(code, UNSPECIFIC).replace(" ", "_").upper() == code.name


class TestRouteRefresh:
    """RFC 2918 3; RFC 7313 3.2 and 5."""

    @pytest.mark.parametrize(
        ("message", "octets"),
        [
            (RouteRefreshMessage(Family.VPNV4), "0001 00 80"),
            (RouteRefreshMessage(Family.MDT, RefreshSubtype.BEGINNING), "0001 01 42"),
            (RouteRefreshMessage(Family.IPV4_UNICAST, RefreshSubtype.ENDING), "0001 02 01"),
        ],
    )
    def test_it_is_written_and_read(self, message: RouteRefreshMessage, octets: str) -> None:
        assert message.encode() == bytes.fromhex(octets)
        assert RouteRefreshMessage.decode(bytes.fromhex(octets)) == message

    def test_a_family_that_nobody_knows_is_none(self) -> None:
        assert RouteRefreshMessage.decode(bytes.fromhex("0002 00 01")) == RouteRefreshMessage(None)

    def test_a_subtype_that_nobody_knows_is_kept(self) -> None:
        read = RouteRefreshMessage.decode(bytes.fromhex("0001 fe 01"))
        assert read == RouteRefreshMessage(Family.IPV4_UNICAST, 0xFE)

    def test_filters_behind_a_request_are_passed_over(self) -> None:
        read = RouteRefreshMessage.decode(bytes.fromhex("0001 00 01 01 40 0001 00"))
        assert read == RouteRefreshMessage(Family.IPV4_UNICAST)

    @pytest.mark.parametrize("body", ["0001 00", "", "0001 01 01 00", "0001 02 01 00"])
    def test_a_wrong_length_costs_the_session(self, body: str) -> None:
        octets = bytes.fromhex(body)
        whole = f"{MARKER} {19 + len(octets):04x} 05 {body}"
        code = ErrorCode.ROUTE_REFRESH_MESSAGE
        with refused(code, RouteRefreshError.INVALID_MESSAGE_LENGTH, whole):
            RouteRefreshMessage.decode(octets)
