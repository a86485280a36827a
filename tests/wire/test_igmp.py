"""IGMP messages of three versions: RFC 1112, RFC 2236, RFC 3376."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.igmp import IGMP, IGMPv3_MQ, IGMPv3_MR, IGMPv3_MR_Group
from scapy.packet import Packet

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.igmp import (
    GroupRecord,
    IgmpMessage,
    IgmpType,
    OtherIgmp,
    QueryV3,
    RecordType,
    ReportV3,
    ShortMessage,
    code_value,
    decode,
    value_code,
)
from controlplane.wire.reader import DecodeError, Reader

ANY = IPv4Address(0)
GROUP = IPv4Address("232.1.1.1")
S1, S2 = IPv4Address("10.1.1.10"), IPv4Address("10.1.1.11")

QUERY_V1 = ShortMessage(kind=IgmpType.QUERY, group=ANY)
QUERY_V2 = ShortMessage(kind=IgmpType.QUERY, group=GROUP, max_response_code=10)
REPORT_V1 = ShortMessage(kind=IgmpType.REPORT_V1, group=GROUP)
REPORT_V2 = ShortMessage(kind=IgmpType.REPORT_V2, group=GROUP)
LEAVE_V2 = ShortMessage(kind=IgmpType.LEAVE_V2, group=GROUP)
GENERAL = QueryV3(max_response_code=100, robustness=2, interval_code=125)
SPECIFIC = QueryV3(
    max_response_code=10,
    robustness=7,
    interval_code=0x8A,
    group=GROUP,
    suppress=True,
    sources=(S1, S2),
)
REPORT_V3 = ReportV3(
    records=(
        GroupRecord(kind=RecordType.ALLOW_NEW_SOURCES, group=GROUP, sources=(S1, S2)),
        GroupRecord(kind=RecordType.CHANGE_TO_EXCLUDE_MODE, group=IPv4Address("239.1.1.1")),
    )
)

VECTORS = [
    pytest.param("1100 eeff 00000000", QUERY_V1, id="v1 query"),
    pytest.param("110a 05f3 e8010101", QUERY_V2, id="v2 query"),
    pytest.param("1200 04fd e8010101", REPORT_V1, id="v1 report"),
    pytest.param("1600 00fd e8010101", REPORT_V2, id="v2 report"),
    pytest.param("1700 fffc e8010101", LEAVE_V2, id="v2 leave"),
    pytest.param("1164 ec1e 00000000 02 7d 0000", GENERAL, id="v3 general query"),
    pytest.param(
        "110a e04f e8010101 0f 8a 0002 0a01010a 0a01010b", SPECIFIC, id="v3 query for sources"
    ),
    pytest.param(
        "2200 e5de 0000 0002 05000002 e8010101 0a01010a 0a01010b 04000000 ef010101",
        REPORT_V3,
        id="v3 report",
    ),
    pytest.param("2200 ddff 0000 0000", ReportV3(records=()), id="v3 report of nothing"),
]


@pytest.mark.parametrize(("octets", "message"), VECTORS)
def test_octets_and_message_both_ways(octets: str, message: IgmpMessage) -> None:
    assert not isinstance(message, OtherIgmp)
    assert message.encode().hex() == octets.replace(" ", "")
    assert decode(Reader(bytes.fromhex(octets))) == message


def summed(octets: str) -> bytes:
    """A message with its checksum filled in, in place of the third and fourth octet."""
    data = bytearray(bytes.fromhex(octets))
    data[2:4] = internet_checksum(bytes(data)).to_bytes(2, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        pytest.param("1600 0000 e8010101 ffff", REPORT_V2, id="behind a v2 report"),
        pytest.param("1164 0000 00000000 027d 0000 ffffffff", GENERAL, id="behind a v3 query"),
        pytest.param("2200 0000 0000 0000 ffff", ReportV3(records=()), id="behind a v3 report"),
        pytest.param(
            "2200 0000 0000 0001 05010001 e8010101 0a01010a ffffffff",
            ReportV3(
                records=(
                    GroupRecord(kind=RecordType.ALLOW_NEW_SOURCES, group=GROUP, sources=(S1,)),
                )
            ),
            id="auxiliary data",
        ),
        pytest.param("22ff 0000 ffff 0000", ReportV3(records=()), id="reserved fields"),
        pytest.param("1164 0000 00000000 f27d 0000", GENERAL, id="reserved bits of a query"),
        pytest.param("1605 0000 e8010101", REPORT_V2, id="max response time of a report"),
        pytest.param(
            "2200 0000 0000 0002 07000001 e8010101 0a01010a 04000000 ef010101",
            ReportV3(records=REPORT_V3.records[1:]),
            id="a record of unknown type",
        ),
    ],
)
def test_what_says_nothing_is_skipped(octets: str, message: IgmpMessage) -> None:
    assert decode(Reader(summed(octets))) == message


@pytest.mark.parametrize("kind", [0x13, 0x14, 0x30])
def test_a_message_of_another_protocol_is_only_named(kind: int) -> None:
    assert decode(Reader(summed(f"{kind:02x}00 0000"))) == OtherIgmp(kind=kind)


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (b"", "wrong IGMP checksum"),
        (bytes.fromhex("1600 fffd e8010101"), "wrong IGMP checksum"),
        (summed("1600 0000 e801"), "4 octets expected, 2 left"),
        (summed("1164 0000 00000000 027d"), "a query of 10 octets"),
        (summed("1164 0000 00000000 027d 0001"), "4 octets expected, 0 left"),
        (summed("2200 0000 0000 0001"), "1 octets expected, 0 left"),
        (summed("2200 0000 0000 0001 05000002 e8010101 0a01010a"), "4 octets expected, 0 left"),
        (summed("2200 0000 0000 0001 05010000 e8010101"), "4 octets expected, 0 left"),
    ],
)
def test_a_short_or_damaged_message_is_an_error(octets: bytes, what: str) -> None:
    with pytest.raises(DecodeError, match=what):
        decode(Reader(octets))


class TestFloatingCodes:
    """RFC 3376 4.1.1 and 4.1.7."""

    @pytest.mark.parametrize(
        ("code", "value"),
        [(0, 0), (127, 127), (0x80, 128), (0x81, 136), (0x8F, 248), (0x90, 256), (0xFF, 31744)],
    )
    def test_code_and_value_both_ways(self, code: int, value: int) -> None:
        assert code_value(code) == value
        assert value_code(value) == code

    @given(st.integers(0, 40000))
    def test_the_code_of_a_value_is_that_of_the_next_lower_one(self, value: int) -> None:
        lower = max(v for v in map(code_value, range(256)) if v <= value)
        assert code_value(value_code(value)) == lower


ADDRESSES = st.ip_addresses(v=4)
SOURCES = st.lists(ADDRESSES, max_size=4).map(tuple)
MESSAGES = st.one_of(
    st.builds(
        ShortMessage, kind=st.sampled_from((IgmpType.REPORT_V1, IgmpType.LEAVE_V2)), group=ADDRESSES
    ),
    st.builds(
        QueryV3,
        max_response_code=st.integers(0, 255),
        robustness=st.integers(0, 7),
        interval_code=st.integers(0, 255),
        group=ADDRESSES,
        suppress=st.booleans(),
        sources=SOURCES,
    ),
    st.builds(
        ReportV3,
        records=st.lists(
            st.builds(
                GroupRecord, kind=st.sampled_from(RecordType), group=ADDRESSES, sources=SOURCES
            ),
            max_size=3,
        ).map(tuple),
    ),
)


@given(MESSAGES)
def test_every_message_survives_the_wire(message: ShortMessage | QueryV3 | ReportV3) -> None:
    assert decode(Reader(message.encode())) == message


SCAPY_QUERY = IGMPv3_MQ(
    mrcode=10, gaddr=str(GROUP), s=1, qrv=7, qqic=0x8A, srcaddrs=[str(S1), str(S2)]
)
SCAPY_REPORT = IGMPv3_MR(
    records=[
        IGMPv3_MR_Group(rtype=5, maddr=str(GROUP), srcaddrs=[str(S1), str(S2)]),
        IGMPv3_MR_Group(rtype=4, maddr="239.1.1.1"),
    ]
)


@pytest.mark.parametrize(
    ("message", "theirs"),
    [
        (QUERY_V1, IGMP(type=0x11, mrcode=0, gaddr="0.0.0.0")),
        (QUERY_V2, IGMP(type=0x11, mrcode=10, gaddr=str(GROUP))),
        (REPORT_V1, IGMP(type=0x12, mrcode=0, gaddr=str(GROUP))),
        (REPORT_V2, IGMP(type=0x16, mrcode=0, gaddr=str(GROUP))),
        (LEAVE_V2, IGMP(type=0x17, mrcode=0, gaddr=str(GROUP))),
        (SPECIFIC, SCAPY_QUERY),
        (REPORT_V3, SCAPY_REPORT),
    ],
)
def test_scapy_writes_the_same(message: ShortMessage | QueryV3 | ReportV3, theirs: Packet) -> None:
    assert message.encode() == bytes(theirs)
