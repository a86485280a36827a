"""A switch inside the caller's process: the engine and P4Runtime, without sockets and gRPC.

Packets go in with the time and their copies come out; messages are the protobufs that a controller
would send. Frames to the CPU port come out as PacketIn. A simulator runs hundreds of these.
"""

from __future__ import annotations

from collections.abc import Sequence

from finsy.proto import p4i, p4r

from softswitch.p4runtime.forwarding import Forwarding
from softswitch.p4runtime.service import P4Runtime
from softswitch.p4runtime.status import Code, P4RuntimeError

Copies = list[tuple[int, bytes]]


class Switch:
    """One switch; its caller is its only controller."""

    def __init__(self, device_id: int = 1, cpu_port: int = 510) -> None:
        self.cpu_port = cpu_port
        self.undecodable_packet_ins = 0
        self._forwarding: Forwarding | None = None
        self._service = P4Runtime(device_id, self._committed)

    def close(self) -> None:
        """Free the pipeline."""
        self._forwarding = None
        self._service.close()

    def set_pipeline(self, p4info: p4i.P4Info, device_config: bytes) -> None:
        """Verify and commit a pipeline, given as P4Info and BMv2 JSON; all state is cleared."""
        config = p4r.ForwardingPipelineConfig(p4info=p4info, p4_device_config=device_config)
        action = p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT
        self._service.set_pipeline(action, config)

    def write(self, updates: Sequence[p4r.Update]) -> None:
        """Carry out updates in order; raises P4RuntimeError that tells of each."""
        self._service.apply(updates)

    def read(self, entities: Sequence[p4r.Entity]) -> list[p4r.Entity]:
        """All that the entities select."""
        return list(self._service.select(entities))

    def process(self, port: int, frame: bytes, now_us: int) -> tuple[Copies, list[p4r.PacketIn]]:
        """Run a frame through the pipeline: the copies that leave on ports, and to the CPU."""
        forwarding = self._forwarding
        if forwarding is None:
            return [], []
        copies = forwarding.engine.process(port, frame, now_us)
        for copy in copies:
            if copy[0] == self.cpu_port:
                return self._split(forwarding, copies)
        return copies, []

    def packet_out(self, packet: p4r.PacketOut, now_us: int) -> tuple[Copies, list[p4r.PacketIn]]:
        """Send a controller's packet into the pipeline, as received on the CPU port."""
        if self._forwarding is None:
            raise P4RuntimeError(Code.FAILED_PRECONDITION, "no forwarding pipeline is set")
        return self.process(self.cpu_port, self._forwarding.packet_out.encode(packet), now_us)

    def statistics(self) -> dict[str, int]:
        """What became of packets, by the engine's names; empty without a pipeline."""
        return self._forwarding.engine.statistics() if self._forwarding else {}

    def _committed(self, forwarding: Forwarding) -> None:
        self._forwarding = forwarding

    def _split(self, forwarding: Forwarding, copies: Copies) -> tuple[Copies, list[p4r.PacketIn]]:
        """Part the copies for the CPU port from the others."""
        punted = [frame for port, frame in copies if port == self.cpu_port]
        decoded = (forwarding.packet_in.decode(frame) for frame in punted)
        packet_ins = [packet for packet in decoded if packet is not None]
        self.undecodable_packet_ins += len(punted) - len(packet_ins)
        return [copy for copy in copies if copy[0] != self.cpu_port], packet_ins
