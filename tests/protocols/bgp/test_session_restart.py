"""Graceful restart (RFC 4724), both roles: what is kept, for how long, and what the bits say."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from controlplane.net.vpn import RouteTarget
from controlplane.protocols.bgp.events import (
    BestPathsChanged,
    Originated,
    PeerConfig,
    RoutesOriginated,
    TargetsWanted,
)
from controlplane.protocols.bgp.notices import GracefulRestart as Told
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.capability import Capability, GracefulRestart
from controlplane.wire.bgp.framing import KEEPALIVE
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.numbers import MessageType
from controlplane.wire.bgp.open import Open
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach
from controlplane.wire.bgp.update_encoding import encode_end_of_rib, encode_updates
from tests.protocols.bgp.harness import Network
from tests.protocols.bgp.speaker import (
    EMPTY_UPDATE,
    LINK,
    NEIGHBOR,
    PEER,
    PREFIX,
    Speaker,
    Wire,
    capabilities,
    notification,
    of,
    opening,
)

UNICAST = Family.IPV4_UNICAST
OTHER = IPv4Network("198.51.100.0/24")


def can(kept: bool = True, restarted: bool = False, time: int = 60) -> tuple[Capability, ...]:
    """What a peer says that restarts gracefully."""
    return (*capabilities(), GracefulRestart(restarted, time, ((UNICAST, kept),)))


def routes(*prefixes: IPv4Network) -> bytes:
    nlri = tuple((prefix, None) for prefix in prefixes)
    reach = Reach(UNICAST, PathAttributes(next_hop=PEER, local_pref=100), nlri)
    return b"".join(encode_updates(reach, Terms(internal=True)))


def helper(**settings: Any) -> tuple[Speaker, Wire]:
    """A speaker with two routes of a peer that restarts gracefully within 60 s."""
    speaker = Speaker(passive=True, restart_time=120.0, **settings)
    wire = speaker.established(told=can())
    wire.says(routes(PREFIX, OTHER), EMPTY_UPDATE)
    speaker.run(10.0)
    return speaker, wire


def back(speaker: Speaker, told: tuple[Capability, ...]) -> Wire:
    speaker.run(5.0)
    return speaker.established(told=told)


def kept(speaker: Speaker) -> tuple[int, bool]:
    """How many routes of the peer there are, and whether some are stale."""
    views = speaker.view.families
    return (views[0].received, views[0].stale) if views else (0, False)


class TestReceivingSpeaker:
    """RFC 4724 4.2."""

    def test_routes_of_a_lost_connection_are_kept(self) -> None:
        speaker, wire = helper()
        wire.breaks()
        assert kept(speaker) == (2, True)
        assert speaker.view.stale_for == 60.0

    def test_they_go_when_the_peer_is_not_back_within_its_restart_time(self) -> None:
        speaker, wire = helper()
        wire.breaks()
        speaker.run(59.0)
        assert kept(speaker) == (2, True)
        speaker.run(1.0)
        assert kept(speaker) == (0, False)

    def test_the_end_of_rib_sweeps_what_did_not_come_again(self) -> None:
        speaker, wire = helper()
        wire.breaks()
        wire = back(speaker, can(restarted=True))
        assert kept(speaker) == (2, True)
        wire.says(routes(OTHER))
        assert kept(speaker) == (2, True)
        wire.says(EMPTY_UPDATE)
        assert kept(speaker) == (1, False)
        assert speaker.view.stale_for is None

    def test_families_are_waited_for_one_by_one(self) -> None:
        both = (UNICAST, Family.VPNV4)
        restart = GracefulRestart(time=60, families=tuple((family, True) for family in both))
        told = (*capabilities(65000, *both), restart)
        speaker = Speaker(passive=True, restart_time=120.0, families=frozenset(both))
        speaker.established(told=told).breaks()
        wire = back(speaker, told)
        wire.says(EMPTY_UPDATE)
        assert [one.stale for one in speaker.view.families] == [False, True]
        wire.says(encode_end_of_rib(Family.VPNV4))
        assert [one.stale for one in speaker.view.families] == [False, False]

    def test_without_end_of_rib_the_stale_timer_sweeps(self) -> None:
        speaker, wire = helper()
        wire.breaks()
        wire = back(speaker, can(restarted=True))
        wire.says(routes(OTHER))
        speaker.run_chatting(wire, 359.0)
        assert kept(speaker) == (2, True)
        speaker.run_chatting(wire, 2.0)
        assert kept(speaker) == (1, False)

    @pytest.mark.parametrize("told", [can(kept=False), capabilities()])
    def test_a_peer_that_kept_no_forwarding_state_loses_its_routes_when_it_is_back(
        self, told: tuple[Capability, ...]
    ) -> None:
        speaker, wire = helper()
        wire.breaks()
        assert kept(speaker) == (2, True)
        back(speaker, told)
        assert kept(speaker) == (0, False)
        assert speaker.view.stale_for is None

    def test_a_second_loss_deletes_what_was_stale_before(self) -> None:
        speaker, wire = helper()
        wire.breaks()
        wire = back(speaker, can(restarted=True))
        wire.says(routes(OTHER))
        wire.breaks()
        assert kept(speaker) == (1, True)

    @pytest.mark.parametrize("said", [notification(6, 2), b"\x00" * 19])
    def test_a_notification_of_either_end_keeps_nothing(self, said: bytes) -> None:
        speaker, wire = helper()
        wire.says(said)
        assert kept(speaker) == (0, False)

    def test_an_expired_hold_timer_keeps_nothing(self) -> None:
        speaker, _ = helper()
        speaker.run(80.0)
        assert (speaker.state, kept(speaker)) == ("Idle", (0, False))

    def test_a_broken_way_to_the_peer_ends_the_waiting(self) -> None:
        speaker, wire = helper()
        wire.breaks()
        speaker.take_down("lo")
        assert kept(speaker) == (0, False)
        assert speaker.view.stale_for is None

    def test_a_new_connection_of_the_peer_keeps_the_routes_of_the_old_one(self) -> None:
        speaker, wire = helper()
        new = speaker.connect()
        new.says(opening(told=can(restarted=True)))
        assert wire.is_closed
        assert kept(speaker) == (2, True)
        new.says(KEEPALIVE, routes(PREFIX), EMPTY_UPDATE)
        assert kept(speaker) == (1, False)

    def test_nothing_is_kept_for_a_peer_that_is_not_configured_so(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.established(told=can())
        wire.says(routes(PREFIX))
        wire.breaks()
        assert kept(speaker) == (0, False)

    def test_it_is_told_in_words(self) -> None:
        speaker, wire = helper()
        wire.breaks()
        back(speaker, can(restarted=True)).says(EMPTY_UPDATE)
        assert [told.words() for told in of(Told, speaker.outputs)] == [
            f"graceful restart of {PEER}: its routes of IPv4 unicast are kept for 60 s",
            f"graceful restart of {PEER}: back, its routes of IPv4 unicast are to come again",
            f"graceful restart of {PEER}: all its routes came again",
        ]


def own_bits(wire: Wire) -> tuple[bool, bool]:
    """The R bit, and the F bit of the first family, of the engine's OPEN."""
    said = Open.decode(wire.heard[0].body)
    (restart,) = (one for one in said.capabilities if isinstance(one, GracefulRestart))
    return restart.restarted, restart.families[0][1]


