"""Asserts in lab files: what is asked for, and the lab that shows them, in the simulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controlplane.cli.main import main
from controlplane.lab.file.expect import AssertSettled
from controlplane.lab.judge.state import StateJudge
from controlplane.lab.judge.words import watched_words
from controlplane.lab.load import Lab, load
from controlplane.lab.tables import Tables
from controlplane.lab.verdict import Seen
from tests.lab.fake_world import FakeWorld
from tests.lab.mistakes import mistakes

LoadText = Callable[[str], Lab]

LAB = Path(__file__).parents[2] / "mininet" / "labs" / "assert.yaml"
STREAM = "streams: {tv: {from: src, to: 232.1.1.1, rate: 10, count: 10}}\n"


def play(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, Any]]]:
    code = main(["lab", "check", str(path), "--target", "sim", "--json"])
    return code, json.loads(capsys.readouterr().out)["rows"]


def test_every_expectation_holds(capsys: pytest.CaptureFixture[str]) -> None:
    code, rows = play(LAB, capsys)
    assert [row for row in rows if not row["ok"]] == []
    assert (code, len(rows)) == (0, 31)
    # One packet shows both forwarders that there is another, and no second one comes twice.
    seen = [row["seen"] for row in rows if "at most 50 twice" in row["expectation"]]
    assert len(seen) == 5
    assert all(words.split(", ")[1] == "1 more than once" for words in seen)


def test_pes_that_choose_alike_need_no_assert_between_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = LAB.read_text()
    assert "rd: auto, " in text
    changed = tmp_path / "lab.yaml"
    changed.write_text(text.replace("rd: auto, ", "rd: auto, umh: highest, "))
    code, rows = play(changed, capsys)
    (failed,) = (row for row in rows if not row["ok"])
    assert (code, failed["seen"]) == (
        1,
        "pe3 has no Assert, pe4 has no Assert, pe2 has no Assert",
    )


def expected(link: str, winner: str, routers: list[str]) -> AssertSettled:
    return AssertSettled.model_validate(
        {"assert": "by-address", "link": link, "winner": winner, "routers": routers}
    )


@pytest.mark.parametrize(
    ("expectation", "seen"),
    [
        (expected("shared-lan", "pe2", ["pe1", "ce-a"]), Seen(True, "at 2")),
        (expected("shared-lan", "pe1", ["pe1"]), Seen(False, "pe1 has 10.1.1.2")),
        (expected("mdt", "pe4", ["pe1"]), Seen(True, "at 1")),
        (expected("mdt", "pe3", ["pe1"]), Seen(False, "pe1 has pe4 (192.0.2.4)")),
        (expected("shared-lan", "pe2", ["pe2"]), Seen(False, "pe2 has no Assert")),
    ],
)
def test_the_winner_that_routers_show_is_compared(expectation: AssertSettled, seen: Seen) -> None:
    def show(router: str, noun: str, _vrf: str | None, _now: float) -> list[dict[str, Any]]:
        assert noun == "pim assert"
        tree = {"source": "10.1.5.10", "group": "232.1.1.2"}
        lan = "eth2" if router == "pe1" else "eth1"
        on_lan = {**tree, "interface": lan, "winner": "10.1.1.2"}
        on_mdt = {**tree, "interface": "mdt-red", "winner": "192.0.2.4"}
        return [] if router == "pe2" else [on_lan, on_mdt]

    lab = load(LAB)
    judge = StateJudge(lab.layout, lab.routes)
    assert judge.judge(expectation, Tables(FakeWorld(show))) == seen


def test_the_expectation_in_words() -> None:
    assert watched_words(expected("mdt", "pe4", ["pe1", "pe3"])) == (
        "pe4 forwards by-address onto mdt, by Assert, at pe1, pe3"
    )


@pytest.mark.parametrize(
    ("added", "mistake"),
    [
        (
            "{assert: tv, link: lan9, winner: pe1, routers: pe1}",
            "expect[0].link: no link is called lan9; is it lan2?",
        ),
        (
            "{assert: tv, link: mdt, winner: nobody, routers: pe1}",
            "expect[0].winner: no router is called nobody",
        ),
        (
            "{assert: tv, link: mdt, winner: pe1, routers: [pe2, p1]}",
            "expect[0].routers: p1 has no VRF of red, so it knows no tree of that VPN",
        ),
        (
            "{assert: tv, link: pe1-ce1, winner: pe2, routers: pe1}",
            "expect[0].link: pe1-ce1 is no link of pe2 in VRF red",
        ),
        (
            "{receive: tv, hosts: rcv, repeats: 0}",
            "expect[0].repeats: 0 should be greater than or equal to 1",
        ),
    ],
)
def test_what_can_never_hold_is_refused(
    load_text: LoadText, small: str, added: str, mistake: str
) -> None:
    assert mistakes(load_text, f"{small}{STREAM}expect: [{added}]\n") == [mistake]
