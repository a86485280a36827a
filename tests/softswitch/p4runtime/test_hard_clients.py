"""Clients that ask too much, come all at once, or die while they write."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import grpc
import pytest
from finsy.proto import p4r, p4r_grpc, rpc_status

from softswitch.p4runtime.service import MAX_CONTROLLERS
from softswitch.p4runtime.status import Code
from softswitch.process import SwitchProcess
from tests.softswitch.p4runtime.client import Controller, connected
from tests.softswitch.p4runtime.control import (
    DELETE,
    FM,
    INSERT,
    STATION,
    TABLES,
    entry,
    forward,
    update,
)
from tests.softswitch.p4runtime.test_server import DEVICE_ID, options

ROOT = Path(__file__).parents[3]
SIZE = 4
"""Of the table of stations."""
MEGABYTE = 1 << 20
ROOM_FOR_ERRORS = (("grpc.max_metadata_size", MEGABYTE),)

ENDLESS_WRITER = """
import sys
from tests.softswitch.p4runtime.client import connected
from tests.softswitch.p4runtime.test_hard_clients import DEVICE_ID, swap
with connected(sys.argv[1], DEVICE_ID, election_id=5) as controller:
    controller.arbitrate()
    controller.set_pipeline()
    print("writing", flush=True)
    while True:
        controller.write(*swap())
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    address = f"unix:{tmp_path}/switch.sock"
    process = SwitchProcess(options(address))
    yield address
    process.stop()


def station(number: int, metadata: bytes = b"") -> p4r.Entity:
    match = [FM(field_id=1, exact=FM.Exact(value=number.to_bytes(6)))]
    item = entry("stations", match, forward(3))
    item.metadata = metadata
    return p4r.Entity(table_entry=item)


def swap() -> list[p4r.Update]:
    """Fill the table and empty it, as one batch."""
    stations = [station(number) for number in range(1, SIZE + 1)]
    return [update(kind, item) for kind in (INSERT, DELETE) for item in stations]


def still_serves(address: str) -> bool:
    """Whether a new controller with a higher id writes and reads."""
    with connected(address, DEVICE_ID, election_id=99) as controller:
        assert controller.arbitrate().arbitration.status.code == Code.OK
        controller.set_pipeline()
        item = p4r.Entity(table_entry=entry("stations", STATION, forward(3)))
        controller.write(update(INSERT, item))
        return controller.read(p4r.Entity(table_entry=entry("stations"))) == [item]


def codes(error: grpc.RpcError) -> list[int]:
    """Of each update, from the details of a failed batch."""
    trailer = {item.key: item.value for item in error.trailing_metadata() or ()}
    status = rpc_status.Status.FromString(trailer["grpc-status-details-bin"])
    return [p4r.Error.FromString(detail.value).canonical_code for detail in status.details]


def test_a_write_of_100_megabytes_is_carried_out_as_far_as_there_is_room(address: str) -> None:
    updates = [update(INSERT, station(n, bytes(100_000))) for n in range(1, 1001)]
    with grpc.insecure_channel(address, options=ROOM_FOR_ERRORS) as channel:
        controller = Controller(channel, DEVICE_ID, election_id=1)
        controller.arbitrate()
        controller.set_pipeline()
        with pytest.raises(grpc.RpcError) as caught:
            controller.write(*updates)
        assert codes(caught.value) == [Code.OK] * SIZE + [Code.RESOURCE_EXHAUSTED] * (1000 - SIZE)
        controller.close()
    assert still_serves(address)


def test_a_larger_message_is_not_taken(address: str) -> None:
    huge = p4r.WriteRequest(device_id=DEVICE_ID, updates=[update(INSERT, station(1, bytes(1)))])
    huge.updates[0].entity.table_entry.metadata = bytes(130 * MEGABYTE)
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as caught:
        p4r_grpc.P4RuntimeStub(channel).Write(huge, wait_for_ready=True)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert still_serves(address)


def test_ten_clients_at_once_get_one_primary_and_no_more_streams_than_there_are(
    address: str,
) -> None:
    everybody = Barrier(10)

    def visit(number: int) -> grpc.StatusCode | None:
        """What a client's write came to."""
        with connected(address, DEVICE_ID, election_id=number) as controller:
            try:
                controller.arbitrate()
                everybody.wait()
                controller.set_pipeline()
                controller.write(*swap())
            except grpc.RpcError as error:
                code: grpc.StatusCode = error.code()
                if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
                    everybody.wait()
                return code
            finally:
                everybody.wait()
        return None

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(visit, range(1, 11)))
    assert outcomes.count(grpc.StatusCode.RESOURCE_EXHAUSTED) == 10 - MAX_CONTROLLERS
    assert outcomes.count(grpc.StatusCode.PERMISSION_DENIED) == MAX_CONTROLLERS - 1
    assert outcomes.count(None) == 1
    assert still_serves(address)


def test_a_client_that_dies_while_it_writes_leaves_whole_batches_and_a_switch_that_serves(
    address: str,
) -> None:
    command = [sys.executable, "-c", ENDLESS_WRITER, address]
    writer = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "writing\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    with connected(address, DEVICE_ID, election_id=4) as backup:
        while backup.arbitrate().arbitration.status.code != Code.NOT_FOUND:
            pass  # the server has not yet seen the stream end
        request = p4r.Entity(table_entry=p4r.TableEntry(table_id=TABLES["stations"]))
        assert backup.read(request) == []
    assert still_serves(address)
