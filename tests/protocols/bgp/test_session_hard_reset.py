"""RFC 8538: with the N bit routes outlive a NOTIFICATION, unless it is a hard reset."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from controlplane.engine.engine import InterfaceDown
from controlplane.engine.liveness import NeighborFailed
from controlplane.wire.bgp.attributes import AsPath, PathAttributes, Segment, SegmentKind
from controlplane.wire.bgp.capability import Capability, GracefulRestart
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.notification import Notification
from controlplane.wire.bgp.open import Open
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach
from controlplane.wire.bgp.update_encoding import encode_updates
from tests.protocols.bgp.speaker import (
    EMPTY_UPDATE,
    LINK,
    NEIGHBOR,
    PREFIX,
    Speaker,
    Wire,
    capabilities,
    notification,
)

UNICAST = Family.IPV4_UNICAST
OTHER = IPv4Network("198.51.100.0/24")
NEIGHBOR_AS = 65001
HARD = (6, 9)
ON_LINK: dict[str, Any] = {
    "address": NEIGHBOR,
    "local": LINK.ip,
    "remote_as": NEIGHBOR_AS,
    "interface": "eth0",
}


def can(notification: bool = True) -> tuple[Capability, ...]:
    restart = GracefulRestart(time=60, families=((UNICAST, True),), notification=notification)
    return (*capabilities(NEIGHBOR_AS), restart)


def routes(*prefixes: IPv4Network) -> bytes:
    path = AsPath((Segment(SegmentKind.AS_SEQUENCE, (NEIGHBOR_AS,)),))
    attributes = PathAttributes(next_hop=NEIGHBOR, as_path=path)
    nlri = tuple((prefix, None) for prefix in prefixes)
    return b"".join(encode_updates(Reach(UNICAST, attributes, nlri), Terms(internal=False)))


def helper(notification: bool = True, **settings: Any) -> tuple[Speaker, Wire]:
    """A speaker with two routes of a peer on its link, after a while."""
    speaker = Speaker(passive=True, restart_time=120.0, **(ON_LINK | settings))
    wire = speaker.established(told=can(notification))
    wire.says(routes(PREFIX, OTHER), EMPTY_UPDATE)
    speaker.run(10.0)
    return speaker, wire


def kept(speaker: Speaker) -> tuple[int, bool]:
    """How many routes of the peer there are, and whether some are stale."""
    views = speaker.view.families
    return (views[0].received, views[0].stale) if views else (0, False)


def test_the_n_bit_is_told_where_graceful_restart_is_configured() -> None:
    for restart_time, told in ((120.0, True), (0.0, False)):
        speaker = Speaker(passive=True, restart_time=restart_time)
        said = Open.decode(speaker.connect().heard[0].body)
        found = [one for one in said.capabilities if isinstance(one, GracefulRestart)]
        assert [one.notification for one in found] == [told]


class TestGracefulNotifications:
    """RFC 8538 4."""

    @pytest.mark.parametrize("said", [notification(6, 4), notification(3, 1), b"\x00" * 19])
    def test_routes_outlive_those_of_either_end(self, said: bytes) -> None:
        speaker, wire = helper()
        wire.says(said)
        assert (speaker.state, kept(speaker)) == ("Idle", (2, True))
        assert speaker.view.stale_for == 60.0

    def test_they_outlive_the_hold_timer(self) -> None:
        speaker, wire = helper()
        speaker.run(80.0)
        assert wire.notifications == [(4, 0)]
        assert kept(speaker) == (2, True)

    @pytest.mark.parametrize("said", [notification(6, 4), b"\x00" * 19])
    def test_without_the_peers_n_bit_they_do_not(self, said: bytes) -> None:
        speaker, wire = helper(notification=False)
        wire.says(said)
        assert kept(speaker) == (0, False)

    def test_a_second_loss_deletes_nothing(self) -> None:
        speaker, wire = helper()
        wire.breaks()
        speaker.run(5.0)
        wire = speaker.established(told=can())
        wire.says(routes(OTHER))
        wire.breaks()
        assert kept(speaker) == (2, True)

    def test_but_the_stale_timer_runs_through_all_losses(self) -> None:
        speaker, wire = helper()
        for _ in range(6):
            wire.breaks()
            assert kept(speaker) == (2, True)
            speaker.run(5.0)
            wire = speaker.established(told=can())
            speaker.run_chatting(wire, 65.0)
        assert kept(speaker) == (0, False)


class TestHardReset:
    """RFC 8538 3 and 5.1."""

    def test_no_route_outlives_that_of_the_peer(self) -> None:
        speaker, wire = helper()
        wire.says(notification(6, 9, b"\x06\x02"))
        assert kept(speaker) == (0, False)
        words = "the peer says: Cease: Hard reset (Cease: Administrative shutdown)"
        assert speaker.view.last_error == words

    def test_bfd_says_within_it_what_it_saw(self) -> None:
        """RFC 9384 3: the way is broken, so packets do not get there either."""
        speaker, wire = helper(bfd=True)
        speaker.tell(NeighborFailed(interface="eth0", neighbor=NEIGHBOR, why="BFD: no echo"))
        assert wire.complaints == [Notification(*HARD, b"\x06\x0a")]
        assert kept(speaker) == (0, False)

    def test_an_interface_that_goes_down_is_one(self) -> None:
        speaker, wire = helper()
        speaker.tell(InterfaceDown(name="eth0"))
        assert wire.complaints == [Notification(*HARD, b"\x06\x00")]
        assert kept(speaker) == (0, False)

    def test_too_many_prefixes_are_one(self) -> None:
        speaker, wire = helper(maximum_prefixes=2)
        wire.says(routes(IPv4Network("203.0.113.0/24")))
        (said,) = wire.complaints
        assert (said.code, said.subcode) == HARD
        assert said.within == Notification(6, 1, b"\x00\x01\x01\x00\x00\x00\x02")
        assert kept(speaker) == (0, False)

    def test_who_has_not_told_the_n_bit_is_sent_none(self) -> None:
        speaker, wire = helper(notification=False, bfd=True)
        speaker.tell(NeighborFailed(interface="eth0", neighbor=NEIGHBOR, why="BFD: no echo"))
        assert wire.notifications == [(6, 10)]
