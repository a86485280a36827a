"""P4Runtime's RPCs on a TCP port or a Unix socket, with or without TLS.

The server's thread takes calls and writes what is short; a few others do what takes longer. Each
controller's stream has two of its own. Everything that RPCs mean is in `p4runtime`.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from finsy.proto import p4r
from google.protobuf.message import DecodeError, Message

from softswitch.controllers import Controllers
from softswitch.p4runtime.service import P4Runtime
from softswitch.p4runtime.status import Code, P4RuntimeError
from softswitch.rpc.call import Call
from softswitch.rpc.server import Method, RpcServer
from softswitch.session import Session
from softswitch.tls import Tls, credentials

API_VERSION = "1.5.0"
WORKERS = 3
ENTITIES_PER_RESPONSE = 500
SHORT_WRITE = 16 << 10
"""Octets: some 200 updates, a thousandth of a second when they are plain."""
MAX_MESSAGE_BYTES = 128 << 20
STOP_GRACE = 0.2  # seconds

OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.so_reuseport", 0),  # or a second switch on the same port would share it, silently
    # A controller whose machine is gone must not stay primary for ever.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # Controllers watch us in the same way; by default they would be cut off for it.
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 1_000),
)
_P4RUNTIME: Final = "/p4.v1.P4Runtime/"

_log = logging.getLogger(__name__)

Answer: TypeAlias = Callable[[bytes], bytes]
"""From a request to the answer; RpcError (rpc.errors) where there is none."""
NOTHING: Final[Mapping[str, Answer]] = MappingProxyType({})
_M = TypeVar("_M", bound=Message)


class AddressError(Exception):
    """The server cannot listen; the message says where, and why."""


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


class Server:
    """The server on its address; made listening, stopped once."""

    def __init__(
        self,
        address: str,
        tls: Tls | None,
        service: P4Runtime,
        controllers: Controllers,
        others: Mapping[str, Answer] = NOTHING,
    ) -> None:
        """Listen, for the RPCs of `others` as well, which go by their full names.

        AddressError if the address is in use or makes no sense, or TlsError.
        """
        self._controllers = controllers
        self._socket_file = _socket_file(address)
        if self._socket_file is not None:
            _require_free(self._socket_file)
        methods = Calls(service, controllers).methods(others)
        secret = None if tls is None else credentials(tls)
        try:
            self._server = RpcServer(address, secret, methods, OPTIONS)
        except OSError:
            raise AddressError(f"cannot listen on {address}: in use, or no such address") from None
        _log.info("P4Runtime on %s", address)

    def stop(self) -> None:
        """End all streams and calls, and remove the socket's file."""
        self._server.close()  # first, or controllers would come back at once
        self._controllers.end_all()
        self._server.stop(STOP_GRACE)
        if self._socket_file is not None:
            self._socket_file.unlink(missing_ok=True)


def _socket_file(address: str) -> Path | None:
    return Path(address.removeprefix("unix:")) if address.startswith("unix:") else None


def _require_free(path: Path) -> None:
    """gRPC would take a Unix socket over from a running server, silently."""
    if not path.parent.is_dir():
        raise AddressError(f"cannot listen on unix:{path}: there is no directory {path.parent}")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return
    raise AddressError(f"cannot listen on unix:{path}: another server is using it")
