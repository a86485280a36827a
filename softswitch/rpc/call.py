"""One RPC, as gRPC's core has it: batches of operations are started, and later they have ended.

A call may be used by any thread. What it calls back runs in the thread of the server, which every
other call needs too: it must not wait for anything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from queue import SimpleQueue
from threading import Event, Lock
from typing import Any, Final

from softswitch.rpc.errors import OK, UNIMPLEMENTED, UNKNOWN, RpcError

core: Final[Any] = import_module("grpc._cython.cygrpc")

_NO_FLAGS: Final = 0
_NO_METADATA: Final = ()
_DETAILS: Final = "grpc-status-details-bin"

_log = logging.getLogger(__name__)


class Call:
    """From its arrival until it is finished and all that was started on it has ended."""

    def __init__(self, native: Any, closed: Callable[[Call], None]) -> None:
        self._native = native
        self._closed = closed
        self._lock = Lock()
        self._due = 0  # batches
        self._begun = self._finished = False
        self.watched = False
        """Calls that are done at once need not be."""
        self.over = False
        """Whether the client has given up, or has its answer; known while the call is watched."""

    def watch(self, ended: Callable[[], None] = lambda: None) -> None:
        """Call back when the client has given up, or has its answer."""

        def over(_event: object) -> None:
            self.over = True
            ended()

        self.watched = True
        if not self._start((core.ReceiveCloseOnServerOperation(_NO_FLAGS),), over):
            over(None)

    def receive(self, then: Callable[[bytes | None], None]) -> None:
        """Call back with the next message; None when there is no more."""
        operations = (core.ReceiveMessageOperation(_NO_FLAGS),)
        if not self._start(operations, lambda event: then(event.batch_operations[0].message())):
            then(None)

    def request(self, then: Callable[[bytes], None]) -> None:
        """Call back with the only message; a call that has none is finished."""

        def received(message: bytes | None) -> None:
            if message is None:
                self.fail(RpcError(UNIMPLEMENTED, "the call needs one request"))
            else:
                self.protect(partial(then, message))

        self.receive(received)

    def messages(self) -> Iterator[bytes]:
        """The messages to come, for another thread, which waits for each; one is fetched ahead."""
        arrived = SimpleQueue[bytes | None]()
        self.receive(arrived.put)
        while (message := arrived.get()) is not None:
            self.receive(arrived.put)
            yield message

    def send(self, message: bytes, then: Callable[[bool], None]) -> None:
        """Send a message; call back when there may be another, with whether the call goes on."""
        operations = [*self._beginning(), core.SendMessageOperation(message, _NO_FLAGS)]
        if not self._start(operations, lambda event: then(event.success)):
            then(False)

    def send_all(self, messages: Sequence[bytes]) -> bool:
        """Send messages, from another thread, which waits; whether the call goes on.

        The end of one starts the next, without a change of threads.
        """
        following, ended, success = iter(messages), Event(), True

        def sent(goes_on: bool) -> None:
            nonlocal success
            success = goes_on
            message = next(following, None) if goes_on else None
            if message is None:
                ended.set()
            else:
                self.send(message, sent)

        sent(True)
        ended.wait()
        return success

    def succeed(self, message: bytes | None = None) -> None:
        """Finish the call, with its last message."""
        sent = () if message is None else (core.SendMessageOperation(message, _NO_FLAGS),)
        status = core.SendStatusFromServerOperation(_NO_METADATA, OK, b"", _NO_FLAGS)
        self._finish([*self._beginning(), *sent, status])

    def fail(self, error: RpcError) -> None:
        """Finish the call with an error."""
        details = error.details
        trailer = _NO_METADATA if details is None else ((_DETAILS, details),)
        message = error.message.encode(errors="replace")  # it may quote what is no text
        status = core.SendStatusFromServerOperation(trailer, error.code, message, _NO_FLAGS)
        self._finish([*self._beginning(), status])

    def conclude(self, work: Callable[[], bytes | None]) -> None:
        """Do what the call asks for, and finish it with what comes of that."""
        self.protect(lambda: self.succeed(work()))

    def protect(self, step: Callable[[], None]) -> None:
        """Take a step of the call; an error finishes it, and so does a fault."""
        try:
            step()
        except RpcError as error:
            self.fail(error)
        except Exception:
            _log.exception("a call has failed")
            self.fail(RpcError(UNKNOWN, "a fault of the switch; its log tells more"))

    def _beginning(self) -> Sequence[Any]:
        """What goes in front of the first that is sent."""
        if self._begun:
            return ()
        self._begun = True
        return (core.SendInitialMetadataOperation(_NO_METADATA, _NO_FLAGS),)

    def _finish(self, operations: Sequence[Any]) -> None:
        """A call that nobody has watched is watched now, without a batch of its own."""
        if not self.watched:
            operations = [*operations, core.ReceiveCloseOnServerOperation(_NO_FLAGS)]
        self._start(operations, lambda _event: None, last=True)

    def _start(
        self, operations: Sequence[Any], then: Callable[[Any], None], last: bool = False
    ) -> bool:
        """Whether the operations are started: on a call that is finished they are not."""

        def done(event: Any) -> None:
            try:
                then(event)
            finally:
                self._done()

        with self._lock:
            if self._finished:
                return False
            self._native.start_server_batch(operations, done)
            self._finished = last
            self._due += 1
        return True

    def _done(self) -> None:
        with self._lock:
            self._due -= 1
            closed = self._finished and not self._due
        if closed:
            self._closed(self)
