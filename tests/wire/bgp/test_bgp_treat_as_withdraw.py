"""Errors in UPDATE messages that cost their routes (RFC 7606 3, 4 and 7), one by one."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from controlplane.wire.bgp.nlri import Family, VpnPrefix
from controlplane.wire.bgp.update import Unreach, Update, UpdateFault
from controlplane.wire.bgp.update_decoding import decode_update
from tests.wire.bgp.bodies import TERMS, body
from tests.wire.bgp.pieces import (
    AS_PATH,
    EXTERNAL,
    MANDATORY,
    MP_REACH,
    MP_UNREACH,
    NEXT_HOP,
    ORIGIN,
    PREFIX,
    ROUTE,
    VPN,
    WITHDRAW,
)
from tests.wire.bgp.samples import RD_0

WITHDRAWING: list[tuple[str, str, str]] = [
    ("ORIGIN of two octets", f"40 01 02 0000 {AS_PATH} {NEXT_HOP}", "ORIGIN: 1 octets left over"),
    ("ORIGIN of none", f"40 01 00 {AS_PATH} {NEXT_HOP}", "ORIGIN: 1 octets expected, 0 left"),
    ("undefined ORIGIN", f"40 01 01 03 {AS_PATH} {NEXT_HOP}", "ORIGIN: value 3"),
    (
        "unknown segment",
        f"{ORIGIN} 40 02 06 05 01 0000fde9 {NEXT_HOP}",
        "AS_PATH: an AS path segment of type 5",
    ),
    (
        "segment overrun",
        f"{ORIGIN} 40 02 06 02 02 0000fde9 {NEXT_HOP}",
        "AS_PATH: 4 octets expected, 0 left",
    ),
    (
        "segment underrun",
        f"{ORIGIN} 40 02 07 02 01 0000fde9 02 {NEXT_HOP}",
        "AS_PATH: 1 octets expected, 0 left",
    ),
    (
        "empty segment",
        f"{ORIGIN} 40 02 02 02 00 {NEXT_HOP}",
        "AS_PATH: an AS path segment of no AS",
    ),
    (
        "AS 0 (RFC 7607)",
        f"{ORIGIN} 40 02 06 02 01 00000000 {NEXT_HOP}",
        "AS_PATH: AS 0 in an AS path",
    ),
    (
        "NEXT_HOP of five octets",
        f"{ORIGIN} {AS_PATH} 40 03 05 0a09000100",
        "NEXT_HOP: 1 octets left over",
    ),
    (
        "NEXT_HOP that is a group",
        f"{ORIGIN} {AS_PATH} 40 03 04 e0000001",
        "NEXT_HOP: 224.0.0.1 is no host's address",
    ),
    (
        "NEXT_HOP of zeros",
        f"{ORIGIN} {AS_PATH} 40 03 04 00000000",
        "NEXT_HOP: 0.0.0.0 is no host's address",
    ),
    (
        "MULTI_EXIT_DISC",
        f"{MANDATORY} 80 04 03 000001",
        "MULTI_EXIT_DISC: 4 octets expected, 3 left",
    ),
    ("LOCAL_PREF", f"{MANDATORY} 40 05 05 0000000100", "LOCAL_PREF: 1 octets left over"),
    (
        "COMMUNITIES",
        f"{MANDATORY} c0 08 06 fde80001 0000",
        "COMMUNITIES: 6 octets, no multiple of 4",
    ),
    (
        "COMMUNITIES of none",
        f"{MANDATORY} c0 08 00",
        "COMMUNITIES: 0 octets, no multiple of 4",
    ),
    (
        "ORIGINATOR_ID",
        f"{MANDATORY} 80 09 03 0a0900",
        "ORIGINATOR_ID: 4 octets expected, 3 left",
    ),
    (
        "CLUSTER_LIST",
        f"{MANDATORY} 80 0a 05 0a09000100",
        "CLUSTER_LIST: 5 octets, no multiple of 4",
    ),
    (
        "EXTENDED_COMMUNITIES",
        f"{MANDATORY} c0 10 04 0002fde8",
        "EXTENDED_COMMUNITIES: 4 octets, no multiple of 8",
    ),
    (
        "LARGE_COMMUNITY (RFC 8092 5)",
        f"{MANDATORY} c0 20 08 0000000100000002",
        "LARGE_COMMUNITY: 8 octets, no multiple of 12",
    ),
    ("CONNECTOR", f"{MANDATORY} c0 14 07 00010a09000100", "CONNECTOR: a Connector of 7 octets"),
    (
        "PMSI tunnel of an unknown type (RFC 6514 5)",
        f"{MANDATORY} e0 16 05 00 08 000000",
        "PMSI_TUNNEL: P-tunnel type 8",
    ),
    (
        "PMSI tunnel of another length",
        f"{MANDATORY} c0 16 0c 00 03 000000 0a090001 e80101",
        "PMSI_TUNNEL: 4 octets expected, 3 left",
    ),
    (
        "PMSI tunnel of nothing with something",
        f"{MANDATORY} c0 16 06 00 00 000000 00",
        "PMSI_TUNNEL: 1 octets left over",
    ),
    (
        "PMSI tunnel of mLDP with another FEC",
        f"{MANDATORY} c0 16 16 00 02 000000 08 0001 04 0a090001 0007 01 0004 00000001",
        "PMSI_TUNNEL: FEC element 08000104",
    ),
    (
        "PMSI tunnel of mLDP with half a FEC",
        f"{MANDATORY} c0 16 14 00 02 000000 06 0001 04 0a090001 0007 01 0004 0000",
        "PMSI_TUNNEL: 7 octets expected, 5 left",
    ),
    ("flags of ORIGIN", f"80 01 01 00 {AS_PATH} {NEXT_HOP}", "ORIGIN: flags 0x80"),
    ("flags of COMMUNITIES", f"{MANDATORY} 80 08 04 fde80001", "COMMUNITIES: flags 0x80"),
    ("flags of AGGREGATOR", f"{MANDATORY} 40 07 08 0000fde90a090001", "AGGREGATOR: flags 0x40"),
    ("no ORIGIN", f"{AS_PATH} {NEXT_HOP}", "no ORIGIN"),
    ("no AS_PATH", f"{ORIGIN} {NEXT_HOP}", "no AS_PATH"),
    ("no NEXT_HOP", f"{ORIGIN} {AS_PATH}", "no NEXT_HOP"),
    (
        "an attribute longer than the list",
        f"{MANDATORY} c0 08 08 fde80001",
        "attribute 8 of 8 octets, 4 left",
    ),
    (
        "half a header in the end",
        f"{MANDATORY} c0 08",
        "2 octets behind the last attribute",
    ),
    (
        "half a header with an extended length",
        f"{MANDATORY} d0 08 00",
        "3 octets behind the last attribute",
    ),
]


@pytest.mark.parametrize(
    ("attributes", "what"), [(a, w) for _, a, w in WITHDRAWING], ids=[n for n, *_ in WITHDRAWING]
)
def test_routes_are_treated_as_withdrawn(attributes: str, what: str) -> None:
    assert decode_update(body(attributes=attributes, nlri=ROUTE), TERMS) == Update(
        unreach=(Unreach(Family.IPV4_UNICAST, (PREFIX,)),), faults=(UpdateFault(WITHDRAW, what),)
    )


@pytest.mark.parametrize(
    ("attributes", "what"),
    [
        (
            f"{ORIGIN} 40 02 06 02 01 0000fde8 {NEXT_HOP}",
            "AS_PATH: AS 65000 is first, from a peer in AS 65001",
        ),
        (f"{ORIGIN} 40 02 00 {NEXT_HOP}", "AS_PATH: no AS is first, from a peer in AS 65001"),
        (
            f"{ORIGIN} 40 02 0c 03 01 00000001 02 01 0000fde9 {NEXT_HOP}",
            "AS_PATH: segments of a confederation, from an external peer",
        ),
    ],
)
def test_paths_that_an_external_peer_cannot_have_cost_their_routes(
    attributes: str, what: str
) -> None:
    """RFC 4271 6.3, RFC 7606 7.2, RFC 5065 5."""
    assert decode_update(body(attributes=attributes, nlri=ROUTE), EXTERNAL) == Update(
        unreach=(Unreach(Family.IPV4_UNICAST, (PREFIX,)),), faults=(UpdateFault(WITHDRAW, what),)
    )


@pytest.mark.parametrize(
    "next_hop", ["0c 0000000000000000 00000000", "0c 0000000000000000 e0000001"]
)
def test_vpn_routes_without_a_host_as_next_hop_are_treated_as_withdrawn(next_hop: str) -> None:
    reach = MP_REACH.replace("0c 0000000000000000 0a090001", next_hop)
    read = decode_update(body(attributes=f"{reach} {ORIGIN} {AS_PATH}"), TERMS)
    what = "MP_REACH_NLRI: a next hop that no packet can be sent to"
    assert read == Update(
        unreach=(Unreach(Family.VPNV4, (VPN,)),), faults=(UpdateFault(WITHDRAW, what),)
    )


def test_all_routes_of_a_message_share_its_fate() -> None:
    """RFC 7606 2: "as though all contained routes had been withdrawn"."""
    octets = f"{MP_UNREACH.replace('0a0102', '0a0103')} {MP_REACH} 40 01 01 09 {AS_PATH} {NEXT_HOP}"
    read = decode_update(body("18 0a0104", octets, ROUTE), TERMS)
    assert read.reach == ()
    assert read.unreach == (
        Unreach(Family.VPNV4, (VpnPrefix(RD_0, IPv4Network("10.1.3.0/24")),)),
        Unreach(Family.IPV4_UNICAST, (IPv4Network("10.1.4.0/24"),)),
        Unreach(Family.VPNV4, (VPN,)),
        Unreach(Family.IPV4_UNICAST, (PREFIX,)),
    )
