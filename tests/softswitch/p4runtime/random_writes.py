"""Updates by chance, for any P4Info: most are right, the others wrong in one way or another.

Values are few, so that updates meet each other's entries.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from finsy.proto import p4i, p4r

FM = p4r.FieldMatch
Kind = p4i.MatchField
NO_TABLE = 99
"""An id that no P4Info has."""
WRONG = 0.04
"""How often each part is not as it should be."""

T = TypeVar("T")


class RandomWrites:
    """Makes updates of the tables of a P4Info."""

    def __init__(self, info: p4i.P4Info, chance: random.Random) -> None:
        self._tables = list(info.tables)
        self._actions = {action.preamble.id: action for action in info.actions}
        self._chance = chance

    def request(self, updates: int) -> p4r.WriteRequest:
        return p4r.WriteRequest(updates=[self._update() for _ in range(updates)])

    def _update(self) -> p4r.Update:
        if self._wrong():
            return self._chance.choice(
                [p4r.Update(), p4r.Update(type=p4r.Update.INSERT), self._direct_counter()]
            )
        kinds = [p4r.Update.INSERT] * 3 + [p4r.Update.MODIFY, p4r.Update.DELETE]
        kind = self._chance.choice(kinds)
        if self._wrong():
            kind = p4r.Update.UNSPECIFIED
        return p4r.Update(type=kind, entity=p4r.Entity(table_entry=self._entry()))

    def _direct_counter(self) -> p4r.Update:
        data = p4r.CounterData(packet_count=self._chance.randrange(9))
        entry = p4r.DirectCounterEntry(table_entry=self._entry(), data=data)
        return p4r.Update(type=p4r.Update.MODIFY, entity=p4r.Entity(direct_counter_entry=entry))

    def _entry(self) -> p4r.TableEntry:
        table = self._chance.choice(self._tables)
        entry = p4r.TableEntry(table_id=table.preamble.id, match=self._matches(table))
        if any(f.match_type not in (Kind.EXACT, Kind.LPM) for f in table.match_fields):
            entry.priority = self._chance.randrange(1, 3)
        if not self._wrong():
            entry.action.action.CopyFrom(self._action(table))
        if self._chance.random() < 0.3:
            entry.metadata = self._chance.randbytes(self._chance.randrange(40))
            entry.controller_metadata = self._chance.getrandbits(64)
        if table.direct_resource_ids and self._chance.random() < 0.5:
            self._chance.choice([_set_counter, _set_meter])(entry, self._chance)
        if self._wrong():
            self._chance.choice(_OTHER_CHANGES)(entry, self._chance)
        return entry

    # -- match ---------------------------------------------------------------------------------

    def _matches(self, table: p4i.Table) -> list[p4r.FieldMatch]:
        matches = [self._match(field) for field in table.match_fields if not self._left_out(field)]
        self._chance.shuffle(matches)
        if self._wrong() and matches:
            matches.append(self._chance.choice(matches))
        return matches

    def _left_out(self, field: p4i.MatchField) -> bool:
        return self._wrong() if field.match_type == Kind.EXACT else self._chance.random() < 0.3

    def _match(self, field: p4i.MatchField) -> p4r.FieldMatch:
        width = field.bitwidth
        field_id = NO_TABLE if self._wrong() else field.id
        kinds = [Kind.EXACT, Kind.LPM, Kind.TERNARY, Kind.RANGE, Kind.OPTIONAL]
        kind = self._chance.choice(kinds) if self._wrong() else field.match_type
        match kind:
            case Kind.LPM:
                return FM(field_id=field_id, lpm=self._lpm(width))
            case Kind.TERNARY:
                return FM(field_id=field_id, ternary=self._ternary(width))
            case Kind.RANGE:
                return FM(field_id=field_id, range=self._range(width))
            case Kind.OPTIONAL:
                return FM(field_id=field_id, optional=FM.Optional(value=self._value(width)))
        return FM(field_id=field_id, exact=FM.Exact(value=self._value(width)))

    def _lpm(self, width: int) -> p4r.FieldMatch.LPM:
        length = self._chance.choice([1, width // 2, width])
        if self._wrong():
            length = self._chance.choice([-1, 0, width + 1])
        value = self._number(width)
        if not self._wrong():
            value = value >> max(width - length, 0) << max(width - length, 0)
        return FM.LPM(value=self._octets(value), prefix_len=length)

    def _ternary(self, width: int) -> p4r.FieldMatch.Ternary:
        mask = self._number(width) if self._wrong() else self._number(width) | 1
        value = self._number(width) if self._wrong() else self._number(width) & mask
        return FM.Ternary(value=self._octets(value), mask=self._octets(mask))

    def _range(self, width: int) -> p4r.FieldMatch.Range:
        low, high = sorted([self._number(width), self._number(width)])
        if self._wrong():
            low, high = self._chance.choice([(high, low), (0, (1 << width) - 1)])
        return FM.Range(low=self._octets(low), high=self._octets(high))

    # -- action --------------------------------------------------------------------------------

    def _action(self, table: p4i.Table) -> p4r.Action:
        refs = [ref.id for ref in table.action_refs]
        action = self._actions[self._chance.choice(list(self._actions) if self._wrong() else refs)]
        params = [
            p4r.Action.Param(param_id=param.id, value=self._value(param.bitwidth))
            for param in action.params
        ]
        self._chance.shuffle(params)
        if self._wrong() and params:
            params = self._chance.choice([params[1:], [*params, params[0]]])
        return p4r.Action(action_id=action.preamble.id, params=params)

    # -- numbers -------------------------------------------------------------------------------

    def _wrong(self) -> bool:
        return self._chance.random() < WRONG

    def _value(self, width: int) -> bytes:
        return self._octets(self._number(width) + (self._wrong() << width))

    def _number(self, width: int) -> int:
        full = (1 << width) - 1
        return self._chance.choice([0, 1, 1 << width - 1, full, full // 3]) & full

    def _octets(self, value: int) -> bytes:
        if self._wrong():
            return b""
        zeros = self._chance.choice([0, 0, 0, 2])
        return bytes(zeros) + value.to_bytes((value.bit_length() + 7) // 8 or 1)


_Change = Callable[[p4r.TableEntry, random.Random], None]


def _set_priority(entry: p4r.TableEntry, chance: random.Random) -> None:
    entry.priority = chance.choice([-1, 0, 7])


def _set_table(entry: p4r.TableEntry, chance: random.Random) -> None:
    entry.table_id = NO_TABLE


def _set_default(entry: p4r.TableEntry, chance: random.Random) -> None:
    entry.is_default_action = True
    entry.ClearField("match")
    entry.priority = 0


def _set_constant(entry: p4r.TableEntry, chance: random.Random) -> None:
    entry.is_const = True


def _set_timeout(entry: p4r.TableEntry, chance: random.Random) -> None:
    entry.idle_timeout_ns = 5


def _set_counter(entry: p4r.TableEntry, chance: random.Random) -> None:
    entry.counter_data.packet_count = chance.randrange(-1, 9)


def _set_meter(entry: p4r.TableEntry, chance: random.Random) -> None:
    rates = (chance.randrange(-1, 5) for _ in range(4))
    config = p4r.MeterConfig(**dict(zip(("cir", "cburst", "pir", "pburst"), rates, strict=True)))
    entry.meter_config.CopyFrom(config)


def _set_member(entry: p4r.TableEntry, chance: random.Random) -> None:
    entry.action.action_profile_member_id = 1


_OTHER_CHANGES: list[_Change] = [
    _set_priority,
    _set_table,
    _set_default,
    _set_constant,
    _set_timeout,
    _set_counter,
    _set_meter,
    _set_member,
]
