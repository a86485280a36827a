"""RFC 5036 2.4 and 3.5.2, RFC 6720: Hellos sent, heard and refused."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.engine.engine import InterfaceDown, SendDatagram
from controlplane.engine.liveness import ForgetNeighbor, NeighborFailed, WatchNeighbor
from controlplane.engine.stream import Listen, OpenStream
from controlplane.protocols.ldp.counters import Count
from controlplane.protocols.ldp.events import LdpEnabled
from controlplane.protocols.ldp.notices import (
    AdjacencyDown,
    MalformedMessage,
    RouterIdClash,
)
from controlplane.wire.ldp.hello import HOLD_FOREVER, Hello
from controlplane.wire.ldp.identifier import LdpId
from tests.protocols.ldp.peer import (
    ACTIVE,
    ALL_ROUTERS,
    ITS_LINK,
    ME,
    PASSIVE,
    Peer,
    hellos,
    of,
)

HELLO = Hello(hold_time=15, gtsm=True, transport_address=PASSIVE)
TARGETED = Hello(hold_time=45, targeted=True, transport_address=PASSIVE)
ASKING = Hello(hold_time=45, targeted=True, request_targeted=True, transport_address=PASSIVE)


class TestLinkHellos:
    def test_a_hello_goes_to_all_routers_of_the_link_at_once(self) -> None:
        (sent,) = of(SendDatagram, Peer().outputs)
        assert (sent.interface, sent.destination, sent.destination_port) == (
            "eth0",
            ALL_ROUTERS,
            646,
        )
        assert (str(sent.source), sent.ttl) == ("10.1.0.1", 1)
        assert hellos(Peer().outputs) == [Hello(hold_time=15, gtsm=True, transport_address=ME)]

    def test_hellos_go_out_every_five_seconds_or_a_little_sooner(self) -> None:
        assert 12 <= len(hellos(Peer().run(60.0))) <= 13

    def test_an_impatient_neighbor_has_hellos_three_times_in_its_hold_time(self) -> None:
        peer = Peer()
        sent = 0
        for _ in range(20):
            peer.hello(Hello(hold_time=3, transport_address=PASSIVE))
            sent += len(hellos(peer.run(1.0)))
        assert 20 <= sent <= 23

    def test_a_new_neighbor_is_answered_at_once(self) -> None:
        peer = Peer()
        assert len(hellos(peer.hello())) == 1
        assert hellos(peer.hello()) == []

    @pytest.mark.parametrize(
        ("proposed", "held"), [(0, 15), (6, 6), (15, 15), (60, 15), (HOLD_FOREVER, 15)]
    )
    def test_the_smaller_hold_time_counts(self, proposed: int, held: float) -> None:
        peer = Peer()
        peer.hello(Hello(hold_time=proposed, transport_address=PASSIVE))
        (view,) = peer.engine.discovery(peer.now)
        assert (view.hold, view.expires) == (held, held)

    def test_a_neighbor_that_is_not_heard_is_forgotten(self) -> None:
        peer = Peer()
        peer.hello()
        assert of(AdjacencyDown, peer.run(14.9)) == []
        (gone,) = of(AdjacencyDown, peer.run(0.2))
        assert gone.words() == (
            "hears 10.0.0.1:0 no longer: 10.1.0.2 on eth0: nothing heard for its hold time"
        )
        assert peer.engine.neighbors(peer.now) == ()

    def test_another_ldp_identifier_at_an_address_is_another_neighbor(self) -> None:
        peer = Peer()
        peer.hello()
        peer.hello(ldp_id=LdpId(IPv4Address("10.0.0.2")))
        assert [str(view.peer) for view in peer.engine.neighbors(peer.now)] == ["10.0.0.2:0"]


class TestRefusal:
    @pytest.mark.parametrize(
        ("where", "count"),
        [
            ({"interface": "eth9"}, Count.DROP_NOT_ENABLED),
            ({"destination": ME}, Count.DROP_DESTINATION),
            ({"source": IPv4Address("10.1.0.1")}, Count.DROP_OWN),
            ({"source": IPv4Address("10.7.0.1")}, Count.DROP_SOURCE),
            ({"ldp_id": LdpId(ME)}, Count.DROP_ROUTER_ID),
            ({"hello": TARGETED}, Count.DROP_TARGETED),
            ({"hello": ASKING}, Count.DROP_TARGETED),
            (
                {"hello": Hello(hold_time=15, transport_address=ME)},
                Count.DROP_TRANSPORT_ADDRESS,
            ),
        ],
    )
    def test_a_hello_that_does_not_belong_here_is_dropped_and_counted(
        self, where: dict[str, object], count: Count
    ) -> None:
        peer = Peer()
        peer.hello(**where)  # type: ignore[arg-type]
        assert peer.engine.counters[count] == 1
        assert peer.engine.neighbors(peer.now) == ()

    def test_two_routers_with_one_id_are_told_once_in_a_while(self) -> None:
        peer = Peer()
        for _ in range(5):
            peer.hello(ldp_id=LdpId(ME))
        (clash,) = of(RouterIdClash, peer.outputs)
        assert clash.words() == "10.1.0.2 on eth0 has this router's LDP identifier"

    @pytest.mark.parametrize("octets", [b"", b"\0\1", b"\0\2\0\6abcdef", bytes(40)])
    def test_garbage_is_dropped_and_told_once_in_a_while(self, octets: bytes) -> None:
        peer = Peer()
        for _ in range(5):
            peer.datagram(octets)
        assert sum(n for name, n in peer.engine.counters.items() if "malformed" in name) == 5
        assert len(of(MalformedMessage, peer.outputs)) == 1

    def test_hellos_with_octets_behind_them_are_malformed(self) -> None:
        peer = Peer()
        peer.datagram(bytes.fromhex("0001000e0a00000100000201000400000001") + b"more")
        assert len(of(MalformedMessage, peer.outputs)) == 1


class TestTargeted:
    """RFC 5036 2.4.2."""

    def test_a_configured_peer_is_asked_to_answer(self) -> None:
        peer = Peer(targeted=(PASSIVE,))
        sent = next(o for o in of(SendDatagram, peer.outputs) if o.destination == PASSIVE)
        assert (sent.interface, sent.source, sent.ttl) == ("lo", ME, 255)
        expected = Hello(hold_time=45, targeted=True, request_targeted=True, transport_address=ME)
        assert hellos([sent]) == [expected]

    def test_its_answer_makes_an_adjacency_and_a_session(self) -> None:
        peer = Peer(targeted=(PASSIVE,))
        outputs = peer.hello(TARGETED, source=PASSIVE, destination=ME)
        assert len(of(OpenStream, outputs)) == 1
        assert peer.view().discovered == ("target 10.0.0.1",)

    def test_who_asks_is_answered_where_that_is_accepted(self) -> None:
        peer = Peer(accept_targeted=True)
        outputs = peer.hello(ASKING, source=PASSIVE, destination=ME)
        assert hellos(outputs) == [Hello(hold_time=45, targeted=True, transport_address=ME)]
        outputs = peer.run(30.0)
        assert len([o for o in of(SendDatagram, outputs) if o.destination == PASSIVE]) == 2

    def test_who_asks_no_longer_is_answered_no_longer(self) -> None:
        peer = Peer(accept_targeted=True)
        peer.hello(ASKING, source=PASSIVE, destination=ME)
        peer.run(45.0)
        outputs = peer.run(100.0)
        assert [o for o in of(SendDatagram, outputs) if o.destination == PASSIVE] == []


class TestGtsm:
    """RFC 6720 2.3."""

    @pytest.mark.parametrize(
        ("ours", "theirs", "enforced"),
        [(True, True, True), (True, False, False), (False, True, False)],
    )
    def test_it_is_enforced_where_both_ends_announce_it(
        self, ours: bool, theirs: bool, enforced: bool
    ) -> None:
        peer = Peer(PASSIVE, gtsm=ours)
        said = Hello(hold_time=15, gtsm=theirs, transport_address=PASSIVE)
        (opening,) = of(OpenStream, peer.hello(said))
        assert opening.gtsm is enforced
        assert of(Listen, peer.outputs)[-1].gtsm is enforced

    def test_the_listener_insists_again_when_the_last_one_without_it_is_gone(self) -> None:
        peer = Peer(ACTIVE)
        peer.hello(Hello(hold_time=15, transport_address=ACTIVE))
        peer.run(15.0)
        assert [listen.gtsm for listen in of(Listen, peer.outputs)] == [True, False, True]

    def test_a_link_adjacency_decides_beside_a_targeted_one(self) -> None:
        peer = Peer(PASSIVE, targeted=(PASSIVE,))
        peer.hello(HELLO)
        peer.hello(TARGETED, source=PASSIVE, destination=ME)
        assert peer.view().gtsm


class TestKeys:
    """RFC 5036 2.9."""

    def test_both_ends_of_streams_have_the_key_of_the_peer(self) -> None:
        peer = Peer(PASSIVE, md5_keys={PASSIVE: b"secret"})
        (opening,) = of(OpenStream, peer.hello())
        assert opening.md5_key == b"secret"
        assert of(Listen, peer.outputs)[0].md5_keys == {PASSIVE: b"secret"}
        assert peer.view().md5


class TestWatching:
    """RFC 5882 4: BFD is quicker than hold times."""

    def test_neighbors_are_watched_where_that_is_enabled(self) -> None:
        peer = Peer(bfd=True)
        (watch,) = of(WatchNeighbor, peer.hello())
        assert (watch.interface, str(watch.local), watch.neighbor) == (
            "eth0",
            "10.1.0.1",
            ITS_LINK,
        )
        assert of(WatchNeighbor, Peer().hello()) == []

    def test_a_neighbor_that_failed_is_gone_at_once_with_the_reason(self) -> None:
        peer = Peer(ACTIVE, bfd=True)
        peer.establish()
        failed = NeighborFailed(interface="eth0", neighbor=ITS_LINK, why="BFD: no answer")
        outputs = peer.tell(failed)
        assert of(AdjacencyDown, outputs)[0].reason == "BFD: no answer"
        assert len(of(ForgetNeighbor, outputs)) == 1
        assert peer.engine.neighbors(peer.now) == ()

    def test_watching_can_begin_and_end_later(self) -> None:
        peer = Peer()
        peer.hello()
        assert len(of(WatchNeighbor, peer.tell(LdpEnabled(interface="eth0", bfd=True)))) == 1
        assert len(of(ForgetNeighbor, peer.tell(LdpEnabled(interface="eth0", bfd=False)))) == 1

    def test_a_neighbor_of_an_interface_that_goes_down_is_watched_no_longer(self) -> None:
        peer = Peer(bfd=True)
        peer.hello()
        assert len(of(ForgetNeighbor, peer.tell(InterfaceDown(name="eth0")))) == 1
