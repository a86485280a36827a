"""Members and groups of an action profile, as a controller makes and numbers them.

The position of a member within a group decides which flows it gets. It is that of P4Runtime on
BMv2: a member has one number for each unit of the greatest weight that it has in any group, each
the lowest that was free, and a group is in the order of those numbers. So both targets choose the
same member for the same packet. Only the first number is known to the engine; the others hold
places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from finsy.proto import p4r

from softswitch.engine import Engine
from softswitch.p4runtime.action import Arguments, Call
from softswitch.p4runtime.capacity import Capacity, Numbers, exhausted
from softswitch.p4runtime.p4info import ActionProfile
from softswitch.p4runtime.status import Code, P4RuntimeError
from softswitch.profiles import Reference, ReferenceKind


@dataclass(frozen=True, slots=True)
class SharedAction:
    """What an entry does is a member, or a group."""

    target: Reference
    id: int
    arguments: Arguments = ()
    action_id: int = 0

    def to_message(self) -> p4r.TableAction:
        if self.target.kind is ReferenceKind.MEMBER:
            return p4r.TableAction(action_profile_member_id=self.id)
        return p4r.TableAction(action_profile_group_id=self.id)


@dataclass(slots=True)
class Member:
    """An action; `weights` are those that it has, by the ids of its groups."""

    call: Call
    numbers: list[int]
    weights: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """Members by their ids, with their weights."""

    number: int
    max_size: int
    weights: Mapping[int, int] = field(default_factory=dict)


class SharedActions:
    """The members and groups of one profile; what is asked for must fit the P4Info."""

    def __init__(self, profile: ActionProfile, engine: Engine, capacity: Capacity) -> None:
        self.members: dict[int, Member] = {}
        self.groups: dict[int, Group] = {}
        self._profile = profile
        self._engine = engine.profiles
        self._capacity = capacity
        self._member_numbers, self._group_numbers = Numbers(), Numbers()
        self._ids: dict[Reference, int] = {}
        """Of all members and groups, by how entries refer to them."""
        self._users: Counter[Reference] = Counter()

    def __bool__(self) -> bool:
        return bool(self.members or self.groups)

    # -- members -------------------------------------------------------------------------------

    def insert_member(self, member_id: int, call: Call) -> None:
        name, size = self._profile.name, self._profile.size
        if member_id in self.members:
            raise P4RuntimeError(Code.ALREADY_EXISTS, f"{name} has a member {member_id} already")
        if size and len(self.members) >= size:
            raise exhausted(f"{name} is full ({size} members)")
        member = Member(call, [self._member_numbers.take()])
        self.members[member_id] = member
        self._ids[_reference(member)] = member_id
        self._set_member(member)

    def modify_member(self, member_id: int, call: Call) -> None:
        member = self.member(member_id)
        member.call = call
        self._set_member(member)

    def delete_member(self, member_id: int) -> None:
        member = self.member(member_id)
        what = f"member {member_id} of {self._profile.name}"
        if member.weights:
            raise _in_use(f"{what} is in group {min(member.weights)}")
        self._require_no_user(_reference(member), what)
        self._engine.member_delete(self._profile.name, member.numbers[0])
        self._member_numbers.give_back(member.numbers[0])
        del self.members[member_id], self._ids[_reference(member)]

    def member(self, member_id: int) -> Member:
        member = self.members.get(member_id)
        if member is None:
            raise _missing(f"{self._profile.name} has no member {member_id}")
        return member

    def _set_member(self, member: Member) -> None:
        call = member.call
        self._engine.member_set(
            self._profile.name, member.numbers[0], call.action.name, call.arguments
        )

    # -- groups --------------------------------------------------------------------------------

    def insert_group(self, group_id: int, max_size: int, weights: Mapping[int, int]) -> None:
        what = f"group {group_id} of {self._profile.name}"
        if group_id in self.groups:
            raise P4RuntimeError(Code.ALREADY_EXISTS, f"{what} exists already")
        self._check_group(what, max_size, weights)
        self._capacity.claim(weights.values(), what, instead_of=())
        group = Group(self._group_numbers.take(), max_size)
        self.groups[group_id] = group
        self._ids[_reference(group)] = group_id
        self._fill(group_id, group, weights)

    def modify_group(self, group_id: int, weights: Mapping[int, int]) -> None:
        group = self.group(group_id)
        what = f"group {group_id} of {self._profile.name}"
        self._check_group(what, group.max_size, weights)
        self._capacity.claim(weights.values(), what, instead_of=group.weights.values())
        self._capacity.free(group.weights.values())
        self._fill(group_id, group, weights)

    def delete_group(self, group_id: int) -> None:
        group = self.group(group_id)
        what = f"group {group_id} of {self._profile.name}"
        self._require_no_user(_reference(group), what)
        self._engine.group_delete(self._profile.name, group.number)
        self._group_numbers.give_back(group.number)
        self._capacity.free(group.weights.values())
        for member_id in sorted(group.weights):
            self._weigh(member_id, group_id, 0)
        del self.groups[group_id], self._ids[_reference(group)]

    def group(self, group_id: int) -> Group:
        group = self.groups.get(group_id)
        if group is None:
            raise _missing(f"{self._profile.name} has no group {group_id}")
        return group

    def _check_group(self, what: str, max_size: int, weights: Mapping[int, int]) -> None:
        for member_id in weights:
            self.member(member_id)
        if max_size and self._capacity.measure(weights.values()) > max_size:
            raise exhausted(f"{what}: its members exceed its size of {max_size}")

    def _fill(self, group_id: int, group: Group, weights: Mapping[int, int]) -> None:
        """Places are taken before any is given back, in the order of member ids, as BMv2 does."""
        for member_id, weight in sorted(weights.items()):
            self._reserve(self.members[member_id], weight)
        self._engine.group_set(self._profile.name, group.number, list(self._order(weights)))
        for member_id in sorted({*group.weights, *weights}):
            self._weigh(member_id, group_id, weights.get(member_id, 0))
        group.weights = weights

    def _order(self, weights: Mapping[int, int]) -> Iterator[int]:
        """The engine's members, each as often as it weighs, in the order of their places."""
        places = [
            (place, member.numbers[0])
            for member, weight in ((self.members[i], weight) for i, weight in weights.items())
            for place in member.numbers[:weight]
        ]
        return (number for _, number in sorted(places))

    def _reserve(self, member: Member, weight: int) -> None:
        while len(member.numbers) < weight:
            member.numbers.append(self._member_numbers.take())

    def _weigh(self, member_id: int, group_id: int, weight: int) -> None:
        """Note a weight, 0 for none, and give back the places that no group needs any more."""
        member = self.members[member_id]
        if weight:
            member.weights[group_id] = weight
        else:
            member.weights.pop(group_id, None)
        for _ in range(len(member.numbers) - max(member.weights.values(), default=1)):
            self._member_numbers.give_back(member.numbers.pop())

    # -- entries -------------------------------------------------------------------------------

    def use_member(self, member_id: int) -> SharedAction:
        """For an entry that refers to a member."""
        return self._use(_reference(self.member(member_id)))

    def use_group(self, group_id: int) -> SharedAction:
        """For an entry that refers to a group."""
        return self._use(_reference(self.group(group_id)))

    def _use(self, reference: Reference) -> SharedAction:
        self._users[reference] += 1
        return self.find(reference)

    def find(self, target: Reference) -> SharedAction:
        """What an entry refers to."""
        return SharedAction(target, self._ids[target])

    def release(self, action: SharedAction) -> None:
        """The entry refers to it no longer."""
        self._users[action.target] -= 1

    def _require_no_user(self, reference: Reference, what: str) -> None:
        if self._users[reference]:
            raise _in_use(f"{what}: table entries refer to it")
        del self._users[reference]


def _reference(item: Member | Group) -> Reference:
    if isinstance(item, Member):
        return Reference(ReferenceKind.MEMBER, item.numbers[0])
    return Reference(ReferenceKind.GROUP, item.number)


def _missing(message: str) -> P4RuntimeError:
    return P4RuntimeError(Code.NOT_FOUND, message)


def _in_use(message: str) -> P4RuntimeError:
    return P4RuntimeError(Code.FAILED_PRECONDITION, message)
