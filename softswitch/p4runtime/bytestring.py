"""Integers as P4Runtime writes them: big-endian, in the fewest bytes that hold the value.

A server answers in this canonical form and accepts any number of leading zero bytes; an empty
string and a value wider than its field are refused with OUT_OF_RANGE (section "Bytestrings").
Signed integers, which only registers and digests have, repeat their sign instead of zeros.
"""

from __future__ import annotations

from softswitch.p4runtime.status import Code, P4RuntimeError


def encode(value: int) -> bytes:
    """The canonical string of `value`; zero is one zero byte."""
    return value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")


def decode(data: bytes, width: int, what: str) -> int:
    """The value of a `bit<width>` field; `what` names the field in an error."""
    if not data:
        raise P4RuntimeError(Code.OUT_OF_RANGE, f"{what}: the value is an empty string")
    value = int.from_bytes(data, "big")
    if value >> width:
        raise P4RuntimeError(
            Code.OUT_OF_RANGE, f"{what}: {value:#x} does not fit into bit<{width}>"
        )
    return value


def encode_signed(bits: int, width: int) -> bytes:
    """The canonical string of the `int<width>` with these bits."""
    value = bits - (bits >> width - 1 << width)
    octets = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return value.to_bytes(octets, "big", signed=True)


def decode_signed(data: bytes, width: int, what: str) -> int:
    """The bits of an `int<width>`; any number of octets that repeat the sign is accepted."""
    if not data:
        raise P4RuntimeError(Code.OUT_OF_RANGE, f"{what}: the value is an empty string")
    value = int.from_bytes(data, "big", signed=True)
    if not -1 << width - 1 <= value < 1 << width - 1:
        raise P4RuntimeError(Code.OUT_OF_RANGE, f"{what}: {value} does not fit into int<{width}>")
    return value & (1 << width) - 1
