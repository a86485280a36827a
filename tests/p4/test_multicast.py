"""(S,G) forwarding: copies in place and encapsulated, the RPF check, TTLs, what is punted."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.fib.model import Encapsulate, InPlace, PacketIn, Port
from controlplane.net.punt import PuntReason
from tests.p4.frames import data, igmp, to_group, tunnel
from tests.p4.pe import (
    CE1,
    CE2,
    CE_BLUE,
    CORE3,
    CORE4,
    EMPTY,
    ENCAPSULATE,
    P_GROUP,
    PE1,
    RED,
    STREAM,
    copy,
    mac,
    multicast,
    route,
)
from tests.p4.targets import NOTHING, Outcome, Target

SOURCE, GROUP = str(STREAM.source), str(STREAM.group)


def stream(ttl: int = 64, **fields: object) -> bytes:
    return to_group(data(SOURCE, GROUP, ttl, **fields))


def test_a_copy_in_place_has_one_ttl_less_and_the_ports_mac_address(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, InPlace()))))
    expected = to_group(data(SOURCE, GROUP, 63), mac(CE2), CE2.vlan)
    assert target.receive(1, stream()) == Outcome(frozenset({(2, expected)}))


def test_a_tag_is_taken_off_for_an_untagged_interface(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 2, copy(CE1, InPlace()))))
    frame = to_group(data(SOURCE, GROUP), vlan=CE2.vlan)
    expected = to_group(data(SOURCE, GROUP, 63), mac(CE1))
    assert target.receive(2, frame) == Outcome(frozenset({(1, expected)}))


def test_one_packet_leaves_in_place_and_encapsulated_on_several_ports(target: Target) -> None:
    copies = copy(CE2, InPlace()), copy(CORE3, ENCAPSULATE), copy(CORE4, ENCAPSULATE)
    target.program(multicast(route(RED, STREAM, 1, *copies)))
    inner = data(SOURCE, GROUP, 63)
    outer = tunnel(str(PE1), str(P_GROUP), inner)
    assert target.receive(1, stream()) == Outcome(
        frozenset(
            {
                (2, to_group(inner, mac(CE2), CE2.vlan)),
                (3, to_group(outer, mac(CORE3))),
                (4, to_group(outer, mac(CORE4))),
            }
        )
    )


def test_a_port_gets_one_copy_for_each_of_its_vlans(target: Target) -> None:
    vlans = [Port(6, vlan) for vlan in (0, 10, 4000)]
    target.program(multicast(route(RED, STREAM, 1, *(copy(at, InPlace()) for at in vlans))))
    inner = data(SOURCE, GROUP, 63)
    expected = {(6, to_group(inner, mac(at), at.vlan)) for at in vlans}
    assert target.receive(1, stream()) == Outcome(frozenset(expected))


@pytest.mark.parametrize("dont_fragment", [True, False])
def test_the_tunnel_header_is_as_configured(target: Target, dont_fragment: bool) -> None:
    """RFC 6864 4.1: with DF the identification means nothing; without, it is the customer's."""
    rewrite = Encapsulate(PE1, IPv4Address("239.192.5.6"), 17, dont_fragment)
    target.program(multicast(route(RED, STREAM, 1, copy(CORE3, rewrite))))
    outer = tunnel(
        str(PE1),
        "239.192.5.6",
        data(SOURCE, GROUP, 63),
        17,
        id=0 if dont_fragment else 4711,
        flags="DF" if dont_fragment else "",
    )
    expected = to_group(outer, mac(CORE3))
    assert target.receive(1, stream()) == Outcome(frozenset({(3, expected)}))


def test_a_customers_own_tunnel_is_encapsulated_like_any_packet(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CORE3, ENCAPSULATE))))
    frame = to_group(tunnel(SOURCE, GROUP, data("192.0.2.1", "239.9.9.9")))
    inner = tunnel(SOURCE, GROUP, data("192.0.2.1", "239.9.9.9"), 63)
    expected = to_group(tunnel(str(PE1), str(P_GROUP), inner), mac(CORE3))
    assert target.receive(1, frame) == Outcome(frozenset({(3, expected)}))


def test_a_fragment_of_a_tunnels_packet_is_forwarded_unread(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, InPlace()))))
    frame = to_group(tunnel(SOURCE, GROUP, data("192.0.2.1", "239.9.9.9"), flags="MF"))
    sent = tunnel(SOURCE, GROUP, data("192.0.2.1", "239.9.9.9"), 63, flags="MF")
    expected = to_group(sent, mac(CE2), CE2.vlan)
    assert target.receive(1, frame) == Outcome(frozenset({(2, expected)}))


