"""Playing a lab: the order of things, the times that expectations have, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from controlplane.engine.time import Instant
from controlplane.lab.errors import LabError
from controlplane.lab.load import Lab
from controlplane.lab.run import Run
from controlplane.lab.verdict import Verdict
from tests.lab.fake_world import FakeWorld, Show

LoadText = Callable[[str], Lab]

STREAMS = """\
streams:
  tv: {from: src, to: 232.1.1.1, rate: 10, count: 50}
"""
START = "start: [{mroute: {source: pe1, group: 232.10.0.1}, routers: p1}]\n"

ROW = {
    "source": "10.255.0.1",
    "group": "232.10.0.1",
    "incoming": "eth1",
    "outgoing": [{"interface": "eth2"}],
}


def always(_router: str, _noun: str, _vrf: str | None, _now: Instant) -> list[dict[str, Any]]:
    return [ROW]


def play(lab: Lab, show: Show = always) -> tuple[FakeWorld, Verdict]:
    world = FakeWorld(show)
    verdict = Run(lab, world, "fake", lambda text: None).play()
    assert not world.running
    return world, verdict


def rows(verdict: Verdict) -> dict[str, tuple[bool, str]]:
    return {row.expectation: (row.ok, row.seen) for row in verdict.rows}


def test_things_happen_in_the_order_of_their_times(load_text: LoadText, small: str) -> None:
    text = small + START + STREAMS.replace("count: 50", "count: 50, at: 1")
    text += """\
events:
  - {at: 0, join: tv, hosts: rcv}
  - {at: 1, link_down: pe1-p1}
  - {at: 2, restart: p1}
  - {at: 2, link_up: pe1-p1}
  - {at: 3, join: 239.1.1.1, hosts: rcv}
  - {at: 4, leave: tv, hosts: rcv}
"""
    world, _ = play(load_text(text))
    assert world.log == [
        (0, "join rcv 232.1.1.1 10.0.1.11"),
        (1, "link pe1-p1 down"),
        (1, "send tv"),
        (2, "restart p1"),
        (2, "link pe1-p1 up"),
        (3, "join rcv 239.1.1.1 None"),
        (4, "leave rcv 232.1.1.1 10.0.1.11"),
    ]


def test_routers_get_the_routes_that_a_broken_link_changes(load_text: LoadText, small: str) -> None:
    lab = load_text(small + START + "events: [{at: 1, link_down: pe1-p1}]\n")
    world, _ = play(lab)
    after = lab.routes.given(lab.routes.routes(frozenset({"pe1-p1"})))
    changed = {key for key, routes in after.items() if routes != lab.plan.routes[key]}
    assert {(router, vrf) for router, vrf, _ in world.replaced} == changed
    assert all(after[router, vrf] == routes for router, vrf, routes in world.replaced)


def test_a_received_stream_is_a_lab_that_passes(load_text: LoadText, small: str) -> None:
    text = small + START + STREAMS + "events: [{at: 0, join: tv, hosts: rcv}]\n"
    text += "expect: [{receive: tv, hosts: rcv}, {receive_nothing: tv, hosts: src}]\n"
    _, verdict = play(load_text(text))
    assert verdict.ok
    assert rows(verdict)["rcv receives tv"] == (True, "50 of 50")
    assert rows(verdict)["nothing of tv at src"] == (True, "nothing")
    assert verdict.summary == "lab on fake: 3 of 3 expectations hold"


def test_expectations_count_from_named_events(load_text: LoadText, small: str) -> None:
    text = (
        small
        + START
        + STREAMS
        + """\
events:
  - {at: 0, join: tv, hosts: rcv}
  - {at: 1, name: left, leave: tv, hosts: rcv}
  - {at: 3, name: back, join: tv, hosts: rcv}
expect:
  - {receive: tv, hosts: rcv, before: left}
  - {receive_nothing: tv, hosts: rcv, after: left, within: 0.5, before: back}
  - {receive: tv, hosts: rcv, after: back, within: 0.5}
  - {receive: tv, hosts: rcv}
