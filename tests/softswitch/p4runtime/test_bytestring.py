"""Section "Bytestrings": the tables of valid and invalid encodings of `bit<W>`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.p4runtime.bytestring import decode, decode_signed, encode, encode_signed
from softswitch.p4runtime.status import Code, P4RuntimeError


@pytest.mark.parametrize(
    ("width", "data", "value"),
    [
        (8, b"\x63", 99),
        (16, b"\x00\x63", 99),
        (16, b"\x63", 99),
        (16, b"\x30\x64", 12388),
        (16, b"\x00\x30\x64", 12388),
        (12, b"\x00\x00\x63", 99),
        (9, b"\x01\xff", 511),
        (1, b"\x00", 0),
    ],
)
def test_any_number_of_leading_zeros_is_accepted(width: int, data: bytes, value: int) -> None:
    assert decode(data, width, "field") == value


@pytest.mark.parametrize(
    ("width", "data"),
    [
        (8, b"\x01\x63"),
        (8, b""),
        (16, b"\x01\x00\x63"),
        (12, b"\x10\x63"),
        (12, b"\x01\x00\x63"),
        (12, b"\x00\x40\x63"),
    ],
)
def test_what_does_not_fit_is_out_of_range(width: int, data: bytes) -> None:
    with pytest.raises(P4RuntimeError, match="field") as caught:
        decode(data, width, "field")
    assert caught.value.code is Code.OUT_OF_RANGE


@given(st.integers(1, 200), st.data())
def test_signed_numbers_come_back_in_the_fewest_octets(width: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(-(1 << width - 1), (1 << width - 1) - 1))
    bits = value & (1 << width) - 1
    octets = encode_signed(bits, width)
    assert int.from_bytes(octets, "big", signed=True) == value
    assert decode_signed(octets, width, "field") == bits
    if len(octets) > 1:
        shorter = int.from_bytes(octets[1:], "big", signed=True)
        assert shorter != value


@pytest.mark.parametrize(
    ("value", "data"), [(0, b"\x00"), (99, b"\x63"), (255, b"\xff"), (256, b"\x01\x00")]
)
def test_the_shortest_string_is_written(value: int, data: bytes) -> None:
    assert encode(value) == data


@given(st.integers(0, (1 << 128) - 1))
def test_what_is_written_is_read_back(value: int) -> None:
    assert decode(encode(value), 128, "field") == value
