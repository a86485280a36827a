"""Links with faults: in the file, as events, in the simulator, and where a live lab makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from controlplane.cli.main import main
from controlplane.lab import control
from controlplane.lab.errors import LabError
from controlplane.lab.load import Lab
from controlplane.lab.plan import LinkEnd, LinkPlan, NetworkPlan
from controlplane.lab.run import Run
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.testbed.faults import LiveFaults, Place
from controlplane.lab.world import Stream
from controlplane.p4rt.faults import Direction, Faults, parse_faults
from tests.lab.fake_world import FakeWorld
from tests.lab.mistakes import mistakes
from tests.live.plans import stream, two_hosts

LoadText = Callable[[str], Lab]
OUT, IN = Direction.EGRESS, Direction.INGRESS
START = "start: []\n"


def with_faults(text: str, words: str) -> str:
    return text.replace("{ends: [pe1, p1]}", f"{{ends: [pe1, p1], faults: {words}}}")


def faults_of(lab: Lab) -> dict[str, tuple[Faults | None, bool]]:
    return {link.name: (link.faults, link.faulty) for link in lab.plan.links}


def test_a_link_begins_with_the_faults_of_the_file(load_text: LoadText, small: str) -> None:
    found = faults_of(load_text(with_faults(small, "loss=1% delay=5ms")))
    assert found["pe1-p1"] == (Faults(loss=0.01, delay=0.005), True)
    assert found["p1-pe2"] == (None, False)


def test_a_link_that_gets_faults_later_is_known_from_the_start(
    load_text: LoadText, small: str
) -> None:
    text = small + "events: [{at: 1, link_faults: p1-pe2, faults: loss=1%}]\n"
    assert faults_of(load_text(text))["p1-pe2"] == (None, True)


def test_vlans_of_a_wire_have_its_faults(load_text: LoadText, small: str) -> None:
    red = "{ends: {pe1: {port: 9}, ce1: {port: 9}}, vpn: red, vlan: 1}"
    more = (
        "{name: more, ends: {pe1: {port: 9}, ce1: {port: 9}}, vpn: red, vlan: 2, faults: loss=1%}"
    )
    text = small.replace("{ends: [pe1, ce1], vpn: red}", f"{red}\n  - {more}")
    assert faults_of(load_text(text))["pe1-ce1"] == (Faults(loss=0.01), True)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("loss=1", "links[0].faults: 1 is not a share from 0% to 100%"),
        ("lost=1%", "links[0].faults: lost is none of loss, duplicate, delay, jitter, rate, "),
        ("5", "links[0].faults: 5 is not of the form NAME=VALUE ..., as loss=1% delay=5ms"),
    ],
)
def test_words_that_are_no_faults_are_mistakes(
    load_text: LoadText, small: str, words: str, line: str
) -> None:
    [mistake] = mistakes(load_text, with_faults(small, words))
    assert mistake.startswith(line)


def test_an_event_names_a_link_and_its_faults(load_text: LoadText, small: str) -> None:
    text = (
        small + "events: [{at: 1, link_faults: p1-pe9, faults: none}, {at: 2, link_faults: lan1}]"
    )
    assert mistakes(load_text, text) == [
        "events[0].link_faults: no link is called p1-pe9; is it p1-pe2?",
        "events[1].faults: is missing",
    ]


def test_events_change_the_faults_of_a_running_lab(load_text: LoadText, small: str) -> None:
    text = small + START
    text += """\
events:
  - {at: 1, link_faults: p1-pe2, faults: loss=100%}
  - {at: 2, link_faults: p1-pe2, faults: none}
