"""The ways to RPs, for packets that leave in PIM Registers (RFC 7761 4.4.1).

Unlike a unicast packet, a copy has its next hop and labels in its own rewrite. So the route of the
VRF to the RP is resolved here: to the neighbour, one of several that are equal, and the labels that
it and the far PE of a VPN route want. While no neighbour on the way is known, it is asked for as
for a route, and there is no copy.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.fib.model import (
    Adjacency,
    Encapsulate,
    EncapsulateRegister,
    Nhlfe,
    Replica,
)
from controlplane.fib.unicast_builder import UnicastBuilder
from controlplane.net.label import IMPLICIT_NULL, Label
from controlplane.net.multicast import TreeName
from controlplane.protocols.pim.events import Registering

Tree: TypeAlias = tuple[str, TreeName]
"""A tree of a VRF."""

Rp: TypeAlias = tuple[str, IPv4Address]
"""An RP of a VRF."""


@dataclass(frozen=True, slots=True)
class RegisterWay:
    """How the data plane reaches an RP."""

    adjacency: Adjacency
    labels: tuple[Label, ...]

    def copy(self, registering: Registering, tunnel: Encapsulate | None = None) -> Replica:
        """The copy that goes to the RP, of a customer's packet through a tunnel of this PE's."""
        rewrite = EncapsulateRegister(
            source=registering.source,
            rp=registering.rp,
            destination_mac=self.adjacency.destination_mac,
            labels=self.labels,
            tunnel=tunnel,
        )
        return Replica(self.adjacency.at, self.adjacency.source_mac, rewrite)


class RegisterWays:
    """Those of the RPs that trees register with. Each is a user of the way that it goes."""

    def __init__(self, unicast: UnicastBuilder) -> None:
        self._unicast = unicast
        self._rp_of: dict[Tree, Rp] = {}
        self._trees: defaultdict[Rp, set[Tree]] = defaultdict(set)
        self._ways: dict[Rp, RegisterWay | None] = {}

    def use(self, tree: Tree, registering: Registering | None) -> None:
        """A tree registers with this RP now, or with none."""
        rp = (tree[0], registering.rp) if registering else None
        before = self._rp_of.pop(tree, None)
        if rp is not None:
            self._rp_of[tree] = rp
            self._trees[rp].add(tree)
        if before is not None and before != rp:
            self._leave(before, tree)

    def to(self, rp: Rp) -> RegisterWay | None:
        """None while the RP cannot be reached."""
        if rp not in self._ways:
            self._ways[rp] = self._find(rp)
        return self._ways[rp]

    def refresh(self) -> set[Tree]:
        """Routes, labels or neighbours are others now; the trees that this concerns."""
        ways = {rp: self._find(rp) for rp in self._ways}
        changed = [rp for rp, way in ways.items() if way != self._ways[rp]]
        self._ways = ways
        return {tree for rp in changed for tree in self._trees[rp]}

    def _leave(self, rp: Rp, tree: Tree) -> None:
        self._trees[rp].discard(tree)
        if not self._trees[rp]:
            del self._trees[rp]
            self._ways.pop(rp, None)
            self._unicast.groups.use(rp, None)

    def _find(self, rp: Rp) -> RegisterWay | None:
        goal, below = self._unicast.goal_to(*rp)
        self._unicast.groups.use(rp, goal)
        members = self._unicast.groups.members(goal) if goal else frozenset()
        usable = [one for one in members if not below or one.label is not None]
        chosen = min(usable, key=_preference, default=None)
        if chosen is None:
            return None
        own = () if chosen.label in (None, IMPLICIT_NULL) else (chosen.label,)
        return RegisterWay(chosen.adjacency, (*own, *below))


def _preference(member: Nhlfe) -> tuple[object, ...]:
    """Equal runs choose alike."""
    return member.adjacency.at, member.adjacency.destination_mac
