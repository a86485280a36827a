"""Sections "Idle-timeout" and "Table Idle Timeout Notification", on idle.p4."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest
from finsy.proto import U128, p4r, stratum

from softswitch.alarm import AlarmClock
from softswitch.controllers import Controllers
from softswitch.p4runtime.idle import StandingClock
from softswitch.p4runtime.service import P4Runtime
from softswitch.p4runtime.status import Code, P4RuntimeError
from softswitch.session import Session
from softswitch.switch import Switch
from tests.softswitch.p4runtime.control import DELETE, INSERT, MODIFY, entry_refusal
from tests.softswitch.p4runtime.idling import (
    CONFIG,
    INFO,
    PROFILE,
    PROGRAM,
    SECOND,
    TABLES,
    entry,
    frame,
    match,
    update,
)

A, B = 0xA, 0xB
Set = p4r.SetForwardingPipelineConfigRequest


@pytest.fixture
def switch() -> Iterator[Switch]:
    switch = Switch()
    switch.set_pipeline(INFO, PROGRAM)
    yield switch
    switch.close()


def idle(switch: Switch, now_s: float) -> list[int]:
    """The stations that are told of at this time."""
    told = switch.idle_entries(int(now_s * SECOND))
    return [station(item) for message in told for item in message.table_entry]


def station(item: p4r.TableEntry) -> int:
    field = item.match[0]
    return int.from_bytes(field.exact.value or field.lpm.value, "big")


def hit(switch: Switch, which: int, now_s: float, table: str = "stations") -> None:
    copies, _ = switch.process(1, frame(which, table), int(now_s * SECOND))
    assert copies == [(5, frame(which, table))]


def read(switch: Switch, request: p4r.TableEntry) -> list[p4r.TableEntry]:
    return [entity.table_entry for entity in switch.read([p4r.Entity(table_entry=request)])]


def elapsed_s(switch: Switch, which: int, table: str = "stations") -> float:
    request = p4r.TableEntry(table_id=TABLES[table], match=[match(table, which)])
    request.time_since_last_hit.SetInParent()
    [found] = read(switch, request)
    return found.time_since_last_hit.elapsed_ns / 1e9


class TestNotifications:
    def test_an_entry_that_no_packet_hits_is_told_of_when_its_time_is_over(
        self, switch: Switch
    ) -> None:
        switch.write([update(INSERT, entry(A, timeout_s=3))])
        assert idle(switch, 2.999999) == []
        assert idle(switch, 3) == [A]

    def test_it_is_told_of_once_in_its_timeout(self, switch: Switch) -> None:
        switch.write([update(INSERT, entry(A, timeout_s=3))])
        assert [idle(switch, now) for now in (3, 4, 5.9, 6, 8.9, 9)] == [[A], [], [], [A], [], [A]]

    def test_a_hit_begins_its_time_anew(self, switch: Switch) -> None:
        switch.write([update(INSERT, entry(A, timeout_s=3))])
        hit(switch, A, 2)
        assert idle(switch, 4.9) == []
        assert idle(switch, 5) == [A]
        hit(switch, A, 5.5)
        assert idle(switch, 8.4) == []
        assert idle(switch, 8.5) == [A]

    @pytest.mark.parametrize("table", ["stations", "prefixes"])
    def test_hits_count_in_every_kind_of_table(self, switch: Switch, table: str) -> None:
        switch.write([update(INSERT, entry(A, 3, table)), update(INSERT, entry(B, 3, table))])
        hit(switch, A, 1, table)
        assert idle(switch, 3) == [B]

    def test_hits_count_in_a_table_with_an_action_profile(self, switch: Switch) -> None:
        member = p4r.ActionProfileMember(
            action_profile_id=PROFILE, member_id=7, action=entry(A).action.action
        )
        switch.write([p4r.Update(type=INSERT, entity=p4r.Entity(action_profile_member=member))])
        shared = entry(A, 3, "shared_ports")
        shared.action.action_profile_member_id = 7
        switch.write([update(INSERT, shared)])
        hit(switch, A, 1, "shared_ports")
        assert idle(switch, 3) == []
        assert idle(switch, 4) == [A]

    def test_many_entries_of_a_table_come_together(self, switch: Switch) -> None:
        stations = range(1, 701)
        switch.write([update(INSERT, entry(number, 1)) for number in stations])
        told = switch.idle_entries(SECOND)
        assert [len(message.table_entry) for message in told] == [500, 200]
        assert [station(item) for message in told for item in message.table_entry] == [*stations]

    def test_a_message_is_of_one_table(self, switch: Switch) -> None:
        tables = ("stations", "prefixes")
        switch.write([update(INSERT, entry(A, 1, table)) for table in tables])
        told = switch.idle_entries(SECOND)
        assert {message.table_entry[0].table_id for message in told} == {
            TABLES[table] for table in tables
        }

    def test_a_message_has_the_time_and_what_identifies_an_entry(self, switch: Switch) -> None:
        item = entry(A, timeout_s=1)
        item.metadata, item.controller_metadata = b"cookie", 99
        switch.write([update(INSERT, item)])
        item.ClearField("action")
        [message] = switch.idle_entries(2 * SECOND)
        assert message == p4r.IdleTimeoutNotification(
            timestamp=2 * SECOND * 1000, table_entry=[item]
        )

    def test_an_entry_without_a_timeout_is_never_told_of(self, switch: Switch) -> None:
        switch.write([update(INSERT, entry(A))])
        assert idle(switch, 1e9) == []

    def test_a_deleted_entry_is_not_told_of_nor_is_its_successor_too_early(
        self, switch: Switch
    ) -> None:
        switch.write([update(INSERT, entry(A, timeout_s=3))])
        assert idle(switch, 2) == []
        switch.write([update(DELETE, entry(A))])
        switch.write([update(INSERT, entry(B, timeout_s=3))])
        assert idle(switch, 3) == []
        assert idle(switch, 5) == [B]

    def test_a_timeout_that_is_too_small_is_as_small_as_it_can_be(self, switch: Switch) -> None:
        switch.write([update(INSERT, entry(A, timeout_s=1e-9))])
        assert idle(switch, 0.009) == []
        assert idle(switch, 0.01) == [A]

    def test_timers_that_run_out_within_a_tick_are_one_look(self, switch: Switch) -> None:
        for number in range(1, 10):
            assert idle(switch, number / 1000) == []
            switch.write([update(INSERT, entry(number, timeout_s=1))])
        assert idle(switch, 1.009) == []
        assert idle(switch, 1.01) == [*range(1, 10)]

    def test_entries_that_come_and_go_leave_nothing_behind(self, switch: Switch) -> None:
        for _ in range(300):
            switch.write([update(INSERT, entry(A, timeout_s=3600))])
            switch.write([update(DELETE, entry(A))])
        switch.write([update(INSERT, entry(A, timeout_s=1))])
        assert idle(switch, 3600) == [A]


class TestChanges:
    def test_a_modified_entry_has_its_new_timeout_and_its_old_age(self, switch: Switch) -> None:
        switch.write([update(INSERT, entry(A, timeout_s=10))])
        hit(switch, A, 1)
        switch.write([update(MODIFY, entry(A, timeout_s=2))])
        assert idle(switch, 2.9) == []
        assert idle(switch, 3) == [A]

    def test_a_timeout_can_be_taken_away_and_given(self, switch: Switch) -> None:
        switch.write([update(INSERT, entry(A, timeout_s=2))])
        switch.write([update(MODIFY, entry(A))])
        assert idle(switch, 5) == []
        switch.write([update(MODIFY, entry(A, timeout_s=7))])
        assert idle(switch, 7) == [A]

    def test_another_action_changes_nothing(self, switch: Switch) -> None:
        switch.write([update(INSERT, entry(A, timeout_s=2))])
        assert idle(switch, 2) == [A]
        switch.write([update(MODIFY, entry(A, timeout_s=2))])
        assert idle(switch, 3.9) == []
        assert idle(switch, 4) == [A]

    def test_a_batch_that_is_taken_back_leaves_the_timeout(self) -> None:
        service = P4Runtime(1, on_commit=lambda _: None)
        service.set_pipeline(Set.VERIFY_AND_COMMIT, CONFIG)
        service.apply([update(INSERT, entry(A, timeout_s=2))])
        batch = [update(MODIFY, entry(A, timeout_s=9)), update(INSERT, entry(A))]
        with pytest.raises(P4RuntimeError):
            service.apply(batch, p4r.WriteRequest.ROLLBACK_ON_ERROR)
        request = p4r.Entity(table_entry=p4r.TableEntry(table_id=TABLES["stations"]))
        [found] = service.select([request])
        assert found.table_entry == entry(A, timeout_s=2)
        service.close()

    def test_a_new_pipeline_takes_timeouts_over(self) -> None:
        clock = StandingClock()
        service = P4Runtime(1, lambda _: None, clock)
        service.set_pipeline(Set.VERIFY_AND_COMMIT, CONFIG)
        service.apply([update(INSERT, entry(A, timeout_s=2))])
        clock.time_us = 5 * SECOND
        service.set_pipeline(Set.RECONCILE_AND_COMMIT, CONFIG)
        assert service.forwarding is not None
        assert service.forwarding.tables.next_idle_us() == 7 * SECOND
        service.close()


class TestReading:
    def test_a_timeout_is_read_back_as_written(self, switch: Switch) -> None:
        item = entry(A, timeout_s=1e-9)
        switch.write([update(INSERT, item), update(INSERT, entry(B))])
        request = p4r.TableEntry(table_id=TABLES["stations"])
        assert read(switch, request) == [item, entry(B)]

    def test_the_time_since_the_last_hit_comes_when_it_is_asked_for(self, switch: Switch) -> None:
        switch.write([update(INSERT, entry(A, timeout_s=1)), update(INSERT, entry(B))])
        hit(switch, A, 2)
        assert idle(switch, 7.5) == [A]
        assert elapsed_s(switch, A) == 5.5
        assert elapsed_s(switch, B) == 7.5

    def test_a_read_of_all_tables_has_it_where_there_is_one(self, switch: Switch) -> None:
        switch.write([update(INSERT, entry(A)), update(INSERT, entry(A, table="lasting"))])
        request = p4r.TableEntry()
        request.time_since_last_hit.SetInParent()
        found = {
            item.table_id: item.HasField("time_since_last_hit") for item in read(switch, request)
        }
        assert found == {
            TABLES["stations"]: True,
            TABLES["modes"]: True,
            TABLES["lasting"]: False,
        }


class TestRefusals:
    def test_a_table_without_idle_timeouts_takes_none(self, switch: Switch) -> None:
        error = entry_refusal(switch, INSERT, entry(A, 1, "lasting"))
        assert error.canonical_code == Code.INVALID_ARGUMENT
        assert "not declared with idle timeouts" in error.message

    def test_a_table_without_them_has_no_time_since_the_last_hit(self, switch: Switch) -> None:
        request = p4r.TableEntry(table_id=TABLES["lasting"])
        request.time_since_last_hit.SetInParent()
        with pytest.raises(P4RuntimeError, match="not declared with idle timeouts"):
            read(switch, request)

    def test_a_timeout_is_not_negative(self, switch: Switch) -> None:
        error = entry_refusal(switch, INSERT, entry(A, -1))
        assert error.canonical_code == Code.INVALID_ARGUMENT
        assert "cannot be negative" in error.message

    @pytest.mark.parametrize("kind", [INSERT, MODIFY])
    def test_the_time_since_the_last_hit_is_not_written(
        self, switch: Switch, kind: p4r.Update.Type.ValueType
    ) -> None:
        if kind == MODIFY:
            switch.write([update(INSERT, entry(A))])
        item = entry(A)
        item.time_since_last_hit.elapsed_ns = 5
        error = entry_refusal(switch, kind, item)
        assert error.canonical_code == Code.INVALID_ARGUMENT

    @pytest.mark.parametrize("field", ["idle_timeout_ns", "time_since_last_hit"])
    def test_the_default_entry_has_neither(self, switch: Switch, field: str) -> None:
        item = p4r.TableEntry(
            table_id=TABLES["stations"], is_default_action=True, action=entry(A).action
        )
        if field == "idle_timeout_ns":
            item.idle_timeout_ns = 5
        else:
            item.time_since_last_hit.SetInParent()
        assert entry_refusal(switch, MODIFY, item).canonical_code == Code.INVALID_ARGUMENT

    def test_the_entries_of_the_program_have_none(self, switch: Switch) -> None:
        item = p4r.TableEntry(
            table_id=TABLES["modes"], match=[match("modes", 0x9000)], idle_timeout_ns=5
        )
        assert entry_refusal(switch, MODIFY, item).canonical_code == Code.INVALID_ARGUMENT

    def test_a_p4info_that_has_them_is_not_for_a_program_without(self) -> None:
        switch = Switch()
        program = PROGRAM.replace(b'"support_timeout" : true', b'"support_timeout" : false')
        with pytest.raises(P4RuntimeError, match="idle timeouts in one, and not in the other"):
            switch.set_pipeline(INFO, program)


def arbitration(role: p4r.Role | None = None, election_id: int = 1) -> p4r.StreamMessageRequest:
    update = p4r.MasterArbitrationUpdate(
        device_id=1, election_id=U128.encode(election_id), role=role
    )
    return p4r.StreamMessageRequest(arbitration=update)


def role_with(table: str) -> p4r.Role:
    role = p4r.Role(name=table)
    role.config.Pack(stratum.P4RoleConfig(shared_p4_ids=[TABLES[table]]))
    return role


def told(session: Session) -> list[p4r.IdleTimeoutNotification]:
    session.end()
    octets = (message for burst in session.bursts() for message in burst)
    messages = map(p4r.StreamMessageResponse.FromString, octets)
    return [
        message.idle_timeout_notification
        for message in messages
        if message.HasField("idle_timeout_notification")
    ]


class TestControllers:
    @pytest.fixture
    def service(self) -> Iterator[P4Runtime]:
        service = P4Runtime(1, lambda _: None, StandingClock())
        service.set_pipeline(Set.VERIFY_AND_COMMIT, CONFIG)
        yield service
        service.close()

    def test_the_primary_is_told_with_the_date_and_when_to_look_again(
        self, service: P4Runtime
    ) -> None:
        controllers = Controllers(service, send_packet=lambda _: None)
        primary, backup = controllers.connect(), controllers.connect()
        controllers.handle(primary, arbitration(election_id=2))
        controllers.handle(backup, arbitration(election_id=1))
        service.apply([update(INSERT, entry(A, timeout_s=3))])
        assert controllers.idle(2 * SECOND, 0) == 3 * SECOND
        assert controllers.idle(3 * SECOND, 1_700_000_000_000_000_000) == 6 * SECOND
        [message] = told(primary)
        assert message.timestamp == 1_700_000_000_000_000_000
        assert told(backup) == []

    def test_a_role_is_told_of_its_tables(self, service: P4Runtime) -> None:
        controllers = Controllers(service, send_packet=lambda _: None)
        sessions = {table: controllers.connect() for table in ("stations", "prefixes")}
        for table, session in sessions.items():
            controllers.handle(session, arbitration(role_with(table)))
        service.apply([update(INSERT, entry(A, 1)), update(INSERT, entry(B, 1, "prefixes"))])
        controllers.idle(SECOND, 0)
        for table, session in sessions.items():
            [message] = told(session)
            assert message.table_entry[0].table_id == TABLES[table]

    def test_without_entries_that_can_become_idle_there_is_nothing_to_look_for(
        self, service: P4Runtime
    ) -> None:
        controllers = Controllers(service, send_packet=lambda _: None)
        service.apply([update(INSERT, entry(A))])
        assert controllers.idle(SECOND, 0) is None
        assert Controllers(P4Runtime(2, lambda _: None), lambda _: None).idle(0, 0) is None

    def test_the_clock_is_told_of_the_first_that_can(self) -> None:
        woken: list[int] = []

        class Listening(StandingClock):
            def wake(self, at_us: int) -> None:
                woken.append(at_us)

        service = P4Runtime(1, lambda _: None, Listening())
        service.set_pipeline(Set.VERIFY_AND_COMMIT, CONFIG)
        service.apply([update(INSERT, entry(A, 9)), update(INSERT, entry(B, 4))])
        assert woken == [9 * SECOND, 4 * SECOND]
        service.close()


class TestAlarmClock:
    def test_it_rings_at_the_earliest_time_and_when_the_ring_asks_for_more(self) -> None:
        rings, done, now = [], Event(), 100

        def ring(at_us: int) -> int | None:
            rings.append(at_us)
            if len(rings) == 1:
                return 50
            done.set()
            return None

        clock = AlarmClock(lambda: now, ring)
        clock.start()
        clock.wake(1 << 40)
        clock.wake(100)
        assert done.wait(20)
        clock.close()
        assert rings == [100, 100]

    def test_one_that_was_never_started_can_be_closed(self) -> None:
        clock = AlarmClock(lambda: 0, lambda now: None)
        clock.wake(0)
        clock.close()
