"""What random packets have reached: which actions ran, and what became of packets.

The program is made to count its own actions: each gets one more primitive, which counts in an array
of counters that the program does not have. Statements outside of tables are actions, too, which p4c
names after file and line. So what never ran is a place in the P4 source.
"""

from __future__ import annotations

import json
import struct
from collections import Counter
from typing import Any, Final

from finsy.proto import p4i, p4r

from controlplane.fib.model import PacketOut
from controlplane.p4rt.pipeline import Pipeline, load_pipeline
from tests.p4.differential.headers import ARP, GRE, IPV4, MPLS, PIM, VLAN
from tests.p4.differential.packets import Stimulus
from tests.p4.differential.switches import Embedded, Outcome

_RUNS: Final = "runs"
_RUNS_ID: Final = 0x12000001


class ActionsRun(Embedded):
    """The embedded target with a program that counts its actions."""

    def __init__(self) -> None:
        pipeline = load_pipeline()
        program = json.loads(pipeline.device_config)
        self._names = {action["id"]: action["name"] for action in program["actions"]}
        super().__init__(_counting(pipeline, program))

    def actions(self) -> Counter[str]:
        """How often each action ran, by its name; those of one name together."""
        entry = p4r.CounterEntry(counter_id=_RUNS_ID)
        runs: Counter[str] = Counter(dict.fromkeys(self._names.values(), 0))
        for entity in self.read([p4r.Entity(counter_entry=entry)]):
            cell = entity.counter_entry
            runs[self._names[cell.index.index]] += cell.data.packet_count
        return runs


def _counting(pipeline: Pipeline, program: dict[str, Any]) -> Pipeline:
    actions = program["actions"]
    array = {"name": _RUNS, "id": len(program["counter_arrays"]), "size": len(actions)}
    program["counter_arrays"].append({**array, "is_direct": False})
    for action in actions:
        which = {"type": "counter_array", "value": _RUNS}
        index = {"type": "hexstr", "value": hex(action["id"])}
        action["primitives"].insert(0, {"op": "count", "parameters": [which, index]})
    info = p4i.P4Info()
    info.CopyFrom(pipeline.p4info)
    info.counters.add(
        preamble=p4i.Preamble(id=_RUNS_ID, name=_RUNS, alias=_RUNS),
        spec=p4i.CounterSpec(unit=p4i.CounterSpec.PACKETS),
        size=len(actions),
    )
    return Pipeline(info, json.dumps(program).encode())


# -- what became of packets


def outcomes(stimulus: Stimulus, outcome: Outcome) -> set[str]:
    """What the packet met, each in a word; several may be true."""
    if isinstance(stimulus, PacketOut):
        return {"sent as it is"}
    came, copies = layers(stimulus.frame), outcome.copies.total()
    left = {word for _, frame in outcome.copies for word in _change(came, layers(frame))}
    if copies > 1:
        left.add("replicated")
    left |= {f"punted: {packet.reason.name}" for packet in outcome.punted}
    return left or {"dropped"}


def layers(frame: bytes) -> tuple[str, ...]:
    """The headers of a frame that say in what it travels."""
    found: list[str] = []
    kind, at = _u16(frame, 12), 14
    if kind == VLAN:
        kind, at = _u16(frame, 16), 18
    while kind == MPLS and len(frame) >= at + 4:
        found.append("label")
        kind, at = IPV4 if frame[at + 2] & 1 else kind, at + 4
    if kind == IPV4 and frame[at : at + 1] == b"\x45":
        found += _inside(frame[at:])
    return tuple(found)


def _inside(packet: bytes) -> list[str]:
    wrap = {GRE: ("gre", 24), PIM: ("register", 28)}.get(packet[9] if len(packet) > 9 else 0)
    if wrap is None or packet[wrap[1] : wrap[1] + 1] != b"\x45":
        return ["ipv4"]
    return [wrap[0], *_inside(packet[wrap[1] :])]


def _change(came: tuple[str, ...], leaves: tuple[str, ...]) -> set[str]:
    """How a copy differs from the packet in what is around it."""
    words = {"forwarded"}
    for layer, (more, less) in _WORDS.items():
        difference = leaves.count(layer) - came.count(layer)
        if difference:
            words.add(more if difference > 0 else less)
        elif layer == "label" and layer in came:
            words.add("label swapped")
    return words


_WORDS: Final = {
    "gre": ("encapsulated", "decapsulated"),
    "register": ("registered", "taken out of a Register"),
    "label": ("label pushed", "label popped"),
}


def _u16(frame: bytes, at: int) -> int:
    return int(struct.unpack_from("!H", frame, at)[0]) if len(frame) >= at + 2 else ARP
