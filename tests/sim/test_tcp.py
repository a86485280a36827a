"""TCP of the simulator (RFC 9293): two stacks on a link, on the virtual clock."""

from __future__ import annotations

import random
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from controlplane.engine.stream import (
    DEAD_AFTER,
    HANDSHAKE_LIMIT,
    UNSENT_LIMIT,
    CloseStream,
    DataReceived,
    Endpoint,
    Listen,
    OpenStream,
    SendData,
    StreamAccepted,
    StreamClosed,
    StreamInput,
    StreamOpened,
    Why,
)
from controlplane.sim.tcp_connection import WINDOW
from controlplane.wire.ipv4 import Ipv4Packet
from controlplane.wire.tcp import TcpFlag, TcpSegment
from tests.sim.tcp_pair import SERVICE, A, B, Pair, unchanged

TEXT = bytes(range(256)) * 1000
"""Several windows full."""


def lost(_packet: Ipv4Packet) -> None:
    return None


class TestOpening:
    """RFC 9293 3.5."""

    def test_both_ends_hear_of_each_other(self) -> None:
        pair = Pair()
        pair.open()
        (opened,) = pair.a_side.events
        assert isinstance(opened, StreamOpened)
        assert (opened.stream, opened.local.address, opened.remote) == ("s", A, SERVICE)
        (accepted,) = pair.b_side.events
        assert isinstance(accepted, StreamAccepted)
        assert (accepted.local, accepted.remote) == (opened.remote, opened.local)
        assert accepted.stream == f"10.255.0.1:{opened.local.port} > 10.255.0.2:646"

    def test_it_takes_three_segments(self) -> None:
        pair = Pair()
        pair.open()
        syn, ack = TcpFlag.SYN, TcpFlag.ACK
        assert [segment.flags for _, segment in pair.sent] == [syn, syn | ack, ack]

    def test_a_port_that_nobody_listens_on_refuses(self) -> None:
        pair = Pair()
        pair.a.command(OpenStream(stream="s", local=A, remote=Endpoint(B, 179)))
        pair.run(1.0)
        assert pair.a_side.events == [StreamClosed(stream="s", why=Why.REFUSED)]

    def test_without_an_answer_it_is_given_up_after_some_attempts(self) -> None:
        pair = Pair()
        pair.link = lost
        pair.open()
        pair.run(HANDSHAKE_LIMIT - 1.001)
        assert pair.a_side.events == []
        pair.run(0.002)
        assert pair.a_side.reasons == [Why.NO_ANSWER]
        assert len(pair.sent) == 4  # at 0, 1, 3 and 7 s
        pair.run(600)
        assert len(pair.sent) == 4

    @pytest.mark.parametrize("lost_one", [0, 1, 2])
    def test_each_of_the_three_may_be_lost(self, lost_one: int) -> None:
        pair = Pair()
        pair.link = lambda packet: None if len(pair.sent) == lost_one + 1 else packet
        pair.open()
        pair.run(5.0)
        pair.send(b"hello")
        pair.run(1.0)
        assert pair.b_side.data(pair.b_side.accepted) == b"hello"

    def test_equal_seeds_give_equal_segments_and_others_do_not(self) -> None:
        def segments(seed: int) -> list[tuple[IPv4Address, TcpSegment]]:
            pair = Pair(seed=seed)
            pair.open()
            return pair.sent

        assert segments(1) == segments(1) != segments(2)


