"""Pings and traceroutes: what leaves, and what is made of the ICMP that comes."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.lab.probes.ping import Ping, PingProbe
from controlplane.lab.probes.probe import Probe
from controlplane.lab.probes.result import Answer, Hop, Outcome, TracerouteResult
from controlplane.lab.probes.traceroute import Traceroute, TracerouteProbe
from controlplane.wire.icmp import (
    IcmpEcho,
    IcmpMessage,
    IcmpTimeExceeded,
    IcmpUnreachable,
    OtherIcmp,
    UnreachableCode,
    decode,
)
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.reader import Reader
from controlplane.wire.udp import UdpDatagram

HOST, FAR = IPv4Address("10.1.1.10"), IPv4Address("10.2.2.20")
PE, P = IPv4Address("10.1.1.1"), IPv4Address("10.0.12.2")
STACK = LabelStack((LabelStackEntry(label=17, ttl=1), LabelStackEntry(label=24, ttl=1)))


def from_(source: IPv4Address, message: IcmpMessage) -> Ipv4Packet:
    return Ipv4Packet(
        source=source, destination=HOST, protocol=IpProtocol.ICMP, payload=message.encode()
    )


def reply(request: Ipv4Packet) -> Ipv4Packet:
    echo = decode(Reader(request.payload))
    assert isinstance(echo, IcmpEcho)
    return from_(FAR, replace(echo, is_reply=True))


def exceeded(by: IPv4Address, about: Ipv4Packet, labels: LabelStack | None = None) -> Ipv4Packet:
    """RFC 792 asks for no more than the header and eight octets; the TTL has ended."""
    quoted = replace(about, ttl=0).encode()[:28]
    return from_(by, IcmpTimeExceeded(quoted=quoted, labels=labels))


def unreachable(by: IPv4Address, about: Ipv4Packet, code: UnreachableCode) -> Ipv4Packet:
    return from_(by, IcmpUnreachable(code=code, quoted=about.encode()))


def due(probe: Probe, now: float) -> Ipv4Packet:
    packet = probe.advance(now)
    assert packet is not None
    return packet


class TestPing:
    @pytest.fixture
    def probe(self) -> PingProbe:
        return PingProbe(Ping(destination=FAR, count=2), HOST, identifier=7)

    def test_requests_leave_one_each_interval(self, probe: PingProbe) -> None:
        first = due(probe, 10.0)
        assert probe.advance(10.1) is None
        assert probe.next_deadline() == pytest.approx(10.2)
        second = due(probe, 10.2)
        assert [decode(Reader(packet.payload)) for packet in (first, second)] == [
            IcmpEcho(is_reply=False, identifier=7, sequence=number, data=bytes(56))
            for number in (0, 1)
        ]
        assert (first.source, first.destination, first.ttl) == (HOST, FAR, 64)

    def test_replies_have_the_time_that_they_took(self, probe: PingProbe) -> None:
        probe.hear(reply(due(probe, 10.0)), 10.03)
        second = due(probe, 10.2)
        probe.left(10.21)
        probe.hear(reply(second), 10.25)
        assert not probe.running
        assert [a.rtt for a in probe.result.answers if a] == pytest.approx([0.03, 0.04])
        assert probe.result.replies == 2

    def test_a_request_without_a_reply_is_waited_for_and_lost(self, probe: PingProbe) -> None:
        due(probe, 10.0)
        probe.hear(reply(due(probe, 10.2)), 10.3)
        assert probe.running and probe.next_deadline() == pytest.approx(11.2)
        assert probe.advance(11.2) is None
        assert not probe.running and probe.next_deadline() is None
        assert [answer is None for answer in probe.result.answers] == [True, False]

    def test_an_error_about_a_request_is_its_answer(self, probe: PingProbe) -> None:
        probe.hear(unreachable(PE, due(probe, 0.0), UnreachableCode.NET), 0.01)
        probe.hear(exceeded(P, due(probe, 0.2), STACK), 0.21)
        first, second = probe.result.answers
        assert first == Answer(address=PE, outcome=Outcome.UNREACHABLE, code=0, rtt=0.01)
        assert second is not None and (second.address, second.labels) == (P, STACK.entries)
        assert probe.result.replies == 0

    def test_what_is_of_another_ping_is_ignored(self, probe: PingProbe) -> None:
        due(probe, 0.0)
        other = due(PingProbe(Ping(destination=FAR), HOST, identifier=8), 0.0)
        probe.hear(reply(other), 0.1)
        probe.hear(exceeded(P, other), 0.1)
        probe.hear(from_(FAR, IcmpEcho(is_reply=False, identifier=7, sequence=0, data=b"")), 0.1)
        probe.hear(from_(FAR, IcmpEcho(is_reply=True, identifier=7, sequence=9, data=b"")), 0.1)
        assert probe.result.answers == (None,)

    def test_the_first_answer_counts(self, probe: PingProbe) -> None:
        request = due(probe, 0.0)
        probe.hear(reply(request), 0.1)
        probe.hear(reply(request), 0.15)
        assert [a.rtt for a in probe.result.answers if a] == [0.1]


class TestTraceroute:
    @pytest.fixture
    def probe(self) -> TracerouteProbe:
        return TracerouteProbe(Traceroute(destination=FAR, queries=1), HOST, source_port=40000)

    def test_packets_of_one_flow_have_ttls_that_count_up(self) -> None:
        probe = TracerouteProbe(Traceroute(destination=FAR, queries=2), HOST, source_port=40000)
        packets = [due(probe, now) for now in (0.0, 1.0, 2.0)]
        assert [(packet.ttl, packet.identification) for packet in packets] == [
            (1, 1),
            (1, 2),
            (2, 3),
        ]
        datagrams = [UdpDatagram.decode(Reader(p.payload), HOST, FAR) for p in packets]
        assert {(d.source_port, d.destination_port) for d in datagrams} == {(40000, 33434)}

    def test_hops_are_who_answered_with_the_labels_that_they_saw(
        self, probe: TracerouteProbe
    ) -> None:
        probe.hear(exceeded(PE, due(probe, 0.0)), 0.01)
        probe.hear(exceeded(P, due(probe, 0.01), STACK), 0.03)
        probe.hear(unreachable(FAR, due(probe, 0.03), UnreachableCode.PORT), 0.06)
        assert probe.advance(0.06) is None and not probe.running
        rtts = [a.rtt for hop in probe.result.hops for a in hop.answers if a]
        assert rtts == pytest.approx([0.01, 0.02, 0.03])
        assert probe.result.reached
        assert [hop.ttl for hop in probe.result.hops] == [1, 2, 3]
        answers = [hop.answers[0] for hop in probe.result.hops]
        assert [(a.address, a.outcome, a.labels) for a in answers if a] == [
            (PE, Outcome.TIME_EXCEEDED, ()),
            (P, Outcome.TIME_EXCEEDED, STACK.entries),
            (FAR, Outcome.UNREACHABLE, ()),
        ]

    def test_a_router_reached_may_answer_from_another_of_its_addresses(
        self, probe: TracerouteProbe
    ) -> None:
        probe.hear(unreachable(PE, due(probe, 0.0), UnreachableCode.PORT), 0.01)
        assert probe.advance(0.01) is None and not probe.running
        assert probe.result.reached

    def test_a_hop_that_says_nothing_is_waited_for_and_passed_over(
        self, probe: TracerouteProbe
    ) -> None:
        due(probe, 0.0)
        assert probe.advance(0.99) is None
        probe.hear(exceeded(P, due(probe, 1.0)), 1.01)
        assert probe.result.hops[0] == Hop(1, (None,))

    def test_a_late_answer_counts_for_its_own_hop(self, probe: TracerouteProbe) -> None:
        first = due(probe, 0.0)
        due(probe, 1.0)
        probe.hear(exceeded(PE, first), 1.5)
        assert probe.next_deadline() == 2.0
        (answer,) = probe.result.hops[0].answers
        assert answer is not None and answer.rtt == 1.5

    def test_a_router_that_knows_no_way_ends_it(self, probe: TracerouteProbe) -> None:
        probe.hear(unreachable(PE, due(probe, 0.0), UnreachableCode.NET), 0.01)
        assert probe.advance(0.01) is None and not probe.running
        assert not probe.result.reached

    def test_it_ends_at_the_last_hop(self) -> None:
        probe = TracerouteProbe(
            Traceroute(destination=FAR, queries=2, most_hops=2), HOST, source_port=40000
        )
        sent = [probe.advance(float(now)) for now in range(6)]
        assert [packet is None for packet in sent] == [False] * 4 + [True] * 2
        assert probe.result == TracerouteResult(
            (Hop(1, (None, None)), Hop(2, (None, None))), reached=False
        )

    def test_errors_about_other_traceroutes_are_ignored(self, probe: TracerouteProbe) -> None:
        due(probe, 0.0)
        for destination, port in ((FAR, 40001), (PE, 40000)):
            other = TracerouteProbe(Traceroute(destination=destination), HOST, source_port=port)
            probe.hear(exceeded(P, due(other, 0.0)), 0.1)
        assert probe.result.hops == (Hop(1, (None,)),)

    def test_before_the_first_packet_there_is_no_hop(self, probe: TracerouteProbe) -> None:
        assert probe.result == TracerouteResult((), reached=False)


@given(st.binary(max_size=60), st.sampled_from([0, 3, 8, 11]))
def test_any_icmp_is_survived(body: bytes, kind: int) -> None:
    message = OtherIcmp(kind=kind, code=0, word=int.from_bytes(body[:4], "big"), body=body)
    for probe in (
        PingProbe(Ping(destination=FAR), HOST, identifier=7),
        TracerouteProbe(Traceroute(destination=FAR), HOST, source_port=40000),
    ):
        due(probe, 0.0)
        probe.hear(from_(P, message), 0.1)
