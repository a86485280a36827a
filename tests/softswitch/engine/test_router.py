"""A router program end to end: parser, checksums, longest prefix match, counters, packet-in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw

from softswitch.bmv2json.model import Exact, Lpm, Ternary
from softswitch.engine import CounterValue, Engine
from softswitch.entries import EntryHandle

CPU_PORT, CPU_SESSION = 510, 7
ROUTER_MAC, HOST_MAC, NEXT_HOP = "02:00:00:00:00:01", "02:00:00:00:00:02", 0x02000000_0003
DROPPED_BY_ROUTE, DROPPED_BY_PARSER, DROPPED_BY_CHECKSUM = 1, 2, 3


def datagram(ttl: int = 64, chksum: int | None = None, ihl: int | None = None) -> Packet:
    """A UDP datagram to 10.1.2.3 from a host on the router's port."""
    ip = IP(src="192.0.2.1", dst="10.1.2.3", ttl=ttl, chksum=chksum, ihl=ihl)
    return Ether(src=HOST_MAC, dst=ROUTER_MAC) / ip / UDP(sport=1, dport=2) / Raw(b"x" * 30)


@pytest.fixture
def router(start: Callable[[str], Engine]) -> Engine:
    engine = start("router")
    engine.table_insert(
        "IngressControl.vrf_of",
        (Exact(1), Exact(0), Ternary(0, 0)),
        "IngressControl.set_vrf",
        (5,),
        priority=1,
    )
    engine.clone_session_set(CPU_SESSION, [(CPU_PORT, 0)])
    return engine


def add_route(engine: Engine, vrf: int, prefix: int, length: int, port: int) -> EntryHandle:
    return engine.table_insert(
        "IngressControl.routes",
        (Exact(vrf), Lpm(prefix, length)),
        "IngressControl.forward",
        (NEXT_HOP, port),
    )


def test_a_routed_packet_leaves_with_new_addresses_a_lower_ttl_and_a_right_checksum(
    router: Engine,
) -> None:
    add_route(router, 5, 0x0A000000, 8, port=3)
    (copy,) = router.process(1, bytes(datagram(ttl=9)), 0)
    expected = Ether(src=ROUTER_MAC, dst="02:00:00:00:00:03") / datagram(ttl=8).payload
    assert copy == (3, bytes(expected))


def test_the_longest_prefix_wins_whatever_the_order_of_insertion(router: Engine) -> None:
    for length, port in ((16, 16), (0, 100), (24, 24), (8, 8)):
        add_route(router, 5, 0x0A010200, length, port)
    assert [port for port, _ in router.process(1, bytes(datagram()), 0)] == [24]


def test_a_deleted_route_uncovers_the_shorter_one(router: Engine) -> None:
    add_route(router, 5, 0x0A000000, 8, port=8)
    handle = add_route(router, 5, 0x0A010000, 16, port=16)
    router.table_delete("IngressControl.routes", handle)
    assert [port for port, _ in router.process(1, bytes(datagram()), 0)] == [8]


def test_a_route_of_another_vrf_does_not_match(router: Engine) -> None:
    add_route(router, 6, 0x0A000000, 8, port=3)
    assert router.process(1, bytes(datagram()), 0) == []
    assert router.counter_read("IngressControl.drops", DROPPED_BY_ROUTE).packets == 1


def test_a_tagged_packet_keeps_its_tag(router: Engine) -> None:
    router.table_insert(
        "IngressControl.vrf_of",
        (Exact(1), Exact(1), Ternary(70, 0xFFF)),
        "IngressControl.set_vrf",
        (6,),
        priority=1,
    )
    add_route(router, 6, 0x0A000000, 8, port=3)
    plain = datagram()
    tagged = Ether(src=HOST_MAC, dst=ROUTER_MAC) / Dot1Q(vlan=70, prio=5) / plain.payload
    ((_, frame),) = router.process(1, bytes(tagged), 0)
    tag = Ether(frame)[Dot1Q]
    assert (tag.vlan, tag.prio, tag[IP].ttl) == (70, 5, 63)


def test_the_route_counts_packets_and_octets_as_received(router: Engine) -> None:
    handle = add_route(router, 5, 0x0A000000, 8, port=3)
    frame = bytes(datagram())
    for _ in range(3):
        router.process(1, frame, 0)
    value = router.table_counter("IngressControl.routes", handle)
    assert value == CounterValue(packets=3, bytes=3 * len(frame))


def test_a_wrong_checksum_is_seen_and_counted(router: Engine) -> None:
    add_route(router, 5, 0x0A000000, 8, port=3)
    assert router.process(1, bytes(datagram(chksum=1)), 0) == []
    assert router.counter_read("IngressControl.drops", DROPPED_BY_CHECKSUM).packets == 1
    assert router.statistics()["checksum_errors"] == 1


@pytest.mark.parametrize("length", [0, 13, 14 + 19])
def test_a_packet_that_ends_within_a_header_is_a_parser_error(router: Engine, length: int) -> None:
    assert router.process(1, bytes(datagram())[:length], 0) == []
    assert router.counter_read("IngressControl.drops", DROPPED_BY_PARSER).packets == 1
    assert router.statistics()["parser_errors"] == 1


def test_options_fail_the_parsers_verify(router: Engine) -> None:
    assert router.process(1, bytes(datagram(ihl=6)), 0) == []
    assert router.counter_read("IngressControl.drops", DROPPED_BY_PARSER).packets == 1


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (bytes(Ether(src=HOST_MAC, dst=ROUTER_MAC, type=0x0806)) + bytes(46), 1),
        (bytes(datagram(ttl=1)), 2),
    ],
)
def test_a_punted_packet_reaches_the_cpu_port_unchanged_behind_its_header(
    router: Engine, frame: bytes, reason: int
) -> None:
    header = (1 << 7 | reason).to_bytes(2, "big")
    assert router.process(1, frame, 0) == [(CPU_PORT, header + frame)]


def test_without_a_clone_session_nothing_is_punted_but_counted(router: Engine) -> None:
    router.clone_session_delete(CPU_SESSION)
    assert router.process(1, bytes(datagram(ttl=1)), 0) == []
    assert router.statistics()["unknown_sessions"] == 1


def test_statistics_account_for_every_frame(router: Engine) -> None:
    add_route(router, 5, 0x0A000000, 8, port=3)
    router.process(1, bytes(datagram()), 0)
    router.process(1, bytes(datagram(ttl=1)), 0)
    statistics = router.statistics()
    wanted = {"received": 2, "sent": 2, "ingress_drops": 1}
    assert {name: count for name, count in statistics.items() if count} == wanted