class TestData:
    """RFC 9293 3.10."""

    def test_octets_arrive_in_order_in_both_directions(self) -> None:
        pair = Pair()
        pair.open()
        pair.send(TEXT)
        pair.answer(lambda name: SendData(stream=name, data=TEXT[::-1]))
        pair.run(5.0)
        assert pair.b_side.data(pair.b_side.accepted) == TEXT
        assert pair.a_side.data("s") == TEXT[::-1]

    def test_segments_of_one_instant_are_heard_at_once(self) -> None:
        """As a socket gives all that has come."""
        pair = Pair()
        pair.open()
        pair.send(bytes(10_000))
        pair.run(1.0)
        sizes = [len(e.data) for e in pair.b_side.events if isinstance(e, DataReceived)]
        assert sizes == [10_000]

    def test_on_a_good_link_each_octet_is_sent_once(self) -> None:
        pair = Pair()
        pair.open()
        pair.send(TEXT)
        pair.run(60.0)
        assert pair.octets == len(TEXT)

    @pytest.mark.parametrize("seed", range(5))
    def test_they_arrive_on_a_link_that_loses_a_tenth_and_doubles_a_tenth(self, seed: int) -> None:
        pair, rng = Pair(), random.Random(seed)
        pair.open()

        def lossy(packet: Ipv4Packet) -> Ipv4Packet | None:
            if rng.random() < 0.1:
                pair.scheduler.at(pair.scheduler.now, pair._arrive, *again(packet))
            return packet if rng.random() > 0.1 else None

        pair.link = lossy
        pair.send(TEXT)
        pair.run(120.0)
        assert pair.b_side.data(pair.b_side.accepted) == TEXT
        pair.answer(lambda name: CloseStream(stream=name))
        pair.run(120.0)
        assert pair.a_side.reasons == [Why.CLOSED]

    @pytest.mark.parametrize(("mtu", "key"), [(1500, None), (1400, None), (1400, b"secret")])
    def test_no_packet_is_larger_than_the_mtu(self, mtu: int, key: bytes | None) -> None:
        pair, sizes = Pair(mtu=mtu), set[int]()

        def measured(packet: Ipv4Packet) -> Ipv4Packet:
            sizes.add(len(packet.encode()))
            return packet

        pair.link = measured
        pair.open(key=key, listener_key=key)
        pair.send(TEXT)
        pair.run(5.0)
        assert max(sizes) == mtu

    def test_sequence_numbers_go_around_the_circle(self) -> None:
        pair = Pair()
        pair.a._rng = Highest()
        pair.open()
        pair.send(TEXT)
        pair.run(5.0)
        assert pair.b_side.data(pair.b_side.accepted) == TEXT
        assert {segment.sequence >> 31 for source, segment in pair.sent if source == A} == {0, 1}

    def test_an_answer_carries_the_acknowledgment(self) -> None:
        pair = Pair()
        pair.open()
        before = len(pair.sent)
        pair.send(b"question")
        answer = SendData(stream=pair.b_side.accepted, data=b"answer")

        def hear(event: StreamInput) -> None:
            if isinstance(event, DataReceived):
                pair.scheduler.at(pair.scheduler.now, pair.b.command, answer)

        pair.b._hear = hear
        pair.run(0.19)
        payloads = [segment.payload for _, segment in pair.sent[before:]]
        assert payloads == [b"question", b"answer", b""]


class Highest(random.Random):
    """Draws the highest number."""

    def getrandbits(self, k: int) -> int:
        return (1 << k) - 1


def again(packet: Ipv4Packet) -> tuple[IPv4Address, bytes]:
    return packet.destination, packet.encode()


