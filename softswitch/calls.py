"""P4Runtime's RPCs as calls: which thread does what.

The server's thread takes calls and writes what is short; a few others do what takes longer. Each
controller's stream has two of its own. Everything that RPCs mean is in `p4runtime`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Thread
from typing import Final, TypeAlias, TypeVar

from finsy.proto import p4r
from google.protobuf.message import DecodeError, Message

from softswitch.controllers import Controllers
from softswitch.p4runtime.service import P4Runtime
from softswitch.p4runtime.status import Code, P4RuntimeError
from softswitch.rpc.call import Call
from softswitch.rpc.server import Method
from softswitch.session import Session

API_VERSION: Final = "1.5.0"
WORKERS: Final = 3
ENTITIES_PER_RESPONSE: Final = 500
SHORT_WRITE: Final = 16 << 10
"""Octets: some 200 updates, a thousandth of a second when they are plain."""

_P4RUNTIME: Final = "/p4.v1.P4Runtime/"

Answer: TypeAlias = Callable[[bytes], bytes]
"""From a request to the answer; RpcError (rpc.errors) where there is none."""
_M = TypeVar("_M", bound=Message)


class Calls:
    """gRPC's view of the service: what becomes of calls, and in which thread."""

    def __init__(self, service: P4Runtime, controllers: Controllers) -> None:
        self._service = service
        self._controllers = controllers
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="rpc")

    def methods(self, others: Mapping[str, Answer]) -> Mapping[str, Method]:
        """By full names; those of `others` are done by the pool."""
        unary: dict[str, Answer] = {
            f"{_P4RUNTIME}SetForwardingPipelineConfig": self._set_pipeline,
            f"{_P4RUNTIME}GetForwardingPipelineConfig": self._get_pipeline,
            f"{_P4RUNTIME}Capabilities": _capabilities,
            **others,
        }
        return {
            **{name: partial(self._unary, answer) for name, answer in unary.items()},
            f"{_P4RUNTIME}Write": self._write,
            f"{_P4RUNTIME}Read": self._read,
            f"{_P4RUNTIME}StreamChannel": self._stream,
        }

    # -- calls with one request and one answer ---------------------------------------------------

    def _unary(self, answer: Answer, call: Call) -> None:
        call.request(lambda octets: self._later(call, partial(answer, octets)))

    def _later(self, call: Call, work: Callable[[], bytes | None]) -> None:
        """Let the pool do the work, unless nobody waits for it any more."""

        def do() -> None:
            if call.over:
                call.succeed()
            else:
                call.conclude(work)

        call.watch()
        self._pool.submit(do)

    def _set_pipeline(self, octets: bytes) -> bytes:
        request = _parsed(p4r.SetForwardingPipelineConfigRequest, octets)
        self._service.set_pipeline_request(request)
        return b""

    def _get_pipeline(self, octets: bytes) -> bytes:
        request = _parsed(p4r.GetForwardingPipelineConfigRequest, octets)
        config = self._service.get_pipeline_request(request)
        return p4r.GetForwardingPipelineConfigResponse(config=config).SerializeToString()

    def _write(self, call: Call) -> None:
        call.request(partial(self._written, call))

    def _written(self, call: Call, octets: bytes) -> None:
        """A short write is done at once, if nobody else is at it; else the pool does it."""
        work = partial(self._carry_out, octets)
        if len(octets) > SHORT_WRITE or not self._service.lock.acquire(blocking=False):
            return self._later(call, work)
        try:
            call.conclude(work)
        finally:
            self._service.lock.release()

    def _carry_out(self, octets: bytes) -> bytes:
        self._service.write(_parsed(p4r.WriteRequest, octets))
        return b""

    # -- Read ------------------------------------------------------------------------------------

    def _read(self, call: Call) -> None:
        call.request(lambda octets: self._later(call, partial(self._tell, call, octets)))

    def _tell(self, call: Call, octets: bytes) -> None:
        request = _parsed(p4r.ReadRequest, octets)
        for response in _responses(self._service.read(request)):
            if not call.send_all([response.SerializeToString()]):
                return

    # -- StreamChannel ---------------------------------------------------------------------------

    def _stream(self, call: Call) -> None:
        Thread(target=call.conclude, args=(partial(self._talk, call),), daemon=True).start()

    def _talk(self, call: Call) -> None:
        """Tell the controller what it is told, until its stream ends or it makes a mistake."""
        session = self._controllers.connect()
        call.watch(session.end)
        Thread(target=self._listen, args=(session, call), daemon=True).start()
        try:
            for burst in session.bursts():
                call.send_all(burst)
        finally:
            self._controllers.disconnect(session)
        if session.error is not None:
            raise session.error

    def _listen(self, session: Session, call: Call) -> None:
        """Carry out what a controller sends."""
        try:
            for octets in call.messages():
                self._controllers.handle(session, _parsed(p4r.StreamMessageRequest, octets))
        except P4RuntimeError as error:
            session.error = error
        finally:
            session.end()


def _responses(entities: Iterable[p4r.Entity]) -> Iterator[p4r.ReadResponse]:
    """Entities in messages of a bounded size; what was read before an error is sent as well."""
    response = p4r.ReadResponse()
    try:
        for entity in entities:
            response.entities.append(entity)
            if len(response.entities) == ENTITIES_PER_RESPONSE:
                yield response
                response = p4r.ReadResponse()
    except P4RuntimeError:
        yield response
        raise
    if response.entities:
        yield response


def _capabilities(octets: bytes) -> bytes:
    _parsed(p4r.CapabilitiesRequest, octets)
    return p4r.CapabilitiesResponse(p4runtime_api_version=API_VERSION).SerializeToString()


def _parsed(kind: type[_M], octets: bytes) -> _M:
    try:
        return kind.FromString(octets)
    except DecodeError:
        name = kind.DESCRIPTOR.full_name
        raise P4RuntimeError(Code.INTERNAL, f"the octets are no {name}") from None
