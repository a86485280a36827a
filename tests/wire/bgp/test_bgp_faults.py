"""Errors that cost an attribute or a family, and what is none (RFC 7606 3, 5 and 7)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.update import Unreach, Update, UpdateFault
from controlplane.wire.bgp.update_decoding import decode_update
from tests.wire.bgp.bodies import TERMS, body
from tests.wire.bgp.pieces import (
    AS_PATH,
    DISABLE,
    DISCARD,
    EXTERNAL,
    IPV6_REACH,
    MANDATORY,
    MP_REACH,
    MP_UNREACH,
    NEXT_HOP,
    ORIGIN,
    PREFIX,
    ROUTE,
    TWO_OCTET_TERMS,
    VPN_HEX,
    WITHDRAW,
    faults,
)
from tests.wire.bgp.samples import PE

DISCARDED: list[tuple[str, str, str]] = [
    (
        "ATOMIC_AGGREGATE with a value",
        "40 06 01 00",
        "ATOMIC_AGGREGATE: 1 octets left over",
    ),
    (
        "AGGREGATOR with two octets of AS",
        "c0 07 06 fde9 0a090001",
        "AGGREGATOR: 4 octets expected, 2 left",
    ),
    ("AGGREGATOR of AS 0 (RFC 7607)", "c0 07 08 00000000 0a090001", "AGGREGATOR: AS 0"),
    (
        "AS4_PATH (RFC 6793 6)",
        "c0 11 06 02 01 0000fde9",
        "AS4_PATH: from a peer that knows AS numbers of four octets",
    ),
    (
        "AS4_AGGREGATOR (RFC 6793 6)",
        "c0 12 08 0000fde9 0a090001",
        "AS4_AGGREGATOR: from a peer that knows AS numbers of four octets",
    ),
]


@pytest.mark.parametrize(
    ("octets", "what"), [(o, w) for _, o, w in DISCARDED], ids=[n for n, *_ in DISCARDED]
)
def test_an_attribute_is_discarded(octets: str, what: str) -> None:
    plain = decode_update(body(attributes=MANDATORY, nlri=ROUTE), TERMS)
    read = decode_update(body(attributes=f"{MANDATORY} {octets}", nlri=ROUTE), TERMS)
    assert read == replace(plain, faults=(UpdateFault(DISCARD, what),))


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        ("c0 11 04 02 01 fde9", "AS4_PATH: 4 octets expected, 2 left"),
        ("c0 11 00", "AS4_PATH: no AS in it"),
        ("c0 11 06 05 01 0000fde9", "AS4_PATH: an AS path segment of type 5"),
        ("c0 12 06 fde9 0a090001", "AS4_AGGREGATOR: 4 octets expected, 2 left"),
    ],
)
def test_what_a_two_octet_speaker_got_wrong_is_discarded(octets: str, what: str) -> None:
    """RFC 6793 6."""
    attributes = f"{ORIGIN} 40 02 04 02 01 fde9 {NEXT_HOP}"
    plain = decode_update(body(attributes=attributes, nlri=ROUTE), TWO_OCTET_TERMS)
    read = decode_update(body(attributes=f"{attributes} {octets}", nlri=ROUTE), TWO_OCTET_TERMS)
    assert read == replace(plain, faults=(UpdateFault(DISCARD, what),))


@pytest.mark.parametrize(
    "octets",
    [
        "40 05 04 00000064",
        "40 05 01 00",
        "80 09 04 0a090001",
        "80 0a 04 0a090001",
        "80 0a 03 0a0900",
    ],
)
def test_what_is_of_internal_peers_is_discarded_from_others(octets: str) -> None:
    """RFC 7606 7.5, 7.9, 7.10: right or wrong."""
    plain = decode_update(body(attributes=MANDATORY, nlri=ROUTE), EXTERNAL)
    read = decode_update(body(attributes=f"{MANDATORY} {octets}", nlri=ROUTE), EXTERNAL)
    assert read.reach == plain.reach
    ((remedy, what),) = faults(read)
    assert remedy is DISCARD
    assert what.endswith(": from an external peer")


def test_the_first_of_two_attributes_counts() -> None:
    """RFC 7606 3 g)."""
    octets = f"{MANDATORY} 80 04 04 00000001 80 04 04 00000002 c0 d5 01 07 c0 d5 01 08"
    read = decode_update(body(attributes=octets, nlri=ROUTE), TERMS)
    attributes = read.reach[0].attributes
    assert attributes.med == 1
    assert [one.value for one in attributes.unknown] == [b"\7"]
    assert faults(read) == [(DISCARD, "attribute 4 twice"), (DISCARD, "attribute 213 twice")]


def test_the_strongest_of_several_is_done_and_all_are_told() -> None:
    """RFC 7606 3 h)."""
    octets = f"{MANDATORY} 40 06 01 00 80 04 01 00"
    read = decode_update(body(attributes=octets, nlri=ROUTE), TERMS)
    assert read.reach == ()
    assert [remedy for remedy, _ in faults(read)] == [DISCARD, WITHDRAW]


def test_a_next_hop_beside_the_one_of_mp_reach_is_ignored() -> None:
    """RFC 4760 3: a wrong one too."""
    read = decode_update(body(attributes=f"{MP_REACH} {ORIGIN} {AS_PATH} 40 03 01 00"), TERMS)
    assert read.reach[0].attributes.next_hop == PE
    assert read.faults == ()


UNREADABLE = [
    (MP_REACH.replace("80 0c", "80 04"), "MP_REACH_NLRI: a next hop of 4 octets"),
    (
        MP_REACH.replace(" 70 ", " 57 "),
        "MP_REACH_NLRI: a labelled VPN-IPv4 prefix of 87 bits, with 14 octets behind its length",
    ),
    (MP_REACH.replace("80 0e", "c0 0e"), "MP_REACH_NLRI: flags 0xc0"),
    (MP_REACH.replace("80 0c", "80 ff"), "MP_REACH_NLRI: 255 octets expected, 28 left"),
    (
        MP_UNREACH.replace(" 70 ", " 78 "),
        "MP_UNREACH_NLRI: a labelled VPN-IPv4 prefix of 120 bits, with 14 octets behind its length",
    ),
    (MP_UNREACH.replace("80 0f", "40 0f"), "MP_UNREACH_NLRI: flags 0x40"),
]


@pytest.mark.parametrize(("octets", "what"), UNREADABLE)
def test_routes_that_cannot_be_read_cost_their_family(octets: str, what: str) -> None:
    """RFC 7606 3 j), 5.3 and 7.11: the other families go on."""
    read = decode_update(body(attributes=f"{octets} {MANDATORY}", nlri=ROUTE), TERMS)
    assert [one.family for one in read.reach] == [Family.IPV4_UNICAST]
    assert read.faults == (UpdateFault(DISABLE, what, Family.VPNV4),)


def test_withdrawals_that_cannot_be_read_cost_their_family_too() -> None:
    octets, what = UNREADABLE[-2]
    read = decode_update(body(attributes=octets), TERMS)
    assert read == Update(faults=(UpdateFault(DISABLE, what, Family.VPNV4),))


@pytest.mark.parametrize(
    ("octets", "what", "family"),
    [
        (IPV6_REACH, "MP_REACH_NLRI: AFI 2, SAFI 1", None),
        (MP_REACH, "MP_REACH_NLRI: AFI 1, SAFI 128", Family.VPNV4),
        (MP_UNREACH, "MP_UNREACH_NLRI: AFI 1, SAFI 128", Family.VPNV4),
    ],
)
def test_routes_of_a_family_that_was_not_agreed_on_are_ignored(
    octets: str, what: str, family: Family | None
) -> None:
    terms = replace(TERMS, families=frozenset({Family.IPV4_UNICAST}))
    read = decode_update(body(attributes=f"{octets} {MANDATORY}", nlri=ROUTE), terms)
    assert [one.family for one in read.reach] == [Family.IPV4_UNICAST]
    assert read.faults == (
        UpdateFault(DISCARD, f"{what}, which this session does not carry", family),
    )


def test_ipv4_unicast_is_ignored_where_it_was_not_agreed_on() -> None:
    terms = replace(TERMS, families=frozenset({Family.VPNV4}))
    read = decode_update(body("18 0a0103", f"{MP_REACH} {MANDATORY}", ROUTE), terms)
    assert [one.family for one in read.reach] == [Family.VPNV4]
    assert read.unreach == ()
    assert [(one.remedy, one.family) for one in read.faults] == [
        (DISCARD, Family.IPV4_UNICAST),
        (DISCARD, Family.IPV4_UNICAST),
    ]


def test_a_discarded_attribute_beside_no_routes_costs_nothing_else() -> None:
    """RFC 7606 5.2: "other than "attribute discard"."""
    read = decode_update(body(ROUTE, "40 06 01 00"), TERMS)
    assert read.unreach == (Unreach(Family.IPV4_UNICAST, (PREFIX,)),)
    assert [remedy for remedy, _ in faults(read)] == [DISCARD]