"""
    )
    _, verdict = play(load_text(text))
    assert [row.ok for row in verdict.rows] == [True, True, True, True, False]
    assert "20 missing, the first is 10, sent at 1.000 s" in verdict.rows[-1].seen


def behind(lab: Lab, until: float) -> Verdict:
    """Of a world whose switches do not do before then what routers have told them."""
    world = FakeWorld(always)
    world.in_step_from = until
    return Run(lab, world, "fake", lambda text: None).play()


def test_a_lab_is_ready_when_its_switches_do_what_they_are_told(
    load_text: LoadText, small: str
) -> None:
    verdict = behind(load_text(small + START), 1.0)
    assert verdict.ok
    assert verdict.figures["startup"] == 1.0


def test_a_lab_whose_switches_stay_behind_is_not_played(load_text: LoadText, small: str) -> None:
    late = behind(load_text("startup: 2\n" + small + START), 3.0).rows[1:]
    assert [(row.expectation, row.ok) for row in late] == [
        ("start: every switch does what its router has told it", False),
        ("all that follows", False),
    ]


def test_a_lab_that_does_not_get_ready_is_not_played(load_text: LoadText, small: str) -> None:
    text = "startup: 2\n" + small + START + STREAMS + "events: [{at: 0, join: tv, hosts: rcv}]\n"
    world, verdict = play(load_text(text), lambda *_: [])
    assert rows(verdict) == {
        "start: tree of (pe1, 232.10.0.1) at p1": (False, "none at p1"),
        "all that follows": (False, "not played: the network was not ready"),
    }
    assert world.log == []


def test_start_conditions_must_hold_at_the_same_time(load_text: LoadText, small: str) -> None:
    conditions = "{mroute: {source: pe1, group: 232.10.0.1}, routers: %s}"
    text = f"start: [{conditions % 'p1'}, {conditions % 'pe2'}]\n"

    def one_after_the_other(router: str, _n: str, _v: str | None, now: Instant) -> list[Any]:
        return [ROW] if (router == "p1") == (now < 1) or now >= 2 else []

    _, verdict = play(load_text(small + text), one_after_the_other)
    assert verdict.ok
    assert verdict.figures == {"startup": 2.0}


def test_state_is_looked_for_until_its_time_is_up(load_text: LoadText, small: str) -> None:
    tree = "{mroute: {source: pe1, group: 232.10.0.1}, routers: pe2"
    text = small + "start: []\n" + f"expect: [{tree}, after: 1, within: 1}}, {tree}, after: 3}}]\n"

    def from_1_5_to_3(router: str, _n: str, _v: str | None, now: Instant) -> list[Any]:
        return [ROW] if 1.5 <= now < 2.9 else []

    _, verdict = play(load_text(text), from_1_5_to_3)
    first, second = verdict.rows
    assert (first.ok, first.seen) == (True, "at 1, after 0.50 s")
    assert (second.ok, second.seen) == (False, "none at pe2")


def test_what_comes_after_the_last_limit_of_all_is_told_to_be_late(
    load_text: LoadText, small: str
) -> None:
    text = small + "start: []\n"
    text += "expect: [{mroute: {source: pe1, group: 232.10.0.1}, routers: pe2, within: 1}]\n"

    def from_3_98(router: str, _n: str, _v: str | None, now: Instant) -> list[Any]:
        return [ROW] if now > 3.98 else []

    _, verdict = play(load_text(text), from_3_98)
    seen = "none at pe2; at 1 after 4.00 s, later than 1 s"
    assert [(row.ok, row.seen) for row in verdict.rows] == [(False, seen)]


def test_state_left_behind_is_told(load_text: LoadText, small: str) -> None:
    text = small + "start: []\n"
    text += "expect: [{no_mroute: {source: pe1, group: 232.10.0.1}, routers: [p1, pe2]}]\n"
    _, verdict = play(load_text(text))
    assert [(row.ok, row.seen) for row in verdict.rows] == [(False, "left at p1, left at pe2")]


@pytest.mark.parametrize(
    ("sides", "ok", "seen"),
    [
        ("incoming: pe1-p1, outgoing: [p1-pe2]", True, "at 1"),
        ("incoming: p1-pe2", False, "p1 takes it from pe1-p1"),
        ("outgoing: [pe1-p1, p1-pe2]", False, "p1 sends it to p1-pe2"),
    ],
)
def test_the_way_of_a_tree_is_told_in_links(
    load_text: LoadText, small: str, sides: str, ok: bool, seen: str
) -> None:
    tree = "{mroute: {source: pe1, group: 232.10.0.1}, routers: p1, " + sides + "}"
    _, verdict = play(load_text(f"{small}start: []\nexpect: [{tree}]\n"))
    assert verdict.rows[0].ok is ok
    assert verdict.rows[0].seen.startswith(seen)


def pim_neighbors(lab: Lab, without: str = "") -> Show:
    """Every router shows the neighbours that it should have, but for one."""
    loopback = lab.layout.loopbacks

    def show(router: str, noun: str, vrf: str | None, _now: Instant) -> list[dict[str, Any]]:
        if noun != "pim neighbor":
            return []
        found = [
            {"interface": own.interface, "neighbor": str(other.address.ip)}
            for own in lab.layout.ends[router]
            if own.vrf == vrf
            for other in lab.layout.neighbors(own)
        ]
        if vrf == "red":
            other = "pe2" if router == "pe1" else "pe1"
            found.append({"interface": "mdt-red", "neighbor": str(loopback[other])})
        return [row for row in found if f"{router} {row['interface']}" != without]

    return show


def test_all_adjacencies_are_those_of_links_and_of_pmsis(load_text: LoadText, small: str) -> None:
    lab = load_text(small + "start: [{pim_neighbors: all}]\n")
    _, verdict = play(lab, pim_neighbors(lab))
    assert verdict.rows[0].seen == "10 adjacencies, after 0.00 s"


@pytest.mark.parametrize(
    ("without", "seen"),
    [("p1 eth2", "p1 misses pe2 on eth2"), ("pe2 mdt-red", "pe2 misses pe1 on mdt-red")],
)
def test_a_missing_adjacency_is_named(
    load_text: LoadText, small: str, without: str, seen: str
) -> None:
    lab = load_text("startup: 1\n" + small + "start: [{pim_neighbors: all}]\n")
    _, verdict = play(lab, pim_neighbors(lab, without))
    assert (verdict.rows[0].ok, verdict.rows[0].seen) == (False, seen)


def test_neighbours_are_exactly_those_that_are_named(load_text: LoadText, small: str) -> None:
    text = small + "start: []\nexpect: [{pim_neighbors: {pe1: [ce1]}, vpn: red}]\n"
    lab = load_text(text)
    _, verdict = play(lab, pim_neighbors(lab))
    assert verdict.rows[0].seen == "pe1 has pe2 (10.255.0.2) on mdt-red"


def test_routes_are_looked_up_in_the_vrf_of_the_vpn(load_text: LoadText, small: str) -> None:
    text = (
        small
        + """\
