"""Sections "DigestEntry" and "Digest Messages", on learn.p4."""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue

import pytest
from finsy.proto import p4d, p4i, p4r

from softswitch.dataplane import DataPlane
from softswitch.p4runtime.service import P4Runtime
from softswitch.p4runtime.status import Code, P4RuntimeError
from softswitch.switch import Switch
from tests.softswitch.p4runtime.control import DELETE, INSERT, MODIFY, refusal
from tests.softswitch.p4runtime.learning import (
    CONFIG,
    INFO,
    PAIR,
    PROGRAM,
    STATION,
    entry,
    frame,
    pair,
    station,
    update,
)

SetRequest = p4r.SetForwardingPipelineConfigRequest


@pytest.fixture
def switch() -> Iterator[Switch]:
    switch = Switch()
    switch.set_pipeline(INFO, PROGRAM)
    yield switch
    switch.close()


def learnt(switch: Switch, now_us: int = 0) -> list[list[p4d.P4Data]]:
    return [list(item.data) for item in switch.digests(now_us)]


def read(switch: Switch, digest: int = 0) -> list[p4r.DigestEntry]:
    request = p4r.Entity(digest_entry=p4r.DigestEntry(digest_id=digest))
    return [entity.digest_entry for entity in switch.read([request])]


def test_nothing_is_told_of_what_nobody_asked_for(switch: Switch) -> None:
    assert switch.process(3, frame(1), 0) == ([], [])
    assert learnt(switch) == []


def test_without_a_timeout_each_message_is_a_list(switch: Switch) -> None:
    switch.write([update(INSERT, entry(STATION))])
    switch.process(3, frame(0x0A0000000001), 5)
    switch.process(4, frame(0x0B0000000002), 6)
    first, second = switch.digests(6)
    assert first == p4r.DigestList(
        digest_id=STATION, list_id=1, data=[station(0x0A0000000001, 3)], timestamp=5000
    )
    assert second == p4r.DigestList(
        digest_id=STATION, list_id=2, data=[station(0x0B0000000002, 4)], timestamp=6000
    )
    assert switch.digests(7) == []


def test_the_last_digest_of_a_packet_counts(switch: Switch) -> None:
    switch.write([update(INSERT, entry(STATION)), update(INSERT, entry(PAIR))])
    switch.process(3, frame(1, ether_type=0x8888), 0)
    assert [(item.digest_id, list(item.data)) for item in switch.digests(0)] == [
        (PAIR, [pair(9, 0x8888)])
    ]


def test_a_list_is_sent_when_it_is_full_or_old_enough(switch: Switch) -> None:
    switch.write([update(INSERT, entry(STATION, wait_ms=10, size=2))])
    for source in (1, 2, 3):
        switch.process(1, frame(source), 1000)
    assert learnt(switch, 1000) == [[station(1, 1), station(2, 1)]]
    assert learnt(switch, 10_999) == []
    assert learnt(switch, 11_000) == [[station(3, 1)]]
    assert learnt(switch, 20_000) == []


def test_what_is_not_acknowledged_is_not_told_again_until_it_counts_as_lost(
    switch: Switch,
) -> None:
    switch.write([update(INSERT, entry(STATION, acknowledge_ms=10))])
    switch.process(1, frame(1), 0)
    switch.process(1, frame(1), 9_999)
    switch.process(2, frame(1), 9_999)
    assert learnt(switch, 9_999) == [[station(1, 1)], [station(1, 2)]]
    switch.process(1, frame(1), 10_000)
    assert learnt(switch, 10_000) == [[station(1, 1)]]


def test_what_is_acknowledged_may_come_again(switch: Switch) -> None:
    switch.write([update(INSERT, entry(STATION, acknowledge_ms=1000))])
    switch.process(1, frame(1), 0)
    [told] = switch.digests(0)
    switch.acknowledge(p4r.DigestListAck(digest_id=STATION, list_id=told.list_id + 1))
    switch.process(1, frame(1), 1)
    assert learnt(switch, 1) == []
    switch.acknowledge(p4r.DigestListAck(digest_id=STATION, list_id=told.list_id))
    switch.process(1, frame(1), 2)
    assert learnt(switch, 2) == [[station(1, 1)]]


def test_the_same_message_stands_once_in_a_list(switch: Switch) -> None:
    switch.write([update(INSERT, entry(STATION, wait_ms=1, acknowledge_ms=1))])
    switch.process(1, frame(1), 0)
    switch.process(1, frame(1), 0)
    assert learnt(switch, 1000) == [[station(1, 1)]]