def test_right_attributes_beside_no_routes_are_passed_over() -> None:
    """RFC 4271 6.3: "SHALL be treated as a valid UPDATE message"."""
    assert decode_update(body("", ORIGIN), TERMS) == Update()


def test_an_announcement_of_nothing_is_nothing() -> None:
    octets = MP_REACH.replace(VPN_HEX, "").replace("20 0001", "11 0001")
    assert decode_update(body("", f"{octets} {ORIGIN} {AS_PATH}"), TERMS) == Update()


def test_a_prefix_of_groups_is_ignored_and_the_others_are_not() -> None:
    """RFC 4271 6.3."""
    read = decode_update(body("", MANDATORY, f"{ROUTE} 04 e0 10 e801 04 f0"), TERMS)
    (reach,) = read.reach
    assert reach.nlri == ((PREFIX, None), (IPv4Network("240.0.0.0/4"), None))
    assert faults(read) == [(WITHDRAW, "a prefix of multicast addresses, 224.0.0.0/4")]


def test_a_vpn_prefix_of_groups_is_ignored_too() -> None:
    octets = MP_REACH.replace("0a0102", "e80102")
    read = decode_update(body("", f"{octets} {ORIGIN} {AS_PATH}"), TERMS)
    assert read.reach == ()
    assert faults(read) == [(WITHDRAW, "a prefix of multicast addresses, 65000:100:232.1.2.0/24")]