start: []
expect:
  - {routes: {pe1: [10.0.2.0/24]}, vpn: red}
  - {routes: {pe1: [10.0.2.0/24]}}
  - {no_routes: {pe1: [10.0.2.0/24], p1: [10.0.2.0/24]}, vpn: red}
"""
    )

    def show(router: str, _noun: str, vrf: str | None, _now: Instant) -> list[dict[str, Any]]:
        return [{"prefix": "10.0.2.0/24"}] if vrf == "red" else []

    _, verdict = play(load_text(text), show)
    assert [(row.ok, row.seen.partition(",")[0]) for row in verdict.rows] == [
        (True, "1 route"),
        (False, "pe1 misses 10.0.2.0/24"),
        (False, "pe1 has 10.0.2.0/24"),
    ]


def test_the_picture_shows_the_trees_before_anything_is_taken_away(
    load_text: LoadText, small: str
) -> None:
    text = (
        small
        + "start: []\n"
        + STREAMS
        + """\
events:
  - {at: 1, join: tv, hosts: rcv}
  - {at: 2, leave: tv, hosts: rcv}
"""
    )
    run = Run(load_text(text), FakeWorld(always), "fake", lambda text: None)
    run.play()
    assert run.snapshot is not None
    assert run.snapshot.members == {"rcv"}
    assert run.snapshot.mroutes["pe1", "red"] == [ROW]


def test_the_world_is_stopped_when_it_cannot_start(load_text: LoadText, small: str) -> None:
    class Broken(FakeWorld):
        def start(self) -> None:
            super().start()
            raise LabError("no compiler")

    world = Broken(always)
    with pytest.raises(LabError, match="no compiler"):
        Run(load_text(small), world, "fake", lambda text: None).play()
    assert not world.running
