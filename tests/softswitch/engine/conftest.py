"""Engines for the test programs, and BMv2 as a second opinion where it is installed."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import finsy
import grpc
import pytest
from finsy.proto import p4i, p4r, p4r_grpc

from softswitch.bmv2json import Pipeline, read_pipeline
from softswitch.engine import Engine
from softswitch.program import Program
from softswitch.switch import Switch

PROGRAMS = Path(__file__).parent.parent / "programs"
BMV2 = "simple_switch_grpc"
CPU_PORT = 510


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs BMv2 where it is not installed."""
    if shutil.which(BMV2) is None:
        skip = pytest.mark.skip(reason=f"{BMV2} is not on PATH")
        for item in items:
            if item.get_closest_marker("bmv2"):
                item.add_marker(skip)


def program_json(name: str) -> bytes:
    """What p4c made of a test program."""
    return (PROGRAMS / f"{name}.json").read_bytes()


def p4info(name: str) -> p4i.P4Info:
    """The P4Info of a test program."""
    return finsy.P4Schema(PROGRAMS / f"{name}.p4info.txtpb").p4info


@pytest.fixture(scope="session")
def pipeline() -> Callable[[str], Pipeline]:
    """Reads a test program by its name."""
    return lambda name: read_pipeline(program_json(name).decode())


@pytest.fixture
def start(pipeline: Callable[[str], Pipeline]) -> Iterator[Callable[[str], Engine]]:
    """Starts an engine on a test program; closed at the end of the test."""
    engines: list[Engine] = []

    def make(name: str) -> Engine:
        engines.append(Engine(Program(pipeline(name))))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


# -- BMv2 ----------------------------------------------------------------------------------------


def _varint(number: int) -> bytes:
    low = number & 0x7F
    return bytes([low]) if number < 0x80 else bytes([low | 0x80]) + _varint(number >> 7)


def encode_frame(port: int, frame: bytes) -> bytes:
    """A p4.bm.PacketStreamRequest of BMv2's DataplaneInterface, for device 1."""
    return b"\x10\x01\x18" + _varint(port) + b"\x22" + _varint(len(frame)) + frame


def decode_frame(message: bytes) -> tuple[int, bytes]:
    """Port and frame of a p4.bm.PacketStreamResponse."""
    port, frame, at = 0, b"", 0

    def varint() -> int:
        nonlocal at
        number = shift = 0
        while True:
            octet = message[at]
            at += 1
            number |= (octet & 0x7F) << shift
            shift += 7
            if octet < 0x80:
                return number

    while at < len(message):
        tag = varint()
        value = varint()
        if tag == 0x18:
            port = value
        elif tag == 0x22:
            frame, at = message[at : at + value], at + value
    return port, frame


class Bmv2:
    """simple_switch_grpc with frames sent and received over its data plane service."""

    def __init__(self, directory: Path) -> None:
        control, frames = f"unix:{directory}/control", f"unix:{directory}/frames"
        options = ["--no-p4", "--device-id", "1", "--", "--cpu-port", str(CPU_PORT)]
        services = ["--grpc-server-addr", control, "--dp-grpc-server-addr", frames]
        # Built with Thrift it opens a port of that, always the same one, on every address it has.
        alone = ["unshare", "--net"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen(
            [*alone, BMV2, *options, *services],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._control = grpc.insecure_channel(control)
        self._frames = grpc.insecure_channel(frames)
        for channel in (self._control, self._frames):
            grpc.channel_ready_future(channel).result(timeout=30)
        self._stub = p4r_grpc.P4RuntimeStub(self._control)
        self._election = p4r.Uint128(low=1)
        self._become_primary()
        self._sent: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        self._received: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._receiver = threading.Thread(target=self._receive, daemon=True)

    def _become_primary(self) -> None:
        requests: queue.SimpleQueue[p4r.StreamMessageRequest] = queue.SimpleQueue()
        self._stream = iter(self._stub.StreamChannel(iter(requests.get, None)))
        arbitration = p4r.MasterArbitrationUpdate(device_id=1, election_id=self._election)
        requests.put(p4r.StreamMessageRequest(arbitration=arbitration))
        next(self._stream)

    def _receive(self) -> None:
        stream = self._frames.stream_stream(
            "/p4.bm.DataplaneInterface/PacketStream",
            request_serializer=lambda item: encode_frame(*item),
            response_deserializer=decode_frame,
        )
        with contextlib.suppress(grpc.RpcError):
            for item in stream(iter(self._sent.get, None)):
                self._received.put(item)

    def load(self, name: str) -> None:
        """Set a test program as the forwarding pipeline; all state is cleared."""
        action = p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT
        config = p4r.ForwardingPipelineConfig(
            p4info=p4info(name), p4_device_config=program_json(name)
        )
        self._stub.SetForwardingPipelineConfig(
            p4r.SetForwardingPipelineConfigRequest(
                device_id=1, election_id=self._election, action=action, config=config
            )
        )
        if not self._receiver.is_alive():
            # BMv2 answers "not ready" before it has a pipeline.
            self._receiver.start()

    def write(self, updates: Sequence[p4r.Update]) -> None:
        """Write entities as the primary controller."""
        self._stub.Write(p4r.WriteRequest(device_id=1, election_id=self._election, updates=updates))

    def process(self, port: int, frame: bytes, copies: int) -> list[tuple[int, bytes]]:
        """Send a frame and wait for that many copies; fewer when BMv2 makes fewer."""
        self._sent.put((port, frame))
        received: list[tuple[int, bytes]] = []
        with contextlib.suppress(queue.Empty):
            while len(received) < copies:
                received.append(self._received.get(timeout=10))
        return received

    def unexpected(self) -> list[tuple[int, bytes]]:
        """Copies that nobody has waited for."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._received.get(timeout=0.2))
        return found

    def close(self) -> None:
        """End the process."""
        self._sent.put(None)
        self._control.close()
        self._frames.close()
        self._process.terminate()
        self._process.wait()


@pytest.fixture(scope="session")
def bmv2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bmv2]:
    """One running BMv2 for all tests."""
    switch = Bmv2(tmp_path_factory.mktemp("bmv2"))
    yield switch
    switch.close()


@pytest.fixture
def same(bmv2: Bmv2) -> Callable[[str, Sequence[p4r.Update], Sequence[tuple[int, bytes]]], None]:
    """Runs frames through both switches and compares what leaves."""

    def compare(
        name: str, updates: Sequence[p4r.Update], frames: Sequence[tuple[int, bytes]]
    ) -> None:
        ours = Switch()
        ours.set_pipeline(p4info(name), program_json(name))
        bmv2.load(name)
        if updates:
            ours.write(updates)
            bmv2.write(updates)
        for port, frame in frames:
            copies, _ = ours.process(port, frame, 0)
            theirs = bmv2.process(port, frame, len(copies))
            # BMv2 sends in parallel, a thread for some of the ports each.
            assert sorted(theirs) == sorted(copies), frame.hex()
        assert bmv2.unexpected() == []
        ours.close()

    return compare
