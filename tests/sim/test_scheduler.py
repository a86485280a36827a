"""The virtual clock."""

from __future__ import annotations

from controlplane.sim.scheduler import Scheduler


def test_actions_run_in_the_order_of_their_times_and_of_their_making() -> None:
    scheduler, ran = Scheduler(), list[str]()
    scheduler.at(2.0, ran.append, "late")
    scheduler.at(1.0, ran.append, "first")
    scheduler.at(1.0, ran.append, "second")
    scheduler.run(until=2.0)
    assert ran == ["first", "second", "late"]


def test_an_action_sees_its_own_time() -> None:
    scheduler, seen = Scheduler(), list[float]()
    scheduler.at(1.5, lambda: seen.append(scheduler.now))
    scheduler.run(until=9.0)
    assert seen == [1.5]
    assert scheduler.now == 9.0


def test_what_is_made_for_the_past_runs_now() -> None:
    scheduler, seen = Scheduler(), list[float]()
    scheduler.run(until=5.0)
    scheduler.at(1.0, lambda: seen.append(scheduler.now))
    scheduler.run(until=5.0)
    assert seen == [5.0]


def test_an_action_after_the_bound_waits() -> None:
    scheduler, ran = Scheduler(), list[str]()
    scheduler.at(1.0, ran.append, "now")
    scheduler.at(1.1, ran.append, "later")
    scheduler.run(until=1.0)
    assert ran == ["now"]
    scheduler.run(until=1.1)
    assert ran == ["now", "later"]
