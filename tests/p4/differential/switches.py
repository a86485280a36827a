"""The two switches that are compared, both told the same P4Runtime updates."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from finsy.proto import p4r

from controlplane.fib.model import Fib, PacketIn
from controlplane.net.punt import PuntReason
from controlplane.p4rt import names
from controlplane.p4rt.codec import Codec
from controlplane.p4rt.counters import CounterReader, Counters
from controlplane.p4rt.entities import Entity, Key
from controlplane.p4rt.packets import PacketCodec, packet_out_header
from controlplane.p4rt.pipeline import Pipeline, load_pipeline
from controlplane.p4rt.plan import Batch, Operation, Update
from controlplane.p4rt.programmer import Programmer
from softswitch.switch import Switch
from tests.p4 import barrier
from tests.p4.differential.packets import Received, Stimulus
from tests.softswitch.bmv2 import Bmv2

_PIPELINE: Final = load_pipeline()


@dataclass
class Outcome:
    """The copies that left and what the CPU got, each in no order."""

    copies: Counter[tuple[int, bytes]] = field(default_factory=Counter)
    punted: Counter[PacketIn] = field(default_factory=Counter)


class Target(Protocol):
    """A switch that runs our program."""

    def write(self, updates: Sequence[p4r.Update]) -> None: ...

    def read(self, entities: Sequence[p4r.Entity]) -> Iterable[p4r.Entity]: ...

    def play(self, stimulus: Stimulus) -> Outcome:
        """What becomes of a packet, and then the barrier."""

    def close(self) -> None: ...


class Embedded:
    """The embedded target. The barrier goes through it, too, or it would count other packets."""

    def __init__(self, pipeline: Pipeline = _PIPELINE) -> None:
        self._switch = Switch()
        self._switch.set_pipeline(pipeline.p4info, pipeline.device_config)

    def close(self) -> None:
        self._switch.close()

    def write(self, updates: Sequence[p4r.Update]) -> None:
        self._switch.write(updates)

    def read(self, entities: Sequence[p4r.Entity]) -> Iterable[p4r.Entity]:
        return self._switch.read(entities)

    def play(self, stimulus: Stimulus) -> Outcome:
        seen = self._play(stimulus)
        for step in _barrier(stimulus):
            self._play(step)
        return seen

    def _play(self, stimulus: Stimulus) -> Outcome:
        match stimulus:
            case Received(port, frame):
                copies, punted = self._switch.run(port, frame, 0)
            case _:
                copies, punted = self._switch.inject(packet_out_header(stimulus), stimulus.frame, 0)
        packets = (
            PacketIn(port, interface, PuntReason(reason), frame, excess)
            for (port, interface, reason, excess), frame in punted
        )
        return Outcome(Counter(copies), Counter(packets))


class Bmv2Target:
    """simple_switch_grpc; its frames come and go by gRPC, so there are no links to lose them."""

    def __init__(self, folder: Path) -> None:
        self._switch = Bmv2(folder)
        self._packets = PacketCodec(_PIPELINE)
        self._switch.load(_PIPELINE.p4info, _PIPELINE.device_config)

    def close(self) -> None:
        self._switch.close()

    def write(self, updates: Sequence[p4r.Update]) -> None:
        self._switch.write(updates)

    def read(self, entities: Sequence[p4r.Entity]) -> Iterable[p4r.Entity]:
        return self._switch.read(entities)

    def play(self, stimulus: Stimulus) -> Outcome:
        to_all, to_cpu = _barrier(stimulus)
        self._send(stimulus)
        self._send(to_all)
        copies = self._copies()
        self._send(to_cpu)
        return Outcome(copies, self._punted())

    def _send(self, stimulus: Stimulus) -> None:
        if isinstance(stimulus, Received):
            self._switch.send(stimulus.port, stimulus.frame)
        else:
            self._switch.packet_out(self._packets.packet_out(stimulus))

    def _copies(self) -> Counter[tuple[int, bytes]]:
        """All until the barrier has come out of every port."""
        copies: Counter[tuple[int, bytes]] = Counter()
        missing = set(barrier.PORTS)
        while missing:
            port, frame = self._switch.receive()
            if frame in (barrier.COPY, barrier.COPY_OF_SUBMITTED):
                missing.remove(port)
            else:
                copies[port, frame] += 1
        return copies

    def _punted(self) -> Counter[PacketIn]:
        packets: Counter[PacketIn] = Counter()
        while True:
            packet = self._packets.packet_in(self._switch.packet_ins.get(timeout=10))
            assert packet is not None, "punted for a reason that there is not"
            if packet.interface == barrier.INTERFACE:
                return packets
            packets[packet] += 1


def _key(entity: Entity) -> Key:
    return entity.key


def _barrier(stimulus: Stimulus) -> tuple[Stimulus, Stimulus]:
    """By the way that the packet took: ways may overtake each other."""
    if isinstance(stimulus, Received):
        return Received(1, barrier.BARRIER), Received(1, barrier.LAST)
    return barrier.submitted(barrier.BARRIER), barrier.submitted(barrier.LAST)


class Twins:
    """Targets that are kept in the same state."""

    def __init__(self, *targets: Target) -> None:
        self._targets = targets
        self._codec = Codec(_PIPELINE)
        self._reader = CounterReader(_PIPELINE)
        self._programmer = Programmer()
        self._fib = Fib()
        self._own: set[Key] = set()
        """The keys of what is there without any Fib."""

    def clear(self) -> None:
        """Take everything out, and number what comes next as if nothing had been there.

        BMv2 keeps the copies of its groups when a program is loaded.
        """
        self.program(Fib())
        left = list(self._programmer.installed)
        self._own = {entity.key for entity in left}
        self._programmer = Programmer()
        self._programmer.adopt(left)

    def program(self, fib: Fib) -> None:
        """Bring all to a state, from the one in which they are."""
        self._fib = barrier.with_barrier(fib)
        for batch in self._programmer.program(self._fib):
            self._write(batch)

    def forget(self, share: float, rng: random.Random) -> None:
        """Take this share of all entries out, whatever leads to them: no Fib is like that."""
        kept = self._own | {(names.TTL_MODE, ())}
        entries = [entity for entity in self._programmer.installed if entity.key not in kept]
        gone = rng.sample(sorted(entries, key=_key), int(share * len(entries)))
        self._write(tuple(Update(Operation.DELETE, entity) for entity in gone))

    def _write(self, batch: Batch) -> None:
        updates = self._codec.updates(batch)
        for target in self._targets:
            target.write(updates)
        self._programmer.written(batch)

    def play(self, stimulus: Stimulus) -> list[Outcome]:
        return [target.play(stimulus) for target in self._targets]

    def counters(self) -> list[Counters]:
        requests = self._reader.requests(self._programmer.installed)
        tables = self._fib.tail_tables
        return [self._reader.collect(target.read(requests), tables) for target in self._targets]