class TestRestartingSpeaker:
    """RFC 4724 4.1: the engine has just started, and its switch was empty."""

    def test_it_says_that_it_started_anew_and_kept_nothing(self) -> None:
        assert own_bits(Speaker(passive=True, restart_time=120.0).connect()) == (True, False)

    def test_without_restart_time_it_names_no_family(self) -> None:
        """RFC 4724 3: for the End-of-RIB alone."""
        said = Open.decode(Speaker(passive=True).connect().heard[0].body)
        assert GracefulRestart() in said.capabilities

    def test_later_sessions_say_that_forwarding_went_on(self) -> None:
        speaker, wire = helper()
        wire.breaks()
        speaker.run(5.0)
        assert own_bits(speaker.connect()) == (False, True)

    @pytest.mark.parametrize(("in_path", "kept"), [(False, True), (True, False)])
    def test_a_reflector_off_the_path_says_that_it_hurt_nobody(
        self, in_path: bool, kept: bool
    ) -> None:
        speaker = Speaker(
            passive=True, restart_time=120.0, reflector_client=True, next_hop_self=in_path
        )
        assert own_bits(speaker.connect()) == (True, kept)

    def test_a_reflector_with_routes_of_its_own_has_lost_what_they_led_to(self) -> None:
        speaker = Speaker(passive=True, restart_time=120.0, reflector_client=True)
        own = Originated(key=PREFIX, attributes=PathAttributes())
        speaker.tell(RoutesOriginated(family=UNICAST, changed=(own,)))
        assert own_bits(speaker.connect()) == (True, False)

    def test_a_reflector_with_an_external_peer_is_in_the_way(self) -> None:
        customer = PeerConfig(address=NEIGHBOR, local=LINK.ip, remote_as=65001)
        speaker = Speaker(
            passive=True, restart_time=120.0, reflector_client=True, peers=(customer,)
        )
        assert own_bits(speaker.connect()) == (True, False)

    def test_a_reflector_that_is_a_pe_has_lost_its_labels_and_no_membership(self) -> None:
        """RFC 4724 4.1: the F bit goes by family."""
        families = frozenset({UNICAST, Family.VPNV4, Family.ROUTE_TARGET})
        speaker = Speaker(
            passive=True, restart_time=120.0, reflector_client=True, families=families
        )
        speaker.tell(TargetsWanted(targets=frozenset({RouteTarget(0, 65000, 1)})))
        said = Open.decode(speaker.connect().heard[0].body)
        (restart,) = (one for one in said.capabilities if isinstance(one, GracefulRestart))
        kept = {family for family, is_kept in restart.families if is_kept}
        assert kept == {UNICAST, Family.ROUTE_TARGET}

    def test_it_tells_nothing_before_the_peer_has_told_all(self) -> None:
        speaker = Speaker(passive=True, restart_time=120.0)
        wire = speaker.established(told=can())
        assert MessageType.UPDATE not in wire.types
        wire.says(EMPTY_UPDATE)
        speaker.run(1.0)
        assert wire.types.count(MessageType.UPDATE) == 1

    @pytest.mark.parametrize("told", [capabilities(), can(restarted=True)])
    def test_it_does_not_wait_for_a_peer_that_started_too_or_cannot_restart(
        self, told: tuple[Capability, ...]
    ) -> None:
        speaker = Speaker(passive=True, restart_time=120.0)
        wire = speaker.established(told=told)
        speaker.run(1.0)
        assert MessageType.UPDATE in wire.types

    def test_it_waits_no_longer_than_the_deferral_time(self) -> None:
        speaker = Speaker(passive=True, restart_time=120.0)
        wire = speaker.established(told=can())
        speaker.run_chatting(wire, 119.0)
        assert MessageType.UPDATE not in wire.types
        speaker.run_chatting(wire, 2.0)
        assert MessageType.UPDATE in wire.types
        wire.breaks()
        speaker.run(5.0)
        assert own_bits(speaker.connect())[0] is False


