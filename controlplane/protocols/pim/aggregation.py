"""Joins and Prunes that wait to be sent, and how they share messages (RFC 7761 4.9.5.2).

"A router should try to include in the message as much of the information it needs to convey to the
neighbor as possible." State machines ask for one (S,G) at a time; what one input or one instant
asks for is sent together, in messages that fill the interface's MTU. Of two requests for one (S,G)
to one neighbour the later counts: no source may be in both lists of a group set (4.9.5.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from ipaddress import IPv4Address
from itertools import groupby
from typing import TypeAlias

from controlplane.net.multicast import SourceGroup
from controlplane.wire.pim.address import SOURCE_OCTETS, EncodedGroup, EncodedSource
from controlplane.wire.pim.join_prune import GROUP_SET_OCTETS, MAXIMUM_GROUP_SETS, GroupSet


class Request(Enum):
    JOIN = "join"
    PRUNE = "prune"


Requests: TypeAlias = Mapping[SourceGroup, Request]


class JoinPruneQueue:
    """Requests by interface and Upstream Neighbor Address."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, IPv4Address], dict[SourceGroup, Request]] = {}

    def add(self, interface: str, upstream: IPv4Address, sg: SourceGroup, what: Request) -> None:
        self._waiting.setdefault((interface, upstream), {})[sg] = what

    def drain(self) -> Iterator[tuple[str, IPv4Address, Requests]]:
        """Take all that waits: interface, upstream neighbour, requests."""
        waiting, self._waiting = self._waiting, {}
        for (interface, upstream), requests in waiting.items():
            yield interface, upstream, requests


def group_sets(requests: Requests, room: int) -> Iterator[tuple[GroupSet, ...]]:
    """The requests as group sets, those of one message in a tuple of at most `room` octets."""
    part: dict[SourceGroup, Request] = {}
    groups: set[IPv4Address] = set()
    used = 0
    for sg in sorted(requests, key=_group_then_source):
        if part and not _fits(sg, groups, room - used):
            yield _as_sets(part)
            part, groups, used = {}, set(), 0
        used += _octets(sg, groups)
        groups.add(sg.group)
        part[sg] = requests[sg]
    if part:
        yield _as_sets(part)


def _group_then_source(sg: SourceGroup) -> tuple[IPv4Address, IPv4Address]:
    return sg.group, sg.source


def _octets(sg: SourceGroup, groups: set[IPv4Address]) -> int:
    """What one more (S,G) takes in a message that has these groups."""
    return SOURCE_OCTETS if sg.group in groups else GROUP_SET_OCTETS + SOURCE_OCTETS


def _fits(sg: SourceGroup, groups: set[IPv4Address], room: int) -> bool:
    too_many = sg.group not in groups and len(groups) == MAXIMUM_GROUP_SETS
    return not too_many and _octets(sg, groups) <= room


def _as_sets(part: Requests) -> tuple[GroupSet, ...]:
    return tuple(
        _group_set(group, {sg: part[sg] for sg in sgs})
        for group, sgs in groupby(part, key=lambda sg: sg.group)
    )


def _group_set(group: IPv4Address, requests: Requests) -> GroupSet:
    return GroupSet(
        group=EncodedGroup(address=group),
        joined=_sources(requests, Request.JOIN),
        pruned=_sources(requests, Request.PRUNE),
    )


def _sources(requests: Requests, what: Request) -> tuple[EncodedSource, ...]:
    return tuple(
        EncodedSource(address=sg.source) for sg, request in requests.items() if request is what
    )
