"""RFC 5059 4.1.1: a Bootstrap message in fragments, and what the loss of one means."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from controlplane.protocols.pim.bootstrap_fragments import Reassembly, fragments
from controlplane.wire.ipv4 import MINIMUM_HEADER
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.bootstrap import Bootstrap, BootstrapRange, BootstrapRp
from controlplane.wire.pim.message import decode_message, encode_message

SMALL_MTU = MINIMUM_HEADER + 4 + 10 + 12 + 3 * 10
"""A range with three RPs fits, and no more."""


def of_range(number: int, count: int) -> BootstrapRange:
    """The range 239.<number>.0.0/16 with so many RPs."""
    return BootstrapRange(
        group=EncodedGroup.of(IPv4Network((f"239.{number}.0.0", 16))),
        rp_count=count,
        rps=tuple(
            BootstrapRp(address=IPv4Address(f"10.{number}.0.{rp}"), holdtime=150, priority=rp)
            for rp in range(count)
        ),
    )


def message(*counts: int, tag: int = 1) -> Bootstrap:
    return Bootstrap(
        fragment_tag=tag,
        hash_mask_length=30,
        bsr_priority=64,
        bsr_address=IPv4Address("10.9.0.1"),
        ranges=tuple(of_range(number, count) for number, count in enumerate(counts)),
    )


SHAPES = {
    "an empty message": ((), [[]]),
    "one range that fits": ((3,), [[(0, 3)]]),
    "two that fit together": ((1, 0), [[(0, 1), (1, 0)]]),
    "two that do not": ((3, 1), [[(0, 3)], [(1, 1)]]),
    "one that is too long": ((7,), [[(0, 3)], [(0, 3)], [(0, 1)]]),
    "the rest of a long one goes with the next": ((4, 0), [[(0, 3)], [(0, 1), (1, 0)]]),
}


@pytest.mark.parametrize(("counts", "parts"), SHAPES.values(), ids=SHAPES)
def test_the_parts_of_a_message(
    counts: tuple[int, ...], parts: list[list[tuple[int, int]]]
) -> None:
    """Each part as (range, RPs of it)."""
    cut = fragments(message(*counts), SMALL_MTU)
    assert [[(_number(r), len(r.rps)) for r in part.ranges] for part in cut] == parts


def test_a_range_counts_when_all_its_rps_have_come() -> None:
    first, second, third = fragments(message(7), SMALL_MTU)
    reassembly = Reassembly()
    assert list(reassembly.complete(first)) == []
    assert list(reassembly.complete(first)) == []
    assert list(reassembly.complete(third)) == []
    (whole,) = reassembly.complete(second)
    assert {rp.address for rp in whole.rps} == {rp.address for rp in of_range(0, 7).rps}


def test_parts_of_two_messages_make_no_whole() -> None:
    first = fragments(message(4, tag=1), SMALL_MTU)[0]
    second = fragments(message(4, tag=2), SMALL_MTU)[1]
    reassembly = Reassembly()
    assert [list(reassembly.complete(part)) for part in (first, second)] == [[], []]


def test_a_lost_part_concerns_the_ranges_in_it_alone() -> None:
    cut = fragments(message(3, 4, 2), SMALL_MTU)
    reassembly = Reassembly()
    arrived = [r for part in cut if part is not cut[1] for r in reassembly.complete(part)]
    assert [_number(r) for r in arrived] == [0, 2]


def _number(groups: BootstrapRange) -> int:
    return groups.group.address.packed[1]


@given(
    st.lists(st.integers(0, 12), max_size=6),
    st.integers(SMALL_MTU - 20, 300),
    st.randoms(use_true_random=False),
)
def test_any_message_fits_in_any_packets_and_is_whole_again_in_any_order(
    counts: list[int], mtu: int, order: Random
) -> None:
    assume(mtu >= MINIMUM_HEADER + 4 + 10 + 12 + 10)
    whole = message(*counts)
    cut = fragments(whole, mtu)
    octets = [encode_message(part) for part in cut]
    assert all(MINIMUM_HEADER + len(part) <= mtu for part in octets)
    reassembly = Reassembly()
    shuffled = [decode_message(part) for part in octets]
    order.shuffle(shuffled)
    back = {
        r.group.groups: frozenset(r.rps)
        for part in shuffled
        if isinstance(part, Bootstrap)
        for r in reassembly.complete(part)
    }
    assert back == {r.group.groups: frozenset(r.rps) for r in whole.ranges}
