"""Action profiles and selectors: where entries of their tables take actions from, and as entities.

A profile is programmed in one of two ways, never in both at once (section "One Shot Action Selector
Programming"): with members and groups of their own, or with sets of actions that entries bring.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from finsy.proto import p4r

from softswitch.engine import Engine
from softswitch.p4runtime.action import Arguments, TableAction, read_call
from softswitch.p4runtime.action_set import ActionSet, ActionSets
from softswitch.p4runtime.capacity import Capacity, refuse_watch_port
from softswitch.p4runtime.p4info import ActionProfile, P4Info, look_up
from softswitch.p4runtime.shared_actions import SharedAction, SharedActions
from softswitch.p4runtime.status import P4RuntimeError, invalid
from softswitch.p4runtime.store import UpdateType
from softswitch.profiles import Reference


class ProfileState:
    """One profile; the `Implementation` of its tables."""

    def __init__(self, profile: ActionProfile, engine: Engine) -> None:
        self.profile = profile
        self.capacity = Capacity(profile)
        self._shared = SharedActions(profile, engine, self.capacity)
        self._sets = ActionSets(profile, engine, self.capacity)

    @property
    def shared(self) -> SharedActions:
        """Members and groups, to be read."""
        return self._shared

    def shared_to_write(self) -> SharedActions:
        """Members and groups, to be changed; refused while there are action sets."""
        if self._sets:
            raise self._mixed()
        return self._shared

    def take(self, message: p4r.TableAction, replacing: TableAction | None = None) -> TableAction:
        kind = message.WhichOneof("type")
        name = self.profile.name
        if kind == "action_profile_member_id":
            return self._shared.use_member(message.action_profile_member_id)
        if kind is None or kind == "action":
            raise invalid(f"{name}: an entry names a member or group, or brings an action set")
        if not self.profile.has_groups:
            raise invalid(f"{kind} is for action selectors, {name} is an action profile")
        if kind == "action_profile_group_id":
            return self._shared.use_group(message.action_profile_group_id)
        if self._shared:
            raise self._mixed()
        old = replacing if isinstance(replacing, ActionSet) else None
        return self._sets.make(message.action_profile_action_set, old)

    def release(self, action: TableAction) -> None:
        match action:
            case ActionSet():
                self._sets.release(action)
            case SharedAction():
                self._shared.release(action)

    def recall(self, target: str | Reference, arguments: Arguments) -> TableAction:
        assert isinstance(target, Reference), "entries of an action profile's tables are references"
        return self._sets.find(target) if self._sets else self._shared.find(target)

    def _mixed(self) -> P4RuntimeError:
        return invalid(
            f"{self.profile.name} is programmed with members and groups or with action sets, "
            "not with both"
        )


def make_profiles(info: P4Info, engine: Engine) -> Mapping[int, ProfileState]:
    """All profiles of a pipeline, by P4Info id."""
    return {profile.id: ProfileState(profile, engine) for profile in info.profiles.values()}


def _selected(profiles: Mapping[int, ProfileState], profile_id: int) -> list[ProfileState]:
    return [_look_up(profiles, profile_id)] if profile_id else list(profiles.values())


def _look_up(profiles: Mapping[int, ProfileState], profile_id: int) -> ProfileState:
    look_up({i: state.profile for i, state in profiles.items()}, profile_id, "action profile")
    return profiles[profile_id]


class ProfileMembers:
    """Members as entities."""

    def __init__(self, profiles: Mapping[int, ProfileState]) -> None:
        self._profiles = profiles

    def write(self, kind: UpdateType, message: p4r.ActionProfileMember) -> None:
        state = _look_up(self._profiles, message.action_profile_id)
        shared = state.shared_to_write()
        if kind is UpdateType.DELETE:
            shared.delete_member(message.member_id)
            return
        what = f"action profile {state.profile.name}"
        if not message.member_id:
            raise invalid(f"{what}: a member's id is not 0")
        if not message.HasField("action"):
            raise invalid(f"{what}: member {message.member_id} has no action")
        call = read_call(what, state.profile.actions, message.action)
        if kind is UpdateType.INSERT:
            shared.insert_member(message.member_id, call)
        else:
            shared.modify_member(message.member_id, call)

    def read(self, request: p4r.ActionProfileMember) -> Iterator[p4r.ActionProfileMember]:
        for state in _selected(self._profiles, request.action_profile_id):
            for member_id, member in state.shared.members.items():
                if request.member_id in (0, member_id):
                    yield p4r.ActionProfileMember(
                        action_profile_id=state.profile.id,
                        member_id=member_id,
                        action=member.call.to_action(),
                    )


class ProfileGroups:
    """Groups as entities."""

    def __init__(self, profiles: Mapping[int, ProfileState]) -> None:
        self._profiles = profiles

    def write(self, kind: UpdateType, message: p4r.ActionProfileGroup) -> None:
        state = _look_up(self._profiles, message.action_profile_id)
        shared = state.shared_to_write()
        group_id = message.group_id
        if kind is UpdateType.DELETE:
            shared.delete_group(group_id)
            return
        if not group_id:
            raise invalid(f"action selector {state.profile.name}: a group's id is not 0")
        weights = _read_weights(state, message)
        if kind is UpdateType.INSERT:
            _check_max_size(state.profile, message)
            shared.insert_group(group_id, message.max_size, weights)
            return
        if message.max_size != shared.group(group_id).max_size:
            raise invalid(f"group {group_id} of {state.profile.name}: its max_size stays as it was")
        shared.modify_group(group_id, weights)

    def read(self, request: p4r.ActionProfileGroup) -> Iterator[p4r.ActionProfileGroup]:
        for state in _selected(self._profiles, request.action_profile_id):
            for group_id, group in state.shared.groups.items():
                if request.group_id in (0, group_id):
                    message = p4r.ActionProfileGroup(
                        action_profile_id=state.profile.id,
                        group_id=group_id,
                        max_size=group.max_size,
                    )
                    for member_id, weight in group.weights.items():
                        message.members.add(member_id=member_id, weight=weight)
                    yield message


def _read_weights(state: ProfileState, message: p4r.ActionProfileGroup) -> dict[int, int]:
    what = f"group {message.group_id} of {state.profile.name}"
    weights = {member.member_id: member.weight for member in message.members}
    if len(weights) != len(message.members):
        raise invalid(f"{what}: a member is there twice, weights are for that")
    state.capacity.check_weights(weights.values(), what)
    for member in message.members:
        refuse_watch_port(member)
    return weights


def _check_max_size(profile: ActionProfile, message: p4r.ActionProfileGroup) -> None:
    """Section "Rules on Setting `max_size`"."""
    what = f"group {message.group_id} of {profile.name}"
    if not profile.has_groups:
        raise invalid(f"{what}: groups are for action selectors, this is an action profile")
    limit, size = profile.max_group_size, message.max_size
    if size < 0 or (limit and not 0 < size <= limit):
        raise invalid(f"{what}: a max_size of {size} is outside of 1..{limit}")
