"""RFC 3376 6.4.1 and 6.4.2: the tables, row by row.

The state is INCLUDE (A) with A = {s1,s2}, or EXCLUDE (X,Y) with X = {s1,s2} and Y = {s3,s4}. The
record names s2 (known), s3 (refused, in EXCLUDE mode) and s5 (news).
"""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.protocols.igmp.filter import Filter, Reaction, exclude, include, react
from controlplane.wire.igmp import GroupRecord, RecordType

GROUP = IPv4Address("239.1.1.1")
Sources = frozenset[IPv4Address]


def s(*numbers: int) -> Sources:
    return frozenset(IPv4Address(f"10.9.9.{number}") for number in numbers)


INCLUDE = include(s(1, 2))
EXCLUDE = exclude(s(1, 2), s(3, 4))
REPORTED = s(2, 3, 5)

ROWS = [
    (INCLUDE, "MODE_IS_INCLUDE", Reaction(state=include(s(1, 2, 3, 5)), refresh=REPORTED)),
    (
        INCLUDE,
        "MODE_IS_EXCLUDE",
        Reaction(state=exclude(s(2), s(3, 5)), restart_group_timer=True),
    ),
    (EXCLUDE, "MODE_IS_INCLUDE", Reaction(state=exclude(s(1, 2, 3, 5), s(4)), refresh=REPORTED)),
    (
        EXCLUDE,
        "MODE_IS_EXCLUDE",
        Reaction(state=exclude(s(2, 5), s(3)), refresh=s(5), restart_group_timer=True),
    ),
    (INCLUDE, "ALLOW_NEW_SOURCES", Reaction(state=include(s(1, 2, 3, 5)), refresh=REPORTED)),
    (INCLUDE, "BLOCK_OLD_SOURCES", Reaction(state=INCLUDE, query_sources=s(2))),
    (
        INCLUDE,
        "CHANGE_TO_EXCLUDE_MODE",
        Reaction(state=exclude(s(2), s(3, 5)), query_sources=s(2), restart_group_timer=True),
    ),
    (
        INCLUDE,
        "CHANGE_TO_INCLUDE_MODE",
        Reaction(state=include(s(1, 2, 3, 5)), refresh=REPORTED, query_sources=s(1)),
    ),
    (
        EXCLUDE,
        "ALLOW_NEW_SOURCES",
        Reaction(state=exclude(s(1, 2, 3, 5), s(4)), refresh=REPORTED),
    ),
    (
        EXCLUDE,
        "BLOCK_OLD_SOURCES",
        Reaction(state=exclude(s(1, 2, 5), s(3, 4)), inherit=s(5), query_sources=s(2, 5)),
    ),
    (
        EXCLUDE,
        "CHANGE_TO_EXCLUDE_MODE",
        Reaction(
            state=exclude(s(2, 5), s(3)),
            inherit=s(5),
            query_sources=s(2, 5),
            restart_group_timer=True,
        ),
    ),
    (
        EXCLUDE,
        "CHANGE_TO_INCLUDE_MODE",
        Reaction(
            state=exclude(s(1, 2, 3, 5), s(4)),
            refresh=REPORTED,
            query_sources=s(1),
            query_group=True,
        ),
    ),
]


@pytest.mark.parametrize(
    ("state", "kind", "reaction"),
    [pytest.param(*row, id=f"{row[0].mode.name} {row[1]}") for row in ROWS],
)
def test_a_record_has_the_effect_that_its_row_says(
    state: Filter, kind: str, reaction: Reaction
) -> None:
    record = GroupRecord(kind=RecordType[kind], group=GROUP, sources=tuple(sorted(REPORTED)))
    assert react(state, record) == reaction


@pytest.mark.parametrize("kind", RecordType)
@pytest.mark.parametrize("state", [Filter(), INCLUDE, exclude(s(), s()), EXCLUDE])
def test_no_source_is_wanted_and_refused_at_once(state: Filter, kind: RecordType) -> None:
    record = GroupRecord(kind=kind, group=GROUP, sources=tuple(sorted(REPORTED)))
    after = react(state, record).state
    assert not after.wanted & after.refused
