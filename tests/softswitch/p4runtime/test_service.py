"""The RPCs: pipelines, batches, and who may call them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import pytest
from finsy.proto import U128, p4i, p4r

from softswitch.p4runtime.election import ClientId
from softswitch.p4runtime.forwarding import Forwarding
from softswitch.p4runtime.service import P4Runtime
from softswitch.p4runtime.status import Code, P4RuntimeError
from tests.softswitch.p4runtime.control import (
    COUNTER,
    INSERT,
    MODIFY,
    P4INFO,
    PROGRAM,
    STATION,
    TABLES,
    default,
    entry,
    forward,
    update,
)

Config = p4r.ForwardingPipelineConfig
SetRequest = p4r.SetForwardingPipelineConfigRequest
GetRequest = p4r.GetForwardingPipelineConfigRequest
Action: TypeAlias = SetRequest.Action.ValueType

CONFIG = Config(p4info=P4INFO, p4_device_config=PROGRAM, cookie=Config.Cookie(cookie=42))
OTHER = Config(p4info=P4INFO, p4_device_config=PROGRAM, cookie=Config.Cookie(cookie=43))

STATION_ENTRY = p4r.Entity(table_entry=entry("stations", STATION, forward(3)))
ALL_STATIONS = p4r.Entity(table_entry=entry("stations"))


class Device:
    """A service, and which pipelines packets have run through."""

    def __init__(self) -> None:
        self.committed: list[Forwarding] = []
        self.service = P4Runtime(1, self.committed.append)

    def set(self, action: Action, config: Config | None = None) -> None:
        self.service.set_pipeline(action, config)

    def stations(self) -> list[p4r.Entity]:
        return list(self.service.select([ALL_STATIONS]))

    def add_station(self) -> None:
        self.service.apply([update(INSERT, STATION_ENTRY)])


@pytest.fixture
def device() -> Iterator[Device]:
    device = Device()
    yield device
    device.service.close()


def refusal_of(device: Device, action: Action, config: Config | None) -> P4RuntimeError:
    with pytest.raises(P4RuntimeError) as caught:
        device.set(action, config)
    return caught.value


class TestSettingThePipeline:
    def test_verify_changes_nothing(self, device: Device) -> None:
        device.set(SetRequest.VERIFY, CONFIG)
        assert device.committed == []
        assert device.service.get_pipeline(GetRequest.ALL) is None

    def test_commit_clears_the_state(self, device: Device) -> None:
        device.set(SetRequest.VERIFY_AND_COMMIT, CONFIG)
        device.add_station()
        device.set(SetRequest.VERIFY_AND_COMMIT, OTHER)
        assert device.stations() == []
        assert len(device.committed) == 2

    def test_after_save_writes_mean_the_saved_pipeline_and_commit_keeps_them(
        self, device: Device
    ) -> None:
        device.set(SetRequest.VERIFY_AND_COMMIT, CONFIG)
        running = device.service.forwarding
        device.set(SetRequest.VERIFY_AND_SAVE, OTHER)
        device.add_station()
        assert device.service.forwarding is running
        device.set(SetRequest.COMMIT)
        assert device.service.forwarding is not running
        assert device.stations() == [STATION_ENTRY]

    def test_reconcile_keeps_what_was_written(self, device: Device) -> None:
        device.set(SetRequest.VERIFY_AND_COMMIT, CONFIG)
        device.add_station()
        group = p4r.MulticastGroupEntry(
            multicast_group_id=5, replicas=[p4r.Replica(port=b"\1", instance=2)]
        )
        written = [
            p4r.Entity(
                packet_replication_engine_entry=p4r.PacketReplicationEngineEntry(
                    multicast_group_entry=group
                )
            ),
            p4r.Entity(
                counter_entry=p4r.CounterEntry(
                    counter_id=COUNTER,
                    index=p4r.Index(index=1),
                    data=p4r.CounterData(packet_count=5),
                )
            ),
            p4r.Entity(table_entry=default("stations", forward(9))),
        ]
        kinds = [INSERT, MODIFY, MODIFY]
        device.service.apply([update(k, item) for k, item in zip(kinds, written, strict=True)])
        device.set(SetRequest.RECONCILE_AND_COMMIT, OTHER)
        assert device.stations() == [STATION_ENTRY]
        assert list(device.service.select(written)) == written
        assert len(device.committed) == 2

    def test_reconcile_refuses_a_pipeline_without_a_table_that_has_entries(
        self, device: Device
    ) -> None:
        device.set(SetRequest.VERIFY_AND_COMMIT, CONFIG)
        device.add_station()
        smaller = p4i.P4Info()
        smaller.CopyFrom(P4INFO)
        [table] = [t for t in smaller.tables if t.preamble.id == TABLES["stations"]]
        smaller.tables.remove(table)
        config = Config(p4info=smaller, p4_device_config=PROGRAM)
        error = refusal_of(device, SetRequest.RECONCILE_AND_COMMIT, config)
        assert error.code is Code.INVALID_ARGUMENT
        assert device.stations() == [STATION_ENTRY]

    @pytest.mark.parametrize(
        ("action", "config", "code"),
        [
            (SetRequest.UNSPECIFIED, CONFIG, Code.INVALID_ARGUMENT),
            (SetRequest.VERIFY, None, Code.INVALID_ARGUMENT),
            (SetRequest.COMMIT, None, Code.NOT_FOUND),
            (SetRequest.COMMIT, CONFIG, Code.INVALID_ARGUMENT),
            (SetRequest.VERIFY, Config(p4info=P4INFO), Code.INVALID_ARGUMENT),
            (
                SetRequest.VERIFY,
                Config(p4info=P4INFO, p4_device_config=b"\xff\xfe"),
                Code.INVALID_ARGUMENT,
            ),
            (
                SetRequest.VERIFY,
                Config(p4info=P4INFO, p4_device_config=PROGRAM[:-100]),
                Code.INVALID_ARGUMENT,
            ),
        ],
        ids=["no action", "no config", "nothing saved", "config", "empty", "binary", "truncated"],
    )
    def test_a_bad_request_is_refused_and_the_running_pipeline_stays(
        self, device: Device, action: Action, config: Config | None, code: Code
    ) -> None:
        device.set(SetRequest.VERIFY_AND_COMMIT, CONFIG)
        device.add_station()
        assert refusal_of(device, action, config).code is code
        assert device.stations() == [STATION_ENTRY]

    @pytest.mark.parametrize(
        ("widths", "message"),
        [
            ([9, 0], "packet_in field reason: 0 bits are no value"),
            ([-9, 7], "packet_in field ingress_port: -9 bits are no value"),
            ([9, 4088], "packet_in: 4113 bits are more than 4096"),
            ([1 << 30, 1 << 30], "packet_in: 2147483664 bits are more than 4096"),
        ],
    )
    def test_packet_headers_of_impossible_widths_are_refused(
        self, device: Device, widths: list[int], message: str
    ) -> None:
        config = Config()
        config.CopyFrom(CONFIG)
        [header] = (
            item
            for item in config.p4info.controller_packet_metadata
            if item.preamble.name == "packet_in"
        )
        for field, width in zip(header.metadata, widths, strict=False):
            field.bitwidth = width
        with pytest.raises(P4RuntimeError, match=message) as caught:
            device.set(SetRequest.VERIFY, config)
        assert caught.value.code == Code.INVALID_ARGUMENT

    def test_a_p4info_of_another_program_is_refused(self, device: Device) -> None:
        other = p4i.P4Info()
        other.CopyFrom(P4INFO)
        other.tables[0].match_fields[0].bitwidth = 32
        config = Config(p4info=other, p4_device_config=PROGRAM)
        error = refusal_of(device, SetRequest.VERIFY, config)
        assert "different programs: the key of table ingress.stations" in error.message


@pytest.mark.parametrize(
    ("response_type", "expected"),
    [
        (GetRequest.ALL, CONFIG),
        (GetRequest.COOKIE_ONLY, Config(cookie=CONFIG.cookie)),
        (GetRequest.P4INFO_AND_COOKIE, Config(p4info=P4INFO, cookie=CONFIG.cookie)),
        (
            GetRequest.DEVICE_CONFIG_AND_COOKIE,
            Config(p4_device_config=PROGRAM, cookie=CONFIG.cookie),
        ),
    ],
)
def test_the_pipeline_is_read_back_as_far_as_it_is_asked_for(
    device: Device, response_type: GetRequest.ResponseType.ValueType, expected: Config
) -> None:
    device.set(SetRequest.VERIFY_AND_COMMIT, CONFIG)
    assert device.service.get_pipeline(response_type) == expected


class TestBatches:
    def test_each_update_of_a_batch_is_tried_and_reported_in_order(self, device: Device) -> None:
        device.set(SetRequest.VERIFY_AND_COMMIT, CONFIG)
        bad = p4r.Entity(table_entry=p4r.TableEntry(table_id=99))
        with pytest.raises(P4RuntimeError) as caught:
            device.service.apply([update(INSERT, bad), update(INSERT, STATION_ENTRY),
                                  update(INSERT, STATION_ENTRY), p4r.Update()])  # fmt: skip
        codes = [error.canonical_code for error in caught.value.errors]
        expected = [Code.NOT_FOUND, Code.OK, Code.ALREADY_EXISTS, Code.INVALID_ARGUMENT]
        assert codes == expected
        assert caught.value.code is Code.UNKNOWN
        assert "3 of 4 updates failed: P4Info has no table" in caught.value.message
        assert device.stations() == [STATION_ENTRY]

    def test_a_status_carries_the_errors_of_a_batch(self, device: Device) -> None:
        device.set(SetRequest.VERIFY_AND_COMMIT, CONFIG)
        with pytest.raises(P4RuntimeError) as caught:
            device.service.apply([update(INSERT, STATION_ENTRY), p4r.Update()])
        status = caught.value.to_status()
        errors = []
        for detail in status.details:
            error = p4r.Error()
            assert detail.Unpack(error)
            errors.append(error)
        assert (status.code, errors) == (Code.UNKNOWN, list(caught.value.errors))

    def test_a_read_gives_what_it_can_before_the_error(self, device: Device) -> None:
        device.set(SetRequest.VERIFY_AND_COMMIT, CONFIG)
        device.add_station()
        bad = p4r.Entity(table_entry=p4r.TableEntry(table_id=99))
        found = []
        with pytest.raises(P4RuntimeError) as caught:
            for entity in device.service.select([bad, ALL_STATIONS]):
                found.append(entity)
        assert found == [STATION_ENTRY]
        assert [e.canonical_code for e in caught.value.errors] == [Code.NOT_FOUND, Code.OK]

    @pytest.mark.parametrize(
        "request_",
        [
            p4r.Entity(action_profile_member=p4r.ActionProfileMember()),
            p4r.Entity(digest_entry=p4r.DigestEntry()),
            p4r.Entity(extern_entry=p4r.ExternEntry()),
        ],
        ids=["members", "digests", "externs"],
    )
    def test_what_is_not_there_reads_as_nothing(self, device: Device, request_: p4r.Entity) -> None:
        device.set(SetRequest.VERIFY_AND_COMMIT, CONFIG)
        assert list(device.service.select([request_])) == []

    def test_nothing_is_written_or_read_without_a_pipeline(self, device: Device) -> None:
        with pytest.raises(P4RuntimeError) as caught:
            device.add_station()
        assert caught.value.code is Code.FAILED_PRECONDITION
        with pytest.raises(P4RuntimeError) as caught:
            device.stations()
        assert caught.value.code is Code.FAILED_PRECONDITION


class TestWhoMay:
    @pytest.fixture
    def device(self) -> Iterator[Device]:
        device = Device()
        device.service.arbitration.update(
            ClientId(1), p4r.MasterArbitrationUpdate(device_id=1, election_id=U128.encode(10))
        )
        device.set(SetRequest.VERIFY_AND_COMMIT, CONFIG)
        yield device
        device.service.close()

    def test_the_primary_writes(self, device: Device) -> None:
        device.service.write(p4r.WriteRequest(
            device_id=1, election_id=U128.encode(10), updates=[update(INSERT, STATION_ENTRY)]
        ))  # fmt: skip
        assert device.stations() == [STATION_ENTRY]

    @pytest.mark.parametrize(
        ("request_", "code"),
        [
            (p4r.WriteRequest(device_id=2, election_id=U128.encode(10)), Code.NOT_FOUND),
            (
                p4r.WriteRequest(device_id=1, role="x", election_id=U128.encode(10)),
                Code.NOT_FOUND,
            ),
            (p4r.WriteRequest(device_id=1, election_id=U128.encode(9)), Code.PERMISSION_DENIED),
            (p4r.WriteRequest(device_id=1), Code.PERMISSION_DENIED),
            (
                p4r.WriteRequest(
                    device_id=1,
                    election_id=U128.encode(10),
                    role_id=3,
                ),
                Code.NOT_FOUND,
            ),
        ],
        ids=["device", "role", "election id", "no election id", "number for a role"],
    )
    def test_other_writes_are_refused(
        self, device: Device, request_: p4r.WriteRequest, code: Code
    ) -> None:
        request_.updates.append(update(INSERT, STATION_ENTRY))
        with pytest.raises(P4RuntimeError) as caught:
            device.service.write(request_)
        assert caught.value.code is code
        assert device.stations() == []

    def test_only_the_primary_sets_the_pipeline(self, device: Device) -> None:
        request = SetRequest(device_id=1, action=SetRequest.VERIFY_AND_COMMIT, config=OTHER)
        with pytest.raises(P4RuntimeError) as caught:
            device.service.set_pipeline_request(request)
        assert caught.value.code is Code.PERMISSION_DENIED

    def test_anybody_reads(self, device: Device) -> None:
        request = p4r.ReadRequest(device_id=1, entities=[ALL_STATIONS])
        assert list(device.service.read(request)) == []
