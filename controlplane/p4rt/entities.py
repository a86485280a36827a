"""What a switch holds, as values: the P4Runtime entities that the control plane writes.

Names are the P4 program's, numbers are plain; match fields and arguments stand in the order of
`names`. Each entity has a key that says which one it is: two entities of one key cannot both be
in a switch, and one takes the other's place by a modification. Named tuples, because there are
hundreds of thousands of them.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from controlplane.p4rt import names

Key: TypeAlias = tuple[str, tuple[int, ...]]
"""A table and its match, or one of the kinds below and a number."""

GROUP: Final = "multicast group"
CLONE_SESSION: Final = "clone session"

Copies: TypeAlias = frozenset[tuple[int, int]]
"""Pairs of port and replica id."""

NO_GROUP: Final = 0
"""What a route without copies names."""


class TableEntry(NamedTuple):
    """`match` is the key's values; a longest-prefix match is an address and a length."""

    table: str
    match: tuple[int, ...]
    action: str
    args: tuple[int, ...] = ()

    @property
    def key(self) -> Key:
        return self.table, self.match


Member: TypeAlias = tuple[str, tuple[int, ...]]
"""An action and its arguments: one of those that a flow may meet."""


class ActionSet(NamedTuple):
    """An entry of a table that chooses one of several actions by the flow.

    Written whole: P4Runtime's one-shot action set (9.2.3), so members come and go in one update.
    """

    table: str
    match: tuple[int, ...]
    members: frozenset[Member]

    @property
    def key(self) -> Key:
        return self.table, self.match


class Group(NamedTuple):
    """A multicast group of the packet replication engine."""

    id: int
    copies: Copies

    @property
    def key(self) -> Key:
        return group_key(self.id)


class CloneSession(NamedTuple):
    """Where the clones of a session go."""

    id: int
    copies: Copies

    @property
    def key(self) -> Key:
        return CLONE_SESSION, (self.id,)


class PolicerEntry(NamedTuple):
    """One cell of the punt meter, by reason; packets/s and packets. A cell without is unlimited."""

    reason: int
    rate: int
    burst: int

    @property
    def key(self) -> Key:
        return names.PUNT_POLICER, (self.reason,)


Entity: TypeAlias = TableEntry | ActionSet | Group | CloneSession | PolicerEntry


Changes: TypeAlias = dict[Key, Entity | None]
"""What stands under some keys now; None: nothing any more."""


def group_key(group: int) -> Key:
    return GROUP, (group,)


def rewrite_key(port: int, replica: int) -> Key:
    return names.REPLICA_REWRITE, (port, replica)


def next_hop_group_key(group: int) -> Key:
    return names.NEXT_HOP_GROUP, (group,)


def vpn_path_key(path: int) -> Key:
    return names.VPN_PATH, (path,)


def next_hop_key(next_hop: int) -> Key:
    return names.NEXT_HOP, (next_hop,)


def references(entity: Entity) -> tuple[Key, ...]:
    """What must be in the switch for this entity to mean something."""
    match entity:
        case Group(copies=copies):
            return tuple(rewrite_key(port, replica) for port, replica in copies)
        case ActionSet(members=members):
            return tuple(next_hop_key(args[0]) for _, args in members if args)
        case TableEntry(action=names.FORWARD | names.LABEL_FORWARD, args=(group,)):
            return (next_hop_group_key(group),)
        case TableEntry(action=names.FORWARD_VPN, args=(path,)):
            return (vpn_path_key(path),)
        case TableEntry(action=names.VIA_TUNNEL, args=(_, group)):
            return (next_hop_group_key(group),)
        case TableEntry(
            action=names.MULTICAST_FORWARD
            | names.MULTICAST_TAIL
            | names.ANY_SOURCE_FORWARD
            | names.ANY_SOURCE_TAIL
            | names.TAIL_FORWARD
            | names.TAIL_ANY_SOURCE_FORWARD,
            args=(_, _, group, *_),
        ):
            return (group_key(group),) if group != NO_GROUP else ()
        case _:
            return ()