@pytest.mark.parametrize("ttl", [0, 1])
def test_a_packet_that_cannot_pay_the_hop_is_not_forwarded(target: Target, ttl: int) -> None:
    copies = copy(CE2, InPlace()), copy(CORE3, ENCAPSULATE)
    target.program(multicast(route(RED, STREAM, 1, *copies)))
    assert target.receive(1, stream(ttl)) == NOTHING


@pytest.mark.parametrize("ttl", range(2, 256, 23))
def test_the_updated_checksum_is_the_computed_one(target: Target, ttl: int) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE1, InPlace()), copy(CE2, InPlace()))))
    expected = to_group(data(SOURCE, GROUP, ttl - 1), mac(CE2), CE2.vlan)
    assert target.receive(1, stream(ttl)) == Outcome(frozenset({(2, expected)}))


def test_the_checksum_never_becomes_minus_zero(target: Target) -> None:
    """RFC 1624 3: HC' = HC + m - m' gives 0xffff where computing anew gives 0."""
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, InPlace()))))
    number = (0x0100 - 0xFFFF + _checksum(data(SOURCE, GROUP, id=0))) % 0xFFFF
    packet = data(SOURCE, GROUP, id=number)
    assert _checksum(packet) == 0xFEFF
    expected = to_group(data(SOURCE, GROUP, 63, id=number), mac(CE2), CE2.vlan)
    assert target.receive(1, to_group(packet)) == Outcome(frozenset({(2, expected)}))


def test_no_copy_goes_back_where_the_packet_came_from(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE1, InPlace()), copy(CE2, InPlace()))))
    expected = to_group(data(SOURCE, GROUP, 63), mac(CE2), CE2.vlan)
    assert target.receive(1, stream()) == Outcome(frozenset({(2, expected)}))


def test_another_vlan_of_the_same_port_is_another_interface(target: Target) -> None:
    at = Port(1, 9)
    target.program(multicast(route(RED, STREAM, 1, copy(at, InPlace()))))
    expected = to_group(data(SOURCE, GROUP, 63), mac(at), 9)
    assert target.receive(1, stream()) == Outcome(frozenset({(1, expected)}))


def test_an_unknown_stream_is_punted(target: Target) -> None:
    target.program(EMPTY)
    punted = PacketIn(1, 1, PuntReason.NO_MULTICAST_ROUTE, stream())
    assert target.receive(1, stream()) == Outcome(frozenset(), (punted,))


def test_a_stream_on_a_wrong_interface_is_punted(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE1, InPlace()))))
    frame = to_group(data(SOURCE, GROUP), vlan=CE2.vlan)
    punted = PacketIn(2, 2, PuntReason.RPF_FAILED, frame)
    assert target.receive(2, frame) == Outcome(frozenset(), (punted,))


def test_the_same_stream_of_another_customer_is_another_stream(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE_BLUE, InPlace()))))
    punted = PacketIn(5, 5, PuntReason.NO_MULTICAST_ROUTE, stream())
    assert target.receive(5, stream()) == Outcome(frozenset(), (punted,))


def test_a_route_without_copies_takes_packets_in_silence(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1)))
    assert target.receive(1, stream()) == NOTHING


@pytest.mark.parametrize("group", ["224.0.0.1", "224.0.0.13", "224.0.0.255"])
def test_link_local_packets_are_the_cpus_alone(target: Target, group: str) -> None:
    frame = to_group(data(SOURCE, group, 1))
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, InPlace()))))
    punted = PacketIn(1, 1, PuntReason.LINK_LOCAL, frame)
    assert target.receive(1, frame) == Outcome(frozenset(), (punted,))


@pytest.mark.parametrize("group", ["224.0.0.22", GROUP])
def test_igmp_is_punted_whatever_group_it_goes_to(target: Target, group: str) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, InPlace()))))
    frame = to_group(igmp(SOURCE, group))
    punted = PacketIn(1, 1, PuntReason.IGMP, frame)
    assert target.receive(1, frame) == Outcome(frozenset(), (punted,))


def test_igmp_from_a_host_without_address_is_punted(target: Target) -> None:
    """RFC 3376 4.2.13: a report may come from 0.0.0.0."""
    target.program(EMPTY)
    frame = to_group(igmp("0.0.0.0", "224.0.0.22"))
    assert target.receive(1, frame).punted == (PacketIn(1, 1, PuntReason.IGMP, frame),)


def test_a_stream_with_ip_options_is_punted_and_not_forwarded(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, InPlace()))))
    frame = stream(options=igmp(SOURCE, GROUP).options)
    punted = PacketIn(1, 1, PuntReason.IP_OPTIONS, frame)
    assert target.receive(1, frame) == Outcome(frozenset(), (punted,))


def _checksum(packet: object) -> int:
    return int.from_bytes(bytes(packet)[10:12], "big")  # type: ignore[call-overload]
