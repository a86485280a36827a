"""The running switch's ports: the native packet thread, the CPU port, and links that come and go.

Frames move in runtime/io.c, in one thread that never enters Python. What the pipeline sends to the
CPU port a second thread takes from a ring, as messages, and hands to the controllers; what a
controller sends is written to a socket pair. A third thread reads digests, and messages to the log,
which come by pairs of their own. It also hears from the kernel when links change, and binds a port
anew whose interface was taken away and has come back.
"""

from __future__ import annotations

import ctypes
import logging
import selectors
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Thread

from softswitch import program_log
from softswitch.build import build_io_library
from softswitch.digests import DIGEST_PORT
from softswitch.engine import Engine
from softswitch.interface import InterfacePort, PortSpec, grow_buffers
from softswitch.links import PortLinks
from softswitch.program_log import LOG_PORT
from softswitch.punts import PacketInLayout, Punts

RTMGRP_LINK = 1  # linux/rtnetlink.h
MAX_FRAME = 1 << 17

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PortCounters:
    """What a port has received and sent; dropped are frames that were damaged or had no room."""

    rx_packets: int
    rx_bytes: int
    rx_dropped: int
    tx_packets: int
    tx_bytes: int
    tx_dropped: int


class _Counters(ctypes.Structure):
    """struct io_counters"""

    _fields_ = tuple((name, ctypes.c_uint64) for name in PortCounters.__slots__)


class _Pipeline(ctypes.Structure):
    """struct io_pipeline"""

    _fields_ = (
        ("sw", ctypes.c_void_p),
        ("process", ctypes.c_void_p),
        ("lock", ctypes.c_void_p),
        ("unlock", ctypes.c_void_p),
    )


_INTERFACE, _CPU, _DIGESTS = 0, 1, 2  # enum io_kind


