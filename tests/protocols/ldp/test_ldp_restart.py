"""Graceful restart (RFC 3478), synchronisation with the IGP (RFC 5443), End-of-LIB (RFC 5919)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controlplane.engine.engine import InterfaceDown
from controlplane.engine.stream import StreamClosed
from controlplane.protocols.ldp.events import (
    BindingsChanged,
    LdpConfig,
    SynchronisationChanged,
)
from controlplane.protocols.ldp.notices import GracefulRestart
from controlplane.wire.ldp.capability import Capability, CapabilityMessage
from controlplane.wire.ldp.fec import TypedWildcardFec
from controlplane.wire.ldp.initialization import FtSession, Initialization
from controlplane.wire.ldp.labels import LabelMapping, LabelRelease, LabelWithdraw
from controlplane.wire.ldp.numbers import StatusCode
from controlplane.wire.ldp.status import Notification, Status
from tests.protocols.ldp.network import Network, assert_labels_match_routes
from tests.protocols.ldp.peer import (
    ACTIVE,
    FAR,
    FAR_FEC,
    NEAR,
    VIA,
    Peer,
    heard,
    messages,
    of,
    statuses,
)

END_OF_LIB = Notification(status=Status(StatusCode.END_OF_LIB), fecs=(TypedWildcardFec(),))
TERMS = FtSession(reconnect_timeout=60_000, recovery_time=30_000)
FORGOT = FtSession(reconnect_timeout=60_000, recovery_time=0)


def lost(peer: Peer) -> list[object]:
    return list(peer.tell(StreamClosed(stream=peer.stream, why="connection reset")))


def kept() -> Peer:
    """A peer whose session with two labels is lost, and both ends do graceful restart."""
    peer = Peer(ACTIVE, reconnect_time=120.0, recovery_time=120.0)
    peer.establish(ft_session=TERMS)
    peer.route(FAR, NEAR)
    peer.give(FAR, 100)
    peer.give(NEAR, 101)
    lost(peer)
    return peer


def outgoing(peer: Peer) -> tuple[object, object]:
    far, near = peer.binding(FAR), peer.binding(NEAR)
    assert far is not None and near is not None
    return far.outgoing.get(VIA), near.outgoing.get(VIA)


class TestGracefulRestart:
    def test_it_is_announced_only_where_configured(self) -> None:
        plain, configured = Peer(ACTIVE), Peer(ACTIVE, reconnect_time=120.0, recovery_time=60.0)
        for peer in (plain, configured):
            peer.establish()
        assert heard(Initialization, plain.outputs)[0].ft_session is None
        assert heard(Initialization, configured.outputs)[0].ft_session == FtSession(
            reconnect_timeout=120_000, recovery_time=0
        )

    def test_the_labels_of_a_lost_session_are_kept(self) -> None:
        peer = kept()
        assert outgoing(peer) == (100, 101)
        assert peer.view().stale_for == 60.0

    def test_a_peer_without_terms_is_forgotten(self) -> None:
        peer = Peer(ACTIVE, reconnect_time=120.0)
        peer.establish()
        peer.route(FAR, NEAR)
        peer.give(FAR, 100)
        lost(peer)
        assert outgoing(peer) == (None, None)

    def test_who_does_not_come_back_in_time_is_forgotten(self) -> None:
        peer = kept()
        peer.run_greeting(59.0)
        assert outgoing(peer) == (100, 101)
        peer.run_greeting(2.0)
        assert outgoing(peer) == (None, None)

    def test_a_peer_that_is_not_heard_either_is_forgotten_wholly(self) -> None:
        peer = kept()
        peer.tell(InterfaceDown(name="eth0"))
        peer.run(61.0)
        assert peer.engine.neighbors(peer.now) == ()
        assert peer.engine.next_deadline() is None

    def test_when_it_is_back_we_say_that_we_kept_what_it_gave(self) -> None:
        peer = kept()
        peer.establish(ft_session=TERMS)
        assert heard(Initialization, peer.outputs)[-1].ft_session == FtSession(
            reconnect_timeout=120_000, recovery_time=120_000
        )

    def test_what_it_does_not_give_again_goes_with_the_end_of_lib(self) -> None:
        peer = kept()
        peer.establish(ft_session=TERMS)
        assert of(BindingsChanged, peer.give(FAR, 100)) == []
        peer.say(END_OF_LIB)
        assert outgoing(peer) == (100, None)
        assert peer.view().stale_for is None

    def test_what_it_does_not_give_again_goes_with_the_recovery_time(self) -> None:
        peer = kept()
        peer.establish(ft_session=TERMS)
        peer.give(NEAR, 101)
        peer.run_greeting(29.0)
        assert outgoing(peer) == (100, 101)
        peer.run_greeting(2.0)
        assert outgoing(peer) == (None, 101)

    def test_another_label_replaces_a_stale_one_without_release(self) -> None:
        peer = kept()
        peer.establish(ft_session=TERMS)
        assert messages(peer.give(FAR, 200)) == []
        assert outgoing(peer) == (200, 101)

    def test_who_kept_nothing_has_its_labels_deleted_at_once(self) -> None:
        peer = kept()
        peer.establish(ft_session=FORGOT)
        assert outgoing(peer) == (None, None)
        assert of(GracefulRestart, peer.outputs)[-1].words() == (
            "graceful restart of 10.0.0.9:0: it kept no forwarding state; 2 stale labels deleted"
        )

    def test_a_label_withdrawn_meanwhile_is_not_given_out_again(self) -> None:
        peer = kept()
        used = peer.labels.used
        peer.unroute(FAR)
        assert peer.labels.used == used
        (withdrawal,) = heard(LabelWithdraw, peer.establish(ft_session=TERMS))
        assert withdrawal.fecs == (FAR_FEC,)
        peer.say(LabelRelease(withdrawal.fecs, withdrawal.label))
        assert peer.labels.used == used - 1

    def test_a_broken_session_costs_no_packet_when_both_ends_agree(self) -> None:
        def configure(config: LdpConfig) -> LdpConfig:
            return replace(config, reconnect_time=60.0, recovery_time=60.0)

        network = Network()
        for name in "abc":
            network.router(name, configure=configure)
        network.link("a", "b")
        network.link("b", "c")
        network.route()
        network.run(10.0)
        for node in network.nodes.values():
            node.outputs.clear()
        network.reset("a", "b")
        network.run(30.0)
        assert network.state("a", "b") == "operational"
        assert all(node.notices(GracefulRestart) for node in map(network.nodes.get, "ab") if node)
        assert not [o for n in network.nodes.values() for o in n.outputs if _is_change(o)]
        assert_labels_match_routes(network)


def _is_change(output: object) -> bool:
    return isinstance(output, BindingsChanged)


class TestSynchronisation:
    def synchronised(self, outputs: object) -> list[bool]:
        assert isinstance(outputs, list)
        return [change.synchronised for change in of(SynchronisationChanged, outputs)]

    def test_a_link_is_synchronised_when_all_labels_came(self) -> None:
        peer = Peer(ACTIVE)
        assert self.synchronised(peer.establish()) == []
        assert self.synchronised(peer.give(FAR, 100)) == []
        assert self.synchronised(peer.say(END_OF_LIB)) == [True]
        assert peer.engine.interfaces(peer.now)[0].synchronised

    def test_and_no_longer_when_the_session_ends(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish()
        peer.say(END_OF_LIB)
        assert self.synchronised(lost(peer)) == [False]

    @pytest.mark.parametrize(("setting", "time"), [({}, 60.0), ({"end_of_lib_time": 5.0}, 5.0)])
    def test_of_who_never_says_so_some_time_without_labels_is_the_end(
        self, setting: dict[str, Any], time: float
    ) -> None:
        peer = Peer(ACTIVE, **setting)
        peer.establish()
        peer.run_greeting(time - 1)
        peer.say(LabelMapping((FAR_FEC,), 100))
        assert self.synchronised(peer.run_greeting(time - 1)) == []
        assert self.synchronised(peer.run_greeting(2.0)) == [True]

    def test_the_end_of_the_ipv6_labels_says_nothing(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish()
        other = replace(END_OF_LIB, fecs=(TypedWildcardFec(2),))
        assert self.synchronised(peer.say(other)) == []

    def test_a_link_with_two_peers_needs_both(self) -> None:
        network = Network()
        for name in "abc":
            network.router(name)
        network.link("a", "b", "c")
        network.route()
        network.run(1.0)
        assert network.nodes["a"].synchronised == {"a-b-c"}
        network.silence("a", "b")
        network.run(200.0)
        assert network.state("a", "c") == "operational"
        network.reset("a", "c")
        assert network.nodes["a"].synchronised == set()


class TestCapabilities:
    """RFC 5561 7 and 9."""

    def test_a_capability_message_changes_what_the_peer_can(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish()
        peer.say(CapabilityMessage({Capability.UNRECOGNIZED_NOTIFICATION: False}))
        assert peer.view().capabilities == ("dynamic", "typed wildcard fec")
        peer.say(CapabilityMessage({Capability.UNRECOGNIZED_NOTIFICATION: True}))
        assert len(peer.view().capabilities) == 3

    def test_the_dynamic_capability_cannot_be_taken_back(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish()
        peer.say(CapabilityMessage({Capability.DYNAMIC: False}))
        assert "dynamic" in peer.view().capabilities

    def test_an_unknown_advisory_status_does_no_harm(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish()
        assert statuses(peer.say(Notification(status=Status(0x1234)))) == []
        assert peer.is_up()
