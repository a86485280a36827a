"""RFC 5036 3.5.1.2: what is answered to malformed PDUs, messages and TLVs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.protocols.ldp.counters import Count
from controlplane.protocols.ldp.notices import MalformedMessage, SessionDown
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.initialization import KeepAlive
from controlplane.wire.ldp.message import encode_message
from controlplane.wire.ldp.numbers import StatusCode
from controlplane.wire.ldp.pdu import encode_pdu
from controlplane.wire.ldp.status import Notification
from tests.protocols.ldp.peer import ACTIVE, ME, Peer, heard, is_closed, of, statuses


def pdu(message: str) -> bytes:
    return encode_pdu(LdpId(ACTIVE), bytes.fromhex(message))


def up() -> Peer:
    peer = Peer(ACTIVE)
    peer.establish()
    return peer


FATAL = {
    "version": (
        bytes.fromhex("0002000e0a000009000002010004 00000001"),
        StatusCode.BAD_PROTOCOL_VERSION,
    ),
    "short PDU": (bytes.fromhex("0001000d0a0000090000"), StatusCode.BAD_PDU_LENGTH),
    "long PDU": (bytes.fromhex("000110010a0000090000"), StatusCode.BAD_PDU_LENGTH),
    "another router": (
        encode_pdu(LdpId(ME), encode_message(KeepAlive(), 1)),
        StatusCode.BAD_LDP_IDENTIFIER,
    ),
    "another label space": (
        encode_pdu(LdpId(ACTIVE, 1), encode_message(KeepAlive(), 1)),
        StatusCode.BAD_LDP_IDENTIFIER,
    ),
    "long message": (pdu("0201000500000001"), StatusCode.BAD_MESSAGE_LENGTH),
    "short message": (pdu("0201000300000001"), StatusCode.BAD_MESSAGE_LENGTH),
    "long TLV": (pdu("0400000a00000001 0100 0008 0200"), StatusCode.BAD_TLV_LENGTH),
    "prefix of 33 bits": (
        pdu("0400001900000001 0100 0009 02000121c00002 0180 0200 0004 00000064"),
        StatusCode.MALFORMED_TLV_VALUE,
    ),
    "label of 21 bits": (
        pdu("0400001800000001 0100 0008 02000120c0000201 0200 0004 00100000"),
        StatusCode.MALFORMED_TLV_VALUE,
    ),
    "reserved label": (
        pdu("0400001800000001 0100 0008 02000120c0000201 0200 0004 00000005"),
        StatusCode.MALFORMED_TLV_VALUE,
    ),
    "capability twice": (
        pdu("0202000e00000001 850b000180 850b000180"),
        StatusCode.MALFORMED_TLV_VALUE,
    ),
}

ADVISORY = {
    "unknown message": (pdu("3fff000400000001"), StatusCode.UNKNOWN_MESSAGE_TYPE),
    "unknown TLV": (pdu("0201000a00000001 3fff 0002 abcd"), StatusCode.UNKNOWN_TLV),
    "mapping without label": (
        pdu("0400001000000001 0100 0008 02000120c0000201"),
        StatusCode.MISSING_MESSAGE_PARAMETERS,
    ),
    "unknown FEC": (
        pdu("0400001800000001 0100 0008 06000120c0000201 0200 0004 00000064"),
        StatusCode.UNKNOWN_FEC,
    ),
    "IPv6 prefix": (
        pdu("0400001400000001 0100 0004 02000200 0200 0004 00000064"),
        StatusCode.UNSUPPORTED_ADDRESS_FAMILY,
    ),
    "IPv6 addresses": (
        pdu("0300000a00000001 0101 0002 0002"),
        StatusCode.UNSUPPORTED_ADDRESS_FAMILY,
    ),
}


@pytest.mark.parametrize("octets, status", FATAL.values(), ids=FATAL)
def test_some_mistakes_end_the_session(octets: bytes, status: StatusCode) -> None:
    peer = up()
    outputs = peer.octets(octets)
    assert statuses(outputs) == [status]
    assert is_closed(outputs)
    assert of(SessionDown, outputs)[0].reason.startswith(status.words)


@pytest.mark.parametrize("octets, status", ADVISORY.values(), ids=ADVISORY)
def test_other_mistakes_cost_the_message_alone(octets: bytes, status: StatusCode) -> None:
    peer = up()
    outputs = peer.octets(octets)
    (notification,) = heard(Notification, outputs)
    assert notification.status.known is status
    assert notification.status.message_id == 1
    assert len(of(MalformedMessage, outputs)) == 1
    assert peer.is_up()


def test_the_unknown_tlv_is_returned() -> None:
    (notification,) = heard(Notification, up().octets(ADVISORY["unknown TLV"][0]))
    assert notification.returned_tlvs == bytes.fromhex("3fff0002abcd")


def test_the_messages_behind_one_that_is_refused_are_heard() -> None:
    peer = up()
    unknown = bytes.fromhex("3fff000400000001")
    good = bytes.fromhex("0400001800000002 0100 0008 02000120c0000201 0200 0004 00000064")
    peer.octets(encode_pdu(LdpId(ACTIVE), unknown + good))
    assert [view.remote[0].label for view in peer.engine.bindings() if view.remote] == [100]


@pytest.mark.parametrize("message", ["bfff000400000001", "0201000a00000001 bfff 0002 abcd"])
def test_with_the_u_bit_the_unknown_is_passed_over(message: str) -> None:
    peer = up()
    assert statuses(peer.octets(pdu(message))) == []
    assert peer.is_up()


def test_unknown_messages_with_the_u_bit_are_counted() -> None:
    peer = up()
    peer.octets(pdu("bfff000400000001"))
    assert peer.engine.counters[Count.IGNORED_UNKNOWN_MESSAGE] == 1


@pytest.mark.parametrize("octets, status", ADVISORY.values(), ids=ADVISORY)
def test_before_a_session_is_operational_every_mistake_ends_it(
    octets: bytes, status: StatusCode
) -> None:
    peer = Peer(ACTIVE)
    peer.hello()
    peer.connect()
    outputs = peer.octets(octets)
    assert statuses(outputs) == [StatusCode.SHUTDOWN]
    assert is_closed(outputs)


def test_a_message_cut_anywhere_is_heard_when_it_is_whole() -> None:
    peer = up()
    for octet in pdu("0400001800000002 0100 0008 02000120c0000201 0200 0004 00000064"):
        peer.octets(bytes((octet,)))
    assert [view.remote[0].label for view in peer.engine.bindings()] == [100]


@given(st.binary(max_size=200), st.booleans())
def test_no_octets_whatever_break_the_engine(octets: bytes, framed: bool) -> None:
    peer = up()
    peer.octets(encode_pdu(LdpId(ACTIVE), octets) if framed else octets)
    peer.run(60.0)
    peer.establish()
    assert peer.is_up()
