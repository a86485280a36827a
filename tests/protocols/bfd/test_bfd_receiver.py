"""What is believed of a packet: RFC 5880 6.8.6, RFC 5881 3 and 5."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.engine.engine import InterfaceUp, SendDatagram
from controlplane.protocols.bfd.counters import Count
from controlplane.protocols.bfd.engine import BfdEngine
from controlplane.protocols.bfd.events import BfdEnabled
from controlplane.wire.bfd import Authentication, ControlPacket, SessionState
from tests.protocols.bfd.link import address, decoded, interface, watch
from tests.protocols.bfd.router import NEIGHBOR, Router, datagram

UP = replace(NEIGHBOR, state=SessionState.UP)
PASSWORD = Authentication(kind=1, data=b"\x01secret")


@pytest.fixture
def router() -> Router:
    return Router()


@pytest.mark.parametrize(
    ("packet", "changed", "reason"),
    [
        (NEIGHBOR, {"ttl": 254}, Count.DROP_TTL),
        (NEIGHBOR, {"destination_port": 3785}, Count.DROP_PORT),
        (NEIGHBOR, {"source": address(9)}, Count.DROP_NO_NEIGHBOR),
        (NEIGHBOR, {"interface": "eth1"}, Count.DROP_NO_NEIGHBOR),
        (replace(NEIGHBOR, your_discriminator=4711), {}, Count.DROP_NO_SESSION),
        (UP, {}, Count.DROP_STATE),
        (replace(UP, state=SessionState.INIT), {}, Count.DROP_STATE),
        (replace(NEIGHBOR, authentication=PASSWORD), {}, Count.DROP_AUTHENTICATED),
        (replace(NEIGHBOR, detect_mult=0), {}, "drop: malformed: a Detect Mult of zero"),
    ],
)
def test_what_is_not_of_the_session_is_dropped_and_counted(
    router: Router, packet: ControlPacket, changed: dict[str, object], reason: str
) -> None:
    assert router.hears(packet, **changed) == []
    assert router.engine.counters[reason] == 1
    assert router.session.received == 0


def test_a_packet_on_another_interface_than_its_session_is_dropped(router: Router) -> None:
    mine = router.session.local_discriminator
    router.hears(replace(NEIGHBOR, your_discriminator=mine), interface="eth1")
    assert router.engine.counters[Count.DROP_INTERFACE] == 1


def test_a_session_is_found_by_its_discriminator_alone_once_that_is_known(router: Router) -> None:
    """RFC 5881 6: "subsequent BFD packets MUST be demultiplexed solely by Your Discriminator"."""
    mine = router.session.local_discriminator
    router.hears(replace(NEIGHBOR, your_discriminator=mine), source=address(9))
    assert router.session.state == "INIT"
    assert router.datagrams[-1].destination == address(2)


def test_malformed_packets_are_told_once_a_minute(router: Router) -> None:
    for at in (0.0, 1.0, 59.0, 60.0):
        router.now = at
        router.handle(datagram(b"\x20"))
    words = "malformed packet from 10.0.0.2 on eth0: at octet 0: 24 octets expected, 1 left"
    assert router.notices == [words, words]


def test_what_is_sent_is_as_rfc_5881_has_it(router: Router) -> None:
    router.run(5.0)
    assert len({sent.source_port for sent in router.datagrams}) == 1
    sent = router.datagrams[0]
    assert 49152 <= sent.source_port <= 65535
    assert (sent.destination_port, sent.ttl) == (3784, 255)
    assert (sent.source, sent.destination) == (address(1), address(2))
    assert (sent.interface, sent.next_hop) == ("eth0", address(2))


def test_sessions_have_ports_and_discriminators_of_their_own() -> None:
    engine = BfdEngine(rng=Random(1))
    engine.handle(InterfaceUp(interface=interface(1)), 0)
    engine.handle(BfdEnabled(interface="eth0"), 0)
    outputs = [o for n in range(2, 102) for o in engine.handle(watch(1, n), 0)]
    sent = [output for output in outputs if isinstance(output, SendDatagram)]
    assert len({one.source_port for one in sent}) == 100
    assert len({decoded(one).my_discriminator for one in sent}) == 100


def test_a_watched_neighbor_has_a_session_once_bfd_is_enabled() -> None:
    engine = BfdEngine(rng=Random(1))
    engine.handle(InterfaceUp(interface=interface(1)), 0)
    assert engine.handle(watch(1, 2), 0) == []
    assert engine.sessions(0) == ()
    assert len(engine.handle(BfdEnabled(interface="eth0"), 1.0)) == 1
    assert [view.state for view in engine.sessions(1.0)] == ["DOWN"]


def test_a_neighbor_watched_before_its_interface_is_up_hears_from_us_when_it_is() -> None:
    engine = BfdEngine(rng=Random(1))
    engine.handle(BfdEnabled(interface="eth0"), 0)
    assert engine.handle(watch(1, 2), 0) == []
    assert len(engine.handle(InterfaceUp(interface=interface(1)), 1.0)) == 1


PACKETS = st.builds(
    ControlPacket,
    state=st.sampled_from(SessionState),
    detect_mult=st.integers(1, 255),
    my_discriminator=st.integers(1, 3),
    your_discriminator=st.sampled_from([0, 0, 1]),
    desired_min_tx=st.sampled_from([0, 1, 100_000, (1 << 32) - 1]),
    required_min_rx=st.sampled_from([0, 1, 100_000, (1 << 32) - 1]),
    diagnostic=st.integers(0, 31),
    poll=st.booleans(),
    final=st.booleans(),
    demand=st.booleans(),
)


@given(st.lists(st.tuples(PACKETS, st.floats(0, 2)), max_size=8))
def test_no_history_of_packets_disturbs_the_engine(
    history: list[tuple[ControlPacket, float]],
) -> None:
    """Each packet causes at most an answer and one that says what is new; Poll excludes Final."""
    router = Router()
    for packet, pause in history:
        mine = router.session.local_discriminator if packet.your_discriminator else 0
        sent = router.hears(replace(packet, your_discriminator=mine))
        assert len(sent) <= 2
        assert not any(one.poll and one.final for one in sent)
        router.run(router.now + pause)
    heard = router.comes_up()
    assert router.run(router.now + 1.0, hearing=heard)
    assert router.session.state == "UP"
