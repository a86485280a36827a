"""ARP on one Ethernet: RFC 826, and how long it is believed."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.engine.engine import InterfaceDown, InterfaceUp
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.mac import BROADCAST, MacAddress
from controlplane.protocols.arp.cache import FAILED_TIME, REACHABLE_TIME, NeighborState
from controlplane.protocols.arp.counters import ArpCount
from controlplane.protocols.arp.engine import DEFEND_INTERVAL, ArpEngine
from controlplane.protocols.arp.events import (
    ArpInput,
    ArpOutput,
    ArpReceived,
    NeighborChanged,
    Resolve,
    SendArp,
)
from controlplane.protocols.arp.notices import AddressConflict
from controlplane.wire.arp import ArpOperation, ArpPacket

MY_MAC, HOST_MAC, OTHER_MAC = (MacAddress(0x02_00_00_00_00_00 + number) for number in (1, 10, 11))
ME, HOST, STRANGER = (IPv4Address(f"10.1.1.{number}") for number in (1, 10, 20))
UNKNOWN_MAC, NO_ADDRESS = MacAddress(0), IPv4Address(0)

ETH0 = Interface(
    name="eth0",
    index=1,
    kind=InterfaceKind.ETHERNET,
    address=IPv4Interface("10.1.1.1/24"),
    port=1,
    mac=MY_MAC,
)


class Station:
    """The router's engine on eth0 and a clock."""

    def __init__(self) -> None:
        self.engine = ArpEngine(rng=Random(1))
        self.now = 0.0
        self.started = self.handle(InterfaceUp(interface=ETH0))

    def handle(self, event: ArpInput) -> list[ArpOutput]:
        return self.engine.handle(event, self.now)

    def resolve(self, address: IPv4Address = HOST) -> list[ArpOutput]:
        return self.handle(Resolve(interface="eth0", address=address))

    def hear(self, packet: ArpPacket) -> list[ArpOutput]:
        return self.handle(ArpReceived(interface="eth0", payload=packet.encode() + bytes(18)))

    def run(self, until: float) -> list[tuple[float, ArpOutput]]:
        outputs: list[tuple[float, ArpOutput]] = []
        while (deadline := self.engine.next_deadline()) is not None and deadline <= until:
            self.now = deadline
            outputs += [(deadline, output) for output in self.engine.advance(deadline)]
        self.now = until
        return outputs

    def known(self) -> dict[IPv4Address, MacAddress | None]:
        return {shown.address: shown.mac for shown in self.engine.neighbors(self.now)}

    def run_to_probe(self) -> float:
        """Let the one reachable neighbour age until it is asked again; when that was."""
        deadline = self.engine.next_deadline()
        assert deadline is not None
        assert self.run(deadline) == [(deadline, probe())]
        return deadline


def request(target: IPv4Address, destination: MacAddress = BROADCAST) -> SendArp:
    """What the router asks."""
    packet = ArpPacket(
        operation=ArpOperation.REQUEST,
        sender_mac=MY_MAC,
        sender_address=ME,
        target_mac=UNKNOWN_MAC,
        target_address=target,
    )
    return SendArp(interface="eth0", destination=destination, packet=packet)


def probe() -> SendArp:
    return request(HOST, HOST_MAC)


def heard(
    operation: ArpOperation,
    target: IPv4Address = ME,
    sender: IPv4Address = HOST,
    mac: MacAddress = HOST_MAC,
) -> ArpPacket:
    """What a station says."""
    return ArpPacket(
        operation=operation,
        sender_mac=mac,
        sender_address=sender,
        target_mac=MY_MAC if operation is ArpOperation.REPLY else UNKNOWN_MAC,
        target_address=target,
    )


REPLY = heard(ArpOperation.REPLY)
REQUEST = heard(ArpOperation.REQUEST)


def at(mac: MacAddress | None, address: IPv4Address = HOST) -> NeighborChanged:
    return NeighborChanged(interface="eth0", address=address, mac=mac)


