"""A plain gRPC controller for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

import grpc
from finsy.proto import U128, p4r, p4r_grpc

from tests.softswitch.p4runtime.control import P4INFO, PROGRAM

TIMEOUT = 20.0
COMMIT = p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT
CONFIG = p4r.ForwardingPipelineConfig(p4info=P4INFO, p4_device_config=PROGRAM)


class Controller:
    """A plain gRPC client."""

    def __init__(self, channel: grpc.Channel, device_id: int, election_id: int) -> None:
        self.stub = p4r_grpc.P4RuntimeStub(channel)
        self.device_id = device_id
        self.election_id = U128.encode(election_id)
        self._requests: SimpleQueue[p4r.StreamMessageRequest | None] = SimpleQueue()
        self._stream = self.stub.StreamChannel(
            iter(self._requests.get, None), timeout=TIMEOUT, wait_for_ready=True
        )
        self._responses = iter(self._stream)

    def close(self) -> None:
        """Half-close the stream; the server then ends it."""
        self._requests.put(None)

    def receive(self) -> p4r.StreamMessageResponse:
        message: p4r.StreamMessageResponse = next(self._responses)
        return message

    def arbitrate(self, role: p4r.Role | None = None) -> p4r.StreamMessageResponse:
        arbitration = p4r.MasterArbitrationUpdate(
            device_id=self.device_id, election_id=self.election_id, role=role
        )
        self._requests.put(p4r.StreamMessageRequest(arbitration=arbitration))
        return self.receive()

    def send(self, packet: p4r.PacketOut) -> None:
        self._requests.put(p4r.StreamMessageRequest(packet=packet))

    def set_pipeline(self, config: p4r.ForwardingPipelineConfig = CONFIG) -> None:
        self.stub.SetForwardingPipelineConfig(
            p4r.SetForwardingPipelineConfigRequest(
                device_id=self.device_id, election_id=self.election_id, action=COMMIT, config=config
            )
        )

    def write(self, *updates: p4r.Update) -> None:
        self.stub.Write(
            p4r.WriteRequest(
                device_id=self.device_id, election_id=self.election_id, updates=updates
            )
        )

    def read(self, *entities: p4r.Entity) -> list[p4r.Entity]:
        request = p4r.ReadRequest(device_id=self.device_id, entities=entities)
        return [entity for response in self.stub.Read(request) for entity in response.entities]


@contextmanager
def connected(address: str, device_id: int, election_id: int = 1) -> Iterator[Controller]:
    with grpc.insecure_channel(address) as channel:
        controller = Controller(channel, device_id, election_id)
        yield controller
        controller.close()
