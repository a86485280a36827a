"""The limits of expectations about state: what holds later than its limit fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from controlplane.engine.time import Instant
from controlplane.lab.load import Lab
from controlplane.lab.run import Run
from controlplane.lab.verdict import Row
from tests.lab.fake_world import FakeWorld, Show

LoadText = Callable[[str], Lab]

ROW = {"source": "10.255.0.1", "group": "232.10.0.1", "incoming": "eth1", "outgoing": []}
CUT_AT_1 = "events: [{at: 1, name: cut, restart: p1}, {at: 30, restart: p1}]\n"


def tree(times: str) -> str:
    return f"expect: [{{mroute: {{source: pe1, group: 232.10.0.1}}, routers: pe2, {times}}}]\n"


def there_from(start: Instant) -> Show:
    def show(_router: str, _noun: str, _vrf: str | None, now: Instant) -> list[dict[str, Any]]:
        return [ROW] if now > start - 1e-9 else []

    return show


def only_row(lab: Lab, world: FakeWorld) -> Row:
    (row,) = Run(lab, world, "fake", lambda text: None).play().rows
    return row


@pytest.mark.parametrize(
    ("start", "ok", "seen"),
    [
        (1.0, True, "at 1, after 0.00 s"),
        (2.0, True, "at 1, after 1.00 s"),
        (2.04, False, "none at pe2; at 1 after 1.05 s, later than 1 s"),
        (8.0, False, "none at pe2; at 1 after 7.00 s, later than 1 s"),
        (13.0, False, "none at pe2"),
    ],
)
@pytest.mark.parametrize("after", ["1", "cut"])
def test_a_state_must_be_there_at_its_limit(
    load_text: LoadText, small: str, after: str, start: Instant, ok: bool, seen: str
) -> None:
    text = small + "start: []\n" + CUT_AT_1 + tree(f"after: {after}, within: 1")
    row = only_row(load_text(text), FakeWorld(there_from(start)))
    assert (row.ok, row.seen) == (ok, seen)


def test_a_look_counts_from_when_it_was_over(load_text: LoadText, small: str) -> None:
    class Slow(FakeWorld):
        def show(self, router: str, noun: str, vrf: str | None) -> list[dict[str, Any]]:
            self._clock += 0.3
            return super().show(router, noun, vrf)

    text = small + "start: []\n" + CUT_AT_1 + tree("after: cut, within: 0.2")
    row = only_row(load_text(text), Slow(there_from(0)))
    assert (row.ok, row.seen) == (False, "not looked at; at 1 after 0.30 s, later than 0.2 s")


def test_the_time_counts_from_when_the_event_really_happened(
    load_text: LoadText, small: str
) -> None:
    class Late(FakeWorld):
        def advance_to(self, at: Instant) -> None:
            super().advance_to(at + 0.5 if at == 1 else at)

    text = small + "start: []\n"
    text += "events: [{at: 1, name: cut, restart: p1}]\n" + tree("after: cut, within: 1")
    row = only_row(load_text(text), Late(there_from(2.4)))
    assert (row.ok, row.seen) == (True, "at 1, after 0.90 s")


def test_what_counts_from_an_event_is_not_looked_at_before_it(
    load_text: LoadText, small: str
) -> None:
    def until_the_restart(*_: object) -> list[dict[str, Any]]:
        return [] if world.log else [ROW]

    world = FakeWorld(until_the_restart)
    text = small + "start: []\n"
    text += "events: [{at: 0, name: cut, restart: p1}]\n" + tree("after: cut, within: 1")
    row = only_row(load_text(text), world)
    assert (row.ok, row.seen) == (False, "none at pe2")
