"""The gRPC server on a TCP port or a Unix socket, with or without TLS."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from softswitch.calls import Answer, Calls
from softswitch.controllers import Controllers
from softswitch.p4runtime.service import P4Runtime
from softswitch.rpc.server import RpcServer
from softswitch.tls import Tls, credentials

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
NOTHING: Final[Mapping[str, Answer]] = MappingProxyType({})

_log = logging.getLogger(__name__)


class AddressError(Exception):
    """The server cannot listen; the message says where, and why."""


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
