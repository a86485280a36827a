"""Sections "TableEntry" to "Wildcard Reads", on control.p4 in the real engine."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from finsy.proto import p4r

from softswitch.p4runtime.status import Code
from softswitch.switch import Switch
from tests.softswitch.p4runtime.control import (
    ACL,
    DELETE,
    FM,
    HOST,
    INSERT,
    MODIFY,
    PREFIX,
    STATION,
    Match,
    UpdateType,
    action,
    default,
    entry,
    entry_refusal,
    ethernet,
    forward,
    ipv4,
    new_switch,
    read,
    write,
)


@pytest.fixture
def switch() -> Iterator[Switch]:
    switch = new_switch()
    yield switch
    switch.close()


def station(act: p4r.TableAction, match: Match = STATION) -> p4r.TableEntry:
    return entry("stations", match, act)


class TestWriting:
    @pytest.mark.parametrize(
        "item",
        [
            entry("stations", STATION, forward(3)),
            entry("routes", PREFIX, action("replicate", b"\x12\x34")),
            entry("routes", [], forward(1)),
            entry("acl", ACL, action("police"), priority=7),
            entry("acl", [], action("NoAction"), priority=1),
            entry("acl", [FM(field_id=3, optional=FM.Optional(value=b"\x11"))],
                  action("police"), priority=9),
        ],
        ids=["exact", "lpm", "lpm of everything", "ternary", "ternary of everything", "optional"],
    )  # fmt: skip
    def test_what_is_written_is_read_back(self, switch: Switch, item: p4r.TableEntry) -> None:
        item.metadata, item.controller_metadata = b"cookie", 77
        write(switch, INSERT, item)
        assert read(switch, p4r.TableEntry(table_id=item.table_id)) == [item]

    def test_an_entry_changes_what_packets_do(self, switch: Switch) -> None:
        frame = ethernet()
        assert switch.process(1, frame, 0) == ([], [])
        write(switch, INSERT, station(forward(3)))
        assert switch.process(1, frame, 1) == ([(3, frame)], [])
        write(switch, MODIFY, station(forward(4)))
        assert switch.process(1, frame, 2) == ([(4, frame)], [])
        write(switch, DELETE, station(p4r.TableAction()))
        assert switch.process(1, frame, 3) == ([], [])

    def test_a_modify_without_action_keeps_the_action(self, switch: Switch) -> None:
        write(switch, INSERT, station(forward(3)))
        changed = entry("stations", STATION)
        changed.metadata = b"new"
        write(switch, MODIFY, changed)
        changed.action.CopyFrom(forward(3))
        assert read(switch, entry("stations")) == [changed]

    def test_a_delete_looks_at_the_key_only(self, switch: Switch) -> None:
        write(switch, INSERT, station(forward(3)))
        write(switch, DELETE, station(action("police", b"nonsense")))
        assert read(switch, entry("stations")) == []

    def test_the_same_entry_twice_already_exists_and_the_first_stays(self, switch: Switch) -> None:
        write(switch, INSERT, station(forward(3)))
        error = entry_refusal(switch, INSERT, station(forward(4)))
        assert error.canonical_code == Code.ALREADY_EXISTS
        assert read(switch, entry("stations")) == [station(forward(3))]

    def test_entries_with_other_priorities_are_other_entries(self, switch: Switch) -> None:
        items = [entry("acl", ACL, action("police"), priority) for priority in (1, 2)]
        write(switch, INSERT, *items)
        assert read(switch, entry("acl")) == items

    @pytest.mark.parametrize("kind", [MODIFY, DELETE])
    def test_an_entry_that_is_not_there_is_not_found(
        self, switch: Switch, kind: UpdateType
    ) -> None:
        error = entry_refusal(switch, kind, station(forward(3)))
        assert error.canonical_code == Code.NOT_FOUND
        assert "hdr.ethernet.dst=0x20000000001" in error.message

    @pytest.mark.parametrize(
        ("item", "code", "reason"),
        [
            (station(p4r.TableAction()), Code.INVALID_ARGUMENT, "the action is missing"),
            (station(action("forward")), Code.INVALID_ARGUMENT, "port .id 1. is missing"),
            (
                station(action("forward", b"\1", b"\1")),
                Code.INVALID_ARGUMENT,
                "1 parameters, not 2",
            ),
            (station(action("forward", b"\2\0")), Code.OUT_OF_RANGE, "bit<9>"),
            (station(action("police")), Code.INVALID_ARGUMENT, "has no action with id"),
            (station(action("drop")), Code.PERMISSION_DENIED, "ingress.drop may not be"),
            (
                station(p4r.TableAction(action_profile_member_id=1)),
                Code.INVALID_ARGUMENT,
                "profile",
            ),
            (p4r.TableEntry(table_id=9), Code.NOT_FOUND, "no table with id 0x00000009"),
            (entry("stations", STATION, forward(1), 5), Code.INVALID_ARGUMENT, "no priority"),
            (entry("acl", ACL, action("police")), Code.INVALID_ARGUMENT, "need a priority"),
            (entry("stations", None, forward(1)), Code.INVALID_ARGUMENT, "may not be left out"),
            (entry("classes", STATION, forward(1)), Code.PERMISSION_DENIED, "constant"),
        ],
    )
    def test_a_bad_entry_is_refused_with_the_reason(
        self, switch: Switch, item: p4r.TableEntry, code: Code, reason: str
    ) -> None:
        error = entry_refusal(switch, INSERT, item)
        assert error.canonical_code == code
        assert re.search(reason, error.message), error.message

    def test_idle_timeouts_need_a_table_that_is_declared_with_them(self, switch: Switch) -> None:
        item = station(forward(1))
        item.idle_timeout_ns = 5
        assert "not declared with idle timeouts" in entry_refusal(switch, INSERT, item).message


class TestDefaultEntries:
    def test_the_programs_default_is_read(self, switch: Switch) -> None:
        assert read(switch, default("stations")) == [default("stations", action("drop"))]

    def test_the_default_is_not_among_the_entries(self, switch: Switch) -> None:
        assert read(switch, entry("stations")) == []

    def test_a_new_default_is_what_a_miss_does_and_can_be_reset(self, switch: Switch) -> None:
        frame = ethernet()
        write(switch, MODIFY, default("stations", forward(9)))
        assert switch.process(1, frame, 0) == ([(9, frame)], [])
        assert read(switch, default("stations")) == [default("stations", forward(9))]
        write(switch, MODIFY, default("stations"))
        assert switch.process(1, frame, 1) == ([], [])
        assert read(switch, default("stations")) == [default("stations", action("drop"))]

    @pytest.mark.parametrize("kind", [INSERT, DELETE])
    def test_it_is_only_modified(self, switch: Switch, kind: UpdateType) -> None:
        error = entry_refusal(switch, kind, default("stations", forward(1)))
        assert error.canonical_code == Code.INVALID_ARGUMENT

    @pytest.mark.parametrize(
        ("item", "code"),
        [
            (default("acl", action("NoAction")), Code.PERMISSION_DENIED),
            (default("routes", action("replicate", b"\1")), Code.PERMISSION_DENIED),
            (p4r.TableEntry(
                table_id=entry("stations").table_id, match=STATION, is_default_action=True
            ), Code.INVALID_ARGUMENT),
        ],
        ids=["constant default", "action for entries only", "with a match"],
    )  # fmt: skip
    def test_a_bad_default_is_refused(
        self, switch: Switch, item: p4r.TableEntry, code: Code
    ) -> None:
        assert entry_refusal(switch, MODIFY, item).canonical_code == code


class TestConstantTables:
    def test_the_programs_entries_are_read_and_marked(self, switch: Switch) -> None:
        values = {6: b"\x02\x58", 17: b"\x06\xa4"}
        expected = []
        for protocol, value in values.items():
            match = [FM(field_id=1, exact=FM.Exact(value=bytes([protocol])))]
            item = entry("classes", match, action("set_value", value))
            item.is_const = True
            expected.append(item)
        assert read(switch, entry("classes")) == expected

    @pytest.mark.parametrize("kind", [MODIFY, DELETE])
    def test_they_cannot_be_changed(self, switch: Switch, kind: UpdateType) -> None:
        match = [FM(field_id=1, exact=FM.Exact(value=b"\x06"))]
        item = entry("classes", match, action("NoAction"))
        assert entry_refusal(switch, kind, item).canonical_code == Code.PERMISSION_DENIED


class TestWildcardReads:
    @pytest.fixture
    def items(self, switch: Switch) -> list[p4r.TableEntry]:
        items = [
            entry("routes", PREFIX, forward(1)),
            entry("routes", HOST, action("replicate", b"\x05")),
            entry("acl", ACL, action("police"), priority=3),
            entry("acl", [], action("police"), priority=4),
        ]
        items[0].metadata = b"mine"
        items[3].controller_metadata = 9
        write(switch, INSERT, *items)
        return items

    def test_table_id_zero_reads_the_entries_of_all_tables(
        self, switch: Switch, items: list[p4r.TableEntry]
    ) -> None:
        found = read(switch, p4r.TableEntry())
        assert [item for item in found if not item.is_const] == items
        assert len([item for item in found if item.is_const]) == 2

    @pytest.mark.parametrize(
        ("request_", "expected"),
        [
            (entry("routes"), [0, 1]),
            (entry("routes", HOST), [1]),
            (entry("routes", act=action("replicate")), [1]),
            (entry("acl", priority=4), [3]),
            (entry("acl", ACL), [2]),
            (entry("acl", ACL, priority=3), [2]),
            (entry("acl", ACL, priority=4), []),
            (p4r.TableEntry(table_id=entry("routes").table_id, metadata=b"mine"), [0]),
            (p4r.TableEntry(table_id=entry("acl").table_id, controller_metadata=9), [3]),
        ],
    )
    def test_each_field_that_is_set_narrows(
        self,
        switch: Switch,
        items: list[p4r.TableEntry],
        request_: p4r.TableEntry,
        expected: list[int],
    ) -> None:
        assert read(switch, request_) == [items[index] for index in expected]


class TestDirectResources:
    def test_a_direct_counter_counts_and_is_read_on_request(self, switch: Switch) -> None:
        item = entry("routes", PREFIX, forward(1))
        write(switch, INSERT, item)
        switch.process(1, ipv4(), 0)
        request = entry("routes")
        assert read(switch, request) == [item]
        request.counter_data.SetInParent()
        item.counter_data.packet_count, item.counter_data.byte_count = 1, len(ipv4())
        assert read(switch, request) == [item]

    def test_a_counter_can_be_given_with_the_entry(self, switch: Switch) -> None:
        item = entry("routes", PREFIX, forward(1))
        item.counter_data.packet_count = 100
        write(switch, INSERT, item)
        request = p4r.Entity(direct_counter_entry=p4r.DirectCounterEntry(
            table_entry=entry("routes", PREFIX)))  # fmt: skip
        [found] = switch.read([request])
        assert found.direct_counter_entry.data.packet_count == 100
        assert found.direct_counter_entry.table_entry == entry("routes", PREFIX)

    def test_a_modify_without_counter_leaves_the_counter(self, switch: Switch) -> None:
        item = entry("routes", PREFIX, forward(1))
        item.counter_data.packet_count = 100
        write(switch, INSERT, item)
        write(switch, MODIFY, entry("routes", PREFIX, forward(2)))
        request = entry("routes")
        request.counter_data.SetInParent()
        assert read(switch, request)[0].counter_data.packet_count == 100

    def test_a_meter_is_read_back_and_reset_by_a_modify_without_it(self, switch: Switch) -> None:
        item = entry("acl", ACL, action("police"), priority=1)
        config = p4r.MeterConfig(cir=1, cburst=2, pir=3, pburst=4)
        item.meter_config.CopyFrom(config)
        write(switch, INSERT, item)
        request = entry("acl")
        request.meter_config.SetInParent()
        assert read(switch, request) == [item]
        item.ClearField("meter_config")
        write(switch, MODIFY, item)
        assert read(switch, request) == [item]

    def test_a_direct_meter_drops_what_exceeds_its_rate(self, switch: Switch) -> None:
        item = entry("acl", [], action("police"), priority=1)
        item.meter_config.CopyFrom(p4r.MeterConfig(cir=1, cburst=1, pir=1, pburst=1))
        write(
            switch,
            INSERT,
            item,
        )
        write(switch, INSERT, entry("stations", STATION, forward(3)))
        passed = [bool(switch.process(1, ipv4(), now)[0]) for now in (10, 20, 1_100_000)]
        assert passed == [True, False, True]

    def test_direct_resources_need_a_table_that_has_them(self, switch: Switch) -> None:
        item = station(forward(1))
        item.counter_data.packet_count = 1
        assert "has no direct counter" in entry_refusal(switch, INSERT, item).message
        item.ClearField("counter_data")
        item.meter_config.cir = 1
        assert "has no direct meter" in entry_refusal(switch, INSERT, item).message