class DataPlane:
    """All ports of a switch; made stopped, started once, closed once."""

    def __init__(
        self,
        ports: Sequence[PortSpec],
        cpu_port: int | None,
        on_packet_ins: Callable[[Sequence[bytes]], None],
        on_digest: Callable[[bytes | None], float | None],
    ) -> None:
        """Open every interface; PortError for one that cannot be used.

        `on_digest` says in how many seconds it wants to be called without a digest, if at all.
        """
        self._library = _load()
        self._on_packet_ins = on_packet_ins
        self._layout: PacketInLayout | None = None
        self._on_digest = on_digest
        self._indices: dict[int, int] = {}
        self._io = ctypes.c_void_p(self._library.io_create())
        if not self._io:
            raise MemoryError("no memory for the packet buffers")
        with ExitStack() as stack:
            stack.callback(self._library.io_destroy, self._io)
            self._links = stack.enter_context(_link_events())
            self._cpu, inside = (stack.enter_context(end) for end in _pair())
            self._digests, learning = (stack.enter_context(end) for end in _pair())
            self._messages, logging_ = (stack.enter_context(end) for end in _pair())
            self._interfaces = [stack.enter_context(InterfacePort(spec)) for spec in ports]
            self._stack = stack.pop_all()
        self._punts = Punts(self._library, self._library.io_punts(self._io))
        for interface in self._interfaces:
            self._add_port(interface.spec.number, interface.socket, _INTERFACE)
        self.links = PortLinks(self._library, self._library.io_links(self._io), {**self._indices})
        if cpu_port is not None:
            self._add_port(cpu_port, inside, _CPU)
        self._add_port(DIGEST_PORT, learning, _DIGESTS)
        self._add_port(LOG_PORT, logging_, _DIGESTS)
        self._threads = [
            Thread(target=self._run, name="packets"),
            Thread(target=self._take_punts, name="punts"),
            Thread(target=self._watch, name="events"),
        ]

    def start(self) -> None:
        """Begin to move packets."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop all threads and free everything."""
        self._library.io_stop(self._io)
        self._punts.close()
        self._cpu.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._log_counters()
        self._stack.close()

    def set_engine(self, engine: Engine | None, layout: PacketInLayout | None = None) -> None:
        """Send packets through this engine from now on; any earlier one is then free of them.

        Without a layout of what it sends to the CPU port, that is dropped.
        """
        pipeline = None if engine is None else ctypes.byref(_pipeline(engine))
        self._library.io_set_pipeline(self._io, pipeline)
        self._layout = layout

    def packet_out(self, frame: bytes) -> None:
        """Put a frame into the pipeline on the CPU port; waits while its queue is full."""
        if frame:
            self._cpu.send(frame)

    def now_us(self) -> int:
        """The time that packets carry, in microseconds."""
        return int(self._library.io_now(self._io))

    def counters(self) -> dict[int, PortCounters]:
        """The counters of every port, by number."""
        ports = (item for item in self._indices.items() if item[0] < DIGEST_PORT)
        return {number: self._read_counters(index) for number, index in ports}

    def unknown_ports(self) -> int:
        """Copies that the program sent to ports that are not there."""
        return int(self._library.io_unknown_ports(self._io))

    def _log_counters(self) -> None:
        for number, counters in self.counters().items():
            _log.info("port %d: %s", number, counters)
        _log.info("copies to ports that are not there: %d", self.unknown_ports())

    def _add_port(self, number: int, sock: socket.socket, kind: int) -> None:
        index = self._library.io_add_port(self._io, number, sock.fileno(), kind)
        if index < 0:
            raise OSError(ctypes.get_errno(), f"port {number} cannot be added")
        self._indices[number] = index

    def _read_counters(self, index: int) -> PortCounters:
        counters = _Counters()
        self._library.io_port_counters(self._io, index, ctypes.byref(counters))
        return PortCounters(*(getattr(counters, name) for name in PortCounters.__slots__))

    def _run(self) -> None:
        if self._library.io_run(self._io) < 0:
            _log.error("the packet thread has stopped: errno %d", ctypes.get_errno())

    def _take_punts(self) -> None:
        while self._punts.wait():
            self._on_packet_ins(self._punts.take(self._layout))

    def _watch(self) -> None:
        """Digests, messages to the log, link events; until the CPU's socket is shut down."""
        wait: float | None = None
        with selectors.DefaultSelector() as selector:
            selector.register(self._cpu, selectors.EVENT_READ)
            selector.register(self._links, selectors.EVENT_READ)
            selector.register(self._digests, selectors.EVENT_READ)
            selector.register(self._messages, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select(wait)}
                if self._links in ready:
                    self._check_links()
                if self._messages in ready:
                    program_log.say(self._messages.recv(MAX_FRAME))
                if self._digests in ready or wait is not None:
                    learnt = self._digests.recv(MAX_FRAME) if self._digests in ready else None
                    wait = self._on_digest(learnt)
                if self._cpu in ready:
                    return

    def _check_links(self) -> None:
        """Something happened to some link; an overflow of the queue means the same."""
        try:
            self._links.recv(MAX_FRAME)
        except OSError as error:
            _log.info("link events were lost: %s", error.strerror)
        for interface in self._interfaces:
            if interface.rebind():
                spec = interface.spec
                _log.info("port %d: interface %s is back", spec.number, spec.interface)


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(str(build_io_library()), use_errno=True)
    library.io_create.restype = ctypes.c_void_p
    library.io_punts.restype = library.io_links.restype = ctypes.c_void_p
    library.io_unknown_ports.restype = ctypes.c_uint64
    library.io_now.restype = ctypes.c_uint64
    for name in ("destroy", "run", "stop", "now", "unknown_ports", "punts", "links"):
        getattr(library, f"io_{name}").argtypes = [ctypes.c_void_p]
    library.io_add_port.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_int]
    library.io_set_pipeline.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.io_port_counters.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    return library


def _pipeline(engine: Engine) -> _Pipeline:
    library = engine.library
    functions = (library.sw_process, library.sw_lock, library.sw_unlock)
    addresses = (ctypes.cast(function, ctypes.c_void_p).value for function in functions)
    return _Pipeline(engine.pointer, *addresses)


def _pair() -> tuple[socket.socket, socket.socket]:
    """Python's end and the packet thread's; frames keep their boundaries."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    grow_buffers(ours)
    grow_buffers(theirs)
    return ours, theirs


def _link_events() -> socket.socket:
    links = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    links.bind((0, RTMGRP_LINK))
    return links
