"""control.p4 for tests: its P4Info and JSON, and short ways to write messages for it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import finsy
import pytest
from finsy.proto import p4r

from softswitch.p4runtime.status import Code, P4RuntimeError
from softswitch.switch import Switch

HERE = Path(__file__).parent
P4INFO = finsy.P4Schema(HERE / "control.p4info.txtpb").p4info
PROGRAM = (HERE / "control.json").read_bytes()

TABLES = {table.preamble.alias: table.preamble.id for table in P4INFO.tables}
ACTIONS = {action.preamble.alias: action.preamble.id for action in P4INFO.actions}
COUNTER = P4INFO.counters[0].preamble.id
METER = P4INFO.meters[0].preamble.id
REGISTER = P4INFO.registers[0].preamble.id

FM = p4r.FieldMatch
Match = list[p4r.FieldMatch]
UpdateType: TypeAlias = p4r.Update.Type.ValueType
INSERT, MODIFY, DELETE = p4r.Update.INSERT, p4r.Update.MODIFY, p4r.Update.DELETE

STATION: Match = [FM(field_id=1, exact=FM.Exact(value=b"\x02\x00\x00\x00\x00\x01"))]
PREFIX: Match = [FM(field_id=1, lpm=FM.LPM(value=b"\x0a\x00\x00\x00", prefix_len=8))]
HOST: Match = [FM(field_id=1, lpm=FM.LPM(value=b"\x0a\x00\x00\x07", prefix_len=32))]
ACL: Match = [
    FM(field_id=1, ternary=FM.Ternary(value=b"\x0a\x00\x00\x00", mask=b"\xff\x00\x00\x00")),
    FM(field_id=2, range=FM.Range(low=b"\x01", high=b"\x02")),
]


def ethernet(payload: bytes = b"data", ether_type: int = 0x1234) -> bytes:
    """A frame to STATION."""
    return bytes.fromhex("020000000001 020000000009") + ether_type.to_bytes(2, "big") + payload


def ipv4(dst: bytes = b"\x0a\x00\x00\x07", src: bytes = b"\x0a\x01\x01\x01") -> bytes:
    """An IPv4 packet (TTL 2, UDP) in a frame to STATION; control.p4 looks at no checksum."""
    header = bytes(8) + bytes([2, 17, 0, 0]) + src + dst
    return ethernet(header, 0x0800)


def action(name: str, *values: bytes) -> p4r.TableAction:
    params = [p4r.Action.Param(param_id=i, value=value) for i, value in enumerate(values, 1)]
    return p4r.TableAction(action=p4r.Action(action_id=ACTIONS[name], params=params))


def forward(port: int) -> p4r.TableAction:
    return action("forward", bytes([port]))


def entry(
    table: str,
    match: Match | None = None,
    act: p4r.TableAction | None = None,
    priority: int = 0,
) -> p4r.TableEntry:
    return p4r.TableEntry(table_id=TABLES[table], match=match, action=act, priority=priority)


def default(table: str, act: p4r.TableAction | None = None) -> p4r.TableEntry:
    return p4r.TableEntry(table_id=TABLES[table], is_default_action=True, action=act)


def new_switch() -> Switch:
    switch = Switch()
    switch.set_pipeline(P4INFO, PROGRAM)
    return switch


def update(kind: UpdateType, entity: p4r.Entity) -> p4r.Update:
    return p4r.Update(type=kind, entity=entity)


def write(switch: Switch, kind: UpdateType, *entries: p4r.TableEntry) -> None:
    switch.write([update(kind, p4r.Entity(table_entry=item)) for item in entries])


def read(switch: Switch, request: p4r.TableEntry) -> list[p4r.TableEntry]:
    return [entity.table_entry for entity in switch.read([p4r.Entity(table_entry=request)])]


def refusal(switch: Switch, kind: UpdateType, entity: p4r.Entity) -> p4r.Error:
    """The error of one update, which must fail."""
    with pytest.raises(P4RuntimeError) as caught:
        switch.write([update(kind, entity)])
    assert caught.value.code is Code.UNKNOWN
    [error] = caught.value.errors
    return error


def entry_refusal(switch: Switch, kind: UpdateType, item: p4r.TableEntry) -> p4r.Error:
    return refusal(switch, kind, p4r.Entity(table_entry=item))
