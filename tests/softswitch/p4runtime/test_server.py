"""The gRPC server with real clients; a switch without interfaces needs no rights."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import finsy
import grpc
import pytest
from finsy.proto import p4r, rpc_status

from softswitch.options import Options
from softswitch.p4runtime.service import MAX_CONTROLLERS
from softswitch.p4runtime.status import Code
from softswitch.process import SwitchProcess
from softswitch.server import AddressError
from softswitch.tls import Tls
from tests.softswitch.live.lab import eventually
from tests.softswitch.p4runtime import idling
from tests.softswitch.p4runtime.client import Controller, connected
from tests.softswitch.p4runtime.control import (
    HERE,
    INSERT,
    STATION,
    action,
    entry,
    ethernet,
    forward,
    update,
)

DEVICE_ID = 3
TALKING = p4r.ForwardingPipelineConfig(
    p4info=finsy.P4Schema(idling.PROGRAMS / "talking.p4info.txtpb").p4info,
    p4_device_config=(idling.PROGRAMS / "talking.json").read_bytes(),
)
STATION_ENTRY = p4r.Entity(table_entry=entry("stations", STATION, forward(3)))


def options(address: str, tls: Tls | None = None) -> Options:
    return Options(
        program=None,
        ports=(),
        device_id=DEVICE_ID,
        grpc_server_addr=address,
        tls=tls,
        cpu_port=510,
        log_level="warning",
    )


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a switch listens."""
    address = f"unix:{tmp_path}/switch.sock"
    process = SwitchProcess(options(address))
    yield address
    process.stop()


@pytest.fixture
def primary(address: str) -> Iterator[Controller]:
    with connected(address, DEVICE_ID) as controller:
        assert controller.arbitrate().arbitration.status.code == Code.OK
        controller.set_pipeline()
        yield controller


def submit() -> p4r.PacketOut:
    """A packet that runs through the tables."""
    values = ((1, b"\1"), (2, b"\0"), (3, b"\0"))
    metadata = [p4r.PacketMetadata(metadata_id=i, value=value) for i, value in values]
    return p4r.PacketOut(payload=ethernet(), metadata=metadata)


def test_entries_are_written_and_read(primary: Controller) -> None:
    primary.write(update(INSERT, STATION_ENTRY))
    assert primary.read(p4r.Entity(table_entry=entry("stations"))) == [STATION_ENTRY]


def test_many_entries_are_read_in_several_messages(primary: Controller) -> None:
    item = p4r.Entity(counter_entry=p4r.CounterEntry())
    assert len(primary.read(*[item] * 300)) == 1200


def test_a_failed_batch_carries_the_error_of_each_update(primary: Controller) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        primary.write(update(INSERT, STATION_ENTRY), update(INSERT, STATION_ENTRY))
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    trailer = {item.key: item.value for item in caught.value.trailing_metadata() or ()}
    status = rpc_status.Status.FromString(trailer["grpc-status-details-bin"])
    errors = [p4r.Error.FromString(detail.value) for detail in status.details]
    assert [error.canonical_code for error in errors] == [Code.OK, Code.ALREADY_EXISTS]


def test_a_packet_out_comes_back_as_packet_in(primary: Controller) -> None:
    punt = p4r.Entity(table_entry=entry("stations", STATION, action("punt", b"\x2a")))
    primary.write(update(INSERT, punt))
    primary.send(submit())
    packet = primary.receive().packet
    assert packet.payload == ethernet()
    assert packet.metadata[1].value == b"\x2a"


def test_the_primary_is_told_of_an_entry_that_no_packet_hits(address: str) -> None:
    written = idling.entry(station=7, timeout_s=0.05)
    request = p4r.TableEntry(table_id=written.table_id, match=written.match)
    request.time_since_last_hit.SetInParent()

    def silence_ns() -> int:
        [found] = controller.read(p4r.Entity(table_entry=request))
        return found.table_entry.time_since_last_hit.elapsed_ns

    with connected(address, DEVICE_ID) as controller:
        controller.arbitrate()
        controller.set_pipeline(idling.CONFIG)
        controller.write(idling.update(INSERT, written))
        written.ClearField("action")
        assert list(controller.receive().idle_timeout_notification.table_entry) == [written]
        silent = silence_ns()
        assert silent >= written.idle_timeout_ns
        controller.send(p4r.PacketOut(payload=idling.frame(station=7)))
        assert eventually(lambda: silence_ns() < silent)