def reflected() -> Network:
    """Two clients of a reflector; each has a route of the other."""
    network = Network()
    for name in ("a", "rr", "b"):
        network.router(name)
    for client in ("a", "b"):
        network.session(
            "rr",
            client,
            of_one={"reflector_client": True},
            restart_time=60.0,
        )
    network.start()
    network.run(70.0)
    network.originate("a", UNICAST, PREFIX)
    network.originate("b", UNICAST, OTHER)
    network.run(5.0)
    assert {PREFIX, OTHER} == set(network.best("a", UNICAST)) == set(network.best("b", UNICAST))
    return network


class TestReflector:
    """A reflector that starts anew costs no route of its clients."""

    @pytest.mark.parametrize("is_heard", [True, False])
    def test_its_clients_never_lose_a_route(self, is_heard: bool) -> None:
        network = reflected()
        for name in "ab":
            network.routers[name].outputs.clear()
        network.crash("rr", is_heard=is_heard)
        network.run(3.0)
        network.start("rr")
        network.run(200.0)
        assert {PREFIX, OTHER} == set(network.best("a", UNICAST)) == set(network.best("b", UNICAST))
        assert network.state("a", "rr") == "Established"
        for name in "ab":
            assert losses(network, name) == 0

    def test_what_went_meanwhile_is_gone_at_the_end(self) -> None:
        network = reflected()
        network.crash("rr")
        network.withdraw("a", UNICAST, PREFIX)
        network.run(3.0)
        assert PREFIX in network.best("b", UNICAST)
        network.start("rr")
        network.run(200.0)
        assert set(network.best("b", UNICAST)) == {OTHER}

    def test_a_reflector_that_stays_away_is_given_up(self) -> None:
        network = reflected()
        network.crash("rr")
        network.run(59.0)
        assert set(network.best("a", UNICAST)) == {PREFIX, OTHER}
        network.run(2.0)
        assert set(network.best("a", UNICAST)) == {PREFIX}


def losses(network: Network, name: str) -> int:
    """How often a route was withdrawn."""
    changes = of(BestPathsChanged, network.routers[name].outputs)
    return sum(len(change.withdrawn) for change in changes)
