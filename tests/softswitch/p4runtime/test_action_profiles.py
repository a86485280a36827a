"""Members, groups and action sets: P4Runtime sections "ActionProfileMember" to "One Shot"."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from finsy.proto import p4r

from softswitch.p4runtime.forwarding import Forwarding
from softswitch.p4runtime.service import P4Runtime
from softswitch.p4runtime.status import Code
from softswitch.switch import Switch
from tests.softswitch.p4runtime.selectors import (
    BY_MASK,
    BY_PART,
    BY_PREFIX,
    DEFAULT,
    GROUPED,
    ONE_OF_FEW,
    P4INFO,
    PROGRAM,
    TABLES,
    action,
    action_set,
    answer,
    answer_of,
    deletes,
    entry,
    group,
    inserts,
    member,
    modifies,
    refusal,
    request,
    to_group,
    to_member,
)

FLOWS = range(40)
WILDCARDS = [
    p4r.Entity(action_profile_member=p4r.ActionProfileMember()),
    p4r.Entity(action_profile_group=p4r.ActionProfileGroup()),
    p4r.Entity(table_entry=p4r.TableEntry()),
]


@pytest.fixture
def switch() -> Iterator[Switch]:
    switch = Switch()
    switch.set_pipeline(P4INFO, PROGRAM)
    yield switch
    switch.close()


def answers(switch: Switch, table: int, key: int = 1) -> list[int | None]:
    return [answer_of(switch, request(table, key, flow)) for flow in FLOWS]


def by_crc32(*numbers: int) -> list[int]:
    """What the selector of by_prefix and by_mask chooses for each flow."""
    return [numbers[zlib.crc32(flow.to_bytes(4, "big")) % len(numbers)] for flow in FLOWS]


def everything(switch: Switch) -> list[p4r.Entity]:
    return switch.read(WILDCARDS)


class TestActionSets:
    """One shot: the entry brings its actions."""

    def test_the_hash_of_the_selector_fields_chooses_by_weight(self, switch: Switch) -> None:
        switch.write(inserts(entry(BY_PREFIX, action_set((answer(7), 1), (answer(8), 3)))))
        assert answers(switch, BY_PREFIX) == by_crc32(7, 8, 8, 8)

    def test_a_modification_replaces_the_whole_set(self, switch: Switch) -> None:
        switch.write(inserts(entry(BY_PREFIX, action_set((answer(7), 2)))))
        switch.write(modifies(entry(BY_PREFIX, action_set((answer(1), 1), (answer(2), 1)))))
        assert answers(switch, BY_PREFIX) == by_crc32(1, 2)

    def test_a_modification_without_an_action_leaves_the_set(self, switch: Switch) -> None:
        switch.write(inserts(entry(BY_PREFIX, action_set((answer(7), 1)))))
        switch.write(modifies(entry(BY_PREFIX)))
        assert answers(switch, BY_PREFIX) == by_crc32(7)

    def test_a_set_is_read_back_as_it_was_written(self, switch: Switch) -> None:
        same_twice = action_set((answer(7), 2), (action("forward", 3, 0), 1), (answer(7), 1))
        switch.write(inserts(entry(GROUPED, same_twice), entry(BY_MASK, same_twice)))
        assert everything(switch) == [entry(GROUPED, same_twice), entry(BY_MASK, same_twice)]

    def test_an_empty_set_does_nothing(self, switch: Switch) -> None:
        switch.write(inserts(entry(BY_PREFIX, action_set())))
        assert answers(switch, BY_PREFIX) == [0] * len(FLOWS)

    def test_deleted_sets_leave_their_room(self, switch: Switch) -> None:
        full = [entry(BY_PART, action_set((answer(key), 8)), key) for key in (1, 2)]
        for _ in range(3):
            switch.write(inserts(*full))
            switch.write(deletes(*full))
        assert everything(switch) == []

    def test_a_set_in_a_full_selector_can_be_replaced(self, switch: Switch) -> None:
        switch.write(inserts(entry(BY_PART, action_set((answer(1), 16)))))
        switch.write(modifies(entry(BY_PART, action_set((answer(2), 16)))))
        assert answer_of(switch, request(BY_PART)) == 2

    def test_a_refused_insertion_leaves_nothing(self, switch: Switch) -> None:
        whole = entry(BY_PART, action_set((answer(1), 16)))
        switch.write(inserts(whole))
        code, _ = refusal(switch, inserts(whole))
        assert code is Code.ALREADY_EXISTS
        switch.write(deletes(whole))
        switch.write(inserts(whole))

    def test_after_a_failed_modification_the_old_set_works(self, switch: Switch) -> None:
        switch.write(inserts(entry(BY_PART, action_set((answer(1), 1)))))
        code, _ = refusal(switch, modifies(entry(BY_PART, action_set((answer(2), 17)))))
        assert code is Code.RESOURCE_EXHAUSTED
        assert answer_of(switch, request(BY_PART)) == 1


class TestMembersAndGroups:
    def test_an_entry_runs_the_action_of_its_member(self, switch: Switch) -> None:
        switch.write(inserts(member("shared", 4, answer(44)), entry(ONE_OF_FEW, to_member(4))))
        assert answer_of(switch, request(ONE_OF_FEW)) == 44

    def test_a_modified_member_changes_every_entry_and_group(self, switch: Switch) -> None:
        switch.write(
            inserts(
                member("flows", 1, answer(1)),
                member("flows", 2, answer(2)),
                group("flows", 1, {1: 1, 2: 1}),
                entry(BY_PREFIX, to_group(1)),
                entry(BY_MASK, to_member(2)),
            )
        )
        switch.write(modifies(member("flows", 2, answer(99))))
        assert answers(switch, BY_PREFIX) == by_crc32(1, 99)
        assert answers(switch, BY_MASK) == by_crc32(99)

    def test_a_modified_group_has_its_new_members(self, switch: Switch) -> None:
        switch.write(inserts(*(member("flows", i, answer(i)) for i in (1, 2, 3))))
        switch.write(inserts(group("flows", 9, {1: 1, 2: 1}), entry(BY_PREFIX, to_group(9))))
        switch.write(modifies(group("flows", 9, {3: 1, 1: 1})))
        assert answers(switch, BY_PREFIX) == by_crc32(1, 3)

    def test_a_group_that_loses_its_members_does_nothing(self, switch: Switch) -> None:
        switch.write(inserts(member("flows", 1, answer(1)), group("flows", 1, {1: 1})))
        switch.write(inserts(entry(BY_PREFIX, to_group(1))))
        switch.write(modifies(group("flows", 1)))
        switch.write(deletes(member("flows", 1)))
        assert answers(switch, BY_PREFIX) == [0] * len(FLOWS)

    def test_a_member_and_a_group_may_have_the_same_id(self, switch: Switch) -> None:
        switch.write(inserts(member("flows", 5, answer(50)), member("flows", 6, answer(60))))
        switch.write(inserts(group("flows", 5, {6: 1})))
        switch.write(inserts(entry(BY_PREFIX, to_member(5)), entry(BY_MASK, to_group(5))))
        assert answers(switch, BY_PREFIX) == by_crc32(50)
        assert answers(switch, BY_MASK) == by_crc32(60)

    def test_wildcard_reads_give_back_what_was_written(self, switch: Switch) -> None:
        written = [
            member("ways", 2, answer(2)),
            member("shared", 2, action("forward", 1, 0xFFFF)),
            group("ways", 3, {2: 4}, max_size=8),
            entry(GROUPED, to_group(3)),
            entry(ONE_OF_FEW, to_member(2)),
        ]
        switch.write(inserts(*written))
        assert everything(switch) == written

    def test_a_read_may_ask_for_one_profile_or_one_id(self, switch: Switch) -> None:
        one, two, other = (member("ways", 1), member("ways", 2), member("flows", 1))
        for wanted in (one, two, other):
            wanted.action_profile_member.action.CopyFrom(answer(1))
        switch.write(inserts(one, two, other))
        assert switch.read([member("ways", 0)]) == [one, two]
        assert switch.read([member("ways", 2)]) == [two]
        assert switch.read([member("parts", 0)]) == []

    def test_counters_of_entries_count_what_their_groups_do(self, switch: Switch) -> None:
        written = entry(GROUPED, action_set((answer(1), 1), (action("drop"), 1)))
        switch.write(inserts(written))
        answers(switch, GROUPED)
        wanted = p4r.TableEntry(table_id=TABLES["grouped"], counter_data=p4r.CounterData())
        [found] = switch.read([p4r.Entity(table_entry=wanted)])
        assert found.table_entry.counter_data.packet_count == len(FLOWS)


def test_packets_meet_the_old_set_or_the_new_never_a_mixture(switch: Switch) -> None:
    """All actions of one set answer 1, of the other 2; half a set would answer 0."""
    sets = [
        entry(BY_PREFIX, action_set(*[(answer(number), weight) for weight in (1, 5, 20)]))
        for number in (1, 2)
    ]
    switch.write(inserts(sets[0]))
    done = Event()

    def rewrite() -> None:
        for _ in range(300):
            switch.write(modifies(*sets))
        done.set()

    writer = Thread(target=rewrite)
    writer.start()
    seen, flow = set(), 0
    while not done.is_set():
        seen.add(answer_of(switch, request(BY_PREFIX, flow=flow)))
        flow += 1
    writer.join()
    assert seen <= {1, 2}


def test_reconciliation_carries_members_groups_and_sets_over() -> None:
    written = [
        member("flows", 1, answer(1)),
        group("flows", 2, {1: 3}),
        entry(GROUPED, action_set((answer(7), 2))),
        entry(BY_PREFIX, to_group(2)),
    ]
    pipelines: list[Forwarding] = []
    service = P4Runtime(1, pipelines.append)
    config = p4r.ForwardingPipelineConfig(p4info=P4INFO, p4_device_config=PROGRAM)
    service.set_pipeline(p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT, config)
    service.apply(inserts(*written))
    service.set_pipeline(p4r.SetForwardingPipelineConfigRequest.RECONCILE_AND_COMMIT, config)
    assert list(service.select(WILDCARDS)) == written
    [(_, frame)] = pipelines[1].engine.process(9, request(BY_PREFIX), 0)
    assert frame[-1] == 1
    service.close()


def test_the_default_entry_is_what_p4info_says(switch: Switch) -> None:
    [found] = switch.read([DEFAULT])
    assert found.table_entry.is_const
    assert found.table_entry.action.action == action("NoAction")