def test_entries_are_read_modified_and_deleted(switch: Switch) -> None:
    switch.write([update(INSERT, entry(STATION)), update(INSERT, entry(PAIR, size=3))])
    switch.write([update(MODIFY, entry(STATION, wait_ms=7))])
    assert read(switch) == [entry(STATION, wait_ms=7), entry(PAIR, size=3)]
    switch.write([update(DELETE, entry(PAIR))])
    assert read(switch, PAIR) == []
    switch.process(1, frame(1, ether_type=0x8888), 0)
    assert learnt(switch, 1_000_000) == []


@pytest.mark.parametrize(
    ("kind", "item", "code"),
    [
        (INSERT, entry(STATION), Code.ALREADY_EXISTS),
        (MODIFY, entry(PAIR), Code.NOT_FOUND),
        (DELETE, entry(PAIR), Code.NOT_FOUND),
        (INSERT, entry(77), Code.NOT_FOUND),
        (INSERT, entry(PAIR, size=-1), Code.INVALID_ARGUMENT),
        (MODIFY, entry(STATION, wait_ms=-1), Code.INVALID_ARGUMENT),
    ],
    ids=["twice", "modify none", "delete none", "unknown", "negative size", "negative time"],
)
def test_a_bad_write_changes_nothing(
    switch: Switch, kind: p4r.Update.Type.ValueType, item: p4r.DigestEntry, code: Code
) -> None:
    switch.write([update(INSERT, entry(STATION))])
    assert refusal(switch, kind, p4r.Entity(digest_entry=item)).canonical_code == code
    assert read(switch) == [entry(STATION)]


def test_a_copy_to_the_port_of_digests_is_none(switch: Switch) -> None:
    group = p4r.MulticastGroupEntry(
        multicast_group_id=1, replicas=[p4r.Replica(egress_port=512), p4r.Replica(egress_port=2)]
    )
    message = p4r.PacketReplicationEngineEntry(multicast_group_entry=group)
    entity = p4r.Entity(packet_replication_engine_entry=message)
    switch.write([p4r.Update(type=INSERT, entity=entity), update(INSERT, entry(STATION))])
    assert switch.process(1, frame(1), 0) == ([(2, frame(1))], [])
    assert learnt(switch) == [[station(1, 1)]]


def test_a_reconciled_pipeline_keeps_what_is_asked_for() -> None:
    service = P4Runtime(1, lambda _: None)
    service.set_pipeline(SetRequest.VERIFY_AND_COMMIT, CONFIG)
    service.apply([update(INSERT, entry(STATION, size=5))])
    service.set_pipeline(SetRequest.RECONCILE_AND_COMMIT, CONFIG)
    request = p4r.Entity(digest_entry=p4r.DigestEntry())
    [kept] = service.select([request])
    assert kept.digest_entry == entry(STATION, size=5)
    service.close()


@pytest.mark.parametrize(
    "change",
    [update(MODIFY, entry(STATION)), update(DELETE, entry(STATION))],
    ids=["modify", "delete"],
)
def test_a_batch_that_is_taken_back_restores_the_entries(change: p4r.Update) -> None:
    service = P4Runtime(1, lambda _: None)
    service.set_pipeline(SetRequest.VERIFY_AND_COMMIT, CONFIG)
    service.apply([update(INSERT, entry(STATION, size=5))])
    batch = [change, update(INSERT, entry(PAIR)), update(INSERT, entry(77))]
    with pytest.raises(P4RuntimeError, match="no digest with id"):
        service.apply(batch, p4r.WriteRequest.ROLLBACK_ON_ERROR)
    [kept] = service.select([p4r.Entity(digest_entry=p4r.DigestEntry())])
    assert kept.digest_entry == entry(STATION, size=5)
    service.close()


def test_a_digest_of_headers_is_refused() -> None:
    info = p4i.P4Info()
    info.CopyFrom(INFO)
    info.digests[1].type_spec.tuple.members[0].header.name = "ethernet_t"
    with pytest.raises(P4RuntimeError, match="digest digest_0: members of type header are not"):
        Switch().set_pipeline(info, PROGRAM)


class Learner:
    """Takes digests as the process does, and asks to be called once more without one."""

    def __init__(self) -> None:
        self.calls: SimpleQueue[bytes | None] = SimpleQueue()

    def __call__(self, message: bytes | None) -> float | None:
        self.calls.put(message)
        return 0.001 if message is not None else None


def test_a_running_switch_hands_digests_over_and_keeps_their_time() -> None:
    learner = Learner()
    plane = DataPlane((), 510, lambda frame: None, learner)
    service = P4Runtime(1, lambda forwarding: plane.set_engine(forwarding.engine))
    service.set_pipeline(SetRequest.VERIFY_AND_COMMIT, CONFIG)
    plane.start()
    try:
        plane.packet_out(frame(7))
        message, then = (learner.calls.get(timeout=30) for _ in range(2))
        assert plane.counters().keys() == {510}
    finally:
        plane.close()
        service.close()
    assert message is not None and message.hex() == "00000001" + "000000000007" + "01fe" + "00"
    assert then is None
