"""A whole switch: ports, pipeline, P4Runtime server, put together and taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic_ns, time_ns

from softswitch.alarm import AlarmClock
from softswitch.bmv2json import read_pipeline
from softswitch.controllers import Controllers
from softswitch.dataplane import DataPlane
from softswitch.engine import Engine
from softswitch.errors import PipelineError
from softswitch.fault_rpc import fault_answers
from softswitch.options import LOGGED_LEVELS, Options
from softswitch.p4runtime.forwarding import Forwarding, Wishes
from softswitch.p4runtime.service import P4Runtime
from softswitch.p4runtime.status import Code, P4RuntimeError
from softswitch.program import Program
from softswitch.server import Server


class SwitchProcess:
    """Running from its creation to `stop`."""

    def __init__(self, options: Options) -> None:
        """Start everything, or raise an error with a message for people and leave nothing."""
        self._has_cpu = options.cpu_port is not None
        with ExitStack() as stack:
            logs = options.log_level in LOGGED_LEVELS
            wishes = Wishes(logs, options.priority_queues)
            self._clock = AlarmClock(self._now_us, self._idle)
            self._service = P4Runtime(options.device_id, self._committed, self._clock, wishes)
            stack.callback(self._service.close)
            self._data_plane = DataPlane(
                options.ports, options.cpu_port, self._packet_ins, self._digest
            )
            stack.callback(self._data_plane.close)
            if options.program is not None:
                self._start_program(options.program, stack, wishes)
            self._controllers = Controllers(self._service, self._packet_out)
            for given in options.faults:
                self._data_plane.links.set_faults(given.port, given.direction, given.faults)
            others = fault_answers(self._data_plane.links)
            address, tls = options.grpc_server_addr, options.tls
            server = Server(address, tls, self._service, self._controllers, others)
            stack.callback(server.stop)
            self._data_plane.start()
            self._clock.start()
            stack.callback(self._clock.close)
            self._stack = stack.pop_all()

    def stop(self) -> None:
        """Take everything down, the server first."""
        self._stack.close()

    def _start_program(self, path: Path, stack: ExitStack, wishes: Wishes) -> None:
        """Run a program from the command line until a controller sets one: without its P4Info
        nobody can write to it."""
        engine = _load(path, wishes.logs)
        engine.set_priority_queues(wishes.priority_queues)
        stack.callback(engine.close)
        stack.callback(self._data_plane.set_engine, None)
        self._data_plane.set_engine(engine)

    def _committed(self, forwarding: Forwarding) -> None:
        self._data_plane.set_engine(forwarding.engine, forwarding.packet_in.layout)
        self._clock.wake(self._now_us())

    def _now_us(self) -> int:
        return self._data_plane.now_us()

    def _idle(self, now_us: int) -> int | None:
        return self._controllers.idle(now_us, time_ns())

    def _packet_ins(self, messages: Sequence[bytes]) -> None:
        self._controllers.packet_ins(messages)

    def _digest(self, message: bytes | None) -> float | None:
        now_us = monotonic_ns() // 1000
        due_us = self._controllers.digest(message, now_us)
        return None if due_us is None else max(due_us - now_us, 0) / 1e6

    def _packet_out(self, frame: bytes) -> None:
        if not self._has_cpu:
            raise P4RuntimeError(Code.FAILED_PRECONDITION, "this switch runs without a CPU port")
        self._data_plane.packet_out(frame)


def _load(path: Path, logs: bool) -> Engine:
    try:
        return Engine(Program(read_pipeline(path.read_text()), logs=logs))
    except OSError as error:
        raise PipelineError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, PipelineError) as error:
        raise PipelineError(f"{path}: {error}") from None
