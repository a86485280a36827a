"""BMv2 for tests: simple_switch_grpc over P4Runtime, with frames over its data plane service."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

import grpc
from finsy.proto import p4i, p4r, p4r_grpc

BMV2 = "simple_switch_grpc"
CPU_PORT = 510


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

    def __init__(self, directory: Path, *general: str) -> None:
        """`general` are options of every BMv2 target, such as those of its log."""
        control, frames = f"unix:{directory}/control", f"unix:{directory}/frames"
        options = ["--no-p4", *general, "--device-id", "1", "--", "--cpu-port", str(CPU_PORT)]
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
        self._requests: queue.SimpleQueue[p4r.StreamMessageRequest | None] = queue.SimpleQueue()
        self.packet_ins: queue.SimpleQueue[p4r.PacketIn] = queue.SimpleQueue()
        self._told: queue.SimpleQueue[p4r.StreamMessageResponse] = queue.SimpleQueue()
        self._become_primary()
        self._sent: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        self._received: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._receiver = threading.Thread(target=self._receive, daemon=True)

    def _become_primary(self) -> None:
        self._stream = iter(self._stub.StreamChannel(iter(self._requests.get, None)))
        arbitration = p4r.MasterArbitrationUpdate(device_id=1, election_id=self._election)
        self._requests.put(p4r.StreamMessageRequest(arbitration=arbitration))
        next(self._stream)
        threading.Thread(target=self._receive_messages, daemon=True).start()

    def _receive_messages(self) -> None:
        with contextlib.suppress(grpc.RpcError):
            for message in self._stream:
                if message.HasField("packet"):
                    self.packet_ins.put(message.packet)
                else:
                    self._told.put(message)

    def _receive(self) -> None:
        stream = self._frames.stream_stream(
            "/p4.bm.DataplaneInterface/PacketStream",
            request_serializer=lambda item: encode_frame(*item),
            response_deserializer=decode_frame,
        )
        with contextlib.suppress(grpc.RpcError):
            for item in stream(iter(self._sent.get, None)):
                self._received.put(item)

    def load(self, info: p4i.P4Info, program: bytes) -> None:
        """Set the forwarding pipeline; all state is cleared."""
        action = p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT
        config = p4r.ForwardingPipelineConfig(p4info=info, p4_device_config=program)
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

    def told(self) -> p4r.StreamMessageResponse:
        """The next message that the controller gets, packet-ins apart; queue.Empty without one."""
        return self._told.get(timeout=30)

    def read(self, entities: Sequence[p4r.Entity]) -> list[p4r.Entity]:
        """What the switch has of these."""
        request = p4r.ReadRequest(device_id=1, entities=entities)
        return [entity for response in self._stub.Read(request) for entity in response.entities]

    def send(self, port: int, frame: bytes) -> None:
        """Let a frame come in."""
        self._sent.put((port, frame))

    def packet_out(self, packet: p4r.PacketOut) -> None:
        """Let the CPU send a packet."""
        self._requests.put(p4r.StreamMessageRequest(packet=packet))

    def receive(self) -> tuple[int, bytes]:
        """The next frame that leaves; queue.Empty when there is none."""
        return self._received.get(timeout=10)

    def process(self, port: int, frame: bytes, copies: int) -> list[tuple[int, bytes]]:
        """Send a frame and wait for that many copies; fewer when BMv2 makes fewer."""
        self.send(port, frame)
        received: list[tuple[int, bytes]] = []
        with contextlib.suppress(queue.Empty):
            while len(received) < copies:
                received.append(self.receive())
        return received

    def received(self, quiet_s: float) -> list[tuple[int, bytes]]:
        """What leaves until nothing has left for so long."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._received.get(timeout=quiet_s))
        return found

    def unexpected(self) -> list[tuple[int, bytes]]:
        """Copies that nobody has waited for."""
        return self.received(0.2)

    def close(self) -> None:
        """End the process."""
        self._sent.put(None)
        self._control.close()
        self._frames.close()
        self._process.terminate()
        self._process.wait()
