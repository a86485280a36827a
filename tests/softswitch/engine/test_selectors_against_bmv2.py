"""The same packets through BMv2 and the embedded target find the same members of groups."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from finsy.proto import p4r

from tests.softswitch.p4runtime.selectors import (
    BY_MASK,
    BY_PART,
    BY_SUM,
    GROUPED,
    ONE_OF_FEW,
    action,
    action_set,
    answer,
    deletes,
    entry,
    group,
    inserts,
    member,
    modifies,
    request,
    to_group,
    to_member,
)

pytestmark = pytest.mark.bmv2

Compare = Callable[[str, Sequence[p4r.Update], Sequence[tuple[int, bytes]]], None]


@pytest.fixture
def rng() -> random.Random:
    return random.Random(1)


def choices(rng: random.Random, tables: Sequence[int]) -> list[tuple[int, bytes]]:
    return [
        (1, request(table, key, rng.getrandbits(32), rng.getrandbits(4), rng.getrandbits(12)))
        for table in tables
        for key in (1, 2, 3)
        for _ in range(25)
    ]


def test_action_sets_with_weights(same: Compare, rng: random.Random) -> None:
    three = action_set((answer(1), 1), (action("forward", 7, 8), 3), (answer(2), 2))
    other = action_set((answer(3), 2), (answer(4), 1), (answer(5), 1), (answer(6), 1))
    state = [
        *inserts(*(entry(table, other) for table in (BY_PART, BY_SUM, BY_MASK))),
        *inserts(entry(GROUPED, three), entry(GROUPED, other, key=2)),
        *modifies(entry(GROUPED, other), entry(GROUPED, three, key=2)),
        *inserts(entry(GROUPED, action_set((answer(9), 4)), key=3)),
        *deletes(entry(GROUPED, key=2)),
        *inserts(entry(GROUPED, action_set((answer(5), 5), (action("drop"), 2)), key=2)),
    ]
    same("selectors", state, choices(rng, (GROUPED, BY_MASK, BY_PART, BY_SUM)))


def test_groups_of_members_that_come_and_go(same: Compare, rng: random.Random) -> None:
    state = [
        *inserts(*(member("ways", number, answer(number)) for number in (5, 3, 8, 1))),
        *inserts(group("ways", 1, {3: 1, 5: 1, 8: 1}, 8), group("ways", 2, {1: 3, 8: 2}, 8)),
        *inserts(entry(GROUPED, to_group(1)), entry(GROUPED, to_group(2), key=2)),
        *modifies(group("ways", 1, {5: 1, 8: 4, 1: 2}, 8), member("ways", 8, answer(88))),
        *deletes(member("ways", 3)),
        *inserts(member("ways", 9, answer(9)), member("ways", 2, answer(2))),
        *modifies(group("ways", 2, {9: 2, 2: 1, 8: 1, 5: 1}, 8)),
        *modifies(group("ways", 1, {9: 1, 2: 3, 8: 1}, 8)),
        *inserts(entry(GROUPED, to_member(2), key=3)),
    ]
    same("selectors", state, choices(rng, (GROUPED,)))


def test_an_action_profile_without_a_selector(same: Compare, rng: random.Random) -> None:
    state = [
        *inserts(member("shared", 1, answer(1)), member("shared", 2, action("forward", 5, 6))),
        *inserts(entry(ONE_OF_FEW, to_member(1)), entry(ONE_OF_FEW, to_member(2), key=2)),
    ]
    same("selectors", state, choices(rng, (ONE_OF_FEW,)))


def random_changes(rng: random.Random) -> list[p4r.Update]:
    """Forty changes of members and of three groups, each as the state at that time allows."""
    members: set[int] = set()
    groups: dict[int, dict[int, int]] = {}
    changes: list[p4r.Update] = []
    for _ in range(40):
        in_use = {number for weights in groups.values() for number in weights}
        free = sorted(members - in_use)
        if len(members) < 4 or rng.random() < 0.3:
            number = rng.choice([i for i in range(1, 30) if i not in members])
            changes += inserts(member("ways", number, answer(number)))
            members.add(number)
        elif free and rng.random() < 0.3:
            number = rng.choice(free)
            changes += deletes(member("ways", number))
            members.remove(number)
        else:
            chosen = rng.sample(sorted(members), rng.randint(1, 4))
            weights = {number: rng.randint(1, 2) for number in chosen}
            number = rng.randint(1, 3)
            change = modifies if number in groups else inserts
            changes += change(group("ways", number, weights, 8))
            groups[number] = weights
    changes += inserts(*(entry(GROUPED, to_group(number), key=number) for number in groups))
    return changes


@pytest.mark.parametrize("seed", range(5))
def test_any_history_of_members_and_groups(same: Compare, seed: int) -> None:
    rng = random.Random(seed)
    same("selectors", random_changes(rng), choices(rng, (GROUPED,)))
