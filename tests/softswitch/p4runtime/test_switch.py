"""The switch in process: packets from and to the controller."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from finsy.proto import p4r

from softswitch.p4runtime.status import Code, P4RuntimeError
from softswitch.switch import Switch
from tests.softswitch.p4runtime.control import (
    INSERT,
    STATION,
    action,
    entry,
    ethernet,
    forward,
    new_switch,
    write,
)


@pytest.fixture
def switch() -> Iterator[Switch]:
    switch = new_switch()
    yield switch
    switch.close()


def packet_out(submit: int, port: int = 0) -> p4r.PacketOut:
    values = enumerate((submit, port, 0), 1)
    metadata = [p4r.PacketMetadata(metadata_id=i, value=bytes([value])) for i, value in values]
    return p4r.PacketOut(payload=ethernet(), metadata=metadata)


def test_a_punted_frame_is_a_packet_in_with_the_programs_metadata(switch: Switch) -> None:
    write(switch, INSERT, entry("stations", STATION, action("punt", b"\x2a")))
    copies, [packet] = switch.process(7, ethernet(), 0)
    assert copies == []
    assert packet.payload == ethernet()
    assert {m.metadata_id: m.value for m in packet.metadata} == {
        1: b"\x07",
        2: b"\x2a",
        3: b"\x0a\xbc",
    }


def test_copies_to_the_cpu_and_to_ports_are_parted(switch: Switch) -> None:
    group = p4r.MulticastGroupEntry(
        multicast_group_id=1,
        replicas=[p4r.Replica(port=port) for port in (b"\1", b"\x01\xfe", b"\2")],
    )
    replication = p4r.PacketReplicationEngineEntry(multicast_group_entry=group)
    entity = p4r.Entity(packet_replication_engine_entry=replication)
    switch.write([p4r.Update(type=INSERT, entity=entity)])
    write(switch, INSERT, entry("stations", STATION, action("replicate", b"\x01")))
    copies, packets = switch.process(3, ethernet(), 0)
    assert [port for port, _ in copies] == [1, 2]
    assert len(packets) == 1


def test_a_packet_out_leaves_on_its_port(switch: Switch) -> None:
    assert switch.packet_out(packet_out(0, port=5), 0) == ([(5, ethernet())], [])


def test_a_packet_out_can_run_through_the_tables(switch: Switch) -> None:
    write(switch, INSERT, entry("stations", STATION, forward(8)))
    assert switch.packet_out(packet_out(1), 0) == ([(8, ethernet())], [])


def test_a_packet_out_without_metadata_is_refused(switch: Switch) -> None:
    with pytest.raises(P4RuntimeError, match="metadata submit"):
        switch.packet_out(p4r.PacketOut(payload=ethernet()), 0)


def test_without_messages_a_punted_frame_is_header_values_and_payload(switch: Switch) -> None:
    write(switch, INSERT, entry("stations", STATION, action("punt", b"\x2a")))
    assert switch.run(7, ethernet(), 0) == ([], [((7, 0x2A, 0xABC), ethernet())])


def test_without_messages_a_packet_enters_behind_header_values(switch: Switch) -> None:
    assert switch.inject((0, 5, 0), ethernet(), 0) == ([(5, ethernet())], [])


@pytest.mark.parametrize("values", [(2, 0, 0), (0, -1, 0)], ids=str)
def test_a_header_value_that_does_not_fit_is_refused(
    switch: Switch, values: tuple[int, ...]
) -> None:
    with pytest.raises(P4RuntimeError, match=r"packet-out .*: -?0x\d exceeds \d bits"):
        switch.inject(values, ethernet(), 0)


def test_without_a_pipeline_nothing_passes() -> None:
    switch = Switch()
    assert switch.process(1, ethernet(), 0) == ([], [])
    for send in (
        lambda: switch.packet_out(packet_out(0), 0),
        lambda: switch.inject((0, 0, 0), ethernet(), 0),
    ):
        with pytest.raises(P4RuntimeError) as caught:
            send()
        assert caught.value.code is Code.FAILED_PRECONDITION


def test_two_switches_of_one_program_have_their_own_state(switch: Switch) -> None:
    other = new_switch()
    write(switch, INSERT, entry("stations", STATION, forward(3)))
    assert other.process(1, ethernet(), 0) == ([], [])
    assert switch.process(1, ethernet(), 0) == ([(3, ethernet())], [])
    other.close()
