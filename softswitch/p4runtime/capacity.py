"""How much an action profile holds, and the numbers by which the engine knows what it holds.

What a group weighs is the sum of the weights of its members, or their number: P4Info says which
(section "ActionProfile", `selector_size_semantics`).
"""

from __future__ import annotations

from collections.abc import Collection
from heapq import heappop, heappush

from finsy.proto import p4r

from softswitch.p4runtime.p4info import ActionProfile
from softswitch.p4runtime.status import Code, P4RuntimeError, invalid, unsupported

# What a group may weigh where the program sets no limit.
MAX_GROUP_WEIGHT = 4096


class Numbers:
    """Gives out the lowest number that is free."""

    def __init__(self) -> None:
        self._returned: list[int] = []
        self._next = 0

    def take(self) -> int:
        if self._returned:
            return heappop(self._returned)
        self._next += 1
        return self._next - 1

    def give_back(self, number: int) -> None:
        heappush(self._returned, number)


class Capacity:
    """The room that the groups of a profile share."""

    def __init__(self, profile: ActionProfile) -> None:
        self._profile = profile
        self._used = 0

    def measure(self, weights: Collection[int]) -> int:
        """What a group with these weights takes."""
        return len(weights) if self._profile.counts_members else sum(weights)

    def check_weights(self, weights: Collection[int], what: str) -> None:
        """INVALID_ARGUMENT for a weight that no member can have."""
        most = self._profile.max_member_weight or MAX_GROUP_WEIGHT
        for weight in weights:
            if not 0 < weight <= most:
                raise invalid(f"{what}: a weight of {weight} is outside of 1..{most}")

    def claim(self, weights: Collection[int], what: str, *, instead_of: Collection[int]) -> None:
        """Take room for a group; RESOURCE_EXHAUSTED where `size` leaves none."""
        size, new = self._profile.size, self.measure(weights)
        if size and self._used - self.measure(instead_of) + new > size:
            raise exhausted(f"{what}: the groups of {self._profile.name} exceed its size of {size}")
        self._used += new

    def free(self, weights: Collection[int]) -> None:
        """Give back the room of a group."""
        self._used -= self.measure(weights)


def refuse_watch_port(message: p4r.ActionProfileAction | p4r.ActionProfileGroup.Member) -> None:
    """Excluding members whose port is down is the controller's work here."""
    if message.watch or message.watch_port:
        raise unsupported("watch ports")


def exhausted(message: str) -> P4RuntimeError:
    """A RESOURCE_EXHAUSTED: right in itself, but too much."""
    return P4RuntimeError(Code.RESOURCE_EXHAUSTED, message)