class TestClosing:
    """RFC 9293 3.6, and what `engine/stream.py` promises."""

    def test_what_was_sent_before_is_delivered_and_the_peer_hears_of_the_end(self) -> None:
        pair = Pair()
        pair.open()
        pair.send(TEXT)
        pair.a.command(CloseStream(stream="s"))
        pair.run(5.0)
        assert pair.b_side.data(pair.b_side.accepted) == TEXT
        assert pair.b_side.reasons == [Why.CLOSED]
        assert pair.a_side.reasons == []

    def test_then_nothing_is_left_at_either_end(self) -> None:
        pair = Pair()
        pair.open()
        pair.a.command(CloseStream(stream="s"))
        pair.run(5.0)
        assert not pair.a._connections and not pair.b._connections
        before = len(pair.sent)
        pair.run(600)
        assert len(pair.sent) == before

    def test_who_has_closed_hears_nothing_more(self) -> None:
        pair = Pair()
        pair.open()
        pair.a.command(CloseStream(stream="s"))
        pair.answer(lambda name: SendData(stream=name, data=b"too late"))
        pair.run(5.0)
        assert pair.a_side.data("s") == b""

    def test_the_name_can_be_used_again_at_once(self) -> None:
        pair = Pair()
        pair.open()
        pair.a.command(CloseStream(stream="s"))
        pair.a.command(OpenStream(stream="s", local=A, remote=SERVICE))
        pair.run(1.0)
        assert [type(event) for event in pair.a_side.events] == [StreamOpened, StreamOpened]

    def test_a_stream_that_is_closed_while_it_opens_is_forgotten(self) -> None:
        pair = Pair()
        pair.b.command(Listen(local=SERVICE))
        pair.a.command(OpenStream(stream="s", local=A, remote=SERVICE))
        pair.a.command(CloseStream(stream="s"))
        pair.run(60.0)
        assert pair.a_side.events == []
        assert pair.b_side.events == []

    def test_commands_for_streams_that_are_gone_do_nothing(self) -> None:
        pair = Pair()
        pair.send(b"into the void")
        pair.a.command(CloseStream(stream="s"))
        pair.run(1.0)
        assert not pair.sent and not pair.a_side.events


class TestFailures:
    def test_a_stream_outlives_a_short_cut_of_its_path(self) -> None:
        pair = Pair()
        pair.open()
        pair.link = lost
        pair.send(TEXT)
        pair.run(DEAD_AFTER / 2)
        pair.link = unchanged
        pair.run(DEAD_AFTER)
        assert pair.b_side.data(pair.b_side.accepted) == TEXT
        assert pair.a_side.reasons == []

    def test_it_dies_of_a_long_one(self) -> None:
        pair = Pair()
        pair.open()
        pair.link = lost
        pair.send(b"hello")
        pair.run(DEAD_AFTER - 0.001)
        assert pair.a_side.reasons == []
        pair.run(0.002)
        assert pair.a_side.reasons == [Why.DEAD]

    def test_without_anything_to_send_a_cut_is_not_noticed(self) -> None:
        pair = Pair()
        pair.open()
        pair.link = lost
        pair.run(3600)
        assert pair.a_side.reasons == pair.b_side.reasons == []

    def test_a_peer_that_has_forgotten_the_stream_resets_it(self) -> None:
        pair = Pair()
        pair.open()
        pair.restart_b()
        pair.run(3600)
        assert pair.a_side.reasons == []
        pair.send(b"are you there")
        pair.run(1.0)
        assert pair.a_side.reasons == [Why.RESET]

    def test_a_stack_that_is_reset_tells_its_peers_and_forgets(self) -> None:
        pair = Pair()
        pair.open()
        pair.b.reset()
        pair.run(1.0)
        assert pair.a_side.reasons == [Why.RESET]
        pair.a.command(OpenStream(stream="s", local=A, remote=SERVICE))
        pair.run(1.0)
        assert pair.a_side.reasons == [Why.RESET, Why.REFUSED]

    def test_a_forged_reset_in_the_window_does_no_harm(self) -> None:
        """RFC 9293 3.10.7.4, of RFC 5961 3.2."""
        pair = Pair()
        pair.open()
        last = [segment for source, segment in pair.sent if source == A][-1]
        forged = replace(last, sequence=(last.sequence + 100) % (1 << 32), flags=TcpFlag.RST)
        pair._carry(packet_of(forged))
        pair.run(1.0)
        pair.send(b"hello")
        pair.run(1.0)
        assert pair.b_side.data(pair.b_side.accepted) == b"hello"

    def test_malformed_packets_are_counted_and_dropped(self) -> None:
        pair = Pair()
        pair.open()
        pair.b.receive(b"garbage")
        pair.b.receive(packet_of(pair.sent[0][1])[:-1] + b"\1")
        assert pair.b.dropped == {"malformed": 2}


def packet_of(segment: TcpSegment) -> bytes:
    payload = segment.encode(A, B)
    return Ipv4Packet(source=A, destination=B, protocol=6, payload=payload).encode()


