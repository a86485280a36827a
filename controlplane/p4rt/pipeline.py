"""The compiled P4 program: what a target is given, and the numbers of the program's names.

P4Runtime knows names only by the numbers that the compiler gave them; the P4Info has both.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from finsy import pbutil
from finsy.proto import p4i, p4r

_BUILD: Final = Path(__file__).resolve().parents[2] / "p4src" / "build"


@dataclass(frozen=True, slots=True)
class MatchField:
    """One field of a key; a longest-prefix one takes two numbers of a match, value and length."""

    id: int
    width: int
    is_lpm: bool


@dataclass(frozen=True, slots=True)
class Table:
    id: int
    name: str
    fields: tuple[MatchField, ...]


@dataclass(frozen=True, slots=True)
class Action:
    id: int
    name: str
    parameters: tuple[int, ...]
    """Their ids, in the order of the arguments."""


class Pipeline:
    """One compiled program."""

    def __init__(self, p4info: p4i.P4Info, device_config: bytes) -> None:
        self.p4info = p4info
        self.device_config = device_config
        self.tables = {table.name: table for table in map(_table, p4info.tables)}
        self.actions = {action.name: action for action in map(_action, p4info.actions)}
        self.counters = {counter.preamble.name: counter.preamble.id for counter in p4info.counters}
        self.meters = {meter.preamble.name: meter.preamble.id for meter in p4info.meters}
        self.packet_metadata = {
            header.preamble.name: {field.name: field.id for field in header.metadata}
            for header in p4info.controller_packet_metadata
        }

    @property
    def cookie(self) -> int:
        """Tells this program from any other: P4Runtime keeps it beside the pipeline."""
        digest = hashlib.sha256(self.device_config)
        digest.update(self.p4info.SerializeToString(deterministic=True))
        return int.from_bytes(digest.digest()[:8], "big")

    def config(self) -> p4r.ForwardingPipelineConfig:
        """What a target is given."""
        cookie = p4r.ForwardingPipelineConfig.Cookie(cookie=self.cookie)
        return p4r.ForwardingPipelineConfig(
            p4info=self.p4info, p4_device_config=self.device_config, cookie=cookie
        )


@cache
def load_pipeline() -> Pipeline:
    """The program of this project."""
    text = (_BUILD / "mvpn.p4info.txtpb").read_text()
    return Pipeline(pbutil.from_text(text, p4i.P4Info), (_BUILD / "mvpn.json").read_bytes())


def _table(table: p4i.Table) -> Table:
    fields = tuple(
        MatchField(field.id, field.bitwidth, field.match_type == p4i.MatchField.LPM)
        for field in table.match_fields
    )
    return Table(table.preamble.id, table.preamble.name, fields)


def _action(action: p4i.Action) -> Action:
    parameters = tuple(parameter.id for parameter in action.params)
    return Action(action.preamble.id, action.preamble.name, parameters)
