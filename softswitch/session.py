"""A controller's stream: what it may send, and the queue of what it is told.

A stream lives as long as its gRPC call. Messages are queued as octets: packet-ins come as such
from native code. Arbitration updates always reach the controller; packets that it is too slow to
take are dropped and counted, as a queue in front of a slow port would.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import count
from threading import Condition

from finsy.proto import p4r

from softswitch.p4runtime.election import ClientId
from softswitch.p4runtime.status import P4RuntimeError

MAX_QUEUED = 4096
MAX_BURST = 256

_ids = count(1)


class Session:
    """One stream."""

    def __init__(self) -> None:
        self.client = ClientId(next(_ids))
        self.dropped = 0
        self.error: P4RuntimeError | None = None
        self._queue: deque[bytes] = deque()
        self._ended = False
        self._changed = Condition()

    def send(self, message: p4r.StreamMessageResponse) -> None:
        """Queue a message that must arrive."""
        with self._changed:
            self._put([message.SerializeToString()])

    def offer(self, messages: Sequence[bytes]) -> None:
        """Queue messages, except those for which the controller is too far behind."""
        with self._changed:
            room = max(MAX_QUEUED - len(self._queue), 0)
            self._put(messages[:room])
            self.dropped += len(messages[room:])

    def end(self) -> None:
        """Let the stream end, after what is queued; with `error` if that is set."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def bursts(self) -> Iterator[Sequence[bytes]]:
        """What the controller is told, as much at a time as is queued, until the end."""
        while burst := self._take():
            yield burst

    def _put(self, messages: Sequence[bytes]) -> None:
        if not self._ended:
            self._queue.extend(messages)
            self._changed.notify()

    def _take(self) -> Sequence[bytes]:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._ended)
            return [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BURST))]
