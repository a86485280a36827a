"""What RPs, designated forwarders and Asserts say, as bytes and values, both ways."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.ipv4 import Ipv4Packet
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.assert_message import Assert
from controlplane.wire.pim.bootstrap import (
    Bootstrap,
    BootstrapRange,
    BootstrapRp,
    CandidateRpAdvertisement,
)
from controlplane.wire.pim.df_election import Backoff, DfMetric, Offer, Pass, Winner
from controlplane.wire.pim.message import (
    OtherMessage,
    PimType,
    SpokenMessage,
    decode_message,
    encode_message,
)
from controlplane.wire.pim.register import Register, RegisterStop
from controlplane.wire.reader import DecodeError
from controlplane.wire.words.multicast import pim_words
from tests.wire.pim_samples import DATAGRAM, SAMPLES, SG, summed


@pytest.mark.parametrize(("text", "value"), SAMPLES.values(), ids=SAMPLES)
def test_a_message_encodes_to_its_bytes(text: str, value: SpokenMessage) -> None:
    assert encode_message(value).hex(" ") == bytes.fromhex(text).hex(" ")


@pytest.mark.parametrize(("text", "value"), SAMPLES.values(), ids=SAMPLES)
def test_bytes_decode_to_their_message(text: str, value: SpokenMessage) -> None:
    assert decode_message(bytes.fromhex(text)) == value


@pytest.mark.parametrize("covered", [8, 40], ids=["the header", "the whole packet"])
def test_a_register_checksum_covers_the_header_or_all(covered: int) -> None:
    """RFC 7761 4.9.3."""
    data = bytearray(encode_message(Register(packet=DATAGRAM)))
    data[2:4] = bytes(2)
    data[2:4] = internet_checksum(bytes(data[:covered])).to_bytes(2, "big")
    assert decode_message(bytes(data)) == Register(packet=DATAGRAM)


def test_a_register_names_the_source_and_group_of_its_packet() -> None:
    assert Register(packet=DATAGRAM).sg == Register.null_of(SG).sg == SG


def test_the_border_bit_and_reserved_bits_of_a_register_are_ignored() -> None:
    data = registered("bfffffff", DATAGRAM.encode().hex())
    assert decode_message(data) == Register(packet=DATAGRAM)


@pytest.mark.parametrize(
    "header",
    [
        "4500 0014 0000 0000 4067 0000 c0000201 ef010101",
        "4500 0030 0000 0000 0100 07cb c0000201 ef010101",
        "4500 0014 0000 0000 4067 c87f c0000201 ef010101 2000 dfff",
    ],
    ids=["without a checksum", "with unusual fields", "with a PIM header behind"],
)
def test_of_a_null_register_only_a_checksum_that_is_there_counts(header: str) -> None:
    """RFC 7761 4.9.3: "a correct IP header checksum is sufficient"."""
    assert decode_message(registered("40000000", header)) == Register.null_of(SG)


WORDS = {
    "a Register": "PIM Register of (192.0.2.1, 239.1.1.1)",
    "a Null-Register": "PIM Null-Register of (192.0.2.1, 239.1.1.1)",
    "a Register-Stop": "PIM Register-Stop of (192.0.2.1, 239.1.1.1)",
    "a Register-Stop of a whole group": "PIM Register-Stop of (*, 239.1.1.1)",
    "an Assert of (S,G)": "PIM Assert of (192.0.2.1, 239.1.1.1), preference 110, metric 20",
    "an empty Bootstrap message": "PIM Bootstrap of 10.9.0.1: nothing",
    "a fragment of a Bootstrap message that is not to be forwarded": (
        "PIM Bootstrap of 10.9.0.1: 239.0.0.0/8 by 10.9.0.2, 10.0.0.3, 239.1.1.1 by nothing"
    ),
    "a Candidate-RP-Advertisement": (
        "PIM Candidate-RP-Advertisement of 10.9.0.2 for 239.0.0.0/8, 224.0.0.0/4"
    ),
    "a DF Offer": "PIM DF Offer for RP 10.9.0.2",
}


@pytest.mark.parametrize("name", WORDS)
def test_a_message_in_words(name: str) -> None:
    assert pim_words(bytes.fromhex(SAMPLES[name][0])) == WORDS[name]


def test_the_old_messages_of_dense_mode_keep_their_body() -> None:
    assert decode_message(summed("2600 0000 abcd")) == OtherMessage(
        type=PimType.GRAFT, body=b"\xab\xcd"
    )


def test_bits_of_a_group_behind_its_mask_mean_nothing() -> None:
    group = EncodedGroup(address=IPv4Address("239.1.2.3"), mask_length=16)
    assert group.groups == IPv4Network("239.1.0.0/16")


def registered(flags: str, packet: str) -> bytes:
    """A Register whose checksum covers its header."""
    return summed(f"2100 0000 {flags}") + bytes.fromhex(packet)


STOP = "2200 0000 0100 00 20 ef010101"
BSM = "2400 0000 1234 1e 40 0100 0a090001"
DF = "2a30 0000 0100 0a090002 0000006e 00000014"
MALFORMED = {
    "a Register without a packet": (
        registered("00000000", ""),
        "at octet 8: 1 octets expected, 0 left",
    ),
    "a Register of an IPv6 packet": (
        registered("00000000", "6000" + "00" * 38),
        "at octet 9: IP version 6",
    ),
    "a Null-Register with half a header": (
        registered("40000000", "4500 0014 0000 0000"),
        "at octet 8: 20 octets expected, 8 left",
    ),
    "a Null-Register with a wrong checksum": (
        registered("40000000", "4500 0014 0000 0000 4067 c87e c0000201 ef010101"),
        "at octet 28: wrong checksum of the dummy header in a Null-Register",
    ),
    "a Register-Stop with an IPv6 source": (
        summed(f"{STOP} 0200 {'20' * 16}"),
        "at octet 30: an IPv6 source in an IPv4 packet",
    ),
    "a Register-Stop with an IPv6 group": (
        summed(f"2200 0000 0200 00 80 {'ff' * 16} 0100 c0000201"),
        "at octet 24: an IPv6 group in an IPv4 packet",
    ),
    "octets behind a Register-Stop": (
        summed(f"{STOP} 0100 c0000201 00"),
        "at octet 18: 1 octets left over",
    ),
    "an Assert without a metric": (
        summed("2500 0000 0100 00 20 ef010101 0100 c0000201 0000006e"),
        "at octet 22: 4 octets expected, 0 left",
    ),
    "a hash mask of 33 bits": (
        summed("2400 0000 1234 21 40 0100 0a090001"),
        "at octet 8: a hash mask of 33 bits",
    ),
    "more RPs in a fragment than in all": (
        summed(f"{BSM} 0100 00 04 e0000000 01 02 0000"),
        "at octet 24: 2 RPs in a fragment of a range with 1",
    ),
    "an IPv6 RP": (
        summed(f"{BSM} 0100 00 04 e0000000 01 01 0000 0200 {'20' * 16} 0096 c000"),
        "at octet 44: an IPv6 RP in an IPv4 packet",
    ),
    "an IPv6 BSR": (
        summed(f"2400 0000 1234 1e 40 0200 {'20' * 16}"),
        "at octet 26: an IPv6 BSR in an IPv4 packet",
    ),
    "an advertisement with fewer groups than announced": (
        summed("2800 0000 01 c0 0096 0100 0a090002"),
        "at octet 14: 1 octets expected, 0 left",
    ),
    "a DF message that nobody knows": (
        summed("2a50 0000 0100 0a090002 0000006e 00000014"),
        "at octet 18: unknown DF election subtype 5",
    ),
    "a Backoff without an offer": (
        summed(DF),
        "at octet 18: 1 octets expected, 0 left",
    ),
    "octets behind a Backoff": (
        summed(f"{DF} 0100 0a000003 0000006e 0000000a 03e8 00"),
        "at octet 34: 1 octets left over",
    ),
}


@pytest.mark.parametrize(("data", "error"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_message_is_refused_naming_the_place(data: bytes, error: str) -> None:
    with pytest.raises(DecodeError) as raised:
        decode_message(data)
    assert str(raised.value) == error


octets = st.integers(0, 0xFF)
words = st.integers(0, 0xFFFF)
longs = st.integers(0, 0xFFFF_FFFF)
addresses = longs.map(IPv4Address)
groups = st.builds(
    EncodedGroup,
    address=addresses,
    mask_length=st.integers(0, 32),
    bidirectional=st.booleans(),
    scoped=st.booleans(),
)
rps = st.lists(st.builds(BootstrapRp, address=addresses, holdtime=words, priority=octets))
metrics = st.builds(DfMetric, longs, longs)
packets = st.builds(
    Ipv4Packet,
    source=addresses,
    destination=addresses,
    protocol=octets,
    payload=st.binary(max_size=40),
    ttl=octets,
    tos=octets,
    dont_fragment=st.booleans(),
)


@st.composite
def ranges(draw: st.DrawFn) -> BootstrapRange:
    here = tuple(draw(rps))
    rp_count = draw(st.integers(len(here), 0xFF))
    return BootstrapRange(group=draw(groups), rp_count=rp_count, rps=here)


messages: st.SearchStrategy[SpokenMessage] = st.one_of(
    st.builds(Register, packet=packets),
    st.builds(RegisterStop, group=groups, source=addresses),
    st.builds(
        Assert,
        group=groups,
        source=addresses,
        rpt=st.booleans(),
        preference=st.integers(0, 0x7FFF_FFFF),
        metric=longs,
    ),
    st.builds(
        Bootstrap,
        fragment_tag=words,
        hash_mask_length=st.integers(0, 32),
        bsr_priority=octets,
        bsr_address=addresses,
        ranges=st.lists(ranges(), max_size=3).map(tuple),
        no_forward=st.booleans(),
    ),
    st.builds(
        CandidateRpAdvertisement,
        rp_address=addresses,
        priority=octets,
        holdtime=words,
        groups=st.lists(groups, max_size=3).map(tuple),
    ),
    st.builds(Offer, rp_address=addresses, sender=metrics),
    st.builds(Winner, rp_address=addresses, sender=metrics),
    st.builds(
        Backoff,
        rp_address=addresses,
        sender=metrics,
        offering_address=addresses,
        offering=metrics,
        interval=words,
    ),
    st.builds(
        Pass,
        rp_address=addresses,
        sender=metrics,
        new_winner_address=addresses,
        new_winner=metrics,
    ),
)


@settings(deadline=None)
@given(messages)
def test_every_message_survives_the_wire(value: SpokenMessage) -> None:
    assert decode_message(encode_message(value)) == value


@settings(deadline=None)
@given(st.sampled_from([1, 2, 4, 5, 8, 10]), octets, st.binary(max_size=80))
def test_any_body_decodes_or_raises_decode_error_alone(kind: int, flags: int, body: bytes) -> None:
    try:
        decode_message(summed(f"{0x20 | kind:02x}{flags:02x} 0000 {body.hex()}"))
    except DecodeError as error:
        assert 0 <= error.offset <= len(body) + 4


@settings(deadline=None)
@given(messages, st.data())
def test_a_message_with_a_broken_octet_raises_decode_error_alone(
    value: SpokenMessage, data: st.DataObject
) -> None:
    broken = bytearray(encode_message(value))
    broken[data.draw(st.integers(4, len(broken) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        decode_message(summed(broken.hex()))
    except DecodeError as error:
        assert 0 <= error.offset <= len(broken)
