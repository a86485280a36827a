"""Runs the test programs in code with AddressSanitizer and UndefinedBehaviorSanitizer.

A process of its own, since the sanitizers' runtime must be the first library in it; started by
`test_sanitizers.py`, with a C compiler that instruments. Tables, groups and sessions are filled at
random, then frames that hypothesis makes of those in the packet tests, cut short or not, and frames
of nothing but chance go through. The sanitizers end the process at the first thing they find.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finsy.proto import p4i, p4r
from google.protobuf import text_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softswitch.p4runtime.forwarding import Wishes
from softswitch.p4runtime.status import P4RuntimeError
from softswitch.switch import Switch
from tests.softswitch.exam.stf import Packet, read_stf

PORTS, ENTRIES, EXAMPLES = 8, 12, 150
TIMEOUT_NS = 1_000_000_000
Match = p4i.MatchField

IPV4 = "45000030 00004000 40110000 0a000001 e8010101"
GRE = "45000044 00004000 402f0000 0a000001 e8010101 00000800"
USUAL = (
    f"0800 {IPV4} 00010002 001c0000 0102030405060708",
    f"0800 {GRE} {IPV4} 00010002 001c0000",
    f"8100 0005 0800 {IPV4}",
    f"8847 00010040 00011140 {IPV4}",
    "0806 00010800 06040001 020000000009 0a000001 000000000000 0a000002",
)


def main() -> None:
    """Each argument is a compiled program, `NAME.json` beside `NAME.p4info.txtpb`."""
    for name in sys.argv[1:]:
        program = Path(name)
        info = program.with_suffix(".p4info.txtpb").read_text()
        switch = Switch(wishes=Wishes(logs=True))
        switch.set_pipeline(text_format.Parse(info, p4i.P4Info()), program.read_bytes())
        written = fill(switch, text_format.Parse(info, p4i.P4Info()), random.Random(1))
        send(switch, list(samples(program)))
        switch.idle_entries(2 * TIMEOUT_NS // 1000)
        print(f"{program.stem}: {written} writes, {switch.statistics()['received']} frames")
        switch.close()


def samples(program: Path) -> Iterator[bytes]:
    """Frames of the packet test of a program, if it has one, and of the usual protocols."""
    test = program.with_suffix(".stf")
    statements = read_stf(test.read_text()) if test.exists() else []
    yield from (item.frame for item in statements if isinstance(item, Packet))
    yield from (bytes.fromhex(f"020000000001 020000000009 {frame}") for frame in USUAL)


def send(switch: Switch, frames: list[bytes]) -> None:
    """Frames of every length."""

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.integers(0, PORTS), changed(frames) | st.binary(max_size=300))
    def process(port: int, frame: bytes) -> None:
        switch.process(port, frame, 0)

    process()
    for frame in frames:
        for length in range(len(frame) + 1):
            switch.process(1, frame[:length], 0)


@st.composite
def changed(draw: st.DrawFn, frames: list[bytes]) -> bytes:
    """A sample with some octets changed, cut short or made longer."""
    frame = bytearray(draw(st.sampled_from(frames)))
    for _ in range(draw(st.integers(0, 4))):
        frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
    return bytes(frame[: draw(st.integers(0, len(frame)))]) + draw(st.binary(max_size=40))


def fill(switch: Switch, info: p4i.P4Info, chance: random.Random) -> int:
    """Write what chance gives, as far as it is accepted; the number of writes."""
    return sum(_written(switch, update) for update in _updates(info, chance))


def _written(switch: Switch, update: p4r.Update) -> bool:
    try:
        switch.write([update])
    except P4RuntimeError:
        return False
    return True


def _updates(info: p4i.P4Info, chance: random.Random) -> Iterator[p4r.Update]:
    for number in range(1, 4):
        yield from (_insert(packet_replication_engine_entry=e) for e in _copies(number, chance))
    actions = {action.preamble.id: action for action in info.actions}
    for value_set in info.value_sets:
        members = [_member(value_set, chance) for _ in range(2)]
        entry = p4r.ValueSetEntry(value_set_id=value_set.preamble.id, members=members)
        yield p4r.Update(type=p4r.Update.MODIFY, entity=p4r.Entity(value_set_entry=entry))
    for table in info.tables:
        for _ in range(ENTRIES):
            action = actions[chance.choice(table.action_refs).id]
            yield _insert(table_entry=_entry(table, action, chance))


def _insert(**entity: Any) -> p4r.Update:
    return p4r.Update(type=p4r.Update.INSERT, entity=p4r.Entity(**entity))


def _copies(number: int, chance: random.Random) -> Iterator[p4r.PacketReplicationEngineEntry]:
    """A group, and a session whose clones are cut short."""
    replicas = [p4r.Replica(egress_port=chance.randrange(PORTS), instance=i) for i in range(3)]
    group = p4r.MulticastGroupEntry(multicast_group_id=number, replicas=replicas)
    session = p4r.CloneSessionEntry(
        session_id=number, replicas=replicas, packet_length_bytes=chance.randrange(40)
    )
    yield p4r.PacketReplicationEngineEntry(multicast_group_entry=group)
    yield p4r.PacketReplicationEngineEntry(clone_session_entry=session)


def _member(value_set: p4i.ValueSet, chance: random.Random) -> p4r.ValueSetMember:
    return p4r.ValueSetMember(match=[_match(field, chance) for field in value_set.match])


def _entry(table: p4i.Table, action: p4i.Action, chance: random.Random) -> p4r.TableEntry:
    params = [
        p4r.Action.Param(param_id=param.id, value=_octets(_number(param.bitwidth, chance)))
        for param in action.params
    ]
    kinds = {field.match_type for field in table.match_fields}
    return p4r.TableEntry(
        table_id=table.preamble.id,
        match=[_match(field, chance) for field in table.match_fields],
        action=p4r.TableAction(action=p4r.Action(action_id=action.preamble.id, params=params)),
        priority=1 if kinds & {Match.TERNARY, Match.RANGE, Match.OPTIONAL} else 0,
        idle_timeout_ns=TIMEOUT_NS if table.idle_timeout_behavior else 0,
    )


def _match(field: p4i.MatchField, chance: random.Random) -> p4r.FieldMatch:
    value = _number(field.bitwidth, chance)
    octets = _octets(value)
    match field.match_type:
        case Match.LPM:
            lpm = p4r.FieldMatch.LPM(value=octets, prefix_len=field.bitwidth)
            return p4r.FieldMatch(field_id=field.id, lpm=lpm)
        case Match.TERNARY:
            ternary = p4r.FieldMatch.Ternary(value=octets, mask=_octets(value | 1))
            return p4r.FieldMatch(field_id=field.id, ternary=ternary)
        case Match.RANGE:
            high = _octets((1 << field.bitwidth) - 2)
            return p4r.FieldMatch(
                field_id=field.id, range=p4r.FieldMatch.Range(low=b"\0", high=high)
            )
        case Match.OPTIONAL:
            optional = p4r.FieldMatch.Optional(value=octets)
            return p4r.FieldMatch(field_id=field.id, optional=optional)
    return p4r.FieldMatch(field_id=field.id, exact=p4r.FieldMatch.Exact(value=octets))


def _number(width: int, chance: random.Random) -> int:
    """Small numbers are what frames and other tables have, so they are hit more often."""
    small = chance.randrange(1 << min(width, 4))
    return chance.choice([small, small, chance.getrandbits(width)])


def _octets(value: int) -> bytes:
    return value.to_bytes(max((value.bit_length() + 7) // 8, 1), "big")


if __name__ == "__main__":
    main()
