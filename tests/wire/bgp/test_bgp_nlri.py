"""Routes of each family and their octets (RFC 4760 5), and what is none (RFC 7606 5.3)."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from controlplane.net.label import Label
from controlplane.wire.bgp.nlri import (
    Family,
    NlriKey,
    OtherMcastVpn,
    RouteTargetPrefix,
    VpnPrefix,
)
from controlplane.wire.bgp.nlri_codec import decode_nlri, encode_announced, encode_withdrawn
from controlplane.wire.reader import DecodeError
from tests.wire.bgp.samples import NLRI, RD_0, RD_0_HEX

LABELLED = [(key, octets) for family, key, _, octets in NLRI if family is Family.VPNV4]
UNLABELLED = [(f, key, octets) for f, key, _, octets in NLRI if f is not Family.VPNV4]
VPN = VpnPrefix(RD_0, IPv4Network("10.0.0.0/8"))


@pytest.mark.parametrize(("family", "key", "label", "octets"), NLRI)
def test_a_route_is_written_as_its_rfc_draws_it(
    family: Family, key: NlriKey, label: Label | None, octets: str
) -> None:
    assert encode_announced(family, key, label) == bytes.fromhex(octets)


@pytest.mark.parametrize(("family", "key", "label", "octets"), NLRI)
def test_a_route_is_read_as_it_was_written(
    family: Family, key: NlriKey, label: Label | None, octets: str
) -> None:
    assert decode_nlri(family, bytes.fromhex(octets)) == ((key, label),)


@pytest.mark.parametrize("family", list(Family))
def test_a_field_is_a_row_of_routes(family: Family) -> None:
    routes = [(key, label, octets) for one, key, label, octets in NLRI if one is family]
    field = b"".join(bytes.fromhex(octets) for _, _, octets in routes)
    assert decode_nlri(family, field) == tuple((key, label) for key, label, _ in routes)


@pytest.mark.parametrize(("key", "octets"), LABELLED)
def test_a_withdrawal_has_0x800000_in_its_labels_place(key: NlriKey, octets: str) -> None:
    """RFC 8277 2.4."""
    announced = bytes.fromhex(octets)
    withdrawn = announced[:1] + bytes.fromhex("800000") + announced[4:]
    assert encode_withdrawn(Family.VPNV4, key) == withdrawn


@pytest.mark.parametrize(("family", "key", "octets"), UNLABELLED)
def test_a_withdrawal_without_a_label_is_like_an_announcement(
    family: Family, key: NlriKey, octets: str
) -> None:
    assert encode_withdrawn(family, key) == bytes.fromhex(octets)


def test_a_vpn_route_is_not_announced_without_its_label() -> None:
    with pytest.raises(AssertionError, match="without a label"):
        encode_announced(Family.VPNV4, VPN, None)


@pytest.mark.parametrize("label", ["000100", "000101", "00010f"])
def test_what_is_behind_the_label_is_not_looked_at(label: str) -> None:
    """RFC 8277 2.2: the S bit is "ignored on reception"."""
    assert decode_nlri(Family.VPNV4, bytes.fromhex(f"60 {label} {RD_0_HEX} 0a")) == ((VPN, 16),)


@pytest.mark.parametrize(
    ("family", "octets", "key"),
    [
        (Family.IPV4_UNICAST, "17 0a01ff", IPv4Network("10.1.254.0/23")),
        (Family.VPNV4_MULTICAST, f"44 {RD_0_HEX} ff", VpnPrefix(RD_0, IPv4Network("240.0.0.0/4"))),
        (
            Family.ROUTE_TARGET,
            "23 0000fde8 ff",
            RouteTargetPrefix(35, bytes.fromhex("0000fde8 e0")),
        ),
    ],
)
def test_bits_behind_a_prefix_are_not_of_it(family: Family, octets: str, key: NlriKey) -> None:
    """RFC 4271 4.3: "the value of trailing bits is irrelevant"."""
    assert decode_nlri(family, bytes.fromhex(octets)) == ((key, None),)


WRONG = [
    (Family.IPV4_UNICAST, "21 0a01020304"),
    (Family.IPV4_UNICAST, "18 0a01"),
    (Family.IPV4_UNICAST, "18 0a0102 08"),
    (Family.VPNV4, f"57 000101 {RD_0_HEX}"),
    (Family.VPNV4, f"79 000101 {RD_0_HEX} 0a01020304"),
    (Family.VPNV4, f"70 000101 {RD_0_HEX} 0a01"),
    (Family.VPNV4, "58 0001"),
    (Family.VPNV4_MULTICAST, f"3f {RD_0_HEX}"),
    (Family.VPNV4_MULTICAST, f"61 {RD_0_HEX} 0a01020304"),
    (Family.VPNV4_MULTICAST, f"58 {RD_0_HEX} 0a"),
    (Family.MDT, f"78 {RD_0_HEX} 0a090001 e80101"),
    (Family.MDT, f"80 {RD_0_HEX} 0a090001 e80101"),
    (Family.MDT, f"80 {RD_0_HEX} 0a090001 e8010101 80"),
    (Family.ROUTE_TARGET, "1f 0000fde8"),
    (Family.ROUTE_TARGET, "61 0000fde8 0002fde800000064 00"),
    (Family.ROUTE_TARGET, "60 0000fde8 0002fde8000000"),
    (Family.MCAST_VPN, "01"),
    (Family.MCAST_VPN, f"01 0d {RD_0_HEX} 0a090001"),
    (Family.MCAST_VPN, f"01 0b {RD_0_HEX} 0a0900"),
    (Family.MCAST_VPN, f"01 0d {RD_0_HEX} 0a090001 00"),
    (Family.MCAST_VPN, f"02 0a {RD_0_HEX} 0000"),
    (Family.MCAST_VPN, f"03 15 {RD_0_HEX} 18 0a0100 20 e8010101 0a090001"),
    (Family.MCAST_VPN, "04 01 01"),
    (Family.MCAST_VPN, f"04 10 02 0d {RD_0_HEX} 0000fde8 0a09"),
    (Family.MCAST_VPN, f"05 11 {RD_0_HEX} 20 0a010005 18 e80101"),
    (Family.MCAST_VPN, f"07 15 {RD_0_HEX} 0000fde8 18 0a0100 20 e8010101"),
]


@pytest.mark.parametrize(("family", "octets"), WRONG)
def test_a_wrong_length_makes_a_field_incorrect(family: Family, octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_nlri(family, bytes.fromhex(octets))


IPV6 = "20010db8000000000000000000000001"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (1, f"{RD_0_HEX} {IPV6}"),
        (3, f"{RD_0_HEX} 20 0a010005 20 e8010101 {IPV6}"),
        (3, f"{RD_0_HEX} 80 {IPV6} 20 e8010101 0a090001"),
        (4, f"02 0c {RD_0_HEX} 0000fde8 {IPV6}"),
        (5, f"{RD_0_HEX} 80 {IPV6} 80 {IPV6}"),
        (5, f"{RD_0_HEX} 00 20 e8010101"),
        (6, f"{RD_0_HEX} 0000fde8 20 0a010005 40 0102030405060708"),
        (7, f"{RD_0_HEX} 0000fde8 20 0a010005 40 0102030405060708"),
    ],
)
def test_forms_of_a_known_type_that_have_no_place_here_are_kept_as_they_came(
    kind: int, value: str
) -> None:
    """RFC 6515 (IPv6), RFC 6514 4.5 (no source) and 4.6 (the opaque value of mLDP)."""
    octets = bytes.fromhex(value)
    route = bytes((kind, len(octets))) + octets
    key = OtherMcastVpn(kind, octets)
    assert decode_nlri(Family.MCAST_VPN, route) == ((key, None),)
    assert encode_announced(Family.MCAST_VPN, key, None) == route
