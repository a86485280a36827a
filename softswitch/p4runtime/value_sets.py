"""Parser value sets: each is there as long as its parser, and is modified as a whole
(section "ValueSetEntry").
"""

from __future__ import annotations

from collections.abc import Iterator

from finsy.proto import p4r

from softswitch.engine import Engine
from softswitch.p4runtime.match import MatchKey, read_match, write_match
from softswitch.p4runtime.p4info import P4Info, look_up
from softswitch.p4runtime.status import invalid
from softswitch.p4runtime.store import UpdateType, require_modify


class ValueSets:
    """The store of all value sets."""

    def __init__(self, info: P4Info, engine: Engine) -> None:
        self._sets = info.value_sets
        self._engine = engine
        self._members: dict[int, tuple[MatchKey, ...]] = {id_: () for id_ in self._sets}

    def write(self, kind: UpdateType, message: p4r.ValueSetEntry) -> None:
        require_modify(kind, "a value set")
        value_set = look_up(self._sets, message.value_set_id, "value set")
        members = tuple(read_match(value_set, member.match) for member in message.members)
        if len(set(members)) != len(members):
            raise invalid(f"value set {value_set.name}: a member is given twice")
        self._engine.value_sets.replace(value_set.name, members)
        self._members[value_set.id] = members

    def read(self, request: p4r.ValueSetEntry) -> Iterator[p4r.ValueSetEntry]:
        wanted = request.value_set_id
        if wanted:
            look_up(self._sets, wanted, "value set")
        for value_set in self._sets.values():
            if wanted in (0, value_set.id):
                members = (
                    p4r.ValueSetMember(match=write_match(value_set, member))
                    for member in self._members[value_set.id]
                )
                yield p4r.ValueSetEntry(value_set_id=value_set.id, members=members)
