"""Ethernet frames and their one VLAN tag."""

from __future__ import annotations

import pytest

from controlplane.net.mac import BROADCAST, MacAddress
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.reader import DecodeError, Reader

STATION = MacAddress.parse("02:00:00:00:00:01")

VECTORS = [
    pytest.param(
        "ffffffffffff 020000000001 0806 0102",
        EthernetFrame(
            destination=BROADCAST,
            source=STATION,
            ethertype=EtherType.ARP,
            payload=b"\x01\x02",
        ),
        id="untagged",
    ),
    pytest.param(
        "ffffffffffff 020000000001 8100 0fff 0800 45",
        EthernetFrame(
            destination=BROADCAST,
            source=STATION,
            ethertype=EtherType.IPV4,
            payload=b"\x45",
            vlan=4095,
        ),
        id="tagged",
    ),
    pytest.param(
        "ffffffffffff 020000000001 8100 0007 8100 0008 0800",
        EthernetFrame(
            destination=BROADCAST,
            source=STATION,
            ethertype=EtherType.VLAN,
            payload=bytes.fromhex("0008 0800"),
            vlan=7,
        ),
        id="a second tag is payload",
    ),
]


@pytest.mark.parametrize(("octets", "frame"), VECTORS)
def test_octets_and_frame_both_ways(octets: str, frame: EthernetFrame) -> None:
    assert frame.encode() == bytes.fromhex(octets)
    assert EthernetFrame.decode(Reader(bytes.fromhex(octets))) == frame


@pytest.mark.parametrize(("tag", "vlan"), [("e007", 7), ("f007", 7), ("e000", 0)])
def test_priority_and_drop_bits_of_a_tag_are_not_kept(tag: str, vlan: int) -> None:
    octets = bytes.fromhex(f"ffffffffffff 020000000001 8100 {tag} 0800")
    assert EthernetFrame.decode(Reader(octets)).vlan == vlan


@pytest.mark.parametrize("length", [0, 13, 15, 17])
def test_a_frame_that_ends_in_its_header_is_an_error(length: int) -> None:
    octets = bytes.fromhex("ffffffffffff 020000000001 8100 0007 0800")
    with pytest.raises(DecodeError, match="octets expected"):
        EthernetFrame.decode(Reader(octets[:length]))