class TestPeersThatDoNotRead:
    def test_what_waits_is_delivered_when_they_read_again(self) -> None:
        pair = Pair()
        pair.open()
        pair.b.set_reading(pair.b_side.accepted, False)
        pair.send(TEXT)
        pair.run(30.0)
        assert pair.b_side.data(pair.b_side.accepted) == b""
        pair.b.set_reading(pair.b_side.accepted, True)
        pair.run(30.0)
        assert pair.b_side.data(pair.b_side.accepted) == TEXT

    def test_only_so_much_waits_for_them(self) -> None:
        pair = Pair()
        pair.open()
        pair.b.set_reading(pair.b_side.accepted, False)
        pair.send(bytes(UNSENT_LIMIT))
        pair.run(1.0)
        assert pair.a_side.reasons == []
        pair.send(b"\0")
        assert pair.a_side.reasons == [Why.DOES_NOT_READ]
        pair.run(1.0)
        assert pair.b_side.reasons == [Why.RESET]
        assert pair.octets <= WINDOW + 20

    def test_and_only_so_long(self) -> None:
        pair = Pair()
        pair.open()
        pair.b.set_reading(pair.b_side.accepted, False)
        pair.run(10.0)
        pair.send(TEXT)
        pair.run(DEAD_AFTER + 0.001)
        assert pair.a_side.reasons == [Why.DEAD]


class TestKeys:
    """RFC 2385."""

    def test_equal_keys_open_and_every_segment_is_signed(self) -> None:
        pair = Pair()
        pair.open(key=b"secret", listener_key=b"secret")
        pair.send(TEXT)
        pair.a.command(CloseStream(stream="s"))
        pair.run(5.0)
        assert pair.b_side.data(pair.b_side.accepted) == TEXT
        assert pair.b_side.reasons == [Why.CLOSED]
        assert all(segment.signature for _, segment in pair.sent)

    @pytest.mark.parametrize(
        ("key", "listener_key", "fault"),
        [
            (b"secret", b"Secret", "wrong or no signature"),
            (None, b"secret", "wrong or no signature"),
            (b"secret", None, "signed, and no key is known"),
        ],
    )
    def test_others_are_not_answered(
        self, key: bytes | None, listener_key: bytes | None, fault: str
    ) -> None:
        pair = Pair()
        pair.open(key=key, listener_key=listener_key)
        pair.run(HANDSHAKE_LIMIT)
        assert pair.a_side.reasons == [Why.NO_ANSWER]
        assert pair.b_side.events == []
        assert set(pair.b.dropped) == {fault}

    def test_new_keys_of_a_listener_hold_for_new_streams(self) -> None:
        pair = Pair()
        pair.open(key=b"old", listener_key=b"old")
        pair.b.command(Listen(local=SERVICE, md5_keys={A: b"new"}))
        pair.send(b"still")
        pair.a.command(OpenStream(stream="t", local=A, remote=SERVICE, md5_key=b"new"))
        pair.run(1.0)
        names = [e.stream for e in pair.b_side.events if isinstance(e, StreamAccepted)]
        assert len(names) == 2
        assert pair.b_side.data(names[0]) == b"still"


class TestGtsm:
    """RFC 5082 3."""

    def test_segments_leave_with_255_and_are_heard_with_that(self) -> None:
        pair, ttls = Pair(), set[int]()

        def noted(packet: Ipv4Packet) -> Ipv4Packet:
            ttls.add(packet.ttl)
            return packet

        pair.link = noted
        pair.open(gtsm=True)
        assert pair.b_side.accepted
        assert ttls == {255}

    def test_from_behind_a_router_they_are_not(self) -> None:
        pair = Pair()
        pair.link = lambda packet: replace(packet, ttl=packet.ttl - 1)
        pair.open(gtsm=True)
        pair.run(HANDSHAKE_LIMIT)
        assert pair.a_side.reasons == [Why.NO_ANSWER]
        assert set(pair.b.dropped) == {"TTL below 255"}
