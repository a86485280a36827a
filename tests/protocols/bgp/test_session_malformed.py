"""What malformed messages cost (RFC 4271 6.1, RFC 7606), and the limits of good ones."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network

import pytest

from controlplane.net.vpn import RouteDistinguisher
from controlplane.protocols.bgp.notices import FaultyUpdate, SessionDown
from controlplane.wire.bgp.attributes import AsPath, Origin, PathAttributes, Segment, SegmentKind
from controlplane.wire.bgp.capability import FourOctetAs, Multiprotocol, RouteRefresh
from controlplane.wire.bgp.framing import KEEPALIVE, encode
from controlplane.wire.bgp.nlri import Family, VpnPrefix
from controlplane.wire.bgp.numbers import MessageType
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach
from controlplane.wire.bgp.update_encoding import encode_end_of_rib, encode_updates
from tests.protocols.bgp.speaker import (
    AS,
    PEER,
    PREFIX,
    Speaker,
    capabilities,
    of,
    opening,
    refresh,
)

MARKER = b"\xff" * 16
UNICAST = Family.IPV4_UNICAST
TERMS = Terms(internal=True)


def message(length: int, kind: int, body: bytes = b"") -> bytes:
    return MARKER + length.to_bytes(2, "big") + bytes((kind,)) + body


def routes(*prefixes: IPv4Network) -> bytes:
    attributes = PathAttributes(
        origin=Origin.IGP,
        as_path=AsPath((Segment(SegmentKind.AS_SEQUENCE, (65010,)),)),
        next_hop=PEER,
        local_pref=100,
    )
    reach = Reach(UNICAST, attributes, tuple((prefix, None) for prefix in prefixes))
    return b"".join(encode_updates(reach, TERMS))


def some(count: int) -> Iterable[IPv4Network]:
    return (IPv4Network((0x0B000000 + (number << 8), 24)) for number in range(count))


def update(attributes: bytes, nlri: bytes = b"\x18\xc0\x00\x02") -> bytes:
    body = bytes(2) + len(attributes).to_bytes(2, "big") + attributes + nlri
    return encode(MessageType.UPDATE, body)


ORIGIN = b"\x40\x01\x01\x00"
BAD_ORIGIN = b"\x40\x01\x01\x07"
AS_PATH = b"\x40\x02\x06\x02\x01\x00\x00\xfd\xf2"
NEXT_HOP = b"\x40\x03\x04\x0a\x00\x00\x09"
LOCAL_PREF = b"\x40\x05\x04\x00\x00\x00\x64"
BAD_AGGREGATOR = b"\xc0\x07\x03\x01\x02\x03"
GOOD = ORIGIN + AS_PATH + NEXT_HOP + LOCAL_PREF


def accepted(speaker: Speaker) -> int:
    """How many routes of IPv4 unicast the peer has told."""
    return next(one.received for one in speaker.view.families if one.family is UNICAST)


class TestHeader:
    """RFC 4271 6.1."""

    @pytest.mark.parametrize(
        ("octets", "answer", "data"),
        [
            (b"\x00" * 19, (1, 1), b""),
            (message(18, 4), (1, 2), b"\x00\x12"),
            (message(4097, 2), (1, 2), b"\x10\x01"),
            (message(20, 4, b"x"), (1, 2), b"\x00\x14"),
            (message(22, 2, b"abc"), (1, 2), b"\x00\x16"),
            (message(19, 9), (1, 3), b"\x09"),
        ],
    )
    def test_a_wrong_header_ends_the_session(
        self, octets: bytes, answer: tuple[int, int], data: bytes
    ) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established()
        wire.says(octets)
        assert (speaker.state, wire.notifications) == ("Idle", [answer])
        assert wire.complaints[0].data == data
        assert [key for key in speaker.engine.counters if key.startswith("session ended: ")]

    def test_messages_before_it_count(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.connect()
        wire.says(opening() + KEEPALIVE + b"\x00" * 19)
        assert len(of(SessionDown, speaker.outputs)) == 1


class TestUpdates:
    """RFC 7606: what of a wrong UPDATE the session survives."""

    def test_good_routes_are_taken(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established()
        wire.says(update(GOOD))
        assert accepted(speaker) == 1
        assert of(FaultyUpdate, speaker.outputs) == []

    def test_routes_with_a_wrong_attribute_are_withdrawn(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established()
        wire.says(update(GOOD), update(BAD_ORIGIN + AS_PATH + NEXT_HOP + LOCAL_PREF))
        assert (speaker.state, accepted(speaker)) == ("Established", 0)
        (told,) = of(FaultyUpdate, speaker.outputs)
        assert told.remedy == "routes treated as withdrawn"
        assert speaker.engine.counters["faulty update: routes treated as withdrawn"] == 1

    def test_a_wrong_attribute_that_does_not_matter_is_left_out(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established()
        wire.says(update(GOOD + BAD_AGGREGATOR))
        assert (speaker.state, accepted(speaker)) == ("Established", 1)
        (told,) = of(FaultyUpdate, speaker.outputs)
        assert told.remedy == "attribute discarded"

    def test_each_kind_is_told_once_a_session_and_counted_always(self) -> None:
        speaker = Speaker(passive=True)
        for session in (1, 2):
            wire = speaker.established()
            for _ in range(5):
                wire.says(update(BAD_ORIGIN + AS_PATH + NEXT_HOP + LOCAL_PREF))
                wire.says(update(GOOD + BAD_AGGREGATOR))
            assert len(of(FaultyUpdate, speaker.outputs)) == 2 * session
            wire.breaks()
            speaker.run(5.0)
        assert speaker.engine.counters["faulty update: attribute discarded"] == 10

    def test_what_cannot_be_survived_ends_the_session(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established()
        wire.says(update(GOOD, nlri=b"\x18\xc0"))
        assert speaker.state == "Idle"
        assert [code for code, _ in wire.notifications] == [3]


class TestRefresh:
    """RFC 2918, RFC 7313."""

    def test_a_request_brings_all_routes_again_between_two_marks(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established()
        wire.drains()
        wire.says(refresh(UNICAST))
        refreshes = [one.body for one in wire.heard if one.type is MessageType.ROUTE_REFRESH]
        assert refreshes == [b"\x00\x01\x01\x01", b"\x00\x01\x02\x01"]

    def test_a_peer_without_the_enhancement_gets_no_marks(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established(told=[Multiprotocol(UNICAST), RouteRefresh()])
        wire.drains()
        before = len(wire.heard)
        wire.says(refresh(UNICAST))
        assert len(wire.heard) == before

    def test_routes_that_do_not_come_between_the_marks_are_gone(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established()
        first, second = some(2)
        wire.says(routes(first, second))
        wire.says(refresh(UNICAST, 1), routes(second), refresh(UNICAST, 2))
        assert accepted(speaker) == 1

    @pytest.mark.parametrize(
        "said",
        [
            refresh(Family.VPNV4),
            encode(MessageType.ROUTE_REFRESH, b"\x00\x02\x00\x01"),
            refresh(UNICAST, 7),
        ],
    )
    def test_others_are_ignored_and_counted(self, said: bytes) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established()
        before = len(wire.heard)
        wire.says(said)
        assert (speaker.state, len(wire.heard)) == ("Established", before)
        assert sum(n for key, n in speaker.engine.counters.items() if "ignored" in key) == 1

    def test_marks_of_a_peer_that_did_not_announce_them_are_ignored(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established(told=[Multiprotocol(UNICAST), RouteRefresh(), FourOctetAs(AS)])
        wire.says(routes(PREFIX), refresh(UNICAST, 1), refresh(UNICAST, 2))
        assert accepted(speaker) == 1

    def test_a_wrong_length_ends_the_session(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established()
        said = encode(MessageType.ROUTE_REFRESH, b"\x00\x01\x01")
        wire.says(said)
        assert wire.notifications == [(7, 1)]
        assert wire.complaints[0].data == said


class TestMaximumPrefixes:
    """RFC 4271 6.7, RFC 4486 4."""

    def test_the_last_that_is_allowed_is_allowed(self) -> None:
        speaker = Speaker(passive=True, maximum_prefixes=10)
        wire = speaker.established()
        wire.says(routes(*some(10)))
        assert speaker.state == "Established"

    def test_one_more_ends_the_session_and_says_which_family_and_limit(self) -> None:
        speaker = Speaker(passive=True, maximum_prefixes=10)
        wire = speaker.established()
        wire.says(routes(*some(11)))
        assert wire.notifications == [(6, 1)]
        assert wire.complaints[0].data == b"\x00\x01\x01\x00\x00\x00\x0a"
        assert speaker.view.last_error == "more than 10 prefixes of IPv4 unicast"

    def test_the_peer_is_left_alone_for_minutes(self) -> None:
        speaker = Speaker(maximum_prefixes=10)
        speaker.established().says(routes(*some(11)))
        before = len(speaker.openings)
        speaker.run(225.0 - 0.1)
        assert (speaker.state, len(speaker.openings)) == ("Idle", before)
        speaker.run(75.2)
        assert speaker.state == "Connect"

    def test_the_same_route_again_is_no_other_one(self) -> None:
        speaker = Speaker(passive=True, maximum_prefixes=1)
        wire = speaker.established()
        for _ in range(5):
            wire.says(routes(PREFIX))
        assert speaker.state == "Established"


class TestDisabledFamily:
    """RFC 4760 7: a family whose routes cannot be read."""

    BOTH = frozenset({UNICAST, Family.VPNV4})
    UNREADABLE = update(b"\x80\x0f\x05\x00\x01\x80\x70\x00", nlri=b"")

    def test_its_routes_are_gone_and_those_to_come_are_not_heard(self) -> None:
        # A reflector keeps routes of VPNs that it has no VRF for.
        speaker = Speaker(passive=True, families=self.BOTH, reflector_client=True)
        wire = speaker.established(told=capabilities(65000, *self.BOTH))
        vpn = VpnPrefix(RouteDistinguisher(0, 1, 1), PREFIX)
        reach = Reach(Family.VPNV4, PathAttributes(next_hop=PEER, local_pref=100), ((vpn, 30),))
        told = b"".join(encode_updates(reach, Terms(internal=True, families=self.BOTH)))
        wire.says(routes(PREFIX), told)
        assert [one.received for one in speaker.view.families] == [1, 1]
        wire.says(self.UNREADABLE, told, encode_end_of_rib(Family.VPNV4))
        (left,) = speaker.view.families
        assert (left.family, left.received) == (UNICAST, 1)
        remedies = [told.remedy for told in of(FaultyUpdate, speaker.outputs)]
        assert remedies[0] == "address family ignored from now on"
        assert set(remedies[1:]) == {"attribute discarded"}

    @pytest.mark.parametrize(
        "octets",
        [UNREADABLE, update(b"\x40\x0f\x03\x00\x01\x80", nlri=b"")],
        ids=["unreadable", "wrong flags"],
    )
    def test_a_session_that_would_be_left_without_a_family_ends(self, octets: bytes) -> None:
        """RFC 4760 7: by "UPDATE Message Error"/"Optional Attribute Error"."""
        speaker = Speaker(passive=True, families=frozenset({Family.VPNV4}))
        wire = speaker.established(told=capabilities(65000, Family.VPNV4))
        wire.says(octets)
        assert wire.notifications == [(3, 9)]
        assert speaker.reasons[-1].endswith("; the session has no other family")

    def test_the_last_of_several_families_ends_it_too(self) -> None:
        speaker = Speaker(passive=True, families=self.BOTH)
        wire = speaker.established(told=capabilities(65000, *self.BOTH))
        wire.says(self.UNREADABLE)
        assert wire.notifications == []
        wire.says(update(b"\x80\x0f\x05\x00\x01\x01\x70\x00", nlri=b""))
        assert wire.notifications == [(3, 9)]

    def test_the_next_session_has_it_again(self) -> None:
        speaker = Speaker(passive=True, families=self.BOTH)
        told = capabilities(65000, *self.BOTH)
        wire = speaker.established(told=told)
        wire.says(self.UNREADABLE)
        wire.breaks()
        speaker.run(1.0)
        speaker.established(told=told)
        assert {one.family for one in speaker.view.families} == self.BOTH