def answer(to: ArpPacket) -> SendArp:
    packet = ArpPacket(
        operation=ArpOperation.REPLY,
        sender_mac=MY_MAC,
        sender_address=ME,
        target_mac=to.sender_mac,
        target_address=to.sender_address,
    )
    return SendArp(interface="eth0", destination=to.sender_mac, packet=packet)


@pytest.fixture
def station() -> Station:
    return Station()


@pytest.fixture
def reachable(station: Station) -> Station:
    """One that knows HOST."""
    station.resolve()
    station.hear(REPLY)
    return station


class TestResolving:
    def test_a_request_goes_to_all_and_the_answer_is_the_neighbour(self, station: Station) -> None:
        assert station.resolve() == [request(HOST)]
        assert station.hear(REPLY) == [at(HOST_MAC)]

    def test_three_requests_a_second_apart_and_then_it_cannot_be_reached(
        self, station: Station
    ) -> None:
        station.resolve()
        assert station.run(until=4) == [(1, request(HOST)), (2, request(HOST)), (3, at(None))]

    def test_asking_again_while_asking_sends_nothing(self, station: Station) -> None:
        station.resolve()
        assert station.resolve() == []

    def test_a_known_neighbour_is_answered_at_once(self, reachable: Station) -> None:
        assert reachable.resolve() == [at(HOST_MAC)]

    def test_a_silent_neighbour_is_not_asked_again_for_a_while(self, station: Station) -> None:
        station.resolve()
        station.run(3)
        assert station.resolve() == [at(None)]
        assert station.run(3 + FAILED_TIME) == []
        assert station.resolve() == [request(HOST)]

    def test_a_silent_neighbour_that_speaks_is_known(self, station: Station) -> None:
        station.resolve()
        station.run(3)
        assert station.hear(heard(ArpOperation.REQUEST, target=HOST)) == [at(HOST_MAC)]

    @pytest.mark.parametrize("address", ["10.1.2.1", "10.1.1.1", "10.1.1.0", "10.1.1.255"])
    def test_what_no_neighbour_can_have_is_not_asked_for(
        self, station: Station, address: str
    ) -> None:
        assert station.resolve(IPv4Address(address)) == [at(None, IPv4Address(address))]
        assert station.known() == {}

    def test_an_interface_without_arp_reaches_nobody(self, station: Station) -> None:
        loopback = Interface(
            name="lo0", index=2, kind=InterfaceKind.LOOPBACK, address=IPv4Interface("192.0.2.1/32")
        )
        assert station.handle(InterfaceUp(interface=loopback)) == []
        outputs = station.handle(Resolve(interface="lo0", address=HOST))
        assert outputs == [NeighborChanged(interface="lo0", address=HOST, mac=None)]

    def test_both_addresses_of_a_31_are_stations(self, station: Station) -> None:
        station.handle(InterfaceUp(interface=replace(ETH0, address=IPv4Interface("10.1.1.1/31"))))
        (output,) = station.resolve(IPv4Address("10.1.1.0"))
        assert isinstance(output, SendArp)


