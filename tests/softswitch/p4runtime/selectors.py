"""selectors.p4 for tests: short ways to write members, groups, action sets and entries for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import finsy
import pytest
from finsy.proto import p4r

from softswitch.p4runtime.status import Code, P4RuntimeError
from softswitch.switch import Switch

PROGRAMS = Path(__file__).parent.parent / "programs"
P4INFO = finsy.P4Schema(PROGRAMS / "selectors.p4info.txtpb").p4info
PROGRAM = (PROGRAMS / "selectors.json").read_bytes()

TABLES = {table.preamble.alias: table.preamble.id for table in P4INFO.tables}
ACTIONS = {action.preamble.alias: action.preamble.id for action in P4INFO.actions}
PROFILES = {profile.preamble.alias: profile.preamble.id for profile in P4INFO.action_profiles}

DEFAULT = p4r.Entity(table_entry=p4r.TableEntry(table_id=TABLES["grouped"], is_default_action=True))

GROUPED, BY_PREFIX, BY_MASK, BY_PART, BY_SUM, ONE_OF_FEW = range(1, 7)
TABLE_NAMES = ("grouped", "by_prefix", "by_mask", "by_part", "by_sum", "one_of_few")


def request(table: int, key: int = 1, flow: int = 0, part: int = 0, rest: int = 0) -> bytes:
    """A frame that asks one table; a miss changes nothing in it."""
    head = table.to_bytes(1, "big") + key.to_bytes(2, "big") + flow.to_bytes(4, "big")
    return head + (part << 12 | rest).to_bytes(2, "big") + bytes(6)


def answer_of(switch: Switch, frame: bytes) -> int | None:
    """What the action `answer` wrote into the frame; None if it was dropped."""
    copies, _ = switch.process(9, frame, 0)
    return int.from_bytes(copies[0][1][-4:], "big") if copies else None


def action(name: str, *values: int) -> p4r.Action:
    params = [
        p4r.Action.Param(param_id=i, value=value.to_bytes(max(1, (value.bit_length() + 7) // 8)))
        for i, value in enumerate(values, 1)
    ]
    return p4r.Action(action_id=ACTIONS[name], params=params)


def answer(number: int) -> p4r.Action:
    return action("answer", number)


def member(profile: str, member_id: int, act: p4r.Action | None = None) -> p4r.Entity:
    return p4r.Entity(
        action_profile_member=p4r.ActionProfileMember(
            action_profile_id=PROFILES[profile], member_id=member_id, action=act
        )
    )


def group(
    profile: str, group_id: int, weights: Mapping[int, int] | None = None, max_size: int = 0
) -> p4r.Entity:
    message = p4r.ActionProfileGroup(
        action_profile_id=PROFILES[profile], group_id=group_id, max_size=max_size
    )
    for member_id, weight in (weights or {}).items():
        message.members.add(member_id=member_id, weight=weight)
    return p4r.Entity(action_profile_group=message)


def action_set(*actions: tuple[p4r.Action, int]) -> p4r.TableAction:
    weighted = [p4r.ActionProfileAction(action=act, weight=weight) for act, weight in actions]
    return p4r.TableAction(
        action_profile_action_set=p4r.ActionProfileActionSet(action_profile_actions=weighted)
    )


def to_member(member_id: int) -> p4r.TableAction:
    return p4r.TableAction(action_profile_member_id=member_id)


def to_group(group_id: int) -> p4r.TableAction:
    return p4r.TableAction(action_profile_group_id=group_id)


def entry(table: int, act: p4r.TableAction | None = None, key: int = 1) -> p4r.Entity:
    """An entry for one key, whatever the match kind of the table."""
    octets = bytes([key])
    match = p4r.FieldMatch(field_id=1)
    if table == BY_PREFIX:
        match.lpm.CopyFrom(p4r.FieldMatch.LPM(value=octets, prefix_len=16))
    elif table == BY_MASK:
        match.ternary.CopyFrom(p4r.FieldMatch.Ternary(value=octets, mask=b"\xff\xff"))
    else:
        match.exact.value = octets
    return p4r.Entity(
        table_entry=p4r.TableEntry(
            table_id=TABLES[TABLE_NAMES[table - 1]],
            match=[match],
            action=act,
            priority=1 if table == BY_MASK else 0,
        )
    )


def updates(kind: p4r.Update.Type.ValueType, entities: Sequence[p4r.Entity]) -> list[p4r.Update]:
    return [p4r.Update(type=kind, entity=entity) for entity in entities]


def inserts(*entities: p4r.Entity) -> list[p4r.Update]:
    return updates(p4r.Update.INSERT, entities)


def modifies(*entities: p4r.Entity) -> list[p4r.Update]:
    return updates(p4r.Update.MODIFY, entities)


def deletes(*entities: p4r.Entity) -> list[p4r.Update]:
    return updates(p4r.Update.DELETE, entities)


def refusal(switch: Switch, updates: Sequence[p4r.Update]) -> tuple[Code, str]:
    """Code and message of the last update, which alone must fail."""
    with pytest.raises(P4RuntimeError) as caught:
        switch.write(updates)
    *before, last = caught.value.errors
    assert all(error.canonical_code == Code.OK for error in before)
    return Code(last.canonical_code), last.message
