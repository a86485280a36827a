"""The MPLS label stack: RFC 3032 2.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.contrib.mpls import MPLS

from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.reader import DecodeError, Reader

VPN = LabelStackEntry(label=16, ttl=255)
TRANSPORT = LabelStackEntry(label=0xFFFFF, ttl=1, traffic_class=6)

VECTORS = [
    pytest.param("000101ff", LabelStack((VPN,)), id="one label"),
    pytest.param("fffffc01 000101ff", LabelStack((TRANSPORT, VPN)), id="two labels"),
]


@pytest.mark.parametrize(("octets", "stack"), VECTORS)
def test_octets_and_stack_both_ways(octets: str, stack: LabelStack) -> None:
    assert stack.encode().hex() == octets.replace(" ", "")
    assert LabelStack.decode(Reader(bytes.fromhex(octets))) == stack


def test_what_is_labelled_is_left_to_read() -> None:
    reader = Reader(LabelStack((TRANSPORT, VPN)).encode() + b"\x45packet")
    LabelStack.decode(reader)
    assert reader.rest() == b"\x45packet"


@pytest.mark.parametrize("octets", ["", "0001", "fffffc01", "fffffc01 0001"])
def test_a_stack_without_a_bottom_is_an_error(octets: str) -> None:
    with pytest.raises(DecodeError):
        LabelStack.decode(Reader(bytes.fromhex(octets)))


def test_a_stack_with_another_ttl_has_the_same_labels() -> None:
    stack = LabelStack((TRANSPORT, VPN)).with_ttl(64)
    assert [(e.label, e.traffic_class, e.ttl) for e in stack.entries] == [
        (0xFFFFF, 6, 64),
        (16, 0, 64),
    ]
    assert stack.top.label == 0xFFFFF


def test_scapy_writes_the_same() -> None:
    theirs = MPLS(label=0xFFFFF, cos=6, s=0, ttl=1) / MPLS(label=16, cos=0, s=1, ttl=255)
    assert LabelStack((TRANSPORT, VPN)).encode() == bytes(theirs)


ENTRIES = st.builds(
    LabelStackEntry,
    label=st.integers(0, (1 << 20) - 1),
    ttl=st.integers(0, 255),
    traffic_class=st.integers(0, 7),
)


@given(st.builds(LabelStack, st.lists(ENTRIES, min_size=1, max_size=5).map(tuple)))
def test_what_is_encoded_is_decoded_to_the_same(stack: LabelStack) -> None:
    assert LabelStack.decode(Reader(stack.encode())) == stack
