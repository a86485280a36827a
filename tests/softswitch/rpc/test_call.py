"""A call on a core that only notes what is started on it: what ends when is the test's to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest

from softswitch.rpc.call import Call, core
from softswitch.rpc.errors import UNKNOWN, RpcError

Done = Callable[[object], None]


class Core:
    """The batches of one call."""

    def __init__(self) -> None:
        self.started: list[tuple[list[type], Done]] = []

    def start_server_batch(self, operations: Sequence[object], done: Done) -> None:
        self.started.append(([type(operation) for operation in operations], done))

    def end(self, message: bytes | None = None, success: bool = True) -> list[type]:
        """The oldest batch ends; its operations."""
        operations, done = self.started.pop(0)
        received = SimpleNamespace(message=lambda: message)
        done(SimpleNamespace(success=success, batch_operations=[received]))
        return operations


RECEIVE = core.ReceiveMessageOperation
CLOSE = core.ReceiveCloseOnServerOperation
BEGIN = core.SendInitialMetadataOperation
SEND = core.SendMessageOperation
STATUS = core.SendStatusFromServerOperation


@pytest.fixture
def native() -> Core:
    return Core()


@pytest.fixture
def closed() -> list[Call]:
    """Calls that are closed."""
    return []


@pytest.fixture
def call(native: Core, closed: list[Call]) -> Call:
    return Call(native, closed.append)


def test_a_call_that_is_answered_takes_two_batches(
    call: Call, native: Core, closed: list[Call]
) -> None:
    call.request(lambda message: call.succeed(message * 2))
    assert native.end(b"ab") == [RECEIVE]
    assert not closed
    assert native.end() == [BEGIN, SEND, STATUS, CLOSE]
    assert closed == [call]


def test_a_watched_call_is_closed_when_its_client_has_gone(
    call: Call, native: Core, closed: list[Call]
) -> None:
    told: list[str] = []
    call.watch(lambda: told.append("over"))
    call.fail(RpcError(UNKNOWN, "no"))
    assert native.end() == [CLOSE]
    assert (call.over, told, closed) == (True, ["over"], [])
    assert native.end() == [BEGIN, STATUS]
    assert closed == [call]


def test_the_end_of_one_message_starts_the_next(call: Call, native: Core) -> None:
    goes_on: list[bool] = []
    call.send(b"1", goes_on.append)
    assert native.end() == [BEGIN, SEND]
    call.send(b"2", goes_on.append)
    assert native.end(success=False) == [SEND]
    assert goes_on == [True, False]


def test_on_a_finished_call_nothing_is_started(
    call: Call, native: Core, closed: list[Call]
) -> None:
    told: list[object] = []
    call.succeed()
    native.end()
    call.receive(told.append)
    call.send(b"", told.append)
    call.watch(lambda: told.append("over"))
    call.succeed()
    assert not call.send_all([b"1", b"2"])
    assert list(call.messages()) == []
    assert told == [None, False, "over"]
    assert native.started == []
    assert closed == [call]


def test_a_fault_finishes_the_call(
    call: Call, native: Core, closed: list[Call], caplog: pytest.LogCaptureFixture
) -> None:
    def fault(_message: bytes) -> None:
        raise ZeroDivisionError("by a test")

    call.request(fault)
    native.end(b"")
    assert native.end() == [BEGIN, STATUS, CLOSE]
    assert closed == [call]
    assert "by a test" in caplog.text
