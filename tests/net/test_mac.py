"""MAC addresses, and those of multicast groups."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.net.mac import BROADCAST, MacAddress, multicast_mac


def test_text_and_octets_both_ways() -> None:
    mac = MacAddress.parse("02:00:5E:10:00:FF")
    assert str(mac) == "02:00:5e:10:00:ff"
    assert mac == MacAddress.of(bytes.fromhex("02005e1000ff"))
    assert mac.packed == bytes.fromhex("02005e1000ff")


@pytest.mark.parametrize("text", ["", "02:00:5e:10:00", "02-00-5e-10-00-ff", "02:00:5e:10:00:f"])
def test_text_of_another_form_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=f"not a MAC address: '{text}'"):
        MacAddress.parse(text)


@pytest.mark.parametrize("value", [-1, 1 << 48])
def test_a_number_of_more_than_48_bits_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="not a MAC address"):
        MacAddress(value)


@pytest.mark.parametrize(
    ("mac", "is_group"),
    [
        (BROADCAST, True),
        (MacAddress.parse("01:00:5e:00:00:01"), True),
        (MacAddress.parse("02:00:00:00:00:01"), False),
    ],
)
def test_the_group_bit_is_the_lowest_of_the_first_octet(mac: MacAddress, is_group: bool) -> None:
    assert mac.is_group is is_group


@pytest.mark.parametrize(
    ("group", "mac"),
    [
        ("224.0.0.13", "01:00:5e:00:00:0d"),
        ("232.1.1.1", "01:00:5e:01:01:01"),
        ("239.255.255.255", "01:00:5e:7f:ff:ff"),
        ("224.128.0.1", "01:00:5e:00:00:01"),
    ],
)
def test_groups_map_by_their_low_23_bits(group: str, mac: str) -> None:
    assert str(multicast_mac(IPv4Address(group))) == mac