def test_what_a_program_says_is_in_the_log_of_a_switch_that_is_asked_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "softswitch.program_log")
    address = f"unix:{tmp_path}/switch.sock"
    process = SwitchProcess(replace(options(address), log_level="info"))
    try:
        with connected(address, DEVICE_ID) as controller:
            controller.arbitrate()
            controller.set_pipeline(TALKING)
            controller.send(p4r.PacketOut(payload=b"\x01" + bytes(20)))
            assert eventually(lambda: "heard" in caplog.messages)
    finally:
        process.stop()


def test_a_bad_packet_out_is_answered_and_the_stream_goes_on(primary: Controller) -> None:
    primary.send(p4r.PacketOut(payload=b"x"))
    error = primary.receive().error
    assert error.canonical_code == Code.INVALID_ARGUMENT
    assert error.packet_out.packet_out.payload == b"x"
    assert primary.arbitrate().arbitration.status.code == Code.OK


def test_a_backup_may_not_send_packets(primary: Controller, address: str) -> None:
    with connected(address, DEVICE_ID, election_id=0) as backup:
        assert backup.arbitrate().arbitration.status.code == Code.ALREADY_EXISTS
        backup.send(submit())
        assert backup.receive().error.canonical_code == Code.PERMISSION_DENIED


def test_a_higher_election_id_takes_over(primary: Controller, address: str) -> None:
    with connected(address, DEVICE_ID, election_id=2) as other:
        assert other.arbitrate().arbitration.status.code == Code.OK
        assert primary.receive().arbitration.status.code == Code.ALREADY_EXISTS
        with pytest.raises(grpc.RpcError) as caught:
            primary.write(update(INSERT, STATION_ENTRY))
        assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert primary.receive().arbitration.status.code == Code.NOT_FOUND


def test_a_controller_comes_back_with_its_id_and_finds_its_entries(address: str) -> None:
    with connected(address, DEVICE_ID, election_id=5) as controller:
        controller.arbitrate()
        controller.set_pipeline()
        controller.write(update(INSERT, STATION_ENTRY))
    with connected(address, DEVICE_ID, election_id=4) as backup:
        while backup.arbitrate().arbitration.status.code != Code.NOT_FOUND:
            pass  # the server has not yet seen the first stream end
        with connected(address, DEVICE_ID, election_id=5) as controller:
            assert controller.arbitrate().arbitration.status.code == Code.OK
            assert controller.read(p4r.Entity(table_entry=entry("stations"))) == [STATION_ENTRY]


def test_an_unknown_device_ends_the_stream(address: str) -> None:
    with connected(address, device_id=9) as controller:
        with pytest.raises(grpc.RpcError) as caught:
            controller.arbitrate()
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_more_streams_than_there_is_room_for_are_refused(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        controllers = [Controller(channel, DEVICE_ID, number) for number in range(MAX_CONTROLLERS)]
        for controller in controllers:
            controller.arbitrate()
        with pytest.raises(grpc.RpcError) as caught:
            Controller(channel, DEVICE_ID, 99).arbitrate()
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        for controller in controllers:
            controller.close()


def test_a_switch_that_stops_is_unavailable_to_its_controllers(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/switch.sock"
    process = SwitchProcess(options(address))
    with connected(address, DEVICE_ID) as controller:
        controller.arbitrate()
        process.stop()
        with pytest.raises(grpc.RpcError) as caught:
            controller.receive()
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert caught.value.details() == "the switch is stopping"


def test_capabilities_name_the_version(primary: Controller) -> None:
    assert primary.stub.Capabilities(p4r.CapabilitiesRequest()).p4runtime_api_version == "1.5.0"


def test_a_second_server_does_not_take_the_socket_over(address: str) -> None:
    with pytest.raises(AddressError, match="another server is using it"):
        SwitchProcess(options(address))


def test_a_tcp_port_in_use_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(AddressError, match=f"cannot listen on {re.escape(address)}"):
            SwitchProcess(options(address))


def test_a_stale_socket_file_is_replaced_and_removed_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "switch.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    SwitchProcess(options(f"unix:{path}")).stop()
    assert not path.exists()


def test_finsy_sets_the_pipeline_writes_and_reads(address: str) -> None:
    written = finsy.P4TableEntry(
        "stations",
        match=finsy.Match(dst=0x020000000001),
        action=finsy.Action("forward", port=2),
    )

    async def control() -> list[finsy.P4TableEntry]:
        config = finsy.SwitchOptions(
            p4info=HERE / "control.p4info.txtpb",
            p4blob=HERE / "control.json",
            device_id=DEVICE_ID,
        )
        async with finsy.Switch("switch", address, config) as switch:
            await switch.write([+written])
            request = finsy.P4TableEntry("stations")
            found = cast(AsyncIterator[finsy.P4TableEntry], switch.read(request))
            return [item async for item in found]

    [found] = asyncio.run(control())
    assert found == written
