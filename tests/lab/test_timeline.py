"""The timeline of a failure: from notices and packets to words and a picture."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from xml.etree import ElementTree

import pytest

from controlplane.engine.notice import Notice
from controlplane.lab.errors import LabError
from controlplane.lab.load import Lab
from controlplane.lab.picture.timeline import draw_timeline, write_timeline
from controlplane.lab.timeline.collect import timelines
from controlplane.lab.timeline.model import Gap, Mark, Phase, Timeline
from controlplane.lab.world import Received, Told
from controlplane.p4rt.notices import Programmed
from controlplane.protocols.bfd.notices import SessionDown
from controlplane.protocols.bgp.notices import SessionDown as BgpSessionDown
from controlplane.protocols.ospf.notices import RoutesCalculated
from tests.lab.fake_world import FakeWorld

LoadText = Callable[[str], Lab]

LAB = """\
routers: {pe1: {role: pe}, pe2: {role: pe}}
hosts: {h1: {}, h2: {}}
links:
  - {name: core, ends: [pe1, pe2]}
  - {ends: [pe1, h1]}
  - {ends: [pe2, h2]}
streams: {there: {from: h1, to: h2, rate: 10, count: 100}}
events: [{at: 2, link_cut: core}, {at: 4, link_up: core}]
"""
NEIGHBOR = IPv4Address("10.254.0.2")
DOWN = SessionDown("eth1", NEIGHBOR, "three packets missed")
SENT = [number / 10 for number in range(100)]


class Played(FakeWorld):
    """A world in which all of this has happened already."""

    def __init__(self, told: list[tuple[float, str, Notice]], received: list[int]) -> None:
        super().__init__(lambda *_: [])
        self.told = [Told(*one) for one in told]
        self._got = received

    def sent_times(self, stream: str) -> list[float]:
        return SENT

    def received(self, host: str, stream: str) -> Received:
        return Received(self._got, [SENT[number] + 0.01 for number in self._got])


def calculated(waited: float, changed: int = 1) -> RoutesCalculated:
    return RoutesCalculated((), changed, 0, waited)


def only(lab: Lab, world: FakeWorld) -> Timeline:
    (timeline,) = timelines(lab, world, {0: 2.0, 1: 4.0})
    return timeline


def test_a_failure_is_split_into_its_phases(load_text: LoadText) -> None:
    told: list[tuple[float, str, Notice]] = [
        (1.0, "pe1", calculated(0.1)),
        (2.3, "pe1", DOWN),
        (2.32, "pe1", calculated(0.02)),
        (2.33, "pe2", calculated(0.02)),
        (2.34, "pe1", Programmed(3)),
        (2.36, "pe2", Programmed(1)),
        (4.1, "pe1", calculated(0.1)),
    ]
    received = [*range(20), *range(24, 100)]
    timeline = only(load_text(LAB), Played(told, received))
    assert timeline.words() == (
        "link core loses all packets: detection 0.300 s, flooding 0.310 s, SPF 0.330 s, "
        "programming 0.360 s; h2 without there for 0.500 s (4 packets)"
    )


def test_a_calculation_that_changed_nothing_is_no_phase(load_text: LoadText) -> None:
    told: list[tuple[float, str, Notice]] = [(2.3, "pe1", DOWN), (2.4, "pe1", calculated(0.1, 0))]
    timeline = only(load_text(LAB), Played(told, list(range(100))))
    assert [mark.phase for mark in timeline.marks] == [Phase.DETECTION]
    assert timeline.gaps == ()


def test_a_lost_session_of_bgp_is_a_detection(load_text: LoadText) -> None:
    lost: list[tuple[float, str, Notice]] = [(2.2, "pe1", BgpSessionDown(NEIGHBOR, "no more"))]
    (mark,) = only(load_text(LAB), Played(lost, list(range(100)))).marks
    assert (mark.phase, mark.words) == (Phase.DETECTION, f"session with {NEIGHBOR} down: no more")


def test_traffic_that_does_not_come_back_is_missed_until_the_last_packet(
    load_text: LoadText,
) -> None:
    timeline = only(load_text(LAB), Played([], list(range(20))))
    (gap,) = timeline.gaps
    assert (gap.last, gap.first, gap.lost) == (SENT[19] + 0.01, SENT[39], 20)


def test_a_failure_that_nobody_notices_is_said_to_be_one(load_text: LoadText) -> None:
    timeline = only(load_text(LAB), Played([], list(range(100))))
    assert timeline.words() == "link core loses all packets: nobody noticed"


@pytest.fixture
def drawn() -> Timeline:
    return Timeline(
        event="link a-b goes down & out",
        at=10.0,
        marks=(
            Mark(10.3, "a", Phase.DETECTION, ""),
            Mark(10.32, "a", Phase.SPF, ""),
            Mark(10.31, "b", Phase.FLOODING, ""),
            Mark(10.33, "b", Phase.SPF, ""),
            Mark(10.35, "b", Phase.PROGRAMMING, ""),
        ),
        gaps=(Gap("tv", "h1", 9.999, 10.36, 360),),
    )


def test_the_picture_has_a_row_for_each_host_and_router(drawn: Timeline) -> None:
    root = ElementTree.fromstring(draw_timeline(drawn))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "link a-b goes down & out" in texts
    assert {"h1 ← tv", "a", "b", "360 packets missed", "0 ms", "300 ms"} <= set(texts)
    bars = [
        element
        for element in root.iter("{http://www.w3.org/2000/svg}rect")
        if float(element.get("y", "0")) > 100
    ]
    # The host's gap; detection and SPF of a; flooding, SPF and programming of b.
    assert len(bars) == 6


def test_a_router_that_hears_of_it_starts_when_the_first_has_found_out(drawn: Timeline) -> None:
    root = ElementTree.fromstring(draw_timeline(drawn))
    rects = {
        (element.get("fill"), float(element.get("y", "0"))): float(element.get("x", "0"))
        for element in root.iter("{http://www.w3.org/2000/svg}rect")
        if float(element.get("y", "0")) > 100
    }
    (flooding,) = (x for (fill, _), x in rects.items() if fill == "#b8720a")
    (detection,) = (x for (fill, _), x in rects.items() if fill == "#d6293e")
    assert detection == 150
    assert flooding > 700


def test_a_picture_that_cannot_be_written_is_one_clear_message(
    drawn: Timeline, tmp_path: Path
) -> None:
    with pytest.raises(LabError, match=r"/no/x\.svg: No such file"):
        write_timeline(drawn, tmp_path / "no" / "x.svg")
