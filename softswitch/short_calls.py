"""Unary calls that are soon done, on the polling thread of grpcio's synchronous server.

grpcio gives every call to a pool: a thread of it asks for the request, sleeps until the polling
thread has got it, and does the work. These changes of threads take a third of a call that writes
one entry. Here the polling thread asks for the request, and does the work itself if there is little
of it and nobody else is at it; else the pool does it, as always.

grpcio has no public way to do this. Where its inside (`grpc/_server.py`) is not what is expected,
the pool gets every call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from importlib import import_module
from threading import RLock
from typing import Any, Final

NO_FLAGS: Final = 0


class UnaryCall:
    """A call of which one message is expected, as grpcio gives it to its pool."""

    def __init__(self, work: Sequence[Any]) -> None:
        """AttributeError, ImportError or ValueError when this is not the grpcio that it is written
        for, or another kind of call.
        """
        server = import_module("grpc._server")
        self._run, self._answer, event, state, behaviour, self._request, *serializers = work
        self._call, self._state = event.call, state
        self._before, self._after = (event, state, behaviour), serializers
        if self._answer is not server._unary_response_in_pool:
            raise ValueError("not a unary call")
        self._operation = import_module("grpc._cython.cygrpc").ReceiveMessageOperation
        self._token = server._RECEIVE_MESSAGE_TOKEN
        self._received = server._receive_message(state, event.call, serializers[0])

    def ask(self, then: Callable[[object], None]) -> None:
        """Have the polling thread call `then` with the request, None if there is no good one."""

        def received(event: Any) -> Any:
            done = self._received(event)
            request, self._state.request = self._state.request, None
            then(request)
            return done

        with self._state.condition:
            self._call.start_server_batch((self._operation(NO_FLAGS),), received)
            self._state.due.add(self._token)

    def answer(self, request: object) -> None:
        """Do what the call asks for; where no request is there, grpcio says why."""
        given = self._request if request is None else lambda: request
        self._run(self._answer, *self._before, given, *self._after)


def unary_call(work: Sequence[Any]) -> UnaryCall | None:
    """None for other calls, and when grpcio is not as expected."""
    try:
        return UnaryCall(work)
    except (AttributeError, ImportError, ValueError):
        return None


class ShortCalls(ThreadPoolExecutor):
    """The pool of a server that does without its threads where it can."""

    def __init__(self, threads: int, name: str, lock: RLock, is_short: Callable[[object], bool]):
        """`is_short` tells of a request whether it is soon done by a thread that has the lock."""
        super().__init__(threads, thread_name_prefix=name)
        self._lock = lock
        self._is_short = is_short

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Have a call carried out, in which thread ever."""
        call = unary_call((work, *given))
        if call is None:
            return super().submit(work, *given, **named)
        finished = Future[None]()
        call.ask(partial(self._answer, call, finished))
        return finished

    def _answer(self, call: UnaryCall, finished: Future[None], request: object) -> None:
        if self._is_short(request) and self._lock.acquire(blocking=False):
            try:
                call.answer(request)
            finally:
                self._lock.release()
                finished.set_result(None)
        else:
            pooled = super().submit(call.answer, request)
            pooled.add_done_callback(lambda _: finished.set_result(None))
