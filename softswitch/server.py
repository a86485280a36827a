"""The gRPC server: P4Runtime's RPCs on a TCP port or a Unix socket, with or without TLS.

grpcio's synchronous server with a few threads: each controller's stream holds one for its life,
plus a reader of its own, and the other RPCs share the rest, but for short writes, which need none
(`short_calls`). Everything that they mean is in `p4runtime`.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Thread
from typing import NoReturn

import grpc
from finsy.proto import p4r, p4r_grpc

from softswitch.bursts import burst_sender
from softswitch.controllers import Controllers
from softswitch.p4runtime.service import MAX_CONTROLLERS, P4Runtime
from softswitch.p4runtime.status import P4RuntimeError
from softswitch.session import Session
from softswitch.short_calls import ShortCalls
from softswitch.tls import Tls, credentials

API_VERSION = "1.5.0"
UNARY_THREADS = 3
ENTITIES_PER_RESPONSE = 500
SHORT_WRITE = 200
"""Updates; a thousandth of a second when they are plain."""
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

_log = logging.getLogger(__name__)
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class AddressError(Exception):
    """The server cannot listen; the message says where, and why."""


class Servicer(p4r_grpc.P4RuntimeServicer):
    """gRPC's view of the service."""

    def __init__(self, service: P4Runtime, controllers: Controllers) -> None:
        self._service = service
        self._controllers = controllers

    def Write(self, request: p4r.WriteRequest, context: grpc.ServicerContext) -> p4r.WriteResponse:
        try:
            self._service.write(request)
        except P4RuntimeError as error:
            _abort(context, error)
        return p4r.WriteResponse()

    def Read(
        self, request: p4r.ReadRequest, context: grpc.ServicerContext
    ) -> Iterator[p4r.ReadResponse]:
        try:
            yield from _responses(self._service.read(request))
        except P4RuntimeError as error:
            _abort(context, error)

    def SetForwardingPipelineConfig(
        self,
        request: p4r.SetForwardingPipelineConfigRequest,
        context: grpc.ServicerContext,
    ) -> p4r.SetForwardingPipelineConfigResponse:
        try:
            self._service.set_pipeline_request(request)
        except P4RuntimeError as error:
            _abort(context, error)
        return p4r.SetForwardingPipelineConfigResponse()

    def GetForwardingPipelineConfig(
        self,
        request: p4r.GetForwardingPipelineConfigRequest,
        context: grpc.ServicerContext,
    ) -> p4r.GetForwardingPipelineConfigResponse:
        try:
            config = self._service.get_pipeline_request(request)
        except P4RuntimeError as error:
            _abort(context, error)
        return p4r.GetForwardingPipelineConfigResponse(config=config)

    def Capabilities(
        self, request: p4r.CapabilitiesRequest, context: grpc.ServicerContext
    ) -> p4r.CapabilitiesResponse:
        return p4r.CapabilitiesResponse(p4runtime_api_version=API_VERSION)

    def StreamChannel(
        self,
        request_iterator: Iterator[p4r.StreamMessageRequest],
        context: grpc.ServicerContext,
    ) -> Iterator[p4r.StreamMessageResponse]:
        try:
            session = self._controllers.connect()
        except P4RuntimeError as error:
            _abort(context, error)
        if not context.add_callback(session.end):
            session.end()  # the call is over already
        reader = Thread(target=self._read, args=(session, request_iterator), daemon=True)
        reader.start()
        try:
            yield from _sent(session, context)
        finally:
            self._controllers.disconnect(session)
        if session.error is not None:
            _abort(context, session.error)

    def _read(self, session: Session, requests: Iterator[p4r.StreamMessageRequest]) -> None:
        """Carry out what a controller sends, until its stream ends or it makes a mistake."""
        try:
            for request in requests:
                self._controllers.handle(session, request)
        except P4RuntimeError as error:
            session.error = error
        except grpc.RpcError:
            pass  # the connection is gone
        finally:
            session.end()


def _sent(session: Session, context: grpc.ServicerContext) -> Iterator[p4r.StreamMessageResponse]:
    """Tell the controller what it is told; what is left to grpcio to send is yielded."""
    sender = burst_sender(context)
    for burst in session.bursts():
        if sender is not None:
            sender.send(burst)
        else:
            yield from map(p4r.StreamMessageResponse.FromString, burst)


def _is_short(request: object) -> bool:
    return isinstance(request, p4r.WriteRequest) and len(request.updates) <= SHORT_WRITE


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


def _abort(context: grpc.ServicerContext, error: P4RuntimeError) -> NoReturn:
    """End the RPC with the error, whose list of details travels in a binary trailer."""
    details = error.to_status().SerializeToString()
    context.set_trailing_metadata((("grpc-status-details-bin", details),))
    context.abort(_CODES[error.code], error.message)


class Server:
    """The server on its address; made listening, stopped once."""

    def __init__(
        self,
        address: str,
        tls: Tls | None,
        service: P4Runtime,
        controllers: Controllers,
        others: Sequence[grpc.GenericRpcHandler[bytes, bytes]] = (),
    ) -> None:
        """Listen, for the RPCs of `others` as well.

        AddressError if the address is in use or makes no sense, or TlsError.
        """
        self._controllers = controllers
        self._socket_file = _socket_file(address)
        if self._socket_file is not None:
            _require_free(self._socket_file)
        pool = ShortCalls(MAX_CONTROLLERS + UNARY_THREADS, "rpc", service.lock, _is_short)
        self._server = grpc.server(pool, options=OPTIONS)
        p4r_grpc.add_P4RuntimeServicer_to_server(Servicer(service, controllers), self._server)
        self._server.add_generic_rpc_handlers(others)
        try:
            if tls is None:
                self._server.add_insecure_port(address)
            else:
                self._server.add_secure_port(address, credentials(tls))
        except RuntimeError:
            raise AddressError(f"cannot listen on {address}: in use, or no such address") from None
        self._server.start()
        _log.info("P4Runtime on %s", address)

    def stop(self) -> None:
        """End all streams and calls, and remove the socket's file."""
        stopped = self._server.stop(STOP_GRACE)  # first, or controllers would come back at once
        self._controllers.end_all()
        stopped.wait()
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
