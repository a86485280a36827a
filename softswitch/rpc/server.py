"""The server: it listens, and one thread takes what happens to calls, one thing after another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from os import sched_yield
from threading import Lock, Thread
from time import perf_counter
from typing import Any, Final, TypeAlias

from softswitch.rpc.call import Call, core
from softswitch.rpc.errors import UNIMPLEMENTED, RpcError

Method: TypeAlias = Callable[[Call], None]
"""Takes a call that has arrived, in the server's thread."""

AWAKE: Final = 200e-6
"""Seconds that the thread does without sleep after a call that it has done itself: who has an
answer often asks again at once, and to wake a thread takes longer than such a call (adr 35)."""
_NOW: Final = 0.0
_NO_XDS: Final = False

_log = logging.getLogger(__name__)


class RpcServer:
    """Listening from its creation; closed, then stopped, each once."""

    def __init__(
        self,
        address: str,
        credentials: Any | None,
        methods: Mapping[str, Method],
        options: Sequence[tuple[str, int]],
    ) -> None:
        """`methods` go by their full names; OSError if the address cannot be listened on."""
        self._methods = methods
        self._calls = set[Call]()
        self._lock = Lock()
        self._asked = self._closed = self._shut = False
        self._awake_until = 0.0
        self._queue = core.CompletionQueue()
        self._server = core.Server(options, _NO_XDS)
        self._server.register_completion_queue(self._queue)
        if not self._listen(address.encode(), credentials):
            raise OSError(f"cannot listen on {address}")
        self._server.start()
        self._ask()
        self._thread = Thread(target=self._run, name="calls", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more calls."""
        with self._lock:
            self._closed = True
            self._server.shutdown(self._queue, self._shut_down)

    def stop(self, grace: float) -> None:
        """Wait for the calls that are there, so many seconds at most; cut off the others."""
        self._thread.join(grace)
        if self._thread.is_alive():
            self._server.cancel_all_calls()
            self._thread.join()

    def _listen(self, address: bytes, credentials: Any | None) -> bool:
        try:
            if credentials is None:
                return bool(self._server.add_http2_port(address))
            return bool(self._server.add_http2_port(address, credentials._credentials))
        except RuntimeError:
            return False

    def _ask(self) -> None:
        """Let the core give us a call."""
        with self._lock:
            if not self._closed:
                self._server.request_call(self._queue, self._queue, self._arrived)
                self._asked = True

    def _run(self) -> None:
        """What has been started must end before the queue does, or the core ends the process."""
        while self._asked or self._calls or not self._shut:
            event = self._next()
            try:
                event.tag(event)
            except Exception:
                _log.exception("a call has failed")
            del event  # it holds the call
        self._server.destroy()

    def _next(self) -> Any:
        """What has happened, or will."""
        while perf_counter() < self._awake_until:
            event = self._queue.poll(_NOW)
            if event.completion_type != core.CompletionType.queue_timeout:
                return event
            sched_yield()
        return self._queue.poll(None)

    def _arrived(self, event: Any) -> None:
        self._asked = False
        if event.success:
            call = Call(event.call, self._ended)
            self._calls.add(call)
            call.protect(partial(self._begin, call, event.call_details.method))
        self._ask()

    def _begin(self, call: Call, octets: bytes) -> None:
        name = octets.decode(errors="replace")
        method = self._methods.get(name)
        if method is None:
            call.fail(RpcError(UNIMPLEMENTED, f"there is no method {name}"))
        else:
            method(call)

    def _ended(self, call: Call) -> None:
        self._calls.remove(call)
        if not call.watched:
            self._awake_until = perf_counter() + AWAKE

    def _shut_down(self, _event: object) -> None:
        self._shut = True