class TestAgeing:
    def test_a_neighbour_that_answers_is_asked_again_and_never_lost(
        self, reachable: Station
    ) -> None:
        for _ in range(10):
            asked = reachable.run_to_probe()
            assert reachable.hear(REPLY) == []
            deadline = reachable.engine.next_deadline()
            assert deadline is not None
            assert REACHABLE_TIME[0] <= deadline - asked <= REACHABLE_TIME[1]
        assert reachable.known() == {HOST: HOST_MAC}

    def test_a_neighbour_that_answers_late_is_not_lost(self, reachable: Station) -> None:
        asked = reachable.run_to_probe()
        assert reachable.run(asked + 2.9) == [(asked + 1, probe()), (asked + 2, probe())]
        assert reachable.resolve() == [at(HOST_MAC)]
        assert reachable.hear(REPLY) == []

    def test_a_neighbour_that_does_not_answer_is_lost(self, reachable: Station) -> None:
        asked = reachable.run_to_probe()
        assert reachable.run(asked + 3)[-1] == (asked + 3, at(None))
        assert reachable.known() == {}
        assert reachable.engine.next_deadline() is None

    def test_whatever_a_neighbour_says_keeps_it(self, reachable: Station) -> None:
        reachable.run(29)
        reachable.hear(heard(ArpOperation.REQUEST, target=STRANGER))
        assert reachable.run(29 + REACHABLE_TIME[0] - 0.1) == []

    def test_another_mac_address_is_news(self, reachable: Station) -> None:
        moved = heard(ArpOperation.REQUEST, target=HOST, mac=OTHER_MAC)
        assert reachable.hear(moved) == [at(OTHER_MAC)]

    def test_state_and_age_are_shown(self, reachable: Station) -> None:
        reachable.run(5)
        (shown,) = reachable.engine.neighbors(5)
        assert (shown.interface, shown.address, shown.mac) == ("eth0", HOST, HOST_MAC)
        assert (shown.state, shown.age) == (NeighborState.REACHABLE, 5)
        assert shown.expires is not None
        assert REACHABLE_TIME[0] - 5 <= shown.expires <= REACHABLE_TIME[1] - 5


class TestBeingAsked:
    def test_a_request_for_our_address_is_answered_and_teaches_who_asked(
        self, station: Station
    ) -> None:
        assert station.hear(REQUEST) == [at(HOST_MAC), answer(REQUEST)]

    def test_a_request_for_another_station_teaches_nothing(self, station: Station) -> None:
        assert station.hear(heard(ArpOperation.REQUEST, target=STRANGER)) == []
        assert station.known() == {}

    def test_an_announcement_of_a_stranger_teaches_nothing(self, station: Station) -> None:
        assert station.hear(heard(ArpOperation.REQUEST, target=HOST)) == []
        assert station.known() == {}

    def test_a_station_without_an_address_is_answered_and_not_remembered(
        self, station: Station
    ) -> None:
        unnumbered = heard(ArpOperation.REQUEST, sender=NO_ADDRESS)
        assert station.hear(unnumbered) == [answer(unnumbered)]
        assert station.known() == {}

    def test_an_unasked_reply_to_us_is_believed(self, station: Station) -> None:
        assert station.hear(REPLY) == [at(HOST_MAC)]


class TestOwnAddress:
    def test_it_is_announced_when_the_interface_comes_up(self, station: Station) -> None:
        assert station.started == [request(ME)]

    def test_a_second_user_of_it_is_told_of_and_told(self, station: Station) -> None:
        conflict = heard(ArpOperation.REPLY, sender=ME)
        notice = AddressConflict(interface="eth0", address=ME, mac=HOST_MAC)
        assert station.hear(conflict) == [notice, request(ME)]
        assert notice.words() == (
            "02:00:00:00:00:0a on eth0 uses this router's own address 10.1.1.1"
        )

    def test_a_second_user_is_not_told_in_every_moment(self, station: Station) -> None:
        conflict = heard(ArpOperation.REQUEST, sender=ME, target=HOST)
        station.hear(conflict)
        station.run(DEFEND_INTERVAL - 0.1)
        assert station.hear(conflict) == []
        station.run(DEFEND_INTERVAL)
        assert len(station.hear(conflict)) == 2
        assert station.engine.counters[ArpCount.CONFLICT] == 3


