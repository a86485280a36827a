"""BGP in words: one line of what a segment of a session says."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.wire.bgp.attributes import AsPath, Connector, Segment, SegmentKind
from controlplane.wire.bgp.capability import (
    GracefulRestart,
    Multiprotocol,
    RouteRefresh,
)
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.framing import KEEPALIVE, encode
from controlplane.wire.bgp.nlri import (
    Family,
    NlriKey,
    RouteTargetPrefix,
)
from controlplane.wire.bgp.notification import Notification
from controlplane.wire.bgp.numbers import PORT, MessageType
from controlplane.wire.bgp.open import Open
from controlplane.wire.bgp.pmsi_tunnel import PmsiTunnel, PTunnel
from controlplane.wire.bgp.refresh import RefreshSubtype, RouteRefreshMessage
from controlplane.wire.bgp.update import Reach, Unreach
from controlplane.wire.bgp.update_encoding import (
    encode_end_of_rib,
    encode_updates,
    encode_withdrawals,
)
from controlplane.wire.ipv4 import IpProtocol
from controlplane.wire.tcp import TcpFlag, TcpSegment
from controlplane.wire.words import frame_words
from controlplane.wire.words.bgp import bgp_stream_words
from tests.wire.bgp.bodies import TERMS, body
from tests.wire.bgp.pieces import MANDATORY, VPN
from tests.wire.bgp.samples import NLRI, PE, PLAIN, SEQUENCE, TARGETS, TUNNELS, sequence
from tests.wire.frames import HERE, THERE, ethernet, ipv4

PREFIXES = tuple(IPv4Network((0x0A000000 + (at << 8), 24)) for at in range(5))


def words(*messages: Open | Notification | RouteRefreshMessage) -> str:
    octets = b"".join(encode(one.kind, one.encode()) for one in messages)
    return bgp_stream_words(octets).removeprefix("BGP ")


def announced(reach: Reach) -> str:
    return bgp_stream_words(b"".join(encode_updates(reach, TERMS))).removeprefix("BGP UPDATE ")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (Open(65000, 90, PE), "OPEN of 10.9.0.1 in AS 65000, hold time 90 s"),
        (
            Open(
                65000,
                0,
                PE,
                (
                    Multiprotocol(Family.VPNV4),
                    Multiprotocol(Family.MCAST_VPN),
                    RouteRefresh(),
                    GracefulRestart(),
                ),
            ),
            "OPEN of 10.9.0.1 in AS 65000, hold time 0 s, VPNv4, MCAST-VPN, graceful restart",
        ),
        (Notification(6, 2, b"\4soon"), "NOTIFICATION Cease: Administrative shutdown (soon)"),
        (RouteRefreshMessage(Family.MDT), "ROUTE-REFRESH of MDT"),
        (
            RouteRefreshMessage(Family.MDT, RefreshSubtype.BEGINNING),
            "ROUTE-REFRESH begins for MDT",
        ),
        (RouteRefreshMessage(Family.MDT, RefreshSubtype.ENDING), "ROUTE-REFRESH ends for MDT"),
        (RouteRefreshMessage(Family.MDT, 9), "ROUTE-REFRESH of subtype 9 for MDT"),
    ],
)
def test_a_message_is_one_phrase(
    message: Open | Notification | RouteRefreshMessage, said: str
) -> None:
    assert words(message) == said


def test_a_refresh_of_an_unknown_family_says_so() -> None:
    octets = encode(MessageType.ROUTE_REFRESH, bytes.fromhex("0002 00 01"))
    assert bgp_stream_words(octets) == "BGP ROUTE-REFRESH of an unknown family"


def test_an_announcement_is_its_routes_and_what_is_known_of_them() -> None:
    attributes = replace(
        PLAIN,
        med=20,
        local_pref=100,
        extended_communities=frozenset(map(route_target, TARGETS)),
        connector=Connector(PE),
    )
    assert announced(Reach(Family.VPNV4, attributes, ((VPN, 16),))) == (
        "VPNv4 65000:100:10.1.2.0/24 label 16 via 10.9.0.1, path 65001, MED 20, "
        "local preference 100, targets 65000:100, 10.9.0.1:7, 4200000000:7, connector 10.9.0.1"
    )


def test_of_many_routes_three_are_named() -> None:
    nlri = tuple((prefix, None) for prefix in PREFIXES)
    assert announced(Reach(Family.IPV4_UNICAST, PLAIN, nlri)) == (
        "IPv4 unicast 10.0.0.0/24, 10.0.1.0/24, 10.0.2.0/24 and 2 more via 10.9.0.1, path 65001"
    )


def test_withdrawn_routes_are_named() -> None:
    octets = b"".join(encode_withdrawals(Unreach(Family.IPV4_UNICAST, PREFIXES[:2])))
    assert bgp_stream_words(octets) == (
        "BGP UPDATE withdraws IPv4 unicast 10.0.0.0/24, 10.0.1.0/24"
    )


def test_the_end_of_a_rib_is_said() -> None:
    assert bgp_stream_words(encode_end_of_rib(Family.MDT)) == "BGP UPDATE end of MDT"


def test_an_update_that_says_nothing_is_of_nothing() -> None:
    octets = encode(MessageType.UPDATE, body(attributes="40 01 01 00"))
    assert bgp_stream_words(octets) == "BGP UPDATE of nothing"


def test_what_is_wrong_with_an_update_is_said() -> None:
    octets = encode(MessageType.UPDATE, body("", f"{MANDATORY} 80 04 01 00", "18 0a0000"))
    assert bgp_stream_words(octets) == (
        "BGP UPDATE withdraws IPv4 unicast 10.0.0.0/24, MULTI_EXIT_DISC: 4 octets expected, 1 left"
    )


def test_a_malformed_message_does_not_hide_the_next() -> None:
    octets = encode(MessageType.UPDATE, body("21 0a00000000")) + KEEPALIVE
    assert bgp_stream_words(octets) == (
        "BGP malformed UPDATE (withdrawn routes: an IPv4 prefix of 33 bits, "
        "with 5 octets behind its length); KEEPALIVE"
    )


def test_as_numbers_of_two_octets_are_found_out() -> None:
    attributes = replace(PLAIN, as_path=sequence(65001, 65002))
    reach = Reach(Family.IPV4_UNICAST, attributes, ((PREFIXES[0], None),))
    octets = b"".join(encode_updates(reach, replace(TERMS, asn4=False)))
    assert bgp_stream_words(octets).endswith("10.0.0.0/24 via 10.9.0.1, path 65001 65002")


def test_sets_and_confederations_of_a_path_are_bracketed() -> None:
    path = AsPath(
        (
            Segment(SegmentKind.AS_CONFED_SEQUENCE, (1,)),
            Segment(SegmentKind.AS_CONFED_SET, (2,)),
            Segment(SEQUENCE, (3, 4)),
            Segment(SegmentKind.AS_SET, (5, 6)),
        )
    )
    assert str(path) == "(1) [2] 3 4 {5 6}"


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (KEEPALIVE * 2, "BGP KEEPALIVE; KEEPALIVE"),
        (KEEPALIVE + KEEPALIVE[:5], "BGP KEEPALIVE; 5 octets"),
        (KEEPALIVE[5:], "BGP 14 octets"),
        (b"x" * 30, "BGP 30 octets"),
    ],
)
def test_octets_that_are_no_whole_message_are_counted(octets: bytes, said: str) -> None:
    assert bgp_stream_words(octets) == said


MCAST_VPN = [key for family, key, *_ in NLRI if family is Family.MCAST_VPN]
OTHERS = [key for family, key, *_ in NLRI if family in (Family.MDT, Family.ROUTE_TARGET)]
KEYS: list[tuple[NlriKey, str]] = [
    *zip(
        MCAST_VPN,
        [
            "I-PMSI 65000:100 of 10.9.0.1",
            "inter-AS I-PMSI 65000:100 of AS 65000",
            "S-PMSI 65000:100 (10.1.0.5, 232.1.1.1) of 10.9.0.1",
            "S-PMSI 65000:100 (*, *) of 10.9.0.1",
            "leaf 10.9.0.1 of 020c0000fde8000000640000fde8",
            "source active 65000:100 (10.1.0.5, 232.1.1.1)",
            "shared tree join 65000:100 (*, 239.1.1.1) at AS 65000, RP 10.1.0.9",
            "source tree join 65000:100 (10.1.0.5, 232.1.1.1) at AS 4200000000",
            "type 9 010203",
        ],
        strict=True,
    ),
    *zip(
        OTHERS,
        ["65000:100:10.9.0.1 232.1.1.1", "all", "AS 65000", "AS 65000 65000:100"],
        strict=True,
    ),
    (RouteTargetPrefix(40, bytes.fromhex("0000fde8 00")), "AS 65000 00/8"),
    (
        RouteTargetPrefix(96, bytes.fromhex("0000fde8 0003fde800000064")),
        "AS 65000 0003fde800000064/64",
    ),
]


@pytest.mark.parametrize(("key", "said"), KEYS)
def test_what_a_route_leads_to_has_words(key: NlriKey, said: str) -> None:
    assert str(key) == said


TUNNEL_WORDS = [
    "no tunnel",
    "RSVP-TE P2MP 10.9.0.1 7 168361985",
    "mLDP P2MP 060001040a090001000701000400000001",
    "PIM-SSM (10.9.0.1, 232.1.1.1)",
    "PIM-SM 239.1.1.1 of 10.9.0.1",
    "BIDIR-PIM 239.1.1.1 of 10.9.0.1",
    "ingress replication to 10.9.0.1",
    "mLDP MP2MP 080001040a090001000701000400000002",
]


@pytest.mark.parametrize(
    ("tunnel", "said"),
    [(tunnel, said) for (tunnel, _), said in zip(TUNNELS, TUNNEL_WORDS, strict=True)],
)
def test_a_tunnel_has_words(tunnel: PTunnel, said: str) -> None:
    attribute = PmsiTunnel(tunnel=tunnel, label=16, leaf_information_required=True)
    assert str(PmsiTunnel(tunnel=tunnel)) == said
    assert str(attribute) == f"{said} label 16, leaf information required"
    reach = Reach(Family.MCAST_VPN, replace(PLAIN, pmsi_tunnel=attribute), ((MCAST_VPN[0], None),))
    assert announced(reach).endswith(f", PMSI tunnel {said} label 16, leaf information required")


def test_a_session_is_known_by_its_port() -> None:
    segment = TcpSegment(
        source_port=50_000,
        destination_port=PORT,
        sequence=1,
        acknowledgment=2,
        flags=TcpFlag.ACK,
        window=100,
        payload=KEEPALIVE,
    )
    frame = ethernet(ipv4(IpProtocol.TCP, segment.encode(HERE, THERE)))
    assert frame_words(frame).endswith("50000 > 179 ACK, seq 1, ack 2: BGP KEEPALIVE")


@given(st.binary(max_size=100))
def test_any_octets_have_words_in_one_line(octets: bytes) -> None:
    for data in (octets, encode(MessageType.UPDATE, octets)):
        assert "\n" not in bgp_stream_words(data)
