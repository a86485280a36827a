"""Section "PacketReplicationEngineEntry", on control.p4 in the real engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from finsy.proto import p4r

from softswitch.p4runtime.status import Code
from softswitch.switch import Switch
from tests.softswitch.p4runtime.control import (
    DELETE,
    INSERT,
    MODIFY,
    STATION,
    UpdateType,
    action,
    entry,
    ethernet,
    new_switch,
    refusal,
    update,
    write,
)


@pytest.fixture
def switch() -> Iterator[Switch]:
    switch = new_switch()
    yield switch
    switch.close()


def replica(port: bytes, instance: int = 0) -> p4r.Replica:
    return p4r.Replica(port=port, instance=instance)


def group(group_id: int, *replicas: p4r.Replica) -> p4r.Entity:
    message = p4r.MulticastGroupEntry(multicast_group_id=group_id, replicas=replicas)
    engine = p4r.PacketReplicationEngineEntry(multicast_group_entry=message)
    return p4r.Entity(packet_replication_engine_entry=engine)


def session(session_id: int, *replicas: p4r.Replica, length: int = 0) -> p4r.Entity:
    message = p4r.CloneSessionEntry(
        session_id=session_id, replicas=replicas, packet_length_bytes=length
    )
    engine = p4r.PacketReplicationEngineEntry(clone_session_entry=message)
    return p4r.Entity(packet_replication_engine_entry=engine)


def ports(switch: Switch) -> list[int]:
    """Where a frame to STATION goes."""
    return [port for port, _ in switch.process(1, ethernet(), 0)[0]]


@pytest.mark.parametrize(
    "item",
    [
        group(5, replica(b"\x01", 1), replica(b"\x01", 2), replica(b"\x01\xfe")),
        group(6),
        group(7, p4r.Replica(egress_port=3, instance=4)),
        session(5, replica(b"\x02"), length=60),
    ],
    ids=["group", "empty group", "deprecated port", "session"],
)
def test_what_is_written_is_read_back(switch: Switch, item: p4r.Entity) -> None:
    switch.write([update(INSERT, item)])
    assert switch.read([item]) == [item]


def test_ports_are_read_back_in_canonical_form(switch: Switch) -> None:
    switch.write([update(INSERT, group(5, replica(b"\0\0\x07")))])
    assert switch.read([group(5)]) == [group(5, replica(b"\x07"))]


def test_id_zero_reads_all(switch: Switch) -> None:
    groups = [group(1, replica(b"\x01")), group(2, replica(b"\x02"))]
    sessions = [session(1, replica(b"\x03"))]
    switch.write([update(INSERT, item) for item in groups + sessions])
    assert switch.read([group(0)]) == groups
    assert switch.read([session(0)]) == sessions


def test_a_group_that_is_not_there_reads_as_nothing(switch: Switch) -> None:
    assert switch.read([group(9)]) == []


def test_a_group_replicates_modified_deleted(switch: Switch) -> None:
    write(switch, INSERT, entry("stations", STATION, action("replicate", b"\x05")))
    assert ports(switch) == []
    switch.write([update(INSERT, group(5, replica(b"\x01"), replica(b"\x02")))])
    assert ports(switch) == [1, 2]
    switch.write([update(MODIFY, group(5, replica(b"\x03")))])
    assert ports(switch) == [3]
    switch.write([update(DELETE, group(5))])
    assert ports(switch) == []


@pytest.mark.parametrize(
    ("kind", "item", "code"),
    [
        (INSERT, group(0), Code.INVALID_ARGUMENT),
        (INSERT, group(0x10000), Code.INVALID_ARGUMENT),
        (INSERT, group(5, replica(b"")), Code.OUT_OF_RANGE),
        (INSERT, group(5, p4r.Replica(instance=1)), Code.INVALID_ARGUMENT),
        (INSERT, group(5, replica(b"\x01", 0x10000)), Code.INVALID_ARGUMENT),
        (INSERT, group(5, replica(b"\x01", 1), replica(b"\x01", 1)), Code.INVALID_ARGUMENT),
        (
            INSERT,
            group(5, p4r.Replica(port=b"\1", backup_replicas=[p4r.BackupReplica(port=b"\2")])),
            Code.UNIMPLEMENTED,
        ),
        (INSERT, group(4), Code.ALREADY_EXISTS),
        (MODIFY, group(5), Code.NOT_FOUND),
        (DELETE, group(5), Code.NOT_FOUND),
        (INSERT, session(0), Code.INVALID_ARGUMENT),
        (INSERT, session(0x8000), Code.INVALID_ARGUMENT),
        (INSERT, session(5, length=-1), Code.INVALID_ARGUMENT),
        (INSERT, session(4), Code.ALREADY_EXISTS),
        (DELETE, session(5), Code.NOT_FOUND),
        (
            INSERT,
            p4r.Entity(packet_replication_engine_entry=p4r.PacketReplicationEngineEntry()),
            Code.INVALID_ARGUMENT,
        ),
    ],
)
def test_a_bad_update_is_refused(
    switch: Switch, kind: UpdateType, item: p4r.Entity, code: Code
) -> None:
    switch.write([update(INSERT, group(4)), update(INSERT, session(4))])
    assert refusal(switch, kind, item).canonical_code == code
    assert switch.read([group(0), session(0)]) == [group(4), session(4)]
