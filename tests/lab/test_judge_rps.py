"""The rendezvous points that routers know, held against what a lab file expects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from controlplane.lab.judge.state import StateJudge
from controlplane.lab.judge.words import watched_words
from controlplane.lab.load import Lab
from controlplane.lab.tables import Tables
from controlplane.lab.verdict import Seen
from tests.lab.fake_world import FakeWorld
from tests.lab.mistakes import mistakes

LoadText = Callable[[str], Lab]

EXPECTED = "start: [{rps: {239.0.0.0/8: [ce1, 10.9.9.9]}, vpn: red, routers: [pe1, ce2]}]\n"
CE1, CE2, PE1 = "172.31.0.1", "172.31.0.2", "172.16.0.5"


def rows(*rps: str, groups: str = "239.0.0.0/8") -> list[dict[str, Any]]:
    known = [{"table": "mapping", "groups": groups, "rp": rp} for rp in rps]
    return [*known, {"table": "group", "group": "239.1.1.1", "groups": groups, "rp": CE1}]


def judged(lab: Lab, at_pe1: list[dict[str, Any]]) -> Seen:
    """`ce2` knows what it should."""

    def show(router: str, noun: str, vrf: str | None, now: float) -> list[dict[str, Any]]:
        assert noun == "pim rp"
        return {("pe1", "red"): at_pe1, ("ce2", "default"): rows(CE1, "10.9.9.9")}[router, str(vrf)]

    judge = StateJudge(lab.layout, lab.routes)
    return judge.judge(lab.file.start[0], Tables(FakeWorld(show)))


@pytest.mark.parametrize(
    ("at_pe1", "seen"),
    [
        (rows(CE1, "10.9.9.9"), Seen(True, "at 2")),
        ([*rows(CE1, "10.9.9.9"), *rows(CE2, groups="239.0.0.0/9")], Seen(True, "at 2")),
        (rows("10.9.9.9"), Seen(False, "pe1 misses ce1 for 239.0.0.0/8")),
        (rows(CE1), Seen(False, "pe1 misses 10.9.9.9 for 239.0.0.0/8")),
        (rows(CE1, "10.9.9.9", CE2), Seen(False, "pe1 has ce2 for 239.0.0.0/8")),
        (rows(CE1, "10.9.9.9", PE1), Seen(False, "pe1 has pe1 for 239.0.0.0/8")),
        (rows(CE1, "10.9.9.9", "10.8.8.8"), Seen(False, "pe1 has 10.8.8.8 for 239.0.0.0/8")),
    ],
)
def test_a_range_has_exactly_the_rps_that_are_named(
    load_text: LoadText, small: str, at_pe1: list[dict[str, Any]], seen: Seen
) -> None:
    assert judged(load_text(small + EXPECTED), at_pe1) == seen


@pytest.mark.parametrize(
    ("rps", "words"),
    [
        ("{239.0.0.0/8: ce1}", "ce1 as RP of 239.0.0.0/8 at pe1"),
        ("{239.0.0.0/8: [ce1, ce2]}", "ce1 and ce2 as RP of 239.0.0.0/8 at pe1"),
        ("{239.0.0.0/8: []}", "none as RP of 239.0.0.0/8 at pe1"),
    ],
)
def test_it_is_told_in_words(load_text: LoadText, small: str, rps: str, words: str) -> None:
    lab = load_text(f"{small}start: [{{rps: {rps}, vpn: red, routers: pe1}}]\n")
    assert watched_words(lab.file.start[0]) == words


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (
            "{rps: {239.0.0.0/8: ce9}, routers: ce1}",
            "start[0].rps: no router is called ce9; is it ce2?",
        ),
        (
            "{rps: {239.0.0.0/8: ce1}, routers: ce9}",
            "start[0].routers: no router is called ce9; is it ce2?",
        ),
        (
            "{rps: {239.0.0.0: ce1}, routers: ce1}",
            "start[0].rps.239.0.0.0: 239.0.0.0 is not an IPv4 prefix (ADDRESS/LENGTH, no host"
            " bits)",
        ),
    ],
)
def test_a_mistake_is_reported(
    load_text: LoadText, small: str, condition: str, expected: str
) -> None:
    assert mistakes(load_text, f"{small}start: [{condition}]\n") == [expected]


def test_a_pe_that_has_no_vrf_of_the_vpn_has_no_rps_there(load_text: LoadText, small: str) -> None:
    blue = (
        small.replace("vpns:\n", "vpns:\n  blue: {rd: 65000:2}\n")
        .replace("- {ends: [p1, pe2]}", "- {ends: [p1, pe2]}\n  - {ends: [pe2, rcv2], vpn: blue}")
        .replace("rcv: {}", "rcv: {}\n  rcv2: {}")
    )
    condition = "{rps: {239.0.0.0/8: ce1}, vpn: blue, routers: pe1}"
    assert mistakes(load_text, f"{blue}start: [{condition}]\n") == [
        "start[0].vpn: pe1 has no VRF of blue"
    ]
