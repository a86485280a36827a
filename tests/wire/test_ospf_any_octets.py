"""OSPF's decoders survive every byte string, and read back every value that can be written."""

from __future__ import annotations

from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st

from controlplane.wire.checksum import internet_checksum
from controlplane.wire.ospf.bodies import (
    LS_INFINITY,
    ExternalLsa,
    LinkType,
    LsaBody,
    NetworkLsa,
    OpaqueLsa,
    RouterLink,
    RouterLsa,
    SummaryLsa,
)
from controlplane.wire.ospf.lsa import HEADER_OCTETS, Lsa, LsType, lsa_of, take_lsa
from controlplane.wire.ospf.message import OspfType, decode_header, decode_packet
from controlplane.wire.ospf.te import TeData, TeLink, TeLinkType, TeRouterAddress, decode_te
from controlplane.wire.reader import DecodeError, Reader

ADDRESSES = st.builds(IPv4Address, st.integers(0, 2**32 - 1))
METRICS = st.integers(0, LS_INFINITY)
BANDWIDTHS = st.floats(width=32, allow_nan=False, allow_infinity=False)

LINKS = st.builds(
    RouterLink,
    type=st.sampled_from(LinkType),
    link_id=ADDRESSES,
    link_data=ADDRESSES,
    metric=st.integers(0, 0xFFFF),
)
ROUTERS = st.builds(
    RouterLsa,
    links=st.lists(LINKS, max_size=5).map(tuple),
    area_border=st.booleans(),
    as_boundary=st.booleans(),
    virtual_endpoint=st.booleans(),
    nssa_translator=st.booleans(),
)
NETWORKS = st.builds(
    NetworkLsa, mask=ADDRESSES, attached_routers=st.lists(ADDRESSES, max_size=5).map(tuple)
)
SUMMARIES = st.builds(SummaryLsa, mask=ADDRESSES, metric=METRICS)
EXTERNALS = st.builds(
    ExternalLsa,
    mask=ADDRESSES,
    metric=METRICS,
    type2=st.booleans(),
    forwarding_address=ADDRESSES,
    tag=st.integers(0, 2**32 - 1),
)
OPAQUES = st.builds(OpaqueLsa, data=st.binary(max_size=40))
TYPED_BODIES: st.SearchStrategy[tuple[LsType, LsaBody]] = st.one_of(
    st.tuples(st.just(LsType.ROUTER), ROUTERS),
    st.tuples(st.just(LsType.NETWORK), NETWORKS),
    st.tuples(st.sampled_from([LsType.SUMMARY_NETWORK, LsType.SUMMARY_ASBR]), SUMMARIES),
    st.tuples(st.sampled_from([LsType.AS_EXTERNAL, LsType.NSSA_EXTERNAL]), EXTERNALS),
    st.tuples(st.sampled_from([LsType.OPAQUE_LINK, LsType.OPAQUE_AREA, LsType.OPAQUE_AS]), OPAQUES),
)
TE_LINKS = st.builds(
    TeLink,
    link_type=st.sampled_from(TeLinkType),
    link_id=ADDRESSES,
    local_addresses=st.lists(ADDRESSES, max_size=3).map(tuple),
    remote_addresses=st.lists(ADDRESSES, max_size=3).map(tuple),
    metric=st.none() | st.integers(0, 2**32 - 1),
    maximum_bandwidth=st.none() | BANDWIDTHS,
    maximum_reservable_bandwidth=st.none() | BANDWIDTHS,
    unreserved_bandwidth=st.none() | st.tuples(*[BANDWIDTHS] * 8),
    administrative_group=st.none() | st.integers(0, 2**32 - 1),
)


@given(
    typed=TYPED_BODIES,
    options=st.integers(0, 255),
    sequence_number=st.integers(-(2**31), 2**31 - 1),
    age=st.integers(0, 3600),
)
def test_every_lsa_that_can_be_made_has_a_right_checksum_and_is_read_back(
    typed: tuple[LsType, LsaBody], options: int, sequence_number: int, age: int
) -> None:
    lsa = Lsa.make(
        options=options,
        ls_type=typed[0],
        link_state_id=IPv4Address(1),
        advertising_router=IPv4Address(2),
        sequence_number=sequence_number,
        body=typed[1],
        age=age,
    )
    assert lsa.checksum_ok()
    assert lsa.header.checksum & 0xFF and lsa.header.checksum >> 8
    assert lsa_of(lsa.octets) == lsa


@given(st.one_of(TE_LINKS, st.builds(TeRouterAddress, ADDRESSES)))
def test_all_te_data_is_read_back(said: TeData) -> None:
    assert decode_te(said.encode()) == (said,)


@given(st.binary(max_size=120))
def test_any_octets_are_te_data_or_a_decode_error(octets: bytes) -> None:
    try:
        decode_te(octets)
    except DecodeError as error:
        assert 0 <= error.offset <= len(octets)


@given(kind=st.sampled_from([*LsType, 6]), length=st.integers(0, 90), rest=st.binary(max_size=80))
def test_any_octets_are_an_lsa_or_a_decode_error(kind: int, length: int, rest: bytes) -> None:
    head = bytes((0, 0, 0, kind)) + bytes(14) + (HEADER_OCTETS + len(rest)).to_bytes(2, "big")
    for octets in (head + rest, head[:18] + length.to_bytes(2, "big") + rest):
        reader = Reader(octets)
        try:
            lsa_of(take_lsa(reader))
        except DecodeError as error:
            assert 0 <= error.offset <= len(octets)


@given(st.binary(max_size=80))
def test_any_octets_are_a_packet_or_a_decode_error(octets: bytes) -> None:
    packet_survives(octets)


@given(
    kind=st.sampled_from(OspfType),
    au_type=st.integers(0, 3),
    count=st.sampled_from([b"", b"\0\0\0\0", b"\0\0\0\1", b"\0\0\0\2", b"\xff\xff\xff\xff"]),
    content=st.binary(max_size=120),
    behind=st.binary(max_size=20),
)
def test_any_octets_behind_a_right_header_survive(
    kind: OspfType, au_type: int, count: bytes, content: bytes, behind: bytes
) -> None:
    body = count + content
    head = bytes((2, kind)) + (24 + len(body)).to_bytes(2, "big") + bytes(8)
    checksum = internet_checksum(head + b"\0\0" + au_type.to_bytes(2, "big") + body)
    tail = checksum.to_bytes(2, "big") + au_type.to_bytes(2, "big") + bytes(8)
    packet_survives(head + tail + body + behind)


def packet_survives(octets: bytes) -> None:
    try:
        header = decode_header(octets)
        header.decode_body()
    except DecodeError as error:
        assert 0 <= error.offset <= len(octets)
    else:
        assert decode_packet(octets).body == header.decode_body()
