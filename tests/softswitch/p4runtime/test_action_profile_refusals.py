"""What P4Runtime refuses of members, groups and action sets, and by which code."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from finsy.proto import p4r

from softswitch.p4runtime.status import Code
from softswitch.switch import Switch
from tests.softswitch.p4runtime.selectors import (
    BY_PART,
    DEFAULT,
    GROUPED,
    ONE_OF_FEW,
    P4INFO,
    PROGRAM,
    action,
    action_set,
    answer,
    deletes,
    entry,
    group,
    inserts,
    member,
    modifies,
    refusal,
    to_group,
    to_member,
)


@pytest.fixture
def switch() -> Iterator[Switch]:
    switch = Switch()
    switch.set_pipeline(P4INFO, PROGRAM)
    yield switch
    switch.close()


FOUR = [member("shared", i, answer(i)) for i in (1, 2, 3, 4)]
PAIR = [member("ways", 1, answer(1)), member("ways", 2, answer(2))]
REFUSED = {
    "a member twice": (
        inserts(PAIR[0], PAIR[0]),
        Code.ALREADY_EXISTS,
        "ways has a member 1 already",
    ),
    "a member without an action": (
        inserts(member("ways", 1)),
        Code.INVALID_ARGUMENT,
        "member 1 has no action",
    ),
    "a member with id 0": (inserts(member("ways", 0, answer(1))), Code.INVALID_ARGUMENT, "not 0"),
    "a member of another table's action": (
        inserts(member("parts", 1, action("drop"))),
        Code.INVALID_ARGUMENT,
        "parts has no action with id",
    ),
    "a member with an action for misses": (
        inserts(member("ways", 1, action("NoAction"))),
        Code.PERMISSION_DENIED,
        "NoAction may not be that of an entry",
    ),
    "a member of nothing": (
        inserts(p4r.Entity(action_profile_member=p4r.ActionProfileMember(action_profile_id=5))),
        Code.NOT_FOUND,
        "no action profile with id 0x00000005",
    ),
    "one member too many": (
        inserts(*FOUR, member("shared", 5, answer(5))),
        Code.RESOURCE_EXHAUSTED,
        "shared is full",
    ),
    "modifying a member that is not there": (
        modifies(PAIR[0]),
        Code.NOT_FOUND,
        "ways has no member 1",
    ),
    "deleting a member that is not there": (deletes(PAIR[0]), Code.NOT_FOUND, "no member 1"),
    "deleting a member of a group": (
        [*inserts(*PAIR, group("ways", 7, {1: 1}, 8)), *deletes(PAIR[0])],
        Code.FAILED_PRECONDITION,
        "member 1 of IngressControl.ways is in group 7",
    ),
    "deleting a member of an entry": (
        [*inserts(*PAIR, entry(GROUPED, to_member(1))), *deletes(PAIR[0])],
        Code.FAILED_PRECONDITION,
        "table entries refer to it",
    ),
    "a group twice": (
        inserts(*PAIR, *[group("ways", 1, {1: 1}, 8)] * 2),
        Code.ALREADY_EXISTS,
        "group 1 of IngressControl.ways exists",
    ),
    "a group with id 0": (inserts(group("ways", 0, {}, 8)), Code.INVALID_ARGUMENT, "not 0"),
    "a group of an unknown member": (
        inserts(*PAIR, group("ways", 1, {1: 1, 3: 1}, 8)),
        Code.NOT_FOUND,
        "ways has no member 3",
    ),
    "a weight of 0": (
        inserts(*PAIR, group("ways", 1, {1: 0}, 8)),
        Code.INVALID_ARGUMENT,
        "a weight of 0",
    ),
    "a group without a size": (
        inserts(*PAIR, group("ways", 1, {1: 1})),
        Code.INVALID_ARGUMENT,
        "a max_size of 0 is outside of 1..8",
    ),
    "a group that may grow too large": (
        inserts(*PAIR, group("ways", 1, {1: 1}, 9)),
        Code.INVALID_ARGUMENT,
        "a max_size of 9 is outside of 1..8",
    ),
    "a group that is too heavy": (
        inserts(*PAIR, group("ways", 1, {1: 2, 2: 3}, 4)),
        Code.RESOURCE_EXHAUSTED,
        "exceed its size of 4",
    ),
    "groups that are too heavy together": (
        inserts(member("parts", 1, answer(1)), *(group("parts", i, {1: 9}) for i in (1, 2))),
        Code.RESOURCE_EXHAUSTED,
        "the groups of IngressControl.parts exceed its size of 16",
    ),
    "another max_size": (
        [*inserts(*PAIR, group("ways", 1, {1: 1}, 8)), *modifies(group("ways", 1, {1: 1}, 4))],
        Code.INVALID_ARGUMENT,
        "its max_size stays",
    ),
    "modifying a group that is not there": (
        [*inserts(*PAIR), *modifies(group("ways", 1, {1: 1}, 8))],
        Code.NOT_FOUND,
        "ways has no group 1",
    ),
    "deleting a group of an entry": (
        [
            *inserts(*PAIR, group("ways", 1, {1: 1}, 8), entry(GROUPED, to_group(1))),
            *deletes(group("ways", 1)),
        ],
        Code.FAILED_PRECONDITION,
        "table entries refer to it",
    ),
    "a group of an action profile": (
        inserts(*FOUR, group("shared", 1, {1: 1})),
        Code.INVALID_ARGUMENT,
        "groups are for action selectors",
    ),
    "an entry of an unknown member": (
        inserts(entry(GROUPED, to_member(1))),
        Code.NOT_FOUND,
        "ways has no member 1",
    ),
    "an entry of an unknown group": (
        inserts(entry(GROUPED, to_group(1))),
        Code.NOT_FOUND,
        "ways has no group 1",
    ),
    "an entry of a group in an action profile": (
        inserts(entry(ONE_OF_FEW, to_group(1))),
        Code.INVALID_ARGUMENT,
        "action_profile_group_id is for action selectors",
    ),
    "an action set in an action profile": (
        inserts(entry(ONE_OF_FEW, action_set((answer(1), 1)))),
        Code.INVALID_ARGUMENT,
        "action_profile_action_set is for action selectors",
    ),
    "an action of the entry's own": (
        inserts(entry(GROUPED, p4r.TableAction(action=answer(1)))),
        Code.INVALID_ARGUMENT,
        "names a member or group, or brings an action set",
    ),
    "an entry without an action": (
        inserts(entry(GROUPED)),
        Code.INVALID_ARGUMENT,
        "names a member or group",
    ),
    "an action set with an unknown action": (
        inserts(entry(BY_PART, action_set((action("drop"), 1)))),
        Code.INVALID_ARGUMENT,
        "parts has no action",
    ),
    "an action set with a weight of 0": (
        inserts(entry(GROUPED, action_set((answer(1), 0)))),
        Code.INVALID_ARGUMENT,
        "a weight of 0",
    ),
    "an action set above the size of a group": (
        inserts(entry(GROUPED, action_set((answer(1), 4), (answer(2), 5)))),
        Code.INVALID_ARGUMENT,
        "it exceeds the size of 8",
    ),
    "an action set beside members": (
        inserts(*PAIR, entry(GROUPED, action_set((answer(1), 1)))),
        Code.INVALID_ARGUMENT,
        "not with both",
    ),
    "a member beside action sets": (
        inserts(entry(GROUPED, action_set((answer(1), 1))), PAIR[0]),
        Code.INVALID_ARGUMENT,
        "not with both",
    ),
    "another default action": (
        modifies(DEFAULT),
        Code.PERMISSION_DENIED,
        "keeps its default action",
    ),
}


@pytest.mark.parametrize(("updates", "code", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused_by_its_code(
    switch: Switch, updates: list[p4r.Update], code: Code, message: str
) -> None:
    got, text = refusal(switch, updates)
    assert got is code
    assert message in text


def test_a_member_is_there_once_in_a_group(switch: Switch) -> None:
    twice = group("ways", 1, {1: 1}, 8)
    twice.action_profile_group.members.add(member_id=1, weight=1)
    code, message = refusal(switch, inserts(*PAIR, twice))
    assert code is Code.INVALID_ARGUMENT
    assert "a member is there twice" in message


def in_a_group(**watch: object) -> p4r.Entity:
    watching = group("ways", 1, {1: 1}, 8)
    watching.action_profile_group.members[0].MergeFrom(
        p4r.ActionProfileGroup.Member(**watch)  # type: ignore[arg-type]
    )
    return watching


def in_a_set(**watch: object) -> p4r.Entity:
    watching = entry(GROUPED, action_set((answer(1), 1)))
    actions = watching.table_entry.action.action_profile_action_set.action_profile_actions
    actions[0].MergeFrom(p4r.ActionProfileAction(**watch))  # type: ignore[arg-type]
    return watching


@pytest.mark.parametrize("watch", [{"watch_port": b"\1"}, {"watch": 1}], ids=str)
@pytest.mark.parametrize("place", [in_a_group, in_a_set])
def test_watch_ports_are_not_supported(
    switch: Switch, place: Callable[..., p4r.Entity], watch: dict[str, object]
) -> None:
    before = [] if place is in_a_set else PAIR
    code, message = refusal(switch, inserts(*before, place(**watch)))
    assert code is Code.UNIMPLEMENTED
    assert "watch ports are not supported" in message
