"""Errors in UPDATE messages that cost the session, one by one as RFC 7606 leaves them."""

from __future__ import annotations

import pytest

from controlplane.wire.bgp.numbers import ErrorCode, UpdateError
from controlplane.wire.bgp.update_decoding import decode_update
from tests.wire.bgp.bodies import TERMS, body
from tests.wire.bgp.pieces import AS_PATH, MANDATORY, MP_REACH, MP_UNREACH, ORIGIN, ROUTE
from tests.wire.bgp.refused import refused

RESETTING: list[tuple[str, bytes, UpdateError, str]] = [
    (
        "withdrawn routes longer than the message",
        bytes.fromhex("0005 18 0a0102 0000"),
        UpdateError.MALFORMED_ATTRIBUTE_LIST,
        "",
    ),
    (
        "attributes longer than the message",
        bytes.fromhex("0000 0005 40010100"),
        UpdateError.MALFORMED_ATTRIBUTE_LIST,
        "",
    ),
    (
        "a withdrawn prefix of 33 bits",
        body("21 0a01020304"),
        UpdateError.INVALID_NETWORK_FIELD,
        "",
    ),
    (
        "a prefix of 33 bits",
        body("", MANDATORY, "21 0a01020304"),
        UpdateError.INVALID_NETWORK_FIELD,
        "",
    ),
    (
        "a prefix longer than the message",
        body("", MANDATORY, "18 0a01"),
        UpdateError.INVALID_NETWORK_FIELD,
        "",
    ),
    (
        "MP_REACH_NLRI twice",
        body("", f"{MP_REACH} {MP_REACH} {ORIGIN} {AS_PATH}"),
        UpdateError.MALFORMED_ATTRIBUTE_LIST,
        "",
    ),
    (
        "MP_UNREACH_NLRI twice",
        body("", f"{MP_UNREACH} {MP_UNREACH}"),
        UpdateError.MALFORMED_ATTRIBUTE_LIST,
        "",
    ),
    (
        "MP_REACH_NLRI of four octets",
        body("", f"80 0e 04 00018000 {ORIGIN} {AS_PATH}"),
        UpdateError.OPTIONAL_ATTRIBUTE_ERROR,
        "80 0e 04 00018000",
    ),
    (
        "MP_UNREACH_NLRI of two octets",
        body("", "80 0f 02 0001"),
        UpdateError.OPTIONAL_ATTRIBUTE_ERROR,
        "80 0f 02 0001",
    ),
    (
        "an unknown well-known attribute",
        body("", f"{MANDATORY} 40 d5 01 00", ROUTE),
        UpdateError.UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE,
        "40 d5 01 00",
    ),
    (
        "a malformed attribute beside no routes (RFC 7606 5.2)",
        body("", "40 01 01 03"),
        UpdateError.INVALID_ORIGIN_ATTRIBUTE,
        "40 01 01 03",
    ),
    (
        "a malformed attribute beside withdrawn routes (RFC 7606 5.2)",
        body(ROUTE, "80 04 01 00"),
        UpdateError.ATTRIBUTE_LENGTH_ERROR,
        "80 04 01 00",
    ),
    (
        "attributes that end too early beside no routes (RFC 7606 5.2)",
        body("", f"{ORIGIN} {MP_REACH[:-9]}"),
        UpdateError.MALFORMED_ATTRIBUTE_LIST,
        "",
    ),
    (
        "withdrawals that cannot be read beside other attributes (RFC 7606 5.2)",
        body("", f"{MP_UNREACH.replace(' 70 ', ' 78 ')} {ORIGIN}"),
        UpdateError.OPTIONAL_ATTRIBUTE_ERROR,
        MP_UNREACH.replace(" 70 ", " 78 "),
    ),
]


@pytest.mark.parametrize(
    ("octets", "subcode", "data"),
    [(o, s, d) for _, o, s, d in RESETTING],
    ids=[n for n, *_ in RESETTING],
)
def test_the_session_is_reset(octets: bytes, subcode: UpdateError, data: str) -> None:
    with refused(ErrorCode.UPDATE_MESSAGE, subcode, data):
        decode_update(octets, TERMS)
