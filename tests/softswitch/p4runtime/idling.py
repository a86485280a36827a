"""idle.p4 for tests: tables whose entries age."""

from __future__ import annotations

from pathlib import Path

import finsy
from finsy.proto import p4r

PROGRAMS = Path(__file__).parent.parent / "programs"
INFO = finsy.P4Schema(PROGRAMS / "idle.p4info.txtpb").p4info
PROGRAM = (PROGRAMS / "idle.json").read_bytes()
CONFIG = p4r.ForwardingPipelineConfig(p4info=INFO, p4_device_config=PROGRAM)

TABLES = {table.preamble.alias: table.preamble.id for table in INFO.tables}
FORWARD = next(item.preamble.id for item in INFO.actions if item.preamble.alias == "forward")
PROFILE = INFO.action_profiles[0].preamble.id
MODES = {"stations": 0, "prefixes": 1, "shared_ports": 2, "lasting": 3, "modes": 0x9000}

SECOND = 1_000_000  # in microseconds


def match(table: str, station: int) -> p4r.FieldMatch:
    octets = station.to_bytes(6, "big").lstrip(b"\0") or b"\0"
    if table == "prefixes":
        return p4r.FieldMatch(field_id=1, lpm=p4r.FieldMatch.LPM(value=octets, prefix_len=48))
    return p4r.FieldMatch(field_id=1, exact=p4r.FieldMatch.Exact(value=octets))


def entry(station: int, timeout_s: float = 0, table: str = "stations") -> p4r.TableEntry:
    """A station is at port 5, and may be silent for so long."""
    forward = p4r.Action(action_id=FORWARD, params=[p4r.Action.Param(param_id=1, value=b"\x05")])
    return p4r.TableEntry(
        table_id=TABLES[table],
        match=[match(table, station)],
        action=p4r.TableAction(action=forward),
        idle_timeout_ns=int(timeout_s * 1e9),
    )


def update(kind: p4r.Update.Type.ValueType, item: p4r.TableEntry) -> p4r.Update:
    return p4r.Update(type=kind, entity=p4r.Entity(table_entry=item))


def frame(station: int, table: str = "stations") -> bytes:
    """What hits the entry of a station."""
    return station.to_bytes(6, "big") + bytes(6) + MODES[table].to_bytes(2, "big") + b"data"
