"""A source is registered with its RP, with the packets; traces are in golden/."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.engine.engine import PacketReceived, SendPacket
from controlplane.net.multicast import ALL_PIM_ROUTERS, AnySource, SourceGroup
from controlplane.protocols.pim.config import AnycastRp, PimConfig, StaticRp
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import TreeUpdate
from controlplane.wire.pim.message import decode_message, encode_message
from controlplane.wire.pim.register import Register, RegisterStop
from tests.protocols.pim.lan import Lan
from tests.protocols.pim.register_lan import AT_RP, CONFIG, RP, SG, S, network, wants, way

REFUSED = SourceGroup(IPv4Address("10.9.0.200"), SG.group)


def registers(lan: Lan, router: str = "dr") -> bool:
    """Whether the switch of a DR encapsulates packets of the source."""
    route = lan.routes[router].get(SG)
    return route is not None and route.registering is not None


def is_register_stop(packet: SendPacket) -> bool:
    return isinstance(decode_message(packet.payload), RegisterStop)


def is_null_register(packet: SendPacket) -> bool:
    return isinstance(decode_message(packet.payload), Register)


def test_registers_go_to_the_rp_until_it_is_on_the_source_tree() -> None:
    lan = network()
    lan.say("a host joins the group")
    wants(lan)
    lan.run(until=45.0)
    lan.say("a source begins to send, a packet a second")
    copies = [seen["hosts"] for seen in lan.stream(SG, "source", 100)]
    assert set(copies[4:]) == {1}
    assert not registers(lan)
    lan.say("it has sent its last packet")
    lan.run(until=600.0)
    assert SG not in lan.routes["dr"]
    lan.check("register")


def test_a_source_that_nobody_wants_is_registered_once_a_minute() -> None:
    lan = network()
    lan.say("a source sends for two minutes")
    assert all(not seen["a"] for seen in lan.stream(SG, "source", 120))
    lan.say("a host joins")
    wants(lan)
    lan.run(until=lan.now + 1.0)
    copies = [seen["hosts"] for seen in lan.stream(SG, "source", 10)]
    assert copies[2:] == [1] * 8
    lan.check("register-unwanted")


def test_packets_flow_in_registers_while_the_rp_does_not_answer() -> None:
    lan = network()
    wants(lan)
    lan.run(until=45.0)
    lan.rpf["rp"].pop(S)
    lan.rpf["last"].pop(S)
    copies = [seen["hosts"] for seen in lan.stream(SG, "source", 100)]
    assert copies[1:] == [1] * 99
    assert registers(lan)


def test_a_lost_register_stop_is_answered_by_the_next_register() -> None:
    lan = network()
    lan.loses = lambda router, packet: is_register_stop(packet)
    lan.stream(SG, "source", 5)
    assert registers(lan)
    lan.loses = lambda router, packet: False
    lan.stream(SG, "source", 1)
    assert not registers(lan)


def test_lost_null_registers_make_the_dr_register_again_for_a_moment() -> None:
    lan = network()
    lan.stream(SG, "source", 5)
    lan.loses = lambda router, packet: is_null_register(packet)
    states = []
    for _ in range(120):
        states.append(registers(lan))
        lan.stream(SG, "source", 1)
    assert states.count(True) in (1, 2)


def test_an_rp_that_restarts_learns_of_the_source_again() -> None:
    lan = network()
    wants(lan)
    lan.stream(SG, "source", 30)
    lan.say("the RP loses all its state")
    lan.routes["rp"].clear()
    lan.router("rp", CONFIG, b="10.2.0.3/24")
    lan.stream(SG, "source", 90)
    assert any(view.sg == SG for view in lan.engines["rp"].trees(lan.now))
    assert {seen["hosts"] for seen in lan.stream(SG, "source", 10)} == {1}


def test_a_new_dr_registers_and_the_old_one_stops() -> None:
    lan = network()
    lan.stream(SG, "source", 10)
    lan.lines.clear()
    lan.say("a router with a higher address comes up on the source's LAN")
    lan.router("dr2", CONFIG, source="10.9.0.2/24", d="10.4.0.1/24")
    way(lan, "dr2", S, "source", None)
    way(lan, "dr2", RP, "d", "10.4.0.2")
    lan.stream(SG, "source", 20)
    views = {name: lan.engines[name].registers(lan.now) for name in ("dr", "dr2")}
    assert views["dr"] == ()
    assert [view.state for view in views["dr2"]] == ["P"]
    lan.check("register-new-dr")


def test_members_of_an_anycast_set_hear_of_each_others_sources() -> None:
    """RFC 4610 3: the receiver's RP is rp2, the source's rp1."""
    one, two = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")
    anycast = AnycastRp(address=RP, members=frozenset({one, two}))
    config = PimConfig(rps=(StaticRp(address=RP),), anycast=(anycast,))
    lan = network(config)
    lan.router("rp2", config, c="10.3.0.2/24", e="10.5.0.2/24")
    lan.router("core", config, a="10.1.0.2/24", b="10.2.0.2/24", e="10.5.0.1/24")
    lan.lans["c"].remove("core")
    lan.owners |= {one: "rp", two: "rp2"}
    lan.rpf["rp"][one] = lan.rpf["rp2"][two] = lan.rpf["rp2"][RP] = AT_RP
    way(lan, "rp2", S, "e", "10.5.0.1")
    lan.run(until=80.0)
    lan.lines.clear()
    lan.say("a host joins, by rp2")
    wants(lan)
    lan.run(until=90.0)
    lan.say("the source's first packet is registered with rp1")
    copies = [seen["hosts"] for seen in lan.stream(SG, "source", 20)]
    assert copies[-10:] == [1] * 10
    lan.check("anycast")


def test_what_the_switch_registers_names_the_dr_and_the_rp() -> None:
    lan = network()
    lan.send(SG, "source")
    update = lan.routes["dr"][SG]
    assert isinstance(update, TreeUpdate) and update.registering is not None
    assert (update.registering.source, update.registering.rp) == (IPv4Address("10.9.0.1"), RP)
    assert update.outgoing == frozenset()


@pytest.mark.parametrize("source", ["0.0.0.0", "239.1.1.1"])
def test_a_register_that_cannot_be_answered_is_dropped_and_counted(source: str) -> None:
    lan = network()
    forged = PacketReceived(
        interface="b",
        source=IPv4Address(source),
        destination=RP,
        payload=encode_message(Register.null_of(SG)),
        ttl=60,
    )
    lan.tell("rp", forged)
    assert lan.engines["rp"].counters[Count.DROP_SOURCE] == 1
    assert lan.engines["rp"].trees(lan.now) == ()


def test_a_register_to_all_pim_routers_is_dropped_and_counted() -> None:
    lan = network()
    misled = PacketReceived(
        interface="b",
        source=IPv4Address("10.2.0.2"),
        destination=ALL_PIM_ROUTERS,
        payload=encode_message(Register.null_of(SG)),
    )
    lan.tell("rp", misled)
    assert lan.engines["rp"].counters[Count.DROP_DESTINATION] == 1
    assert lan.engines["rp"].trees(lan.now) == ()


class TestSourcesThatAreNotAccepted:
    """RFC 7761 6.1.2: the RP is configured with the sources that Registers may be of."""

    @pytest.fixture
    def lan(self) -> Lan:
        lan = network(replace(CONFIG, accepted_sources=(IPv4Network("10.9.0.0/26"),)))
        wants(lan)
        lan.run(until=45.0)
        return lan

    def test_no_packet_of_another_source_gets_through(self, lan: Lan) -> None:
        way(lan, "dr", REFUSED.source, "source", None)
        assert not any(seen["hosts"] for seen in lan.stream(REFUSED, "source", 100))

    def test_not_even_from_a_dr_that_does_not_stop(self, lan: Lan) -> None:
        """The switch of the RP has no route that takes its packets out of Registers."""
        assert not lan.routes["rp"][AnySource.of(SG.group)].from_registers
        lan.stream(SG, "source", 2)
        assert REFUSED not in lan.routes["rp"]

    def test_an_accepted_one_has_a_route_of_its_own_after_its_first_register(
        self, lan: Lan
    ) -> None:
        copies = [seen["hosts"] for seen in lan.stream(SG, "source", 100)]
        assert set(copies[4:]) == {1}
