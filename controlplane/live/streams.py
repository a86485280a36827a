"""One byte stream of the host stack, on a socket of Linux's TCP, in the event loop.

    opening --- handshake ---> open --- closed by the engine, or the peer ---> draining ---> gone
       \\_______ refused, no answer ______________ reset, dead, does not read _______________/

While draining, what waits is sent, then the peer is told the end, and what it still says is thrown
away until it ends too: a socket that is closed with octets unread sends a RST (RFC 9293 3.6.1),
which would take what was sent last, a NOTIFICATION for example, out of the peer's hands.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from enum import Enum
from typing import Final

from controlplane.engine.stream import (
    DEAD_AFTER,
    HANDSHAKE_LIMIT,
    UNSENT_LIMIT,
    DataReceived,
    StreamClosed,
    StreamDrained,
    StreamInput,
    StreamName,
    StreamOpened,
    Why,
)
from controlplane.live.sockets import abort, endpoint

_CHUNK: Final = 65536

_WORDS: Final = {
    errno.ECONNRESET: Why.RESET,
    errno.EPIPE: Why.RESET,
    errno.ECONNREFUSED: Why.REFUSED,
    errno.ETIMEDOUT: Why.DEAD,
}


class State(Enum):
    OPENING = "opening"
    OPEN = "open"
    DRAINING = "draining"
    GONE = "gone"


class Stream:
    """`hear` is told what happens, from the event loop alone; `gone` that the socket is closed."""

    def __init__(
        self,
        name: StreamName,
        sock: socket.socket,
        hear: Callable[[StreamInput], None],
        gone: Callable[[Stream], None],
    ) -> None:
        self.name = name
        self.state = State.OPENING
        self._socket = sock
        self._hear = hear
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._unsent = bytearray()
        self._peer_finished = False
        self._timer: asyncio.TimerHandle | None = None

    # -- told by the engine

    def connect(self, address: tuple[str, int]) -> None:
        """Ask the peer for a connection; what comes of it is heard later."""
        error = self._socket.connect_ex(address)
        if error in (0, errno.EINPROGRESS):
            self._timer = self._loop.call_later(HANDSHAKE_LIMIT, self._fail, Why.NO_ANSWER)
            self._loop.add_writer(self._socket, self._connected)
        else:
            self._loop.call_soon(self._fail, _words(error))

    def start(self) -> None:
        """The connection is there: take what comes."""
        self.state = State.OPEN
        self._cancel_timer()
        self._loop.add_reader(self._socket, self._readable)

    def send(self, data: bytes) -> None:
        """Send behind what was sent before."""
        self._unsent += data
        if self.state is State.OPEN and len(self._unsent) == len(data):
            self._flush()
        if len(self._unsent) > UNSENT_LIMIT:
            self._loop.call_soon(self._fail, Why.DOES_NOT_READ)

    def close(self) -> None:
        """Finish what was sent; nothing more is heard."""
        self._hear = _nobody
        if self.state is State.OPENING:
            self.abort()
        elif self.state is State.OPEN:
            self.state = State.DRAINING
            self._timer = self._loop.call_later(DEAD_AFTER, self.abort)
            if not self._unsent:
                self._say_end()

    def abort(self) -> None:
        """Be gone at once; nothing more is heard."""
        if self.state is not State.GONE:
            self._leave_loop()
            abort(self._socket)

    # -- told by the event loop

    def _connected(self) -> None:
        self._loop.remove_writer(self._socket)
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self._fail(Why.NO_ANSWER if error == errno.ETIMEDOUT else _words(error))
            return
        self.start()
        local, remote = self._socket.getsockname(), self._socket.getpeername()
        self._hear(StreamOpened(stream=self.name, local=endpoint(local), remote=endpoint(remote)))
        if self._unsent:
            self._flush()

    def _writable(self) -> None:
        """The kernel has sent all that it was given."""
        if self._unsent:
            self._flush()
        else:
            self._loop.remove_writer(self._socket)
            self._hear(StreamDrained(stream=self.name))

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(_words(error.errno))
            return
        if data:
            self._hear(DataReceived(stream=self.name, data=data))
        else:
            self._hear_end()

    def _hear_end(self) -> None:
        self._loop.remove_reader(self._socket)
        self._peer_finished = True
        if self.state is State.OPEN:
            self._hear(StreamClosed(stream=self.name, why=Why.CLOSED))
            self.close()
        elif not self._unsent:
            self._end()

    def _flush(self) -> None:
        """Give the kernel what it takes, and come back when it has sent that."""
        if self.state not in (State.OPEN, State.DRAINING):
            return
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._loop.call_soon(self._fail, _words(error.errno))
            return
        del self._unsent[:sent]
        if self._unsent or self.state is State.OPEN:
            self._loop.add_writer(self._socket, self._writable)
        else:
            self._loop.remove_writer(self._socket)
            self._say_end()

    # -- ends

    def _say_end(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:  # the connection has died meanwhile
            self.abort()
            return
        if self._peer_finished:
            self._end()

    def _end(self) -> None:
        self._leave_loop()
        self._socket.close()

    def _fail(self, why: str) -> None:
        hear = self._hear
        if self.state is not State.GONE:
            self.abort()
            hear(StreamClosed(stream=self.name, why=why))

    def _leave_loop(self) -> None:
        self.state = State.GONE
        self._hear = _nobody
        self._cancel_timer()
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._gone(self)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _words(error: int | None) -> str:
    if error is None:
        return "the kernel closed it without a reason"
    return _WORDS.get(error, os.strerror(error).lower())


def _nobody(_event: StreamInput) -> None:
    """Hears for an engine that has closed its stream."""
