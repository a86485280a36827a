"""The switches that are measured, each with the mVPN program and a controller."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Final, TypeAlias

import grpc
from finsy.proto import U128, p4r, p4r_grpc

from bench.softswitch.links import ports
from bench.softswitch.processes import running
from controlplane.fib.model import Fib
from controlplane.p4rt.codec import Codec
from controlplane.p4rt.pipeline import load_pipeline
from controlplane.p4rt.programmer import Programmer

_DEVICE: Final = 1
_ELECTION_ID: Final = U128.encode(1)
_CPU_PORT: Final = 510
_OPTIONS: Final = (("grpc.max_metadata_size", 1 << 20),)
Config: TypeAlias = p4r.ForwardingPipelineConfig

_COMMIT: Final = p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT


class Controller:
    """Of one switch, which runs the program from here on."""

    def __init__(self, channel: grpc.Channel, config: Config) -> None:
        self._stub = p4r_grpc.P4RuntimeStub(channel)
        self._requests: SimpleQueue[p4r.StreamMessageRequest] = SimpleQueue()
        stream = self._stub.StreamChannel(iter(self._requests.get, None), wait_for_ready=True)
        self.messages: Iterator[p4r.StreamMessageResponse] = iter(stream)
        arbitration = p4r.MasterArbitrationUpdate(device_id=_DEVICE, election_id=_ELECTION_ID)
        self._requests.put(p4r.StreamMessageRequest(arbitration=arbitration))
        next(self.messages)
        started = time.perf_counter()
        self._stub.SetForwardingPipelineConfig(_pipeline_request(config))
        self.loading = time.perf_counter() - started
        """Seconds that the switch took for the program."""

    def program(self, fib: Fib) -> None:
        """Bring the switch, which holds nothing yet, to this state."""
        for request in requests(fib):
            self.write(request)

    def write(self, request: p4r.WriteRequest) -> None:
        self._stub.Write(request)


class Switch:
    """A running switch: its process and its controller."""

    def __init__(self, pid: int, controller: Controller) -> None:
        self.pid = pid
        self.controller = controller


@contextmanager
def softswitch(folder: Path, config: Config | None = None, **environment: str) -> Iterator[Switch]:
    """The embedded target; `environment` may give it another cache."""
    command = [sys.executable, "-m", "softswitch"]
    with _switch(command, folder, config or mvpn(), environment) as switch:
        yield switch


@contextmanager
def bmv2(folder: Path) -> Iterator[Switch]:
    with _switch(["simple_switch_grpc"], folder, mvpn(), {}) as switch:
        yield switch


def mvpn() -> Config:
    """Our program."""
    pipeline = load_pipeline()
    return Config(p4info=pipeline.p4info, p4_device_config=pipeline.device_config)


def with_room(config: Config, entries: int) -> Config:
    """The same program with so much room in every table."""
    larger = Config()
    larger.CopyFrom(config)
    for table in larger.p4info.tables:
        table.size = entries
    larger.p4_device_config = roomy(config.p4_device_config, entries)
    return larger


def roomy(program: bytes, entries: int) -> bytes:
    """BMv2 JSON with so much room in every table."""
    text = json.loads(program)
    for pipeline in text["pipelines"]:
        for table in pipeline["tables"]:
            table["max_size"] = entries
    return json.dumps(text).encode()


def has_bmv2() -> bool:
    return shutil.which("simple_switch_grpc") is not None


def requests(fib: Fib, size: int | None = None) -> list[p4r.WriteRequest]:
    """What brings an empty switch to a state, in the control plane's batches or in equal ones."""
    codec = Codec(load_pipeline())
    batches = [codec.updates(batch) for batch in Programmer().program(fib)]
    if size is not None:
        updates = [update for batch in batches for update in batch]
        batches = [updates[i : i + size] for i in range(0, len(updates), size)]
    return [_write_request(batch) for batch in batches]


def _write_request(updates: Sequence[p4r.Update]) -> p4r.WriteRequest:
    return p4r.WriteRequest(device_id=_DEVICE, election_id=_ELECTION_ID, updates=updates)


def _pipeline_request(config: Config) -> p4r.SetForwardingPipelineConfigRequest:
    return p4r.SetForwardingPipelineConfigRequest(
        device_id=_DEVICE, election_id=_ELECTION_ID, action=_COMMIT, config=config
    )


@contextmanager
def _switch(
    command: Sequence[str], folder: Path, config: Config, environment: dict[str, str]
) -> Iterator[Switch]:
    path = folder / "switch.sock"
    options = ["--no-p4", "--device-id", str(_DEVICE), *ports()]
    target = ["--", "--grpc-server-addr", f"unix:{path}", "--cpu-port", str(_CPU_PORT)]
    with running([*command, *options, *target], environment=environment) as process:
        while not path.exists():
            assert process.poll() is None, "the switch has not started"
            time.sleep(0.01)
        with grpc.insecure_channel(f"unix:{path}", options=_OPTIONS) as channel:
            yield Switch(process.pid, Controller(channel, config))
    path.unlink(missing_ok=True)
