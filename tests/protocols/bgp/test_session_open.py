"""OPEN messages: the checks of RFC 4271 6.2, and what two ends agree on."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from controlplane.protocols.bgp.events import PeerTimers
from controlplane.wire.bgp.capability import (
    EnhancedRouteRefresh,
    FourOctetAs,
    GracefulRestart,
    Multiprotocol,
    RouteRefresh,
    UnknownCapability,
)
from controlplane.wire.bgp.framing import KEEPALIVE, encode
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.numbers import MessageType
from controlplane.wire.bgp.open import Open
from tests.protocols.bgp.speaker import AS, ME, PEER, Speaker, capabilities, opening

UNICAST, VPNV4, MDT = Family.IPV4_UNICAST, Family.VPNV4, Family.MDT


def raw_open(
    version: int = 4, asn: int = AS, hold: int = 90, router_id: int = 0x0A000009, rest: bytes = b""
) -> bytes:
    fixed = bytes((version,)) + asn.to_bytes(2, "big") + hold.to_bytes(2, "big")
    body = fixed + router_id.to_bytes(4, "big") + bytes((len(rest),)) + rest
    return encode(MessageType.OPEN, body)


def own_open(speaker: Speaker) -> Open:
    wire = speaker.connect()
    return Open.decode(wire.heard[0].body)


class TestChecks:
    """RFC 4271 6.2."""

    @pytest.mark.parametrize(
        ("said", "answer", "data", "reason"),
        [
            (raw_open(version=3), (2, 1), b"\x00\x04", "BGP version 3"),
            (opening(65001), (2, 2), b"", "the peer is in AS 65001, not in AS 65000"),
            (raw_open(asn=0), (2, 2), b"", "AS 0"),
            (raw_open(router_id=0), (2, 3), b"", "BGP identifier 0.0.0.0"),
            (
                opening(router_id=ME),
                (2, 3),
                b"",
                "the peer has this router's BGP identifier 10.0.0.5",
            ),
            (raw_open(rest=b"\x01\x01\x00"), (2, 4), b"", "optional parameter 1"),
            (raw_open(hold=1), (2, 6), b"", "a hold time of 1 s"),
            (raw_open(hold=2), (2, 6), b"", "a hold time of 2 s"),
            (
                opening(told=[Multiprotocol(MDT)]),
                (2, 7),
                b"\x01\x04\x00\x01\x00\x01",
                "the peer has no address family in common with us",
            ),
            (raw_open(rest=b"\x02\x09\x01"), (2, 0), b"", None),
        ],
    )
    def test_what_is_wrong_is_told_by_its_number_and_shown_in_words(
        self, said: bytes, answer: tuple[int, int], data: bytes, reason: str | None
    ) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.connect()
        wire.says(said)
        assert wire.notifications == [answer]
        assert wire.complaints[0].data == data
        assert speaker.state == "Idle"
        assert speaker.view.last_error.startswith("OPEN message")
        assert reason is None or speaker.view.last_error.endswith(f": {reason}")

    def test_an_external_peer_may_have_the_own_identifier(self) -> None:
        speaker = Speaker(passive=True, remote_as=65001)
        speaker.established(router_id=ME)

    @pytest.mark.parametrize("hold", [0, 3, 65535])
    def test_other_hold_times_are_acceptable(self, hold: int) -> None:
        Speaker(passive=True).established(hold_time=hold)


class TestProposal:
    def test_it_has_the_capabilities_of_a_modern_speaker(self) -> None:
        speaker = Speaker(passive=True, families=frozenset({VPNV4, UNICAST}))
        said = own_open(speaker)
        assert (said.asn, said.hold_time, said.router_id) == (AS, 90, ME)
        assert said.capabilities == (*capabilities(AS, UNICAST, VPNV4), GracefulRestart())

    def test_an_as_of_four_octets_is_in_the_capability(self) -> None:
        speaker = Speaker(passive=True, config={"asn": 4200000000})
        assert FourOctetAs(4200000000) in own_open(speaker).capabilities

    def test_the_timers_of_the_peer_are_proposed(self) -> None:
        speaker = Speaker(passive=True, timers=PeerTimers(hold=30.0, keepalive=10.0))
        assert own_open(speaker).hold_time == 30


class TestAgreement:
    @pytest.mark.parametrize(
        ("told", "families"),
        [
            ([Multiprotocol(UNICAST), Multiprotocol(VPNV4)], [UNICAST, VPNV4]),
            ([Multiprotocol(VPNV4), Multiprotocol(MDT)], [VPNV4]),
            ([], [UNICAST]),
            ([RouteRefresh()], [UNICAST]),
            ([Multiprotocol(VPNV4), UnknownCapability(1, b"\x00\x02\x00\x01")], [VPNV4]),
        ],
    )
    def test_families_are_those_of_both(self, told: list[Any], families: list[Family]) -> None:
        speaker = Speaker(passive=True, families=frozenset({UNICAST, VPNV4}))
        speaker.established(told=told)
        assert [one.family for one in speaker.view.families] == families

    @pytest.mark.parametrize(
        ("told", "agreed"),
        [
            ([], ()),
            ([FourOctetAs(AS)], ("4-octet AS",)),
            ([RouteRefresh()], ("route refresh",)),
            ([EnhancedRouteRefresh()], ("enhanced route refresh",)),
            ([GracefulRestart()], ()),
            ([UnknownCapability(99, b"xyz")], ()),
        ],
    )
    def test_capabilities_are_those_that_the_peer_has_too(
        self, told: list[Any], agreed: tuple[str, ...]
    ) -> None:
        speaker = Speaker(passive=True)
        speaker.established(told=[Multiprotocol(UNICAST), *told])
        assert speaker.view.capabilities == agreed

    @pytest.mark.parametrize(
        ("own", "keepalive", "theirs", "hold", "agreed_keepalive"),
        [
            (90.0, 30.0, 180, 90.0, 30.0),
            (90.0, 30.0, 9, 9.0, 3.0),
            (90.0, 10.0, 60, 60.0, 10.0),
            (90.0, 30.0, 0, 0.0, 0.0),
            (0.0, 30.0, 90, 0.0, 0.0),
        ],
    )
    def test_the_shorter_hold_time_counts(
        self, own: float, keepalive: float, theirs: int, hold: float, agreed_keepalive: float
    ) -> None:
        speaker = Speaker(passive=True, timers=PeerTimers(hold=own, keepalive=keepalive))
        speaker.established(hold_time=theirs)
        assert (speaker.view.hold, speaker.view.keepalive) == (hold, agreed_keepalive)

    def test_an_as_of_four_octets_is_recognised_by_its_capability(self) -> None:
        speaker = Speaker(passive=True, remote_as=4200000000)
        speaker.established()
        assert speaker.view.router_id == PEER

    def test_as_trans_alone_is_another_as(self) -> None:
        speaker = Speaker(passive=True, remote_as=4200000000)
        wire = speaker.connect()
        wire.says(raw_open(asn=23456))
        assert wire.notifications == [(2, 2)]

    def test_a_second_open_says_nothing_new(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.connect()
        wire.says(opening(), KEEPALIVE, opening())
        assert wire.notifications == [(5, 3)]


def test_the_peers_identifier_may_be_any_but_zero() -> None:
    speaker = Speaker(passive=True)
    speaker.established(router_id=IPv4Address("255.255.255.255"))
    assert speaker.view.router_id == IPv4Address("255.255.255.255")
