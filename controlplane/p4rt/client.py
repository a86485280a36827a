"""One connection to a P4Runtime server, as the calls that the session makes.

It stands on gRPC and finsy's messages; finsy's own client gives every call ten seconds, and a
target that compiles a program, or reads out a hundred thousand entries, needs longer than one that
is asked whether it lives. An error of the transport, or one that says that this connection is of no
use, is a ConnectionFailed. Updates that are refused are a result.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, TypeAlias, cast

import grpc
from finsy.p4client import P4Error, P4RpcStatus
from finsy.proto import U128, p4r, p4r_grpc, rpc_code

CALL_LIMIT: Final = 10.0
"""Seconds for a call to be answered."""

BULK_LIMIT: Final = 120.0
"""Seconds for a program to be loaded, or everything to be read."""

_OPTIONS: Final = (
    # A connection of our own for each attempt, made at once: the session does the waiting.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_receive_message_length", -1),
    # The errors of a whole batch come as metadata.
    ("grpc.max_metadata_size", 1 << 20),
)

_Get = p4r.GetForwardingPipelineConfigRequest
_Stream: TypeAlias = (
    "grpc.aio.StreamStreamCall[p4r.StreamMessageRequest, p4r.StreamMessageResponse]"
)


class ConnectionFailed(Exception):
    """The connection is gone, or of no use; the text is for people."""


@asynccontextmanager
async def connect(address: str, device_id: int, election_id: int) -> AsyncIterator[Client]:
    """A channel and the stream on it, for as long as the context lasts."""
    async with grpc.aio.insecure_channel(address, options=_OPTIONS) as channel:
        stub = p4r_grpc.P4RuntimeStub(channel)
        yield Client(stub, device_id, election_id)


class Client:
    """The stream makes this controller known to the switch; with it goes the primary role."""

    def __init__(self, stub: p4r_grpc.P4RuntimeStub, device_id: int, election_id: int) -> None:
        self._device_id = device_id
        self._election_id = U128.encode(election_id)
        self._stub = cast(Any, stub)  # the generated stub is typed for the synchronous API
        self._stream: _Stream = self._stub.StreamChannel()
        self._writing = asyncio.Lock()

    async def arbitrate(self, standing_by: Callable[[], None]) -> None:
        """Become primary; `standing_by` is told while another controller is."""
        await self._bid()
        with _failures("arbitration"):
            async with asyncio.timeout(CALL_LIMIT):
                state = await self._arbitration()
        while not is_primary(state):
            if state.status.code == rpc_code.NOT_FOUND:
                # P4Runtime 5.3: nobody is, and a bid below the highest so far does not count.
                self._election_id = state.election_id
                await self._bid()
            else:
                standing_by()
            state = await self._arbitration()

    async def receive(self) -> p4r.StreamMessageResponse:
        """The next message of the stream."""
        with _failures("stream"):
            message = await self._stream.read()
        if not isinstance(message, p4r.StreamMessageResponse):
            raise ConnectionFailed("the switch ended the stream")
        return message

    async def send(self, packet: p4r.PacketOut) -> None:
        """Give the switch a packet."""
        with _failures("packet-out"):
            async with self._writing:  # a stream takes one message at a time
                await self._stream.write(p4r.StreamMessageRequest(packet=packet))

    async def pipeline_cookie(self) -> int | None:
        """Which program the switch runs; None when it runs none, or another controller's."""
        request = _Get(device_id=self._device_id, response_type=_Get.COOKIE_ONLY)
        try:
            response = await self._stub.GetForwardingPipelineConfig(request, timeout=CALL_LIMIT)
        except grpc.aio.AioRpcError as error:
            if error.code() in (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND):
                return None
            raise _failure("pipeline", error) from None
        config = response.config
        return int(config.cookie.cookie) if config.HasField("cookie") else None

    async def set_pipeline(self, config: p4r.ForwardingPipelineConfig) -> None:
        """Give the switch its program; it forgets what it forwarded by.

        Not RECONCILE_AND_COMMIT, which would keep that: BMv2 1.15 dies of it when it has no
        program yet. Whoever finds the right program there leaves it alone.
        """
        request = p4r.SetForwardingPipelineConfigRequest(
            device_id=self._device_id,
            election_id=self._election_id,
            action=p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT,
            config=config,
        )
        with _failures("pipeline"):
            await self._stub.SetForwardingPipelineConfig(request, timeout=BULK_LIMIT)

    async def read(self, entities: Iterable[p4r.Entity]) -> list[p4r.Entity]:
        """All that the entities select."""
        request = p4r.ReadRequest(device_id=self._device_id, entities=entities)
        found: list[p4r.Entity] = []
        with _failures("read"):
            async for response in self._stub.Read(request, timeout=BULK_LIMIT):
                found.extend(response.entities)
        return found

    async def write(self, updates: Sequence[p4r.Update]) -> dict[int, str]:
        """Carry out updates; the places of those that were refused, and why."""
        request = p4r.WriteRequest(
            device_id=self._device_id, election_id=self._election_id, updates=updates
        )
        try:
            await self._stub.Write(request, timeout=BULK_LIMIT)
        except grpc.aio.AioRpcError as error:
            refused = P4RpcStatus.from_rpc_error(error).details
            if not refused:
                raise _failure("write", error) from None
            return {place: _reason(detail) for place, detail in refused.items()}
        return {}

    async def probe(self, limit: float) -> None:
        """Ask for any answer at all."""
        try:
            await self._stub.Capabilities(p4r.CapabilitiesRequest(), timeout=limit)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                raise _failure("probe", error) from None

    async def _bid(self) -> None:
        arbitration = p4r.MasterArbitrationUpdate(
            device_id=self._device_id, election_id=self._election_id
        )
        with _failures("arbitration"):
            await self._stream.write(p4r.StreamMessageRequest(arbitration=arbitration))

    async def _arbitration(self) -> p4r.MasterArbitrationUpdate:
        """What the switch says next of who is primary."""
        while True:
            message = await self.receive()
            if message.HasField("arbitration"):
                return message.arbitration


def is_primary(arbitration: p4r.MasterArbitrationUpdate) -> bool:
    """P4Runtime 5.3: the status is OK for the primary alone."""
    return arbitration.status.code == rpc_code.OK


@contextmanager
def _failures(what: str) -> Iterator[None]:
    """Errors of gRPC and of the clock, as ConnectionFailed.

    gRPC cancels the calls on a channel that is closed; whoever waits for one is not cancelled.
    """
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise ConnectionFailed(f"{what}: the connection was closed") from None
    except grpc.aio.AioRpcError as error:
        raise _failure(what, error) from None
    except asyncio.InvalidStateError:
        raise ConnectionFailed(f"{what}: the stream has ended") from None
    except TimeoutError:
        raise ConnectionFailed(f"{what}: no answer") from None


def _failure(what: str, error: grpc.aio.AioRpcError) -> ConnectionFailed:
    status = error.code().name.replace("_", " ").lower()
    return ConnectionFailed(f"{what}: {status}: {error.details() or 'no details'}")


def _reason(error: P4Error) -> str:
    return f"{error.canonical_code.name.replace('_', ' ').lower()}: {error.message or 'no details'}"
