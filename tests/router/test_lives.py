"""A router that restarts: each life with its own chance, each in a recording of its own."""

from __future__ import annotations

from controlplane.router.events import Output
from controlplane.router.lives import Lives
from controlplane.router.record import WriteLine, read_header
from controlplane.router.router import Router
from tests.router.lab import configs

PE2 = configs()[3]


def first_minute(router: Router) -> list[Output]:
    """What a router does that hears of nobody, with all its jitter."""
    outputs = router.start(0.0)
    while (at := router.next_deadline()) is not None and at < 60:
        outputs += router.advance(at)
    return outputs


def recorded_lives() -> tuple[Lives, dict[str, list[str]]]:
    recordings: dict[str, list[str]] = {}

    def begin(name: str) -> WriteLine:
        return recordings.setdefault(name, []).append

    return Lives(PE2, "1 pe2", begin), recordings


def test_each_life_has_a_recording_and_a_seed_of_its_own() -> None:
    lives, recordings = recorded_lives()
    for _ in range(3):
        lives.begin()
    seeds = {name: read_header(lines[0]).seed for name, lines in recordings.items()}
    assert seeds == {"pe2": "1 pe2", "pe2.2": "1 pe2 2", "pe2.3": "1 pe2 3"}


def test_a_router_does_the_same_whether_it_is_recorded_or_not() -> None:
    recorded, _ = recorded_lives()
    plain = Lives(PE2, "1 pe2")
    for _ in range(2):
        assert first_minute(recorded.begin()) == first_minute(plain.begin())


def test_a_new_life_draws_other_chances() -> None:
    lives = Lives(PE2, "1 pe2")
    assert first_minute(lives.begin()) != first_minute(lives.begin())
