"""An engine's byte streams on the TCP of a namespace's kernel (engine/stream.py)."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.stream import (
    CloseStream,
    DataReceived,
    Endpoint,
    Listen,
    OpenStream,
    SendData,
    StreamAccepted,
    StreamClosed,
    StreamInput,
    StreamName,
    StreamOpened,
    StreamOutput,
)
from tests.peers.namespace import Namespace

_TCP_MD5SIG: Final = 14
_IP_MINTTL: Final = 21
_MAX_TTL: Final = 255
_CHUNK: Final = 65536


@dataclass(slots=True)
class _Stream:
    name: StreamName
    end: socket.socket
    is_open: bool = False
    closing: bool = False
    unsent: bytearray = field(default_factory=bytearray)


class Streams:
    """Outputs go in by `carry_out`; inputs come out through `tell` when the selector says so."""

    def __init__(
        self,
        namespace: Namespace,
        selector: selectors.BaseSelector,
        tell: Callable[[StreamInput], None],
    ) -> None:
        self._namespace = namespace
        self._selector = selector
        self._tell = tell
        self._listeners: dict[Endpoint, socket.socket] = {}
        self._streams: dict[StreamName, _Stream] = {}

    def carry_out(self, command: StreamOutput) -> None:
        match command:
            case Listen():
                self._listen(command)
            case OpenStream():
                self._open(command)
            case SendData():
                self._send(command)
            case CloseStream():
                self._close(command)

    def close(self) -> None:
        """Let go of all sockets: peers see their streams reset."""
        for listener in self._listeners.values():
            listener.close()
        for stream in self._streams.values():
            stream.end.close()

    def _listen(self, command: Listen) -> None:
        listener = self._listeners.get(command.local)
        if listener is None:
            listener = self._listeners[command.local] = self._namespace.inside(_tcp_socket)
            listener.bind(_pair(command.local))
            listener.listen()
            self._selector.register(
                listener,
                selectors.EVENT_READ,
                lambda _: self._accept(self._listeners[command.local]),
            )
        _secure(listener, command.md5_keys.items(), command.gtsm)

    def _accept(self, listener: socket.socket) -> None:
        end, _ = listener.accept()
        end.setblocking(False)
        local, remote = _endpoint(end.getsockname()), _endpoint(end.getpeername())
        stream = _Stream(f"{_name(local)} {_name(remote)}", end, is_open=True)
        self._watch(stream)
        self._tell(StreamAccepted(stream=stream.name, local=local, remote=remote))

    def _open(self, command: OpenStream) -> None:
        stream = _Stream(command.stream, self._namespace.inside(_tcp_socket))
        keys = [] if command.md5_key is None else [(command.remote.address, command.md5_key)]
        _secure(stream.end, keys, command.gtsm)
        stream.end.bind((str(command.local), 0))
        self._watch(stream)
        error = stream.end.connect_ex(_pair(command.remote))
        if error not in (0, errno.EINPROGRESS):
            self._lost(stream, os.strerror(error))

    def _send(self, command: SendData) -> None:
        if (stream := self._streams.get(command.stream)) is not None:
            stream.unsent += command.data
            self._flush(stream)

    def _close(self, command: CloseStream) -> None:
        if (stream := self._streams.get(command.stream)) is not None:
            stream.closing = True
            self._flush(stream)

    def _watch(self, stream: _Stream) -> None:
        self._streams[stream.name] = stream
        events = selectors.EVENT_READ | selectors.EVENT_WRITE
        self._selector.register(stream.end, events, partial(self._ready, stream))

    def _ready(self, stream: _Stream, events: int) -> None:
        if self._streams.get(stream.name) is not stream:  # closed by what came just before
            return
        try:
            if events & selectors.EVENT_WRITE:
                self._writable(stream)
            if events & selectors.EVENT_READ and stream.name in self._streams:
                self._read(stream)
        except OSError as error:
            self._lost(stream, error.strerror or str(error))

    def _writable(self, stream: _Stream) -> None:
        if not stream.is_open:
            if error := stream.end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(error, os.strerror(error))
            stream.is_open = True
            local, remote = stream.end.getsockname(), stream.end.getpeername()
            self._tell(
                StreamOpened(stream=stream.name, local=_endpoint(local), remote=_endpoint(remote))
            )
        self._flush(stream)

    def _read(self, stream: _Stream) -> None:
        if not (data := stream.end.recv(_CHUNK)):
            self._lost(stream, "closed by the peer")
        elif not stream.closing:
            self._tell(DataReceived(stream=stream.name, data=data))

    def _flush(self, stream: _Stream) -> None:
        """Send what goes, and wait for room only while there is something to send."""
        if not stream.is_open:
            return
        try:
            if stream.unsent:
                del stream.unsent[: stream.end.send(stream.unsent)]
        except BlockingIOError:
            pass
        except OSError as error:
            self._lost(stream, error.strerror or str(error))
            return
        if stream.closing and not stream.unsent:
            self._forget(stream)
        else:
            wanted = selectors.EVENT_WRITE if stream.unsent else 0
            self._modify(stream, selectors.EVENT_READ | wanted)

    def _modify(self, stream: _Stream, events: int) -> None:
        self._selector.modify(stream.end, events, partial(self._ready, stream))

    def _lost(self, stream: _Stream, why: str) -> None:
        self._forget(stream)
        if not stream.closing:
            self._tell(StreamClosed(stream=stream.name, why=why))

    def _forget(self, stream: _Stream) -> None:
        if self._streams.pop(stream.name, None) is not None:
            self._selector.unregister(stream.end)
            stream.end.close()


def _tcp_socket() -> socket.socket:
    end = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    end.setblocking(False)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return end


def _secure(end: socket.socket, keys: Iterable[tuple[IPv4Address, bytes]], gtsm: bool) -> None:
    for peer, key in keys:
        end.setsockopt(socket.IPPROTO_TCP, _TCP_MD5SIG, _md5_signature(peer, key))
    # A peer may insist on GTSM (RFC 5082) where we do not, so the TTL is the highest always.
    end.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, _MAX_TTL)
    end.setsockopt(socket.IPPROTO_IP, _IP_MINTTL, _MAX_TTL if gtsm else 0)


def _md5_signature(peer: IPv4Address, key: bytes) -> bytes:
    """struct tcp_md5sig of linux/tcp.h; a key of no octets takes the peer's key away."""
    address = struct.pack("HH4s120x", socket.AF_INET, 0, peer.packed)
    return address + struct.pack("2xHI80s", len(key), 0, key)


def _endpoint(pair: tuple[str, int]) -> Endpoint:
    return Endpoint(IPv4Address(pair[0]), pair[1])


def _name(endpoint: Endpoint) -> str:
    return f"{endpoint.address}:{endpoint.port}"


def _pair(endpoint: Endpoint) -> tuple[str, int]:
    return str(endpoint.address), endpoint.port
