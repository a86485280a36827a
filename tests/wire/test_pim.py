"""PIM messages as bytes and values, both ways (RFC 7761 4.9)."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.pim.address import EncodedGroup, EncodedSource, JoinAttribute
from controlplane.wire.pim.hello import Hello, LanPruneDelay
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune
from controlplane.wire.pim.message import PimType, decode_message, encode_message
from controlplane.wire.reader import DecodeError

MESSAGES = {
    "a Hello without options": ("2000 dfff", Hello()),
    "a Hello as we send it": (
        "2000 6af9 0001 0002 0069 0002 0004 01f4 09c4 0013 0004 00000001 0014 0004 12345678",
        Hello(
            holdtime=105,
            lan_prune_delay=LanPruneDelay(propagation_delay=500, override_interval=2500),
            dr_priority=1,
            generation_id=0x12345678,
        ),
    ),
    "a goodbye": ("2000 dffc 0001 0002 0000", Hello(holdtime=0)),
    "a Hello with the T bit": (
        "2000 5000 0002 0004 8001 0ff8",
        Hello(
            lan_prune_delay=LanPruneDelay(
                propagation_delay=1, override_interval=4088, tracking_support=True
            )
        ),
    ),
    "a Hello with secondary addresses": (
        "2000 c8d8 0018 000c 0100 0a000001 0100 0a000102",
        Hello(secondary_addresses=(IPv4Address("10.0.0.1"), IPv4Address("10.0.1.2"))),
    ),
    "a Hello that offers Join Attributes": (
        "2000 dfe5 001a 0000",
        Hello(join_attribute=True),
    ),
    "a Join and a Prune of one group": (
        "2300 58c2"
        " 0100 0a000001 00 01 00d2"
        " 0100 00 20 e8010101 0001 0001"
        " 0100 04 20 c0000201"
        " 0100 04 20 c0000202",
        JoinPrune(
            upstream_neighbor=IPv4Address("10.0.0.1"),
            holdtime=210,
            groups=(
                GroupSet(
                    group=EncodedGroup(address=IPv4Address("232.1.1.1")),
                    joined=(EncodedSource(address=IPv4Address("192.0.2.1")),),
                    pruned=(EncodedSource(address=IPv4Address("192.0.2.2")),),
                ),
            ),
        ),
    ),
    "a (*,G) Join with an (S,G,rpt) Prune": (
        "2300 5cc2"
        " 0100 0a000001 00 01 00d2"
        " 0100 00 20 e0010101 0001 0001"
        " 0100 07 20 c0000201"
        " 0100 05 20 c0000202",
        JoinPrune(
            upstream_neighbor=IPv4Address("10.0.0.1"),
            holdtime=210,
            groups=(
                GroupSet(
                    group=EncodedGroup(address=IPv4Address("224.1.1.1")),
                    joined=(
                        EncodedSource(address=IPv4Address("192.0.2.1"), wildcard=True, rpt=True),
                    ),
                    pruned=(EncodedSource(address=IPv4Address("192.0.2.2"), rpt=True),),
                ),
            ),
        ),
    ),
    "a Join with attributes": (
        "2300 a46c"
        " 0100 0a000001 00 01 ffff"
        " 0100 00 20 e8010101 0001 0000"
        " 0101 04 20 c0000201 85 02 abcd 41 0c 0a0000090000000100000064",
        JoinPrune(
            upstream_neighbor=IPv4Address("10.0.0.1"),
            holdtime=0xFFFF,
            groups=(
                GroupSet(
                    group=EncodedGroup(address=IPv4Address("232.1.1.1")),
                    joined=(
                        EncodedSource(
                            address=IPv4Address("192.0.2.1"),
                            attributes=(
                                JoinAttribute(type=5, value=b"\xab\xcd", transitive=True),
                                JoinAttribute(
                                    type=1, value=bytes.fromhex("0a0000090000000100000064")
                                ),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
    "a range of bidirectional groups": (
        "2300 6122 0100 0a000001 00 01 00d2 0100 80 08 ef000000 0000 0000",
        JoinPrune(
            upstream_neighbor=IPv4Address("10.0.0.1"),
            holdtime=210,
            groups=(
                GroupSet(
                    group=EncodedGroup(
                        address=IPv4Address("239.0.0.0"), mask_length=8, bidirectional=True
                    )
                ),
            ),
        ),
    ),
}


def message(text: str) -> bytes:
    """Octets of a message whose checksum field, the second word, is filled in."""
    data = bytearray.fromhex(text)
    data[2:4] = internet_checksum(bytes(data[:2] + data[4:])).to_bytes(2, "big")
    return bytes(data)


@pytest.mark.parametrize(("text", "value"), MESSAGES.values(), ids=MESSAGES)
def test_a_message_encodes_to_its_bytes(text: str, value: Hello | JoinPrune) -> None:
    assert encode_message(value).hex(" ") == bytes.fromhex(text).hex(" ")


@pytest.mark.parametrize(("text", "value"), MESSAGES.values(), ids=MESSAGES)
def test_bytes_decode_to_their_message(text: str, value: Hello | JoinPrune) -> None:
    assert decode_message(bytes.fromhex(text)) == value


def test_unknown_hello_options_are_skipped() -> None:
    data = message("2000 0000 0015 0004 01 3c 0000 0001 0002 0069 fff0 0000")
    assert decode_message(data) == Hello(holdtime=105)


def test_of_an_option_that_comes_twice_the_last_counts() -> None:
    data = message("2000 0000 0001 0002 0069 0001 0002 0001")
    assert decode_message(data) == Hello(holdtime=1)


def test_ipv6_addresses_of_an_address_list_are_passed_over() -> None:
    data = message(f"2000 0000 0018 0018 0200 {'20' * 16} 0100 0a000001")
    assert decode_message(data) == Hello(secondary_addresses=(IPv4Address("10.0.0.1"),))


def test_ipv6_groups_and_sources_beside_an_ipv4_neighbour_are_passed_over() -> None:
    """RFC 7761 4.9.5: "only process the addresses that are of the same family as the upstream"."""
    ipv6_source = f"0200 04 80 {'20' * 16}"
    data = message(
        "2300 0000 0100 0a000001 00 02 00d2"
        f" 0200 00 80 {'ff' * 16} 0001 0000 {ipv6_source}"
        f" 0100 00 20 e8010101 0002 0000 {ipv6_source} 0100 04 20 c0000201"
    )
    decoded = decode_message(data)
    assert isinstance(decoded, JoinPrune)
    assert decoded.groups == (
        GroupSet(
            group=EncodedGroup(address=IPv4Address("232.1.1.1")),
            joined=(EncodedSource(address=IPv4Address("192.0.2.1")),),
        ),
    )


def test_reserved_bits_and_the_sparse_bit_are_ignored() -> None:
    data = message(
        "23ff 0000 0100 0a000001 ff 01 00d2 0100 7e 20 e8010101 0001 0000 0100 f8 20 c0000201"
    )
    decoded = decode_message(data)
    assert isinstance(decoded, JoinPrune)
    assert decoded.groups[0].joined == (EncodedSource(address=IPv4Address("192.0.2.1")),)
    assert decoded.groups[0].group == EncodedGroup(address=IPv4Address("232.1.1.1"))


JOIN = "2300 0000 0100 0a000001 00 01 00d2"
MALFORMED = {
    "nothing": ("", "at octet 0: 1 octets expected, 0 left"),
    "half a header": ("2000", "at octet 1: 3 octets expected, 1 left"),
    "version 1": ("1000 0000", "at octet 1: PIM version 1"),
    "a type that nobody knows": ("2e00 0000", "at octet 1: unknown message type 14"),
    "an option longer than the message": (
        "2000 0000 0001 0004 0069",
        "at octet 8: a length of 4 octets, 2 left",
    ),
    "a holdtime of four octets": (
        "2000 0000 0001 0004 00000069",
        "at octet 10: 2 octets left over",
    ),
    "a DR priority of two octets": (
        "2000 0000 0013 0002 0001",
        "at octet 8: 4 octets expected, 2 left",
    ),
    "a Join Attribute option with a value": (
        "2000 0000 001a 0001 00",
        "at octet 8: 1 octets left over",
    ),
    "an address family that nobody knows": (
        "2300 0000 0300 0a000001 00 00 00d2",
        "at octet 5: unknown address family 3",
    ),
    "an address encoding that nobody knows": (
        "2300 0000 0107 0a000001 00 00 00d2",
        "at octet 6: unknown address encoding type 7",
    ),
    "an IPv6 upstream neighbour": (
        f"2300 0000 0200 {'20' * 16} 00 00 00d2",
        "at octet 22: an IPv6 upstream neighbour in an IPv4 packet",
    ),
    "fewer groups than announced": (JOIN, "at octet 14: 1 octets expected, 0 left"),
    "octets behind the groups": (
        JOIN + " 0100 00 20 e8010101 0000 0000 ff",
        "at octet 26: 1 octets left over",
    ),
    "a group mask of 33 bits": (
        JOIN + " 0100 00 21 e8010101 0000 0000",
        "at octet 18: a group mask of 33 bits",
    ),
    "a source mask of 24 bits": (
        JOIN + " 0100 00 20 e8010101 0001 0000 0100 04 18 c0000201",
        "at octet 30: a source mask of 24 bits",
    ),
    "the WC bit alone": (
        JOIN + " 0100 00 20 e8010101 0001 0000 0100 06 20 c0000201",
        "at octet 30: the WC bit without the RPT bit",
    ),
    "attributes without a last one": (
        JOIN + " 0100 00 20 e8010101 0001 0000 0101 04 20 c0000201 01 00",
        "at octet 36: 1 octets expected, 0 left",
    ),
}


@pytest.mark.parametrize(("text", "error"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_message_is_refused_naming_the_place(text: str, error: str) -> None:
    data = message(text) if len(text) > 8 else bytes.fromhex(text)
    with pytest.raises(DecodeError) as raised:
        decode_message(data)
    assert str(raised.value) == error


@pytest.mark.parametrize("kind", [PimType.HELLO, PimType.REGISTER])
def test_a_wrong_checksum_is_refused(kind: PimType) -> None:
    with pytest.raises(DecodeError, match="wrong checksum"):
        decode_message(bytes((0x20 | kind, 0, 0x12, 0x34, 0, 0, 0, 0)))


addresses = st.integers(0, 2**32 - 1).map(IPv4Address)
attributes = st.builds(
    JoinAttribute,
    type=st.integers(0, 0x3F),
    value=st.binary(max_size=12),
    transitive=st.booleans(),
)
sources = st.one_of(
    st.builds(EncodedSource, address=addresses, wildcard=st.just(True), rpt=st.just(True)),
    st.builds(
        EncodedSource,
        address=addresses,
        rpt=st.booleans(),
        attributes=st.lists(attributes, max_size=3).map(tuple),
    ),
)
groups = st.builds(
    GroupSet,
    group=st.builds(
        EncodedGroup,
        address=addresses,
        mask_length=st.integers(0, 32),
        bidirectional=st.booleans(),
    ),
    joined=st.lists(sources, max_size=3).map(tuple),
    pruned=st.lists(sources, max_size=3).map(tuple),
)
join_prunes = st.builds(
    JoinPrune,
    upstream_neighbor=addresses,
    holdtime=st.integers(0, 0xFFFF),
    groups=st.lists(groups, max_size=3).map(tuple),
)
hellos = st.builds(
    Hello,
    holdtime=st.none() | st.integers(0, 0xFFFF),
    lan_prune_delay=st.none()
    | st.builds(
        LanPruneDelay,
        propagation_delay=st.integers(0, 0x7FFF),
        override_interval=st.integers(0, 0xFFFF),
        tracking_support=st.booleans(),
    ),
    dr_priority=st.none() | st.integers(0, 2**32 - 1),
    generation_id=st.none() | st.integers(0, 2**32 - 1),
    secondary_addresses=st.lists(addresses, max_size=3).map(tuple),
    join_attribute=st.booleans(),
)


@settings(deadline=None)
@given(hellos | join_prunes)
def test_every_message_survives_the_wire(value: Hello | JoinPrune) -> None:
    assert decode_message(encode_message(value)) == value


@settings(deadline=None)
@given(st.sampled_from([PimType.HELLO, PimType.JOIN_PRUNE]), st.binary(max_size=80))
def test_any_body_decodes_or_raises_decode_error_alone(kind: int, body: bytes) -> None:
    try:
        decode_message(message(f"{0x20 | kind:02x}00 0000 {body.hex()}"))
    except DecodeError as error:
        assert 0 <= error.offset <= len(body) + 4


@settings(deadline=None)
@given(hellos | join_prunes, st.data())
def test_a_message_with_a_broken_octet_raises_decode_error_alone(
    value: Hello | JoinPrune, data: st.DataObject
) -> None:
    octets = bytearray(encode_message(value))
    at = data.draw(st.integers(4, len(octets) - 1)) if len(octets) > 4 else 0
    octets[at] ^= data.draw(st.integers(1, 255))
    try:
        decode_message(message(octets.hex()))
    except DecodeError as error:
        assert 0 <= error.offset <= len(octets)
