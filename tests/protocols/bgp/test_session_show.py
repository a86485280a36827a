"""What `show` has to say of peers, and the notices in words."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from controlplane.engine.notice import Notice
from controlplane.protocols.bgp.notices import (
    ConnectionRejected,
    FaultyUpdate,
    GracefulRestart,
    SessionDown,
    SessionRefused,
    SessionUp,
)
from controlplane.wire.bgp.nlri import Family
from tests.protocols.bgp.harness import Network
from tests.protocols.bgp.speaker import PEER, STRANGER, Speaker

UNICAST = Family.IPV4_UNICAST


@pytest.mark.parametrize(
    ("notice", "words"),
    [
        (SessionUp(PEER, 65000), "session with 10.0.0.9 in AS 65000 up"),
        (SessionDown(PEER, "gone"), "session with 10.0.0.9 down: gone"),
        (SessionRefused(PEER, "no"), "no session with 10.0.0.9: no"),
        (
            ConnectionRejected(STRANGER),
            "a connection of 10.0.0.66 rejected: no such peer is configured",
        ),
        (FaultyUpdate(PEER, "ORIGIN 7", "ignored"), "faulty UPDATE of 10.0.0.9: ORIGIN 7; ignored"),
        (GracefulRestart(PEER, "back"), "graceful restart of 10.0.0.9: back"),
    ],
)
def test_notices_are_sentences(notice: Notice, words: str) -> None:
    assert notice.words() == words


def test_an_established_session_shows_what_was_agreed_on_and_counts() -> None:
    network = Network()
    network.router("a")
    network.router("b")
    network.session("a", "b", of_one={"passive": True, "md5_key": b"k"}, of_other={"md5_key": b"k"})
    network.start()
    network.run(1.0)
    network.originate("b", UNICAST, IPv4Network("10.1.0.0/16"), IPv4Network("10.2.0.0/16"))
    network.originate("a", UNICAST, IPv4Network("10.3.0.0/16"))
    network.run(9.0)
    view = network.view("a", "b")
    assert (view.state, view.asn, view.router_id) == ("Established", 65000, view.address)
    assert 9.0 < view.since < 10.0
    assert view.received == {"keepalive": 1, "open": 1, "update": 2}
    assert view.sent == {"keepalive": 1, "open": 1, "update": 2}
    (family,) = view.families
    assert (family.family, family.received, family.sent) == (UNICAST, 2, 1)
    assert family.all_came
    assert (view.hold, view.keepalive, view.next_try) == (90.0, 30.0, None)
    assert (view.passive, view.md5, view.sessions, view.failures) == (True, True, 1, 0)


def test_a_peer_that_is_left_alone_shows_until_when_and_why() -> None:
    speaker = Speaker(passive=True)
    speaker.established().breaks()
    view = speaker.view
    assert (view.state, view.failures, view.families) == ("Idle", 1, ())
    assert view.next_try is not None
    assert view.last_error == "connection lost: the peer reset it"
    assert (view.hold, view.router_id, view.capabilities) == (None, None, ())


def test_peers_are_in_the_order_of_their_addresses() -> None:
    network = Network()
    for name in "abcd":
        network.router(name)
    for other in "dbc":
        network.session("a", other)
    network.start()
    engine = network.routers["a"].engine
    assert engine is not None
    addresses = [view.address for view in engine.peers(network.now)]
    assert addresses == sorted(addresses)
    assert len(addresses) == 3
