"""RFC 7761 4.7: which RP serves a group, and in which mode its trees are."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.protocols.pim.config import StaticRp
from controlplane.protocols.pim.rp_set import (
    GroupMode,
    Origin,
    Reason,
    RpMapping,
    RpSet,
    hash_value,
)

G = IPv4Address("239.1.1.1")
ALL, ADMIN, SITE = map(IPv4Network, ("224.0.0.0/4", "239.0.0.0/8", "239.1.0.0/16"))


def rp(number: int) -> IPv4Address:
    return IPv4Address(f"10.9.0.{number}")


def static(
    number: int, groups: IPv4Network = ALL, *, override: bool = False, bidirectional: bool = False
) -> StaticRp:
    return StaticRp(
        address=rp(number), groups=groups, override=override, bidirectional=bidirectional
    )


def learnt(number: int, groups: IPv4Network = ALL, *, priority: int = 192) -> RpMapping:
    return RpMapping(groups=groups, rp=rp(number), origin=Origin.BOOTSTRAP, priority=priority)


def rp_set(*mappings: StaticRp | RpMapping) -> RpSet:
    known = RpSet(m for m in mappings if isinstance(m, StaticRp))
    known.learn(frozenset(m for m in mappings if isinstance(m, RpMapping)), 30)
    return known


CHOICES = {
    "one": ((static(1),), 1, Reason.LONGEST),
    "the longest range wins over all else": (
        (static(1, override=True), learnt(2, ADMIN, priority=0), static(3, SITE)),
        3,
        Reason.LONGEST,
    ),
    "of one range the static one that overrides": (
        (static(1, override=True), learnt(2, priority=0)),
        1,
        Reason.OVERRIDE,
    ),
    "of one range the learnt one before another static one": (
        (static(1), learnt(2, priority=255)),
        2,
        Reason.LEARNT,
    ),
    "the lowest priority value": (
        (learnt(1, priority=3), learnt(2, priority=2), learnt(3, priority=255)),
        2,
        Reason.PRIORITY,
    ),
    "a priority counts within its range alone": (
        (learnt(1, priority=0), learnt(2, ADMIN, priority=9)),
        2,
        Reason.LONGEST,
    ),
    "the hash among equals": (
        (learnt(1, priority=2), learnt(2, priority=2), learnt(3, priority=3)),
        2,
        Reason.HASH,
    ),
}


@pytest.mark.parametrize(("mappings", "number", "reason"), CHOICES.values(), ids=CHOICES)
def test_the_rp_of_a_group(
    mappings: tuple[StaticRp | RpMapping, ...], number: int, reason: Reason
) -> None:
    choice = rp_set(*mappings).choose(G)
    assert choice is not None
    assert (choice.mapping.rp, choice.reason) == (rp(number), reason)


def test_a_group_outside_all_ranges_is_sparse_and_has_no_rp() -> None:
    known = rp_set(static(1, ADMIN))
    group = IPv4Address("225.1.1.1")
    assert (known.rp(group), known.mode(group)) == (None, GroupMode.SPARSE)


def test_the_ssm_range_has_no_rp_whatever_is_said() -> None:
    group = IPv4Address("232.1.1.1")
    known = rp_set(static(1, bidirectional=True), learnt(2, IPv4Network("232.1.1.1/32")))
    assert (known.rp(group), known.mode(group)) == (None, GroupMode.SSM)


def test_the_range_of_a_bidirectional_rp_is_bidirectional() -> None:
    known = rp_set(static(1), static(2, ADMIN, bidirectional=True))
    assert known.mode(G) is GroupMode.BIDIRECTIONAL
    assert known.mode(IPv4Address("225.1.1.1")) is GroupMode.SPARSE


def test_what_is_learnt_replaces_what_was() -> None:
    known = rp_set(static(1), learnt(2))
    assert known.learn(frozenset({learnt(3)}), 30)
    assert known.rp(G) == rp(3)
    assert known.learn(frozenset(), 30)
    assert known.rp(G) == rp(1)


def test_only_something_new_is_a_change() -> None:
    known = rp_set(learnt(1), learnt(2))
    assert not known.learn(frozenset({learnt(2), learnt(1)}), 30)
    assert known.learn(frozenset({learnt(2), learnt(1)}), 24)


def test_mappings_are_listed_by_range_and_rp() -> None:
    known = rp_set(static(3, ADMIN), learnt(2), learnt(1, ADMIN))
    assert [(m.groups, m.rp) for m in known.mappings()] == [
        (ALL, rp(2)),
        (ADMIN, rp(1)),
        (ADMIN, rp(3)),
    ]


HASHES = [
    ("239.1.1.0", "10.9.0.1", 574894353),
    ("239.1.1.0", "10.9.0.2", 1737956440),
    ("239.1.1.4", "10.9.0.1", 1618516661),
]
"""(group masked, RP, Value(G,M,C)): worked out with 64-bit arithmetic in another language."""


@pytest.mark.parametrize(("group", "address", "value"), HASHES)
def test_the_hash_function_is_that_of_the_rfc(group: str, address: str, value: int) -> None:
    assert hash_value(int(IPv4Address(group)), IPv4Address(address)) == value


def test_groups_that_share_the_hash_mask_share_the_rp() -> None:
    known = rp_set(*map(learnt, range(1, 9)))
    chosen = [known.rp(IPv4Address("239.1.1.0") + offset) for offset in range(64)]
    assert all(len(set(chosen[at : at + 4])) == 1 for at in range(0, 64, 4))
    assert len(set(chosen)) > 4


def test_equal_hash_values_leave_the_highest_address() -> None:
    """10.9.0.1 and 138.9.0.1 differ in the bit that the modulus takes away."""
    low, high = IPv4Address("10.9.0.1"), IPv4Address("138.9.0.1")
    assert hash_value(int(G), low) == hash_value(int(G), high)
    mappings = {
        RpMapping(groups=ALL, rp=address, origin=Origin.BOOTSTRAP) for address in (low, high)
    }
    known = RpSet()
    known.learn(frozenset(mappings), 30)
    assert known.rp(G) == high


prefixes = st.sampled_from(
    [ALL, ADMIN, SITE, IPv4Network("239.1.1.0/30"), IPv4Network("225.0.0.0/8")]
)
many = st.frozensets(
    st.builds(
        RpMapping,
        groups=prefixes,
        rp=st.integers(1, 5).map(rp),
        origin=st.just(Origin.BOOTSTRAP),
        priority=st.integers(0, 2),
    ),
    max_size=12,
)


@given(many, st.sampled_from(["239.1.1.1", "239.1.2.1", "239.2.0.1", "225.0.0.1", "226.0.0.1"]))
def test_the_table_answers_as_the_steps_of_the_rfc_do(
    mappings: frozenset[RpMapping], text: str
) -> None:
    """RFC 7761 4.7.1, step by step over all mappings."""
    group = IPv4Address(text)
    known = RpSet()
    known.learn(mappings, 30)
    matching = [m for m in mappings if group in m.groups]
    longest = max((m.groups.prefixlen for m in matching), default=0)
    matching = [m for m in matching if m.groups.prefixlen == longest]
    best = min((m.priority for m in matching), default=0)
    matching = [m for m in matching if m.priority == best]
    masked = int(group) & ~3
    expected = max(((hash_value(masked, m.rp), m.rp) for m in matching), default=(0, None))[1]
    assert known.rp(group) == expected
