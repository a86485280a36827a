"""Joins and Prunes that wait to be sent, and how they share messages (RFC 7761 4.9.5).

"A router should try to include in the message as much of the information it needs to convey to the
neighbor as possible" (4.9.5.2). State machines ask for one tree at a time; what one input or one
instant asks for is sent together, in messages that fill the interface's MTU. Of two requests for
one entry to one neighbour the later counts: no source may be in both lists of a group set
(4.9.5.1).

A Join(*,G) goes with the Prunes(S,G,rpt) of all sources that are not wanted on the shared tree, in
one group set: these "MUST NOT be split in multiple messages". If not all fit, "the router MUST
choose to include the first N (numerically smallest in network byte order) IP addresses".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.wire.pim.address import SOURCE_OCTETS, EncodedGroup, EncodedSource
from controlplane.wire.pim.join_prune import GROUP_SET_OCTETS, MAXIMUM_GROUP_SETS, GroupSet

UNKNOWN_RP: Final = IPv4Address(0)
"""RFC 7761 4.5.4: what a Prune(*,G) has "if RP(G) becomes unknown"."""


class Request(Enum):
    JOIN = "join"
    PRUNE = "prune"


@dataclass(slots=True)
class GroupRequests:
    """What is asked about one group: of (*,G), where `rp` is its RP, of (S,G,rpt) and of (S,G)."""

    shared: Request | None = None
    rp: IPv4Address = UNKNOWN_RP
    rpt: dict[IPv4Address, Request] = field(default_factory=dict)
    sources: dict[IPv4Address, Request] = field(default_factory=dict)


Requests: TypeAlias = Mapping[IPv4Address, GroupRequests]


class JoinPruneQueue:
    """Requests by interface, Upstream Neighbor Address and group."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, IPv4Address], dict[IPv4Address, GroupRequests]] = {}

    def add(self, interface: str, upstream: IPv4Address, tree: TreeName, what: Request) -> None:
        """Ask for an entry of (*,G) or (S,G)."""
        group = self._group(interface, upstream, tree.group)
        if isinstance(tree, SourceGroup):
            group.sources[tree.source] = what
        else:
            group.shared = what

    def add_rpt(
        self, interface: str, upstream: IPv4Address, sg: SourceGroup, what: Request
    ) -> None:
        """Ask for an entry of (S,G,rpt)."""
        self._group(interface, upstream, sg.group).rpt[sg.source] = what

    def drain(self) -> Iterator[tuple[str, IPv4Address, Requests]]:
        """Take all that waits: interface, upstream neighbour, requests."""
        waiting, self._waiting = self._waiting, {}
        for (interface, upstream), requests in waiting.items():
            yield interface, upstream, requests

    def _group(self, interface: str, upstream: IPv4Address, group: IPv4Address) -> GroupRequests:
        groups = self._waiting.setdefault((interface, upstream), {})
        requests = groups.get(group)
        if requests is None:
            requests = groups[group] = GroupRequests()
        return requests


_Entry: TypeAlias = tuple[Request, EncodedSource]


def group_sets(requests: Requests, room: int) -> Iterator[tuple[GroupSet, ...]]:
    """The requests as group sets, those of one message in a tuple of at most `room` octets."""
    largest = (room - GROUP_SET_OCTETS) // SOURCE_OCTETS
    message = _Message(room)
    for group in sorted(requests, key=int):
        for entries in _indivisible(requests[group], largest):
            if not message.has_room(group, len(entries)):
                yield message.sets()
                message = _Message(room)
            message.add(group, entries)
    if message.entries:
        yield message.sets()


@dataclass(slots=True)
class _Message:
    """A message that is being filled."""

    room: int
    entries: dict[IPv4Address, list[_Entry]] = field(default_factory=dict)

    def has_room(self, group: IPv4Address, entries: int) -> bool:
        if group not in self.entries and len(self.entries) == MAXIMUM_GROUP_SETS:
            return False
        return not self.entries or self._octets(group, entries) <= self.room

    def add(self, group: IPv4Address, entries: Iterable[_Entry]) -> None:
        mine = list(entries)
        self.room -= self._octets(group, len(mine))
        self.entries.setdefault(group, []).extend(mine)

    def sets(self) -> tuple[GroupSet, ...]:
        return tuple(_group_set(group, entries) for group, entries in self.entries.items())

    def _octets(self, group: IPv4Address, entries: int) -> int:
        """What some more entries take."""
        header = 0 if group in self.entries else GROUP_SET_OCTETS
        return header + entries * SOURCE_OCTETS


def _indivisible(requests: GroupRequests, largest: int) -> Iterator[list[_Entry]]:
    """Entries of a group, those in a list that may not be parted."""
    rpt = [_entry(requests.rpt[s], s, rpt=True) for s in sorted(requests.rpt, key=int)]
    if requests.shared is not None:
        star = requests.shared, EncodedSource(address=requests.rp, wildcard=True, rpt=True)
        yield [star, *rpt][:largest]
    else:
        yield from ([entry] for entry in rpt)
    for source in sorted(requests.sources, key=int):
        yield [_entry(requests.sources[source], source, rpt=False)]


def _entry(what: Request, source: IPv4Address, *, rpt: bool) -> _Entry:
    return what, EncodedSource(address=source, rpt=rpt)


def _group_set(group: IPv4Address, entries: list[_Entry]) -> GroupSet:
    return GroupSet(
        group=EncodedGroup(address=group),
        joined=tuple(source for what, source in entries if what is Request.JOIN),
        pruned=tuple(source for what, source in entries if what is Request.PRUNE),
    )
