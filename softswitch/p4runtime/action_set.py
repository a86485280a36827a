"""Action sets: one entry brings its own actions with their weights ("one shot").

For the engine each action is a hidden member, and the set a hidden group; for a controller there
are neither. A new set is complete before the entry is pointed at it, and the old one goes
afterwards, so that a packet sees the old set or the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finsy.proto import p4r

from softswitch.engine import Engine
from softswitch.p4runtime.action import Arguments, Call, read_call
from softswitch.p4runtime.capacity import (
    MAX_GROUP_WEIGHT,
    Capacity,
    Numbers,
    refuse_watch_port,
)
from softswitch.p4runtime.p4info import ActionProfile
from softswitch.p4runtime.status import invalid
from softswitch.profiles import Reference, ReferenceKind


@dataclass(frozen=True, slots=True)
class WeightedCall:
    """An action of a set."""

    call: Call
    weight: int

    def to_message(self) -> p4r.ActionProfileAction:
        return p4r.ActionProfileAction(action=self.call.to_action(), weight=self.weight)


@dataclass(frozen=True, slots=True)
class ActionSet:
    """What an entry does is one of its own actions.

    Each has a place in the group for each unit of its weight; the first is its hidden member.
    """

    target: Reference
    calls: tuple[WeightedCall, ...]
    places: tuple[tuple[int, ...], ...]
    arguments: Arguments = ()
    action_id: int = 0

    @property
    def weights(self) -> list[int]:
        return [call.weight for call in self.calls]

    def to_message(self) -> p4r.TableAction:
        actions = [call.to_message() for call in self.calls]
        return p4r.TableAction(
            action_profile_action_set=p4r.ActionProfileActionSet(action_profile_actions=actions)
        )


class ActionSets:
    """The sets of all entries of one profile's tables."""

    def __init__(self, profile: ActionProfile, engine: Engine, capacity: Capacity) -> None:
        self._profile = profile
        self._engine = engine.profiles
        self._capacity = capacity
        self._member_numbers, self._group_numbers = Numbers(), Numbers()
        self._by_target: dict[Reference, ActionSet] = {}

    def __bool__(self) -> bool:
        return bool(self._by_target)

    def find(self, target: Reference) -> ActionSet:
        """The set of an entry."""
        return self._by_target[target]

    def make(self, message: p4r.ActionProfileActionSet, replacing: ActionSet | None) -> ActionSet:
        """A set for an entry; what it replaces leaves its room to it."""
        calls = tuple(self._read(action) for action in message.action_profile_actions)
        weights = [call.weight for call in calls]
        self._check_size(weights)
        self._capacity.claim(
            weights,
            f"action set of {self._profile.name}",
            instead_of=replacing.weights if replacing else (),
        )
        action = self._install(calls)
        self._by_target[action.target] = action
        return action

    def release(self, action: ActionSet) -> None:
        """The entry that brought it has gone or has another."""
        name = self._profile.name
        self._engine.group_delete(name, action.target.number)
        self._group_numbers.give_back(action.target.number)
        for places in action.places:
            self._engine.member_delete(name, places[0])
            for place in places:
                self._member_numbers.give_back(place)
        self._capacity.free(action.weights)
        del self._by_target[action.target]

    def _read(self, message: p4r.ActionProfileAction) -> WeightedCall:
        name = self._profile.name
        refuse_watch_port(message)
        self._capacity.check_weights([message.weight], f"action set of {name}")
        return WeightedCall(
            read_call(f"action profile {name}", self._profile.actions, message.action),
            message.weight,
        )

    def _check_size(self, weights: Sequence[int]) -> None:
        limit = self._profile.max_group_size or MAX_GROUP_WEIGHT
        if self._capacity.measure(weights) > limit:
            raise invalid(f"action set of {self._profile.name}: it exceeds the size of {limit}")

    def _install(self, calls: tuple[WeightedCall, ...]) -> ActionSet:
        name = self._profile.name
        places = tuple(
            tuple(self._member_numbers.take() for _ in range(item.weight)) for item in calls
        )
        for (head, *_), item in zip(places, calls, strict=True):
            self._engine.member_set(name, head, item.call.action.name, item.call.arguments)
        group = self._group_numbers.take()
        self._engine.group_set(name, group, [own[0] for own in places for _ in own])
        return ActionSet(Reference(ReferenceKind.GROUP, group), calls, places)