class TestDropping:
    @pytest.mark.parametrize(
        ("packet", "reason"),
        [
            (heard(ArpOperation.REPLY, mac=BROADCAST), ArpCount.DROPPED_BAD_SENDER_MAC),
            (heard(ArpOperation.REPLY, mac=UNKNOWN_MAC), ArpCount.DROPPED_BAD_SENDER_MAC),
            (heard(ArpOperation.REPLY, mac=MY_MAC), ArpCount.DROPPED_OWN_MAC),
            (
                heard(ArpOperation.REPLY, sender=IPv4Address("10.1.2.1")),
                ArpCount.DROPPED_FOREIGN_SENDER,
            ),
            (
                heard(ArpOperation.REPLY, sender=IPv4Address("10.1.1.255")),
                ArpCount.DROPPED_FOREIGN_SENDER,
            ),
        ],
    )
    def test_a_sender_that_cannot_be_is_dropped_and_counted(
        self, station: Station, packet: ArpPacket, reason: ArpCount
    ) -> None:
        assert station.hear(packet) == []
        assert station.engine.counters[reason] == 1
        assert station.known() == {}

    def test_a_malformed_packet_is_dropped_and_counted(self, station: Station) -> None:
        assert station.handle(ArpReceived(interface="eth0", payload=b"\0\1")) == []
        assert station.engine.counters[ArpCount.DROPPED_MALFORMED] == 1

    def test_a_packet_of_an_interface_without_arp_is_dropped_and_counted(
        self, station: Station
    ) -> None:
        assert station.handle(ArpReceived(interface="eth9", payload=REPLY.encode())) == []
        assert station.engine.counters[ArpCount.DROPPED_NOT_ENABLED] == 1

    def test_what_is_sent_and_received_is_counted(self, station: Station) -> None:
        station.hear(REQUEST)
        station.hear(REPLY)
        assert station.engine.counters == {
            ArpCount.SENT_REQUEST: 1,
            ArpCount.SENT_REPLY: 1,
            ArpCount.RECEIVED_REQUEST: 1,
            ArpCount.RECEIVED_REPLY: 1,
        }


class TestInterface:
    def test_its_end_loses_the_neighbours_and_leaves_no_timer(self, reachable: Station) -> None:
        reachable.resolve(STRANGER)
        assert reachable.handle(InterfaceDown(name="eth0")) == [at(None)]
        assert reachable.engine.next_deadline() is None
        assert reachable.handle(InterfaceDown(name="eth0")) == []

    def test_another_address_in_the_subnet_keeps_the_neighbours(self, reachable: Station) -> None:
        renumbered = replace(ETH0, address=IPv4Interface("10.1.1.2/24"))
        (announcement,) = reachable.handle(InterfaceUp(interface=renumbered))
        assert isinstance(announcement, SendArp)
        assert announcement.packet.sender_address == IPv4Address("10.1.1.2")
        assert reachable.known() == {HOST: HOST_MAC}

    @pytest.mark.parametrize("address", ["10.1.1.1/29", "10.1.1.10/24"])
    def test_another_subnet_or_the_neighbours_own_address_loses_it(
        self, reachable: Station, address: str
    ) -> None:
        renumbered = replace(ETH0, address=IPv4Interface(address))
        assert reachable.handle(InterfaceUp(interface=renumbered))[1:] == [at(None)]
        assert reachable.engine.next_deadline() is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*ArpOperation]),
            st.sampled_from([ME, HOST, STRANGER, NO_ADDRESS]),
            st.sampled_from([ME, HOST, STRANGER]),
            st.sampled_from([MY_MAC, HOST_MAC, OTHER_MAC]),
            st.booleans(),
            st.sampled_from([0.0, 0.5, 1.0, 3.0, 60.0]),
        )
    )
)
def test_what_was_told_is_what_is_known(
    history: list[tuple[ArpOperation, IPv4Address, IPv4Address, MacAddress, bool, float]],
) -> None:
    station, told = Station(), dict[IPv4Address, MacAddress]()

    def follow(outputs: list[ArpOutput]) -> None:
        for output in outputs:
            if isinstance(output, NeighborChanged) and output.mac is None:
                told.pop(output.address, None)
            elif isinstance(output, NeighborChanged) and output.mac is not None:
                told[output.address] = output.mac

    for operation, sender, target, mac, wants, pause in history:
        follow(station.hear(heard(operation, target, sender, mac)))
        if wants:
            follow(station.resolve(target))
        follow([output for _, output in station.run(station.now + pause)])
        assert told == {a: known for a, known in station.known().items() if known}
