"""Sending many messages on a stream of grpcio's synchronous server.

What a handler yields grpcio sends one by one: it starts the operation, and waits until the server's
one polling thread has seen it end. The operation takes 5 microseconds, passing from thread to thread
and back 35 more. Here the polling thread itself starts the next operation when one has ended, and
the handler waits for the last. gRPC allows one message in flight on a call: there is nothing
to gain by starting several.

grpcio has no public way to do this. Where its inside is not what it was (`_server.py`, unchanged in
this since 1.10), `burst_sender` finds nothing, and the handler yields as others do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import grpc
from grpc import _server
from grpc._cython import cygrpc

NO_FLAGS = 0

# What grpcio's thread calls when an operation has ended, and what that tells it to do.
_Done: TypeAlias = Callable[[Any], tuple[Any, Sequence[Callable[[], None]]]]


class BurstSender:
    """The messages of one call."""

    def __init__(self, context: grpc.ServicerContext) -> None:
        """AttributeError when this is not the grpcio that it is written for."""
        self._call = context._rpc_event.call
        self._state = context._state
        self._operation = cygrpc.SendMessageOperation
        self._token = _server._SEND_MESSAGE_TOKEN
        self._ended: _Done = _server._send_message(self._state, self._token)
        self._is_active = _server._is_rpc_state_active
        context.send_initial_metadata(())

    def send(self, messages: Sequence[bytes]) -> None:
        """Send all, in order; earlier back when the call is over."""
        following = iter(messages)
        state = self._state

        def ended(event: Any) -> tuple[Any, Sequence[Callable[[], None]]]:
            with state.condition:
                message = next(following, None) if self._is_active(state) else None
                if message is None:
                    return self._ended(event)
                self._start(message, ended)
            return None, ()

        with state.condition:
            if not self._is_active(state):
                return
            self._start(next(following), ended)
            state.due.add(self._token)
            state.condition.wait_for(lambda: self._token not in state.due)

    def _start(self, message: bytes, done: _Done) -> None:
        self._call.start_server_batch((self._operation(message, NO_FLAGS),), done)


def burst_sender(context: grpc.ServicerContext) -> BurstSender | None:
    """None when grpcio is not as expected."""
    try:
        return BurstSender(context)
    except AttributeError:
        return None
