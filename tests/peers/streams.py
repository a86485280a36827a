"""An engine's byte streams on the TCP of a namespace's kernel (engine/stream.py)."""

from __future__ import annotations

import errno
import os
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
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
    StreamDrained,
    StreamInput,
    StreamName,
    StreamOpened,
    StreamOutput,
    accepted_name,
)
from controlplane.live.sockets import (
    change_keys,
    endpoint,
    make_listening,
    make_opening,
    prepare,
    set_gtsm,
)
from tests.peers.namespace import Namespace

_CHUNK: Final = 65536
_BOTH: Final = selectors.EVENT_READ | selectors.EVENT_WRITE


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
        self._listeners: dict[Endpoint, tuple[Listen, socket.socket]] = {}
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

    @property
    def waiting(self) -> int:
        """Octets that the kernel has not taken yet, of the stream that has most of them."""
        return max((len(stream.unsent) for stream in self._streams.values()), default=0)

    def close(self) -> None:
        """Let go of all sockets: peers see their streams reset."""
        for _, listener in self._listeners.values():
            listener.close()
        for stream in self._streams.values():
            stream.end.close()

    def _listen(self, command: Listen) -> None:
        known = self._listeners.get(command.local)
        if known is None:
            listener = self._namespace.inside(partial(make_listening, command))
            self._selector.register(
                listener, selectors.EVENT_READ, lambda _: self._accept(listener)
            )
        else:
            listener = known[1]
            set_gtsm(listener, gtsm=command.gtsm)
        change_keys(listener, known[0].md5_keys if known else {}, command.md5_keys)
        self._listeners[command.local] = command, listener

    def _accept(self, listener: socket.socket) -> None:
        end, _ = listener.accept()
        prepare(end)
        local, remote = endpoint(end.getsockname()), endpoint(end.getpeername())
        stream = _Stream(accepted_name(local, remote), end, is_open=True)
        self._watch(stream, selectors.EVENT_READ)
        self._tell(StreamAccepted(stream=stream.name, local=local, remote=remote))

    def _open(self, command: OpenStream) -> None:
        end = self._namespace.inside(partial(make_opening, command))
        stream = _Stream(command.stream, end)
        self._watch(stream, _BOTH)
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

    def _watch(self, stream: _Stream, events: int) -> None:
        self._streams[stream.name] = stream
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
            self._opened(stream)
        elif stream.unsent:
            self._flush(stream)
        else:
            self._modify(stream, selectors.EVENT_READ)
            self._tell(StreamDrained(stream=stream.name))

    def _opened(self, stream: _Stream) -> None:
        if error := stream.end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(error, os.strerror(error))
        stream.is_open = True
        self._modify(stream, _BOTH if stream.unsent else selectors.EVENT_READ)
        local, remote = endpoint(stream.end.getsockname()), endpoint(stream.end.getpeername())
        self._tell(StreamOpened(stream=stream.name, local=local, remote=remote))

    def _read(self, stream: _Stream) -> None:
        if not (data := stream.end.recv(_CHUNK)):
            self._lost(stream, "closed by the peer")
        elif not stream.closing:
            self._tell(DataReceived(stream=stream.name, data=data))

    def _flush(self, stream: _Stream) -> None:
        """Send what goes, and wait until the kernel has sent that."""
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
            self._modify(stream, _BOTH)

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


def _pair(endpoint: Endpoint) -> tuple[str, int]:
    return str(endpoint.address), endpoint.port
