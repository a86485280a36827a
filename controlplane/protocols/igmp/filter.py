"""What a router records of one group on one network, and how reports change it (RFC 3376 6.4).

The record is INCLUDE (A): sources that somebody wants; or EXCLUDE (X,Y): all sources are wanted but
those of Y, and X are the sources that somebody wants by name, with timers that say until when.
`react` is the RFC's two tables, row by row. It is a pure function: it names the timers to set and
the queries to send, and touches none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.wire.igmp import GroupRecord, RecordType

Sources: TypeAlias = frozenset[IPv4Address]

NONE: Final[Sources] = frozenset()


class FilterMode(Enum):
    INCLUDE = "include"
    EXCLUDE = "exclude"


@dataclass(frozen=True, slots=True)
class Filter:
    """`wanted` is A or X, the sources whose timers run; `refused` is Y, empty in INCLUDE mode."""

    mode: FilterMode = FilterMode.INCLUDE
    wanted: Sources = NONE
    refused: Sources = NONE

    @property
    def is_empty(self) -> bool:
        """INCLUDE (): nobody wants anything, the record can go."""
        return self.mode is FilterMode.INCLUDE and not self.wanted


def include(wanted: Sources) -> Filter:
    return Filter(FilterMode.INCLUDE, wanted)


def exclude(wanted: Sources, refused: Sources) -> Filter:
    return Filter(FilterMode.EXCLUDE, wanted, refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """A row's right-hand side: the new state and its actions."""

    state: Filter
    refresh: Sources = NONE
    """(B)=GMI: these source timers restart."""
    inherit: Sources = NONE
    """(A-X-Y)=Group Timer: these source timers take what the group timer had before."""
    restart_group_timer: bool = False
    """Group Timer=GMI."""
    query_sources: Sources = NONE
    """Send Q(G,A), when not empty."""
    query_group: bool = False
    """Send Q(G)."""


def react(state: Filter, record: GroupRecord) -> Reaction:
    """The tables of RFC 3376 6.4.1 and 6.4.2."""
    sources = frozenset(record.sources)
    if state.mode is FilterMode.INCLUDE:
        return _react_include(state.wanted, record.kind, sources)
    return _react_exclude(state.wanted, state.refused, record.kind, sources)


def _react_include(a: Sources, kind: RecordType, b: Sources) -> Reaction:
    match kind:
        case RecordType.MODE_IS_INCLUDE | RecordType.ALLOW_NEW_SOURCES:
            return Reaction(state=include(a | b), refresh=b)
        case RecordType.MODE_IS_EXCLUDE:
            return Reaction(state=exclude(a & b, b - a), restart_group_timer=True)
        case RecordType.BLOCK_OLD_SOURCES:
            return Reaction(state=include(a), query_sources=a & b)
        case RecordType.CHANGE_TO_EXCLUDE_MODE:
            return Reaction(
                state=exclude(a & b, b - a), query_sources=a & b, restart_group_timer=True
            )
        case RecordType.CHANGE_TO_INCLUDE_MODE:
            return Reaction(state=include(a | b), refresh=b, query_sources=a - b)


def _react_exclude(x: Sources, y: Sources, kind: RecordType, a: Sources) -> Reaction:
    match kind:
        case RecordType.MODE_IS_INCLUDE | RecordType.ALLOW_NEW_SOURCES:
            return Reaction(state=exclude(x | a, y - a), refresh=a)
        case RecordType.MODE_IS_EXCLUDE:
            return Reaction(
                state=exclude(a - y, y & a), refresh=a - x - y, restart_group_timer=True
            )
        case RecordType.BLOCK_OLD_SOURCES:
            return Reaction(state=exclude(x | (a - y), y), inherit=a - x - y, query_sources=a - y)
        case RecordType.CHANGE_TO_EXCLUDE_MODE:
            return Reaction(
                state=exclude(a - y, y & a),
                inherit=a - x - y,
                query_sources=a - y,
                restart_group_timer=True,
            )
        case RecordType.CHANGE_TO_INCLUDE_MODE:
            return Reaction(
                state=exclude(x | a, y - a), refresh=a, query_sources=x - a, query_group=True
            )
