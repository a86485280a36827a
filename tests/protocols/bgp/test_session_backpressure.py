"""A peer that reads slowly: it costs a portion of octets, and the others nothing."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from controlplane.engine.stream import SendData
from controlplane.protocols.bgp.events import Originated, RoutesOriginated
from controlplane.protocols.bgp.notices import SessionDown
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.numbers import MessageType
from tests.protocols.bgp.harness import Network
from tests.protocols.bgp.speaker import Speaker, Wire, of, refresh

UNICAST = Family.IPV4_UNICAST
PORTION = 1 << 16
LONGEST = 4096


def prefixes(count: int) -> Iterator[IPv4Network]:
    return (IPv4Network((0x0B000000 + (number << 8), 24)) for number in range(count))


def storm(network: Network, name: str, rounds: int, count: int) -> None:
    """A router's routes change all, over and over, a second apart."""
    for number in range(rounds):
        network.originate(name, UNICAST, *prefixes(count), med=number)
        network.run(1.0)


def hub(*others: str) -> Network:
    """A hub that has a session over a link with each of the others, all in ASes of their own."""
    network = Network()
    network.router("hub")
    for number, name in enumerate(others, start=65001):
        network.router(name, asn=number)
        network.link("hub", name)
    network.start()
    network.run(1.0)
    return network


class TestSlowReader:
    def test_what_waits_for_it_in_a_stream_is_bounded(self) -> None:
        network = hub("slow")
        network.stop_reading("slow")
        storm(network, "hub", rounds=30, count=3000)
        assert network.routers["hub"].backlog <= PORTION + LONGEST + 100
        assert network.view("hub", "slow").waits

    def test_it_has_the_latest_of_each_route_when_it_has_read(self) -> None:
        network = hub("slow")
        network.stop_reading("slow")
        storm(network, "hub", rounds=10, count=3000)
        network.withdraw("hub", UNICAST, *list(prefixes(3000))[::2])
        network.read_again("slow")
        network.run(5.0)
        best = network.best("slow", UNICAST)
        assert set(best) == set(list(prefixes(3000))[1::2])
        assert {path.attributes.med for path in best.values()} == {9}
        assert not network.view("hub", "slow").waits

    def test_the_others_hear_everything_meanwhile(self) -> None:
        network = hub("slow", "quick")
        network.stop_reading("slow")
        storm(network, "hub", rounds=10, count=3000)
        best = network.best("quick", UNICAST)
        assert len(best) == 3000
        assert {path.attributes.med for path in best.values()} == {9}

    def test_neither_end_loses_its_hold_timer_to_a_full_stream(self) -> None:
        """The one that does not read still speaks; the one that is not read says KEEPALIVEs."""
        speaker = Speaker(passive=True)
        wire = speaker.established()
        speaker.run_chatting(wire, 300.0)
        assert speaker.state == "Established"
        assert wire.types.count(MessageType.KEEPALIVE) >= 10
        assert of(SessionDown, speaker.outputs) == []


class TestPortions:
    """One stream, octet by octet."""

    def full(self) -> tuple[Speaker, Wire]:
        speaker = Speaker(passive=True)
        wire = speaker.established()
        wire.drains()
        return speaker, wire

    def told(self, wire: Wire) -> int:
        """Octets of routes so far."""
        return sum(19 + len(one.body) for one in wire.heard if one.type is MessageType.UPDATE)

    def test_a_portion_goes_out_at_a_time(self) -> None:
        speaker, wire = self.full()
        before = self.told(wire)
        _originate(speaker, 30_000)
        assert PORTION <= self.told(wire) - before < PORTION + LONGEST
        before = self.told(wire)
        speaker.run(20.0)
        assert self.told(wire) == before, "more, before the stream was drained"
        wire.drains()
        assert self.told(wire) > before

    def test_nothing_is_sent_when_nothing_is_left(self) -> None:
        _, wire = self.full()
        assert wire.drains() == []

    def test_keepalives_pass_while_routes_wait(self) -> None:
        speaker, wire = self.full()
        _originate(speaker, 30_000)
        before = wire.types.count(MessageType.KEEPALIVE)
        speaker.run_chatting(wire, 100.0)
        assert wire.types.count(MessageType.KEEPALIVE) >= before + 3

    def test_a_notification_passes_too(self) -> None:
        speaker, wire = self.full()
        _originate(speaker, 30_000)
        wire.says(b"\x00" * 19)
        assert wire.notifications == [(1, 1)]

    def test_a_request_for_all_routes_again_waits_as_state(self) -> None:
        speaker, wire = self.full()
        _originate(speaker, 1000)
        for _ in range(50):
            wire.says(refresh(UNICAST))
        assert self.told(wire) < PORTION
        wire.drains()
        assert self.told(wire) < 2 * PORTION

    def test_messages_of_one_portion_are_one_output(self) -> None:
        speaker, _ = self.full()
        speaker.outputs.clear()
        _originate(speaker, 10_000)
        assert len(of(SendData, speaker.outputs)) == 1


def _originate(speaker: Speaker, count: int) -> None:
    shared = PathAttributes()
    routes = tuple(Originated(key=key, attributes=shared) for key in prefixes(count))
    speaker.tell(RoutesOriginated(family=UNICAST, changed=routes))
