"""(*,G) and (*,G-prefix), trees that accept packets of several interfaces, trees that are watched.

RFC 7761 4.2: a packet is forwarded by (S,G) where there is one, else by (*,G).
"""

from __future__ import annotations

import pytest

from controlplane.fib.model import InPlace, PacketIn, Submit
from controlplane.net.punt import PuntReason
from tests.p4.frames import data, to_group
from tests.p4.pe import (
    ANY_STREAM,
    BLUE,
    CE1,
    CE2,
    CE_BLUE,
    RED,
    STREAM,
    any_source,
    copy,
    mac,
    multicast,
    route,
)
from tests.p4.targets import NOTHING, Outcome, Target

SOURCE, GROUP = str(STREAM.source), str(STREAM.group)
OTHER_SOURCE = "10.9.0.1"

TO_CE1 = copy(CE1, InPlace())
TO_CE2 = copy(CE2, InPlace())


def stream(source: str = SOURCE, group: str = GROUP) -> bytes:
    return to_group(data(source, group))


def at_ce1(source: str = SOURCE, group: str = GROUP) -> tuple[int, bytes]:
    return 1, to_group(data(source, group, 63), mac(CE1))


def at_ce2(source: str = SOURCE, group: str = GROUP) -> tuple[int, bytes]:
    return 2, to_group(data(source, group, 63), mac(CE2), CE2.vlan)


@pytest.mark.parametrize("source", [SOURCE, OTHER_SOURCE])
def test_a_tree_of_any_source_forwards_the_packets_of_all(target: Target, source: str) -> None:
    target.program(multicast(route(RED, ANY_STREAM, 1, TO_CE2)))
    assert target.receive(1, stream(source)) == Outcome(frozenset({at_ce2(source)}))


def test_the_tree_of_a_source_comes_before_that_of_any(target: Target) -> None:
    """(S,G,rpt) state is such a tree: its receivers are others than those of (*,G)."""
    target.program(multicast(route(RED, ANY_STREAM, 1, TO_CE2), route(RED, STREAM, 1)))
    assert target.receive(1, stream()) == NOTHING
    assert target.receive(1, stream(OTHER_SOURCE)) == Outcome(frozenset({at_ce2(OTHER_SOURCE)}))


def test_a_wrong_interface_of_the_source_s_tree_is_not_one_of_any_source_s(target: Target) -> None:
    target.program(multicast(route(RED, ANY_STREAM, 1, TO_CE2), route(RED, STREAM, 2)))
    failed = PacketIn(1, 1, PuntReason.RPF_FAILED, stream())
    assert target.receive(1, stream()) == Outcome(frozenset(), (failed,))


def test_the_longest_prefix_of_groups_is_the_tree(target: Target) -> None:
    """RFC 5015 3.3.2: where a group has sources and no receivers, its prefix has the state."""
    target.program(
        multicast(
            route(RED, any_source("239.0.0.0/8"), 1),
            route(RED, any_source("239.1.0.0/16"), 1, TO_CE2),
        )
    )
    assert target.receive(1, stream()) == Outcome(frozenset({at_ce2()}))
    assert target.receive(1, stream(group="239.2.1.1")) == NOTHING


def test_a_tree_of_any_source_is_one_customer_s(target: Target) -> None:
    target.program(multicast(route(BLUE, ANY_STREAM, 5, copy(CE_BLUE, InPlace()))))
    unknown = PacketIn(1, 1, PuntReason.NO_MULTICAST_ROUTE, stream())
    assert target.receive(1, stream()) == Outcome(frozenset(), (unknown,))


class TestSeveralAcceptedInterfaces:
    """RFC 5015 3.3: packets are taken where this router is the designated forwarder, and towards
    the rendezvous point; they leave on all others of the list."""

    def test_packets_are_taken_on_each_and_leave_on_the_others(self, target: Target) -> None:
        target.program(multicast(route(RED, ANY_STREAM, (1, 2), TO_CE1, TO_CE2)))
        assert target.receive(1, stream()) == Outcome(frozenset({at_ce2()}))
        tagged = to_group(data(SOURCE, GROUP), vlan=CE2.vlan)
        assert target.receive(2, tagged) == Outcome(frozenset({at_ce1()}))

    def test_another_interface_is_not_accepted(self, target: Target) -> None:
        target.program(multicast(route(RED, ANY_STREAM, (2, 7), TO_CE1, TO_CE2)))
        failed = PacketIn(1, 1, PuntReason.RPF_FAILED, stream())
        assert target.receive(1, stream()) == Outcome(frozenset(), (failed,))

    def test_interfaces_come_and_go(self, target: Target) -> None:
        failed = Outcome(frozenset(), (PacketIn(1, 1, PuntReason.RPF_FAILED, stream()),))
        for iifs, outcome in (
            ((1, 2), Outcome(frozenset({at_ce2()}))),
            ((2, 7), failed),
            ((1, 2, 7), Outcome(frozenset({at_ce2()}))),
            ((2,), failed),
            ((1,), Outcome(frozenset({at_ce2()}))),
        ):
            target.program(multicast(route(RED, ANY_STREAM, iifs, TO_CE2)))
            assert target.receive(1, stream()) == outcome, iifs

    def test_a_tree_that_accepts_nothing_takes_no_packet(self, target: Target) -> None:
        target.program(multicast(route(RED, ANY_STREAM, (), TO_CE2)))
        failed = PacketIn(1, 1, PuntReason.RPF_FAILED, stream())
        assert target.receive(1, stream()) == Outcome(frozenset(), (failed,))

    def test_trees_with_sets_of_their_own_are_told_apart(self, target: Target) -> None:
        others = any_source("239.2.1.1")
        target.program(
            multicast(
                route(RED, ANY_STREAM, (1, 2), TO_CE2), route(RED, others, (2, 7), TO_CE1, TO_CE2)
            )
        )
        frame = stream(group="239.2.1.1")
        failed = PacketIn(1, 1, PuntReason.RPF_FAILED, frame)
        assert target.receive(1, stream()) == Outcome(frozenset({at_ce2()}))
        assert target.receive(1, frame) == Outcome(frozenset(), (failed,))


class TestWatched:
    def test_a_packet_is_forwarded_and_shown_to_the_cpu(self, target: Target) -> None:
        target.program(multicast(route(RED, ANY_STREAM, 1, TO_CE2, watch=True)))
        shown = PacketIn(1, 1, PuntReason.NEW_SOURCE, stream())
        assert target.receive(1, stream()) == Outcome(frozenset({at_ce2()}), (shown,))

    def test_a_source_with_a_tree_of_its_own_is_shown_no_more(self, target: Target) -> None:
        watched = route(RED, ANY_STREAM, 1, TO_CE2, watch=True)
        target.program(multicast(watched, route(RED, STREAM, 1, TO_CE2)))
        assert target.receive(1, stream()) == Outcome(frozenset({at_ce2()}))

    def test_what_is_not_accepted_is_an_rpf_failure(self, target: Target) -> None:
        target.program(multicast(route(RED, ANY_STREAM, 2, TO_CE2, watch=True)))
        failed = PacketIn(1, 1, PuntReason.RPF_FAILED, stream())
        assert target.receive(1, stream()) == Outcome(frozenset(), (failed,))


def test_what_the_cpu_submits_goes_along_the_tree_of_any_source(target: Target) -> None:
    target.program(multicast(route(RED, ANY_STREAM, (1, 9), TO_CE2)))
    expected = 2, to_group(data(SOURCE, GROUP), mac(CE2), CE2.vlan)
    assert target.send(Submit(RED, 9, stream())) == Outcome(frozenset({expected}))