"""
    world, said = FakeWorld(lambda *_: []), list[str]()
    Run(load_text(text), world, "fake", said.append).play()
    assert world.log == [(1, "faults p1-pe2 loss=100%"), (2, "faults p1-pe2 none")]
    assert "  1.00 s  faults of p1-pe2: loss=100%" in said


# -- in the simulator


def sent(world: SimWorld, number: int) -> Stream:
    """100 packets a second for a second; three more go by."""
    world.join("h2", (it := stream(number=number, rate=100)).destination, None)
    world.send(it)
    world.advance_to(world.now() + 4)
    return it


def arrived(world: SimWorld, number: int) -> list[int]:
    return list(world.received("h2", sent(world, number).name).numbers)


def started(plan: NetworkPlan) -> SimWorld:
    world = SimWorld(plan)
    world.start()
    world.advance_to(1)
    return world


@pytest.fixture
def world() -> SimWorld:
    return started(two_hosts())


def test_a_simulated_link_takes_and_drops_faults_at_any_time(world: SimWorld) -> None:
    every = list(range(100))
    assert arrived(world, 1) == every
    world.set_faults("lan", Faults(loss=1.0))
    assert arrived(world, 2) == []
    world.set_faults("lan", Faults(duplicate=1.0))
    assert arrived(world, 3) == sorted(every * 2)
    world.set_faults("lan", None)
    assert arrived(world, 4) == every


def test_a_simulated_link_delays_give_or_take_the_jitter(world: SimWorld) -> None:
    world.set_faults("lan", parse_faults("delay=100ms jitter=50ms"))
    received = world.received("h2", (it := sent(world, 1)).name)
    took = [
        at - world.sent_times(it.name)[number]
        for number, at in zip(received.numbers, received.times, strict=True)
    ]
    base = two_hosts().links[0].delay
    assert 0.05 <= min(took) - base < 0.06
    assert 0.14 < max(took) - base <= 0.15
    assert received.numbers != sorted(received.numbers)


def test_a_simulated_link_is_as_fast_as_its_rate(world: SimWorld) -> None:
    world.set_faults("lan", parse_faults("rate=45.6kbit"))
    times = world.received("h2", sent(world, 1).name).times
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps == pytest.approx([114 * 8 / 45_600] * 99)


def test_the_seed_of_faults_decides_what_is_lost() -> None:
    def left(seed: int) -> list[int]:
        world = started(two_hosts())
        world.set_faults("lan", Faults(loss=0.5, seed=seed))
        return arrived(world, 1)

    assert left(1) == left(1)
    assert left(1) != left(2)


def test_a_cut_link_loses_everything_and_then_what_its_faults_say(world: SimWorld) -> None:
    world.cut_link("lan", cut=True)
    world.set_faults("lan", Faults(loss=0.5))
    assert arrived(world, 1) == []
    world.cut_link("lan", cut=False)
    assert 30 < len(arrived(world, 2)) < 70


def test_faults_of_the_plan_are_there_from_the_start() -> None:
    plan = two_hosts()
    world = started(replace(plan, links=(replace(plan.links[0], faults=Faults(loss=1.0)),)))
    assert arrived(world, 1) == []


# -- in a live lab


def network(*ends: str) -> NetworkPlan:
    """One link, of switches `s1` and so on, FRR's `f1` and so on, and hosts."""
    link = LinkPlan(
        name="link",
        ends=tuple(
            LinkEnd(node=node, interface="eth1", port=None if node.startswith("h") else port)
            for port, node in enumerate(ends, start=1)
        ),
        faults=Faults(loss=0.01),
        faulty=True,
    )
    frr = frozenset(node for node in ends if node.startswith("f"))
    return NetworkPlan(name="net", routers={}, hosts={}, links=(link,), frr=frr)


@pytest.mark.parametrize(
    ("ends", "places"),
    [
        ("s1 s2", [Place("s1", 1, OUT), Place("s2", 2, OUT)]),
        ("h1 s2", [Place("s2", 2, OUT), Place("s2", 2, IN)]),
        ("s1 f2", [Place("s1", 1, OUT), Place("s1", 1, IN)]),
        ("s1 s2 h3", [Place("s1", 1, OUT), Place("s2", 2, OUT)]),
        ("s1 h2 h3", [Place("s1", 1, OUT), Place("s1", 1, IN)]),
    ],
)
def test_each_way_through_a_link_meets_its_faults_once(ends: str, places: list[Place]) -> None:
    assert LiveFaults(network(*ends.split())).places("link") == places


def test_a_link_without_a_switch_of_ours_has_no_faults() -> None:
    with pytest.raises(LabError, match="link has no switch at its ends that could make faults"):
        LiveFaults(network("f1", "h2")).require_places()


def test_a_switch_starts_with_the_faults_that_its_links_have_by_then() -> None:
    faults = LiveFaults(network("h1", "s2"))
    first = faults.options("s2")
    assert [first[0], first[2]] == ["--fault", "--ingress-fault"]
    assert first[1].startswith("2:loss=1% seed=")
    assert first[1] != first[3], "each direction has its own chance"
    assert faults.options("s2") == first
    told = faults.set("link", Faults(loss=0.5))
    assert [place for place, _ in told] == faults.places("link")
    assert faults.options("s2")[1] == f"2:{told[0][1]}"
    faults.set("link", None)
    assert faults.options("s2") == []


# -- asking a running lab


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: Lab) -> Iterator[FakeWorld]:
    monkeypatch.setattr(control, "FOLDER", tmp_path)
    world = FakeWorld(lambda *_: [])
    with control.serving(demo.plan, world):
        yield world


def test_the_command_changes_and_shows_the_faults_of_a_running_lab(
    running: FakeWorld, demo: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    link = demo.plan.links[0].name
    assert main(["lab", "fault", link, "loss=1%", "delay=5ms"]) == 0
    assert running.faults == {link: Faults(loss=0.01, delay=0.005)}
    said = capsys.readouterr().out
    assert main(["lab", "fault", link]) == 0
    assert capsys.readouterr().out == said
    assert said.splitlines()[1].split()[:2] == ["pe1", "1"]
    assert said.splitlines()[1].endswith("loss=1% delay=5ms")


@pytest.mark.parametrize(
    ("link", "words", "message"),
    [
        ("nowhere", "loss=1%", "mvpn: no link is called nowhere"),
        ("", "loss", "mvpn: loss is not NAME=VALUE"),
    ],
)
def test_what_a_running_lab_refuses_is_said_in_a_line(
    running: FakeWorld,
    demo: Lab,
    link: str,
    words: str,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["lab", "fault", link or demo.plan.links[0].name, words]) == 1
    assert capsys.readouterr().err == f"{message}\n"
    assert running.faults == {}
