"""What sessions ask of TCP: listeners, keys, GTSM; and of interfaces and BFD."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from controlplane.engine.liveness import ForgetNeighbor, NeighborFailed, WatchNeighbor
from controlplane.engine.stream import CloseStream, Endpoint, Listen, SendData, StreamOpened
from controlplane.protocols.bgp.events import PeerConfig
from controlplane.protocols.bgp.notices import ConnectionRejected
from controlplane.wire.bgp.framing import KEEPALIVE
from tests.protocols.bgp.harness import Network
from tests.protocols.bgp.speaker import (
    LINK,
    ME,
    NEIGHBOR,
    PEER,
    STRANGER,
    Speaker,
    of,
    opening,
)

ON_LINK: dict[str, Any] = {
    "address": NEIGHBOR,
    "local": LINK.ip,
    "remote_as": 65001,
    "interface": "eth0",
}
SAMPLE = IPv4Address("10.0.0.7")


def other(**settings: Any) -> PeerConfig:
    usual: dict[str, Any] = {"address": SAMPLE, "local": ME, "remote_as": 65000}
    return PeerConfig(**(usual | settings))


class TestListener:
    def test_each_own_address_of_a_session_is_listened_on(self) -> None:
        speaker = Speaker(peers=(PeerConfig(**ON_LINK), other()))
        listens = of(Listen, speaker.outputs)
        assert [one.local for one in listens] == [Endpoint(ME, 179), Endpoint(LINK.ip, 179)]

    def test_nothing_is_listened_on_before_the_address_is_there(self) -> None:
        speaker = Speaker(up=False)
        assert of(Listen, speaker.outputs) == []

    def test_an_address_that_comes_back_is_listened_on_again(self) -> None:
        speaker = Speaker()
        speaker.take_down("lo")
        speaker.bring_up()
        assert len(of(Listen, speaker.outputs)) == 2

    def test_keys_go_by_peer(self) -> None:
        speaker = Speaker(md5_key=b"secret", peers=(other(), other(address=STRANGER, md5_key=b"x")))
        (listen,) = of(Listen, speaker.outputs)
        assert listen.md5_keys == {PEER: b"secret", STRANGER: b"x"}

    @pytest.mark.parametrize(("mine", "its", "enforced"), [(1, 1, 1), (1, 0, 0), (0, 0, 0)])
    def test_gtsm_is_enforced_where_all_peers_of_the_address_want_it(
        self, mine: int, its: int, enforced: int
    ) -> None:
        speaker = Speaker(gtsm=bool(mine), peers=(other(gtsm=bool(its)),))
        (listen,) = of(Listen, speaker.outputs)
        assert listen.gtsm == bool(enforced)

    def test_opened_streams_have_key_and_gtsm_of_their_peer(self) -> None:
        speaker = Speaker(md5_key=b"secret", gtsm=True, peers=(other(),))
        by_peer = {one.remote.address: one for one in speaker.openings}
        assert (by_peer[PEER].md5_key, by_peer[PEER].gtsm) == (b"secret", True)
        assert (by_peer[SAMPLE].md5_key, by_peer[SAMPLE].gtsm) == (None, False)

    @pytest.mark.parametrize(("key", "state"), [(b"one", "Established"), (b"other", "Active")])
    def test_a_session_comes_up_with_the_same_key_only(self, key: bytes, state: str) -> None:
        network = Network()
        network.router("a")
        network.router("b")
        network.session("a", "b", of_one={"md5_key": b"one"}, of_other={"md5_key": key})
        network.start()
        network.run(0.5)
        assert network.state("a", "b") == state


class TestStrangers:
    def test_a_connection_of_nobody_known_is_rejected(self) -> None:
        speaker = Speaker(passive=True)
        wire = speaker.connect(STRANGER)
        assert (wire.is_closed, wire.notifications) == (True, [(6, 5)])
        assert wire.says(opening()) == []

    def test_a_peer_at_another_own_address_is_a_stranger(self) -> None:
        speaker = Speaker(passive=True)
        assert speaker.connect(local=LINK.ip).notifications == [(6, 5)]

    def test_it_is_told_once_a_minute(self) -> None:
        speaker = Speaker(passive=True)
        for _ in range(13):
            speaker.connect(STRANGER)
            speaker.run(10.0)
        assert len(of(ConnectionRejected, speaker.outputs)) == 3
        assert speaker.engine.counters["rejected: connection of nobody who is configured"] == 13


class TestInterfaces:
    def test_a_session_over_a_link_ends_with_the_link(self) -> None:
        speaker = Speaker(passive=True, **ON_LINK)
        wire = speaker.established()
        outputs = speaker.take_down("eth0")
        assert speaker.view.last_error == "interface eth0 went down"
        assert (wire.is_closed, wire.notifications) == (True, [(6, 0)])
        assert len(of(CloseStream, outputs)) == 1

    def test_it_is_sought_as_soon_as_the_link_is_back(self) -> None:
        speaker = Speaker(**ON_LINK)
        speaker.established()
        speaker.take_down("eth0")
        assert speaker.run(100.0) == []
        speaker.bring_up()
        assert speaker.state == "Connect"

    def test_a_session_between_loopbacks_does_not_mind_a_link(self) -> None:
        speaker = Speaker(passive=True)
        speaker.established()
        assert speaker.take_down("eth0") == []
        assert speaker.state == "Established"

    def test_an_interface_told_again_changes_nothing(self) -> None:
        speaker = Speaker(passive=True, **ON_LINK)
        speaker.established()
        assert speaker.bring_up() == []

    def test_a_link_that_went_down_during_the_idle_hold_time_ends_that(self) -> None:
        speaker = Speaker(**ON_LINK)
        speaker.established().breaks()
        speaker.take_down("eth0")
        assert speaker.view.next_try is None
        speaker.bring_up()
        assert speaker.state == "Connect"

    def test_routers_on_a_link_lose_and_regain_their_session_with_it(self) -> None:
        network = Network()
        network.router("a")
        network.router("b", asn=65001)
        link = network.link("a", "b")
        network.start()
        network.run(1.0)
        network.cut(link)
        assert (network.state("a", "b"), network.state("b", "a")) == ("Idle", "Idle")
        network.mend(link)
        network.run(1.0)
        assert (network.state("a", "b"), network.state("b", "a")) == ("Established", "Established")


class TestBfd:
    def test_the_peer_is_watched_while_the_session_is_established(self) -> None:
        speaker = Speaker(passive=True, bfd=True, **ON_LINK)
        wire = speaker.connect()
        wire.says(opening(65001))
        assert of(WatchNeighbor, speaker.outputs) == []
        wire.says(KEEPALIVE)
        watch = WatchNeighbor(interface="eth0", local=LINK.ip, neighbor=NEIGHBOR)
        assert of(WatchNeighbor, speaker.outputs) == [watch]
        outputs = wire.breaks()
        assert of(ForgetNeighbor, outputs) == [ForgetNeighbor(interface="eth0", neighbor=NEIGHBOR)]

    def test_its_failure_ends_the_session(self) -> None:
        speaker = Speaker(passive=True, bfd=True, **ON_LINK)
        wire = speaker.established()
        speaker.tell(NeighborFailed(interface="eth0", neighbor=NEIGHBOR, why="BFD: no echo"))
        assert (speaker.state, wire.notifications) == ("Idle", [(6, 10)])
        assert speaker.view.last_error == "BFD: no echo"

    @pytest.mark.parametrize("bfd", [False, True])
    def test_the_failure_of_somebody_else_does_not(self, bfd: bool) -> None:
        speaker = Speaker(passive=True, bfd=bfd, **ON_LINK)
        speaker.established()
        interface = "eth1" if bfd else "eth0"
        event = NeighborFailed(interface=interface, neighbor=NEIGHBOR, why="gone")
        assert speaker.tell(event) == []
        assert speaker.state == "Established"

    def test_its_failure_before_there_is_a_session_means_nothing(self) -> None:
        speaker = Speaker(passive=True, bfd=True, **ON_LINK)
        speaker.connect()
        event = NeighborFailed(interface="eth0", neighbor=NEIGHBOR, why="gone")
        assert speaker.tell(event) == []


def test_a_connection_that_stands_after_it_was_given_up_is_not_spoken_on() -> None:
    speaker = Speaker()
    speaker.take_down("lo")
    opened = speaker.openings[0]
    late = StreamOpened(stream=opened.stream, local=Endpoint(ME, 50000), remote=Endpoint(PEER, 179))
    assert speaker.tell(late) == []


def test_nothing_is_said_behind_the_close_of_a_stream() -> None:
    speaker = Speaker(passive=True)
    wire = speaker.established()
    wire.says(b"\x00" * 19)
    assert wire.says(KEEPALIVE) == []
    assert of(SendData, speaker.run(1000.0)) == []
