"""Sending many messages on a stream of grpcio's synchronous server.

What a handler yields grpcio sends one by one: it starts an operation, and waits until the server's
polling thread has seen its end. The operation takes 5 microseconds; to pass from thread to thread
and back takes 35 more. Here the polling thread itself starts the next operation when one has ended,
and the handler waits for the last. gRPC allows one message in flight on a call, so there is nothing
to gain by starting several.

grpcio has no public way to do this. Where its inside (`grpc/_server.py`) is not what is expected,
`burst_sender` finds nothing, and the handler yields as others do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final, TypeAlias

import grpc

NO_FLAGS: Final = 0

# What the polling thread does after an operation: clean up a call that is over, run callbacks.
_Done: TypeAlias = tuple[Any, Sequence[Callable[[], None]]]
_GO_ON: Final[_Done] = (None, ())


class BurstSender:
    """The messages of one call."""

    def __init__(self, context: Any) -> None:
        """AttributeError or ImportError when this is not the grpcio that it is written for."""
        server = import_module("grpc._server")
        self._operation = import_module("grpc._cython.cygrpc").SendMessageOperation
        self._token = server._SEND_MESSAGE_TOKEN
        self._call, self._state = context._rpc_event.call, context._state
        self._condition, self._due = self._state.condition, self._state.due
        self._is_active = server._is_rpc_state_active
        self._finish: Callable[[Any], _Done] = server._send_message(self._state, self._token)
        context.send_initial_metadata(())

    def send(self, messages: Sequence[bytes]) -> None:
        """Send all, in order; comes back earlier when the call is over."""
        following = iter(messages)

        def sent(event: Any) -> _Done:
            with self._condition:
                message = next(following, None) if self._is_active(self._state) else None
                if message is None:
                    return self._finish(event)
                self._start(message, sent)
                return _GO_ON

        with self._condition:
            if self._is_active(self._state):
                self._start(next(following), sent)
                self._due.add(self._token)
                self._condition.wait_for(lambda: self._token not in self._due)

    def _start(self, message: bytes, sent: Callable[[Any], _Done]) -> None:
        self._call.start_server_batch((self._operation(message, NO_FLAGS),), sent)


def burst_sender(context: grpc.ServicerContext) -> BurstSender | None:
    """None when grpcio is not as expected."""
    try:
        return BurstSender(context)
    except (AttributeError, ImportError):
        return None
