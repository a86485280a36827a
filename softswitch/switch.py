"""A switch inside the caller's process: the engine and P4Runtime, without sockets and gRPC.

Packets go in with the time and their copies come out; messages are the protobufs that a controller
would send. Frames to the CPU port come out as PacketIn. A simulator runs hundreds of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from finsy.proto import p4i, p4r

from softswitch import program_log
from softswitch.digests import DIGEST_PORT
from softswitch.p4runtime.forwarding import Forwarding, Wishes
from softswitch.p4runtime.idle import StandingClock
from softswitch.p4runtime.packet_io import Punted
from softswitch.p4runtime.service import AS_BMV2, P4Runtime
from softswitch.p4runtime.status import Code, P4RuntimeError
from softswitch.program_log import LOG_PORT

Copies = list[tuple[int, bytes]]


class Switch:
    """One switch; its caller is its only controller."""

    def __init__(self, device_id: int = 1, cpu_port: int = 510, wishes: Wishes = AS_BMV2) -> None:
        """What the program logs, if it is wished, goes to Python's log."""
        self.cpu_port = cpu_port
        self.undecodable_packet_ins = 0
        self._forwarding: Forwarding | None = None
        self._learnt: list[p4r.DigestList] = []
        self._clock = StandingClock()
        self._service = P4Runtime(device_id, self._committed, self._clock, wishes)

    def close(self) -> None:
        """Free the pipeline."""
        self._forwarding = None
        self._service.close()

    def set_pipeline(self, p4info: p4i.P4Info, device_config: bytes) -> None:
        """Verify and commit a pipeline, given as P4Info and BMv2 JSON; all state is cleared."""
        config = _config(p4info.SerializeToString(deterministic=True), device_config)
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
        copies, punted = self.run(port, frame, now_us)
        return copies, self._packet_ins(punted)

    def packet_out(self, packet: p4r.PacketOut, now_us: int) -> tuple[Copies, list[p4r.PacketIn]]:
        """Send a controller's packet into the pipeline, as received on the CPU port."""
        frame = self._require_pipeline().packet_out.encode(packet)
        return self.process(self.cpu_port, frame, now_us)

    def digests(self, now_us: int) -> list[p4r.DigestList]:
        """The digest lists that are full or due, each once; acknowledge them."""
        learnt, self._learnt = self._learnt, []
        return learnt + self._require_pipeline().digests.due(now_us)

    def acknowledge(self, ack: p4r.DigestListAck) -> None:
        """What a list had may come again."""
        self._require_pipeline().digests.acknowledge(ack)

    def idle_entries(self, now_us: int) -> list[p4r.IdleTimeoutNotification]:
        """The entries whose idle timeout has run out, each once in its timeout.

        An entry is as old as the last time before it was written that this switch was told.
        """
        self._clock.time_us = now_us
        return list(self._require_pipeline().idle_entries(now_us, now_us * 1000))

    # -- the same without messages, for callers that count microseconds ------------------------

    def run(self, port: int, frame: bytes, now_us: int) -> tuple[Copies, list[Punted]]:
        """As `process`; what goes to the CPU is the values of its header and the payload."""
        self._clock.time_us = now_us
        forwarding = self._forwarding
        if forwarding is None:
            return [], []
        copies = forwarding.engine.process(port, frame, now_us)
        for copy in copies:
            if copy[0] == self.cpu_port or copy[0] >= DIGEST_PORT:
                return self._split(forwarding, copies, now_us)
        return copies, []

    def inject(
        self, header: Sequence[int], payload: bytes, now_us: int
    ) -> tuple[Copies, list[Punted]]:
        """As `packet_out`, with the values of the header in the order of P4Info."""
        frame = self._require_pipeline().packet_out.pack(header, payload)
        return self.run(self.cpu_port, frame, now_us)

    def statistics(self) -> dict[str, int]:
        """What became of packets, by the engine's names; empty without a pipeline."""
        return self._forwarding.engine.statistics() if self._forwarding else {}

    def _committed(self, forwarding: Forwarding) -> None:
        self._forwarding = forwarding
        self._learnt = []

    def _require_pipeline(self) -> Forwarding:
        if self._forwarding is None:
            raise P4RuntimeError(Code.FAILED_PRECONDITION, "no forwarding pipeline is set")
        return self._forwarding

    def _split(
        self, forwarding: Forwarding, copies: Copies, now_us: int
    ) -> tuple[Copies, list[Punted]]:
        """Part the copies for the CPU port, digests and messages to the log, from the others."""
        for port, message in copies:
            if port == DIGEST_PORT:
                self._learnt += forwarding.digests.learn(message, now_us)
            elif port == LOG_PORT:
                program_log.say(message)
        frames = [frame for port, frame in copies if port == self.cpu_port]
        unpacked = map(forwarding.packet_in.unpack, frames)
        punted = [packet for packet in unpacked if packet is not None]
        self.undecodable_packet_ins += len(frames) - len(punted)
        others = [copy for copy in copies if copy[0] not in (self.cpu_port, DIGEST_PORT, LOG_PORT)]
        return others, punted

    def _packet_ins(self, punted: Sequence[Punted]) -> list[p4r.PacketIn]:
        if not punted:
            return []
        to_message = self._require_pipeline().packet_in.to_message
        return [to_message(values, payload) for values, payload in punted]


@lru_cache(maxsize=2)
def _config(p4info: bytes, device_config: bytes) -> p4r.ForwardingPipelineConfig:
    """One message for all switches of a program: it takes a megabyte."""
    return p4r.ForwardingPipelineConfig(
        p4info=p4i.P4Info.FromString(p4info), p4_device_config=device_config
    )
