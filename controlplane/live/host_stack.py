"""The host stack of one VRF of a live router: Linux's TCP, behind the router's own pipeline.

A network namespace of its own has the router's addresses on a TUN device, and a default route into
it. What its TCP sends is read from the device and leaves through the router; what is punted for
those addresses is written to it. So a session takes the way that the switch knows, and no other.

    engine --- OpenStream, SendData ---> socket ---> TUN ---> HostPacketOut ---> pipeline
    engine <-- StreamOpened, DataReceived -- socket <--- TUN <--- HostPacket <--- punted

Engines are told of things from the event loop, never from inside a command.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Collection
from ipaddress import IPv4Address

from controlplane.engine.stream import (
    CloseStream,
    Endpoint,
    Listen,
    OpenStream,
    SendData,
    StreamAccepted,
    StreamClosed,
    StreamInput,
    StreamName,
    StreamOutput,
    accepted_name,
)
from controlplane.live.namespace import Namespace
from controlplane.live.sockets import (
    change_keys,
    endpoint,
    make_listening,
    make_opening,
    prepare,
    set_gtsm,
)
from controlplane.live.streams import Stream
from controlplane.live.tun import Tun


class HostStack:
    """`send` takes IPv4 packets for the pipeline, `hear` what the engines are told."""

    def __init__(
        self,
        name: str,
        addresses: Collection[IPv4Address],
        mtu: int,
        send: Callable[[bytes], None],
        hear: Callable[[StreamInput], None],
    ) -> None:
        """`mtu` is that of the narrowest link; OSError without the right to make a namespace."""
        self._send = send
        self._hear = hear
        self._loop = asyncio.get_running_loop()
        self._listeners: dict[Endpoint, tuple[Listen, socket.socket]] = {}
        self._named: dict[StreamName, Stream] = {}
        self._streams: set[Stream] = set()
        self._namespace = Namespace(name)
        try:
            self._tun = self._namespace.call(lambda: Tun(addresses, mtu))
        except OSError:
            self._namespace.close()
            raise
        self._loop.add_reader(self._tun, self._read)

    def command(self, command: StreamOutput) -> None:
        """Do what an engine asks; a stream that is gone meanwhile is not missed."""
        match command:
            case Listen():
                self._listen(command)
            case OpenStream():
                self._open(command)
            case SendData(stream=stream, data=data):
                if (found := self._named.get(stream)) is not None:
                    found.send(data)
            case CloseStream(stream=stream):
                if (found := self._named.pop(stream, None)) is not None:
                    found.close()

    def receive(self, datagram: bytes) -> None:
        """An IPv4 packet to an own address has been punted."""
        self._tun.write(datagram)

    def reset(self) -> None:
        """Forget everything; peers get a RST, as when a process ends with work left undone."""
        for _, listening in self._listeners.values():
            self._loop.remove_reader(listening)
            listening.close()
        for stream in tuple(self._streams):
            stream.abort()
        self._listeners.clear()
        self._read()

    def close(self) -> None:
        """End the streams, the device and the namespace."""
        self.reset()
        self._loop.remove_reader(self._tun)
        self._tun.close()
        self._namespace.close()

    def _read(self) -> None:
        for packet in self._tun.read():
            self._send(packet)

    # -- listening

    def _listen(self, command: Listen) -> None:
        known = self._listeners.get(command.local)
        if known is None:
            listening = self._namespace.call(lambda: make_listening(command))
            change_keys(listening, {}, command.md5_keys)
            self._loop.add_reader(listening, self._accept, command.local, listening)
        else:
            listening = known[1]
            change_keys(listening, known[0].md5_keys, command.md5_keys)
            set_gtsm(listening, gtsm=command.gtsm)
        self._listeners[command.local] = command, listening

    def _accept(self, local: Endpoint, listening: socket.socket) -> None:
        try:
            sock, address = listening.accept()
        except OSError:  # the peer has left again
            return
        prepare(sock)
        remote = endpoint(address)
        stream = self._stream(accepted_name(local, remote), sock)
        stream.start()
        self._hear(StreamAccepted(stream=stream.name, local=local, remote=remote))

    # -- streams

    def _open(self, command: OpenStream) -> None:
        try:
            sock = self._namespace.call(lambda: make_opening(command))
        except OSError as error:
            closed = StreamClosed(stream=command.stream, why=error.strerror or str(error))
            self._loop.call_soon(self._hear, closed)
            return
        remote = command.remote
        self._stream(command.stream, sock).connect((str(remote.address), remote.port))

    def _stream(self, name: StreamName, sock: socket.socket) -> Stream:
        stream = Stream(name, sock, self._tell, self._forget)
        self._named[name] = stream
        self._streams.add(stream)
        return stream

    def _tell(self, event: StreamInput) -> None:
        if isinstance(event, StreamClosed):
            self._named.pop(event.stream, None)
        self._hear(event)

    def _forget(self, stream: Stream) -> None:
        self._streams.discard(stream)
        if self._named.get(stream.name) is stream:
            del self._named[stream.name]
