"""LDP's codec: octets and values, both ways; PDUs cut out of streams."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.wire.ldp.fec import Fecs, PrefixFec
from controlplane.wire.ldp.hello import Hello
from controlplane.wire.ldp.initialization import KeepAlive
from controlplane.wire.ldp.labels import LabelMapping, plain_mapping
from controlplane.wire.ldp.message import LdpMessage, encode_message, split_messages
from controlplane.wire.ldp.numbers import StatusCode
from controlplane.wire.ldp.pdu import Pdu, PduBuffer, decode_datagram, encode_pdu, pack
from controlplane.wire.ldp.status import Notification, Status
from controlplane.wire.ldp.tlv import LdpError, Tlvs
from controlplane.wire.reader import DecodeError, Reader
from tests.wire.ldp_samples import HOST_FEC, LINK_HELLO, ME, OCTETS, YOU


def decode(octets: bytes) -> LdpMessage:
    (raw,) = split_messages(octets)
    assert raw.id == 1
    return raw.decode()


@pytest.mark.parametrize(("message", "octets"), OCTETS)
def test_messages_are_written_octet_by_octet(message: LdpMessage, octets: str) -> None:
    assert encode_message(message, 1) == bytes.fromhex(octets)


@pytest.mark.parametrize(("message", "octets"), OCTETS)
def test_messages_are_read_as_they_were_written(message: LdpMessage, octets: str) -> None:
    assert decode(bytes.fromhex(octets)) == message


prefixes = st.builds(
    lambda address, length: PrefixFec(IPv4Network((address, length), strict=False)),
    st.integers(0, (1 << 32) - 1),
    st.integers(0, 32),
)
labels = st.one_of(st.sampled_from([0, 3]), st.integers(16, (1 << 20) - 1))


@given(
    fecs=st.lists(prefixes, min_size=1, max_size=5).map(tuple),
    label=labels,
    request_id=st.none() | st.integers(0, (1 << 32) - 1),
)
def test_any_mapping_is_read_as_it_was_written(
    fecs: Fecs, label: int, request_id: int | None
) -> None:
    mapping = LabelMapping(fecs, label, request_id)
    assert decode(encode_message(mapping, 1)) == mapping


@given(
    mapping=st.builds(LabelMapping, st.tuples(prefixes), labels),
    at=st.integers(0, 19),
    octet=st.integers(0, 255),
)
def test_what_is_read_in_one_go_is_what_is_read_piece_by_piece(
    mapping: LabelMapping, at: int, octet: int
) -> None:
    parameters = bytearray(mapping.encode())
    assert plain_mapping(bytes(parameters)) == mapping
    parameters[at % len(parameters)] = octet
    found = plain_mapping(bytes(parameters))
    assert found is None or found == LabelMapping.decode(Tlvs.read(Reader(bytes(parameters))))


@given(
    data=st.integers(0, (1 << 30) - 1),
    message_id=st.integers(0, (1 << 32) - 1),
    fatal=st.booleans(),
)
def test_any_status_is_read_with_its_e_bit(data: int, message_id: int, fatal: bool) -> None:
    told = Notification(status=Status(data, message_id, 0, fatal))
    read = decode(encode_message(told, 1))
    assert isinstance(read, Notification)
    status = read.status
    assert (status.data, status.message_id, status.is_fatal) == (data, message_id, fatal)


def test_bits_behind_the_prefix_are_passed_over() -> None:
    octets = bytes.fromhex("0400 0016 00000001 0100 0006 02 0001 0c acff 0200 0004 00000010")
    assert decode(octets) == LabelMapping((PrefixFec(IPv4Network("172.240.0.0/12")),), 16)


def test_an_ipv6_transport_address_is_read_over() -> None:
    tlv = bytes.fromhex("0403 0010") + bytes(16)
    hello = bytes.fromhex("0100 0020 00000001 0400 0004 000f 0000") + tlv
    assert decode(hello) == Hello(hold_time=15)


def test_hop_count_and_path_vector_are_read_over() -> None:
    octets = bytes.fromhex(
        "0400 0025 00000001 0100 0008 02 0001 20 c0000201 0200 0004 00000010"
        "0103 0001 02 0104 0004 0a090009"
    )
    assert decode(octets) == LabelMapping((HOST_FEC,), 16)


@pytest.mark.parametrize(
    ("code", "words", "fatal"),
    [
        (StatusCode.BAD_LDP_IDENTIFIER, "Bad LDP Identifier", True),
        (StatusCode.KEEPALIVE_TIMER_EXPIRED, "KeepAlive Timer Expired", True),
        (StatusCode.SESSION_REJECTED_NO_HELLO, "Session Rejected/ No Hello", True),
        (StatusCode.NO_LABEL_RESOURCES, "No Label Resources", False),
        (StatusCode.END_OF_LIB, "End of LIB", False),
    ],
)
def test_statuses_are_spelled_as_in_the_rfc(code: StatusCode, words: str, fatal: bool) -> None:
    assert (Status(code).words, Status(code).is_fatal) == (words, fatal)


def test_an_unknown_status_is_told_by_its_number() -> None:
    assert Status(0x1234).words == "status 0x1234"
    assert not Status(0x1234).is_fatal


class TestPdus:
    KEEPALIVE = encode_message(KeepAlive(), 1)

    @given(st.lists(st.integers(1, 30), max_size=30))
    def test_a_stream_is_cut_into_its_pdus_however_it_comes(self, cuts: list[int]) -> None:
        stream = encode_pdu(ME, self.KEEPALIVE) + encode_pdu(YOU, self.KEEPALIVE * 2)
        buffer, pdus, at = PduBuffer(), list[Pdu](), 0
        for cut in [*cuts, len(stream)]:
            pdus += buffer.feed(stream[at : at + cut])
            at += cut
        assert pdus == [Pdu(ME, self.KEEPALIVE), Pdu(YOU, self.KEEPALIVE * 2)]

    def test_the_pdus_before_a_wrong_one_are_heard(self) -> None:
        pdus = PduBuffer().feed(encode_pdu(ME, self.KEEPALIVE) + b"\0\2\0\x20")
        assert next(pdus) == Pdu(ME, self.KEEPALIVE)
        with pytest.raises(LdpError) as error:
            next(pdus)
        assert error.value.status is StatusCode.BAD_PROTOCOL_VERSION

    @given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.integers(256, 600))
    def test_messages_are_packed_in_order_within_the_length(
        self, counts: list[int], max_length: int
    ) -> None:
        mappings = [LabelMapping((HOST_FEC,) * min(count, 20), 16) for count in counts]
        buffer = PduBuffer()
        buffer.max_length = max_length
        stream = pack(ME, [encode_message(m, 1) for m in mappings], max_length)
        read = [raw.decode() for pdu in buffer.feed(stream) for raw in pdu.messages()]
        assert read == mappings

    def test_few_pdus_hold_many_messages(self) -> None:
        stream = pack(ME, [encode_message(LabelMapping((HOST_FEC,), 16), 1)] * 1000)
        assert len(list(PduBuffer().feed(stream))) == 7

    def test_a_datagram_is_one_pdu(self) -> None:
        octets = encode_pdu(ME, encode_message(LINK_HELLO, 1))
        assert decode_datagram(octets).ldp_id == ME
        for wrong in (octets[:-1], octets + b"\0", b"\0"):
            with pytest.raises(LdpError):
                decode_datagram(wrong)


@given(st.binary(max_size=120))
def test_any_octets_are_messages_or_an_error_with_a_status(octets: bytes) -> None:
    try:
        for pdu in PduBuffer().feed(octets):
            for raw in pdu.messages():
                raw.decode()
    except DecodeError as error:
        assert isinstance(error, LdpError)


@given(
    kind=st.sampled_from([0x0001, 0x0100, 0x0200, 0x0202, 0x0300, 0x0400, 0x0402, 0x0404]),
    tlvs=st.lists(
        st.tuples(
            st.sampled_from(
                [0x100, 0x101, 0x200, 0x300, 0x304, 0x400, 0x401, 0x500, 0x8503, 0x8506, 0x600]
            ),
            st.binary(max_size=20),
        ),
        max_size=4,
    ),
)
def test_any_tlvs_are_a_message_or_an_error_with_a_status(
    kind: int, tlvs: list[tuple[int, bytes]]
) -> None:
    body = b"".join(
        number.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value for number, value in tlvs
    )
    header = kind.to_bytes(2, "big") + (4 + len(body)).to_bytes(2, "big") + b"\0\0\0\1"
    try:
        decode(header + body)
    except DecodeError as error:
        assert isinstance(error, LdpError)
        assert error.status is not StatusCode.SUCCESS
