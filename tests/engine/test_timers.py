"""Named timers of one engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.engine.timers import Timers


@pytest.fixture
def timers() -> Timers[str]:
    return Timers()


def test_without_timers_there_is_no_deadline(timers: Timers[str]) -> None:
    assert timers.next_deadline() is None
    assert list(timers.expired(1e9)) == []


def test_the_next_deadline_is_the_first_of_all(timers: Timers[str]) -> None:
    timers.set("late", 5.0)
    timers.set("early", 2.0)
    assert timers.next_deadline() == 2.0


def test_due_timers_expire_in_order_and_once(timers: Timers[str]) -> None:
    timers.set("c", 3.0)
    timers.set("a", 1.0)
    timers.set("b", 2.0)
    assert list(timers.expired(2.0)) == ["a", "b"]
    assert list(timers.expired(2.0)) == []
    assert timers.next_deadline() == 3.0


def test_timers_of_one_instant_expire_in_the_order_of_their_setting(timers: Timers[str]) -> None:
    for name in ("z", "a", "m"):
        timers.set(name, 1.0)
    timers.set("z", 1.0)
    assert list(timers.expired(1.0)) == ["a", "m", "z"]


def test_setting_a_timer_again_moves_it(timers: Timers[str]) -> None:
    timers.set("a", 1.0)
    timers.set("a", 4.0)
    assert list(timers.expired(3.0)) == []
    assert timers.deadline("a") == timers.next_deadline() == 4.0


def test_a_cancelled_timer_does_not_expire(timers: Timers[str]) -> None:
    timers.set("a", 1.0)
    timers.cancel("a")
    timers.cancel("a")
    assert timers.deadline("a") is None
    assert list(timers.expired(2.0)) == []


def test_the_handler_of_one_timer_can_cancel_the_next(timers: Timers[str]) -> None:
    timers.set("a", 1.0)
    timers.set("b", 1.0)
    expired = []
    for name in timers.expired(1.0):
        expired.append(name)
        timers.cancel("b")
    assert expired == ["a"]


def test_a_handler_can_set_a_timer_that_is_due_at_once(timers: Timers[str]) -> None:
    timers.set("a", 1.0)
    expired = []
    for name in timers.expired(2.0):
        expired.append(name)
        if name == "a":
            timers.set("b", 2.0)
    assert expired == ["a", "b"]


def test_what_remains_never_is_negative(timers: Timers[str]) -> None:
    timers.set("a", 3.0)
    assert timers.remaining("a", 1.0) == 2.0
    assert timers.remaining("a", 9.0) == 0.0
    assert timers.remaining("b", 1.0) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 20)))))
def test_any_history_leaves_the_timers_that_were_set_last(
    history: list[tuple[int, int | None]],
) -> None:
    timers, model = Timers[int](), dict[int, float]()
    for name, at in history:
        if at is None:
            timers.cancel(name)
            model.pop(name, None)
        else:
            timers.set(name, float(at))
            model[name] = float(at)
    assert timers.next_deadline() == min(model.values(), default=None)
    expired = list(timers.expired(20.0))
    assert sorted(expired) == sorted(model)
    assert [model[name] for name in expired] == sorted(model.values())
