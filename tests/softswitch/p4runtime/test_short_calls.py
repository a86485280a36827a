"""Which thread does the work of a call, and what becomes of calls that are wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from finsy.proto import p4r

from softswitch import short_calls
from softswitch.server import SHORT_WRITE
from tests.softswitch.live.lab import eventually
from tests.softswitch.p4runtime.client import Controller, connected
from tests.softswitch.p4runtime.served import DEVICE_ID, Served

WRITE = "/p4.v1.P4Runtime/Write"
POOLED = "rpc"
UPDATE = p4r.Update()
PACKET = p4r.StreamMessageResponse(packet=p4r.PacketIn(payload=b"\0")).SerializeToString()


@pytest.fixture(params=["short calls", "pool alone"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "pool alone":
        monkeypatch.setattr(short_calls, "unary_call", lambda work: None)
    return str(request.param)


@pytest.fixture
def workers(served: Served, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads that have carried out writes, which do nothing."""
    names: list[str] = []

    def write(request: p4r.WriteRequest) -> None:
        names.append(threading.current_thread().name)
        with served.service.lock:
            pass

    monkeypatch.setattr(served.service, "write", write)
    return names


@pytest.fixture
def primary(served: Served) -> Iterator[Controller]:
    with connected(served.address, DEVICE_ID) as controller:
        controller.arbitrate()
        yield controller


def test_a_short_write_is_done_by_the_polling_thread(
    way: str, primary: Controller, workers: list[str]
) -> None:
    primary.write(UPDATE)
    assert workers[0].startswith(POOLED) == (way == "pool alone")


def test_a_long_write_is_done_by_the_pool(primary: Controller, workers: list[str]) -> None:
    primary.write(*[UPDATE] * SHORT_WRITE)
    primary.write(*[UPDATE] * (SHORT_WRITE + 1))
    assert [name.startswith(POOLED) for name in workers] == [False, True]


def test_a_write_that_has_to_wait_for_others_holds_nothing_up(
    served: Served, primary: Controller, workers: list[str]
) -> None:
    request = p4r.WriteRequest(updates=[UPDATE])
    with served.service.lock:
        writing = primary.stub.Write.future(request)
        assert eventually(lambda: bool(workers))
        assert workers[0].startswith(POOLED)
        served.controllers.packet_ins([PACKET])
        assert primary.receive().HasField("packet")
        assert not writing.done()
    writing.result()


@pytest.mark.parametrize(
    ("requests", "code"),
    [
        pytest.param((b"\xff",), grpc.StatusCode.INTERNAL, id="not protobuf"),
        pytest.param((), grpc.StatusCode.UNIMPLEMENTED, id="none"),
    ],
)
def test_a_call_without_a_good_request_is_refused(
    way: str,
    served: Served,
    primary: Controller,
    workers: list[str],
    requests: tuple[bytes, ...],
    code: grpc.StatusCode,
) -> None:
    with grpc.insecure_channel(served.address) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            channel.stream_unary(WRITE, bytes, bytes)(iter(requests))
    assert caught.value.code() is code
    primary.write(UPDATE)
    assert len(workers) == 1


def test_a_call_that_is_given_up_before_its_request_is_forgotten(
    way: str, served: Served, primary: Controller, workers: list[str]
) -> None:
    never = threading.Event()

    def requests() -> Iterator[bytes]:
        never.wait()
        yield b""

    with grpc.insecure_channel(served.address) as channel:
        call: Any = channel.stream_unary(WRITE, bytes, bytes).future(requests())
        channel.unary_unary("/p4.v1.P4Runtime/Capabilities", bytes, bytes)(b"")
        call.cancel()
        never.set()
    primary.write(UPDATE)
    served.server.stop()
    assert len(workers) == 1
