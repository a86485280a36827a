"""Which thread does the work of a call, and what becomes of calls that are wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from finsy.proto import p4r

from softswitch.calls import SHORT_WRITE, WORKERS
from softswitch.rpc.call import Call
from tests.softswitch.live.lab import eventually
from tests.softswitch.p4runtime.client import Controller, connected
from tests.softswitch.p4runtime.served import DEVICE_ID, Served, serving

WRITE = "/p4.v1.P4Runtime/Write"
CAPABILITIES = "/p4.v1.P4Runtime/Capabilities"
SERVER, POOL = "calls", "rpc"
NOTHING_SAID = b"\x08\x00"  # the device's id is zero
UPDATE = p4r.Update()
PACKET = p4r.StreamMessageResponse(packet=p4r.PacketIn(payload=b"\0")).SerializeToString()


@pytest.fixture(params=[0.0, 60.0], ids=["asleep", "awake"], autouse=True)
def awake(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the server's thread sleeps after a call."""
    monkeypatch.setattr("softswitch.rpc.server.AWAKE", request.param)


@pytest.fixture
def workers(served: Served, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads that have carried out writes, which do nothing."""
    names: list[str] = []

    def write(request: p4r.WriteRequest) -> None:
        names.append(threading.current_thread().name.partition("_")[0])
        with served.service.lock:
            pass

    monkeypatch.setattr(served.service, "write", write)
    return names


@pytest.fixture
def primary(served: Served) -> Iterator[Controller]:
    with connected(served.address, DEVICE_ID) as controller:
        controller.arbitrate()
        yield controller


def test_a_short_write_is_done_by_the_thread_of_the_server(
    primary: Controller, workers: list[str]
) -> None:
    primary.write(UPDATE)
    assert workers == [SERVER]


def test_a_long_write_is_done_by_the_pool(served: Served, workers: list[str]) -> None:
    with grpc.insecure_channel(served.address) as channel:
        write = channel.unary_unary(WRITE, bytes, bytes)
        write(NOTHING_SAID * (SHORT_WRITE // len(NOTHING_SAID)))
        write(NOTHING_SAID * (SHORT_WRITE // len(NOTHING_SAID) + 1))
    assert workers == [SERVER, POOL]


def test_a_write_that_has_to_wait_for_others_holds_nothing_up(
    served: Served, primary: Controller, workers: list[str]
) -> None:
    request = p4r.WriteRequest(updates=[UPDATE])
    with served.service.lock:
        writing = primary.stub.Write.future(request)
        assert eventually(lambda: bool(workers))
        assert workers == [POOL]
        served.controllers.packet_ins([PACKET])
        assert primary.receive().HasField("packet")
        assert not writing.done()
    writing.result()


@pytest.mark.parametrize("method", [WRITE, CAPABILITIES])
@pytest.mark.parametrize(
    ("requests", "code", "words"),
    [
        pytest.param((b"\xff",), grpc.StatusCode.INTERNAL, "the octets are no p4.v1", id="damaged"),
        pytest.param((), grpc.StatusCode.UNIMPLEMENTED, "needs one request", id="none"),
    ],
)
def test_a_call_without_a_good_request_is_refused(
    served: Served,
    workers: list[str],
    method: str,
    requests: tuple[bytes, ...],
    code: grpc.StatusCode,
    words: str,
) -> None:
    with grpc.insecure_channel(served.address) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            channel.stream_unary(method, bytes, bytes)(iter(requests))
        assert caught.value.code() is code
        assert words in str(caught.value.details())
        channel.unary_unary(WRITE, bytes, bytes)(b"")
    assert len(workers) == 1


def test_a_message_on_the_stream_that_is_none_ends_it(served: Served) -> None:
    with grpc.insecure_channel(served.address) as channel:
        stream: Any = channel.stream_stream("/p4.v1.P4Runtime/StreamChannel", bytes, bytes)
        with pytest.raises(grpc.RpcError) as caught:
            list(stream(iter([b"\xff"])))
    assert caught.value.code() is grpc.StatusCode.INTERNAL


def test_a_method_that_is_not_there_is_refused_by_name(served: Served) -> None:
    with grpc.insecure_channel(served.address) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/p4.v1.P4Runtime/Erase", bytes, bytes)(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert caught.value.details() == "there is no method /p4.v1.P4Runtime/Erase"


def test_a_call_that_is_given_up_before_its_request_is_forgotten(
    served: Served, primary: Controller, workers: list[str]
) -> None:
    never = threading.Event()

    def requests() -> Iterator[bytes]:
        never.wait()
        yield b""

    with grpc.insecure_channel(served.address) as channel:
        call: Any = channel.stream_unary(WRITE, bytes, bytes).future(requests())
        channel.unary_unary(CAPABILITIES, bytes, bytes)(b"")
        call.cancel()
        never.set()
    primary.write(UPDATE)
    served.server.stop()
    assert len(workers) == 1


def test_a_call_that_is_given_up_before_its_turn_is_not_carried_out(
    served: Served, primary: Controller, workers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, over, watch = threading.Event(), threading.Event(), Call.watch

    def watched(call: Call) -> None:
        watch(call, over.set)
        waiting.set()

    with served.service.lock:
        busy = [primary.stub.Write.future(p4r.WriteRequest()) for _ in range(WORKERS)]
        assert eventually(lambda: len(workers) == WORKERS)
        monkeypatch.setattr(Call, "watch", watched)
        given_up: Any = primary.stub.Write.future(p4r.WriteRequest())
        waiting.wait()
        given_up.cancel()
        over.wait()
    for write in busy:
        write.result()
    primary.write(UPDATE)
    assert len(workers) == WORKERS + 1


def test_a_fault_of_the_switch_is_told_and_logged_and_the_server_goes_on(
    served: Served,
    primary: Controller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def write(_request: p4r.WriteRequest) -> None:
        raise ZeroDivisionError("by a test")

    with monkeypatch.context() as patch:
        patch.setattr(served.service, "write", write)
        with pytest.raises(grpc.RpcError) as caught:
            primary.write(UPDATE)
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    assert "its log tells more" in str(caught.value.details())
    assert "by a test" in caplog.text
    assert primary.stub.Capabilities(p4r.CapabilitiesRequest())


def test_a_server_that_stops_lets_a_call_end_that_has_begun(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def answer(octets: bytes) -> bytes:
        begun.set()
        go_on.wait()
        return octets

    with serving(tmp_path, {"/echo": answer}) as served:
        with grpc.insecure_channel(served.address) as channel:
            call: Any = channel.unary_unary("/echo", bytes, bytes).future(b"x")
            begun.wait()
            stopping = threading.Thread(target=served.server.stop)
            stopping.start()
            go_on.set()
            assert call.result() == b"x"
        stopping.join()
