"""What the data plane counts, read through the control plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from controlplane.fib.model import Decapsulate, InPlace, PacketOut
from controlplane.net.punt import PuntReason
from controlplane.p4rt.counters import Count
from controlplane.p4rt.drops import DropReason
from tests.p4.frames import data, to_group, tunnel
from tests.p4.pe import (
    ANY_STREAM,
    BEHIND_TUNNEL,
    BRANCHING_LEAF,
    CE2,
    P_GROUP,
    P_TREE,
    PE2,
    RED,
    STREAM,
    TUNNEL,
    copy,
    multicast,
    route,
)
from tests.p4.targets import Target, new_drops

Name = TypeVar("Name")

STREAM_FRAME = to_group(data(str(STREAM.source), str(STREAM.group)))
TUNNEL_FRAME = to_group(tunnel(str(PE2), str(P_GROUP), data(str(STREAM.source), str(STREAM.group))))


def grown(after: Mapping[Name, Count], before: Mapping[Name, Count]) -> dict[Name, Count]:
    """What was counted in between."""
    growth = {}
    for name, count in after.items():
        old = before.get(name, Count())
        if count != old:
            growth[name] = Count(count.packets - old.packets, count.octets - old.octets)
    return growth


def test_a_route_counts_packets_and_octets(target: Target) -> None:
    target.program(multicast())
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, InPlace()))))
    for _ in range(3):
        target.receive(1, STREAM_FRAME)
    assert target.counters().routes[RED, STREAM] == Count(3, 3 * len(STREAM_FRAME))


def test_a_packet_out_of_a_tunnel_counts_on_both_its_routes(target: Target) -> None:
    target.program(multicast())
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    for _ in range(2):
        target.receive(3, TUNNEL_FRAME)
    routes = target.counters().routes
    expected = Count(2, 2 * len(TUNNEL_FRAME))
    assert (routes[0, P_TREE], routes[RED, STREAM]) == (expected, expected)


def test_a_customers_route_counts_what_comes_from_both_sides(target: Target) -> None:
    target.program(multicast())
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL))
    target.receive(3, TUNNEL_FRAME)
    target.receive(1, STREAM_FRAME)  # fails RPF, and found the entry
    assert target.counters().routes[RED, STREAM].packets == 2


def test_a_count_survives_a_change_of_the_copies(target: Target) -> None:
    target.program(multicast())
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, InPlace()))))
    target.receive(1, STREAM_FRAME)
    target.program(multicast(route(RED, STREAM, 1)))
    assert target.counters().routes[RED, STREAM].packets == 1


def test_interfaces_count_what_comes_and_goes(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, InPlace()))))
    before = target.counters()
    target.receive(1, STREAM_FRAME)
    target.send(PacketOut(1, STREAM_FRAME))
    after = target.counters()
    came = grown(after.interface_in, before.interface_in)
    went = grown(after.interface_out, before.interface_out)
    assert came[1] == Count(1, len(STREAM_FRAME))
    assert {index: went[index].packets for index in (1, 2)} == {1: 1, 2: 1}


def test_punts_count_by_reason(target: Target) -> None:
    target.program(multicast())
    before = target.counters()
    target.receive(1, STREAM_FRAME)
    punted = grown(target.counters().punted, before.punted)
    assert punted[PuntReason.NO_MULTICAST_ROUTE] == Count(1, len(STREAM_FRAME))


def test_copies_that_expire_count_as_drops(target: Target) -> None:
    target.program(multicast(route(RED, STREAM, 1, copy(CE2, InPlace()))))
    before = target.counters()
    target.receive(1, to_group(data(str(STREAM.source), str(STREAM.group), 1)))
    assert new_drops(target, before) == {DropReason.TTL_EXPIRED: 1}


def test_a_tree_of_any_source_counts_what_comes_from_both_sides(target: Target) -> None:
    target.program(multicast())
    behind = route(RED, ANY_STREAM, TUNNEL, copy(CE2, Decapsulate()))
    target.program(multicast(BRANCHING_LEAF, behind))
    target.receive(3, TUNNEL_FRAME)
    target.receive(1, STREAM_FRAME)
    expected = Count(2, len(TUNNEL_FRAME) + len(STREAM_FRAME))
    assert target.counters().routes[RED, ANY_STREAM] == expected


def test_a_packet_counts_on_the_tree_that_took_it(target: Target) -> None:
    target.program(multicast())
    target.program(multicast(route(RED, ANY_STREAM, 1), route(RED, STREAM, 1)))
    target.receive(1, STREAM_FRAME)
    routes = target.counters().routes
    assert (routes[RED, STREAM].packets, routes[RED, ANY_STREAM].packets) == (1, 0)
