"""A controller's stream: what it may send, and the queue of what it is told.

A stream lives as long as its gRPC call. Arbitration updates always reach the controller; packets
that it is too slow to take are dropped and counted, as a queue in front of a slow port would.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from queue import SimpleQueue

from finsy.proto import p4r

from softswitch.p4runtime.election import ClientId
from softswitch.p4runtime.status import P4RuntimeError

MAX_QUEUED = 4096

_ids = count(1)


class Session:
    """One stream."""

    def __init__(self) -> None:
        self.client = ClientId(next(_ids))
        self.dropped = 0
        self.error: P4RuntimeError | None = None
        self._queue: SimpleQueue[p4r.StreamMessageResponse | None] = SimpleQueue()

    def send(self, message: p4r.StreamMessageResponse) -> None:
        """Queue a message that must arrive."""
        self._queue.put(message)

    def offer(self, message: p4r.StreamMessageResponse) -> None:
        """Queue a message unless the controller is far behind."""
        if self._queue.qsize() < MAX_QUEUED:
            self._queue.put(message)
        else:
            self.dropped += 1

    def end(self) -> None:
        """Let the stream end, after what is queued; with `error` if that is set."""
        self._queue.put(None)

    def messages(self) -> Iterator[p4r.StreamMessageResponse]:
        """What the controller is told, until the end."""
        while (message := self._queue.get()) is not None:
            yield message
