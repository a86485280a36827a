"""Byte streams between routers without TCP below them: the tests' stand-in for host stacks.

A stream opens when its two ends agree about the MD5 key, and lives until one of them closes it,
whatever becomes of the wires. Events come in the order of what caused them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

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
    Why,
    accepted_name,
)

_FIRST_PORT = 50_000


class Streams:
    """`tell` gives a router an event, a little later; `opened` is by whom and what."""

    def __init__(self, tell: Callable[[str, StreamInput], None]) -> None:
        self.opened: list[tuple[str, OpenStream]] = []
        self._tell = tell
        self._listeners: dict[Endpoint, tuple[str, Listen]] = {}
        self._peers: dict[tuple[str, StreamName], tuple[str, StreamName]] = {}
        self._ports = count(_FIRST_PORT)

    def command(self, node: str, command: StreamOutput) -> None:
        """What a router asks; of a stream that is gone, nothing."""
        match command:
            case Listen(local=local):
                self._listeners[local] = node, command
            case OpenStream():
                self._open(node, command)
            case SendData(stream=stream, data=data):
                if (peer := self._peers.get((node, stream))) is not None:
                    self._tell(peer[0], DataReceived(stream=peer[1], data=data))
                    self._tell(node, StreamDrained(stream=stream))
            case CloseStream(stream=stream):
                if (peer := self._peers.pop((node, stream), None)) is not None:
                    del self._peers[peer]
                    self._tell(peer[0], StreamClosed(stream=peer[1], why=Why.CLOSED))

    def reset(self, node: str) -> None:
        """All streams of a router break, and both ends are told."""
        for (one, stream), (other, _) in tuple(self._peers.items()):
            if node in (one, other):
                self._tell(one, StreamClosed(stream=stream, why=Why.RESET))
                del self._peers[one, stream]

    def _open(self, node: str, wanted: OpenStream) -> None:
        self.opened.append((node, wanted))
        listening = self._listeners.get(wanted.remote)
        if listening is None:
            self._tell(node, StreamClosed(stream=wanted.stream, why=Why.REFUSED))
            return
        other, listen = listening
        if listen.md5_keys.get(wanted.local) != wanted.md5_key:
            self._tell(node, StreamClosed(stream=wanted.stream, why=Why.NO_ANSWER))
            return
        local, remote = Endpoint(wanted.local, next(self._ports)), wanted.remote
        accepted = accepted_name(remote, local)
        self._peers[node, wanted.stream] = other, accepted
        self._peers[other, accepted] = node, wanted.stream
        self._tell(other, StreamAccepted(stream=accepted, local=remote, remote=local))
        self._tell(node, StreamOpened(stream=wanted.stream, local=local, remote=remote))
