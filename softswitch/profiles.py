"""Action profiles of a running program: members, which are actions, and groups of members.

Members and groups go by numbers that their user gives. An entry of a table with a profile refers
to one of either by a `Reference`; what it refers to may be set later, may be replaced under it, and
does nothing while it is not there. Keeping references intact is P4Runtime's matter
(`p4runtime/profiles.py`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from struct import Struct

from softswitch.bmv2json.model import Action
from softswitch.encoding import encode_args
from softswitch.errors import EngineError, ErrorKind
from softswitch.program import Program

_NUMBER = Struct("=Q")


class ReferenceKind(Enum):
    """What an entry refers to; the values are those of C (runtime/profile.h)."""

    MEMBER = 0
    GROUP = 1


@dataclass(frozen=True, slots=True)
class Reference:
    """A member or a group of the table's profile."""

    kind: ReferenceKind
    number: int

    def encode(self) -> tuple[int, bytes, int]:
        """As the action, the argument words and their count of a native table entry."""
        return self.kind.value, _NUMBER.pack(self.number), 1


class ActionProfiles:
    """The profiles of one switch, by their names."""

    def __init__(self, program: Program, switch: ctypes.c_void_p) -> None:
        self._library = program.library
        self._switch = switch
        self._numbers = {profile.name: i for i, profile in enumerate(program.numbers.profiles)}
        self._actions = {
            name: {action.name: action for action in program.pipeline.profile_actions(name)}
            for name in self._numbers
        }

    def member_set(self, profile: str, member: int, action: str, args: Sequence[int]) -> None:
        """Create or replace a member."""
        number, found = self._number(profile), self._action(profile, action)
        words, count = encode_args(found, args)
        status = self._library.sw_member_set(self._switch, number, member, found.id, words, count)
        _check(status, f"member {member} of {profile} is out of range", ErrorKind.OUT_OF_RANGE)

    def member_delete(self, profile: str, member: int) -> None:
        """Remove a member."""
        status = self._library.sw_member_delete(self._switch, self._number(profile), member)
        _check(status, f"{profile} has no member {member}", ErrorKind.NOT_FOUND)

    def group_set(self, profile: str, group: int, members: Sequence[int]) -> None:
        """Create or replace a group, as a whole: the list that the hash of a packet indexes."""
        octets = Struct(f"={len(members)}I").pack(*members)
        status = self._library.sw_selection_set(
            self._switch, self._number(profile), group, octets, len(members)
        )
        _check(status, f"group {group} of {profile} is out of range", ErrorKind.OUT_OF_RANGE)

    def group_delete(self, profile: str, group: int) -> None:
        """Remove a group."""
        status = self._library.sw_selection_delete(self._switch, self._number(profile), group)
        _check(status, f"{profile} has no group {group}", ErrorKind.NOT_FOUND)

    def _number(self, profile: str) -> int:
        number = self._numbers.get(profile)
        if number is None:
            raise EngineError(ErrorKind.NOT_FOUND, f"no action profile is named {profile!r}")
        return number

    def _action(self, profile: str, name: str) -> Action:
        action = self._actions[profile].get(name)
        if action is None:
            raise EngineError(
                ErrorKind.INVALID_ARGUMENT, f"action profile {profile} has no action {name!r}"
            )
        return action


def _check(status: int, message: str, kind: ErrorKind) -> None:
    if status < 0:
        raise EngineError(kind, message)
