"""What is sent is read the same; any other octets are a message or a BgpError, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.wire.bgp.errors import BgpError
from controlplane.wire.bgp.framing import HEADER_OCTETS, MessageBuffer
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.nlri_codec import decode_nlri
from controlplane.wire.bgp.notification import Notification
from controlplane.wire.bgp.numbers import MAX_MESSAGE
from controlplane.wire.bgp.open import Open
from controlplane.wire.bgp.refresh import RouteRefreshMessage
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach, Unreach, Update
from controlplane.wire.bgp.update_decoding import decode_update
from controlplane.wire.bgp.update_encoding import encode_updates, encode_withdrawals
from controlplane.wire.reader import DecodeError
from tests.wire.bgp.bodies import TERMS, bodies
from tests.wire.bgp.strategies import reaches

TWO_OCTETS = replace(TERMS, asn4=False)
ALL_TERMS = {
    "internal": TERMS,
    "two octets": TWO_OCTETS,
    "external": replace(TERMS, internal=False),
    "external, two octets": replace(TERMS, internal=False, asn4=False, peer_as=65001),
    "IPv4 unicast alone": Terms(internal=True),
}
with_any_terms = pytest.mark.parametrize("terms", ALL_TERMS.values(), ids=ALL_TERMS.keys())


@pytest.mark.parametrize("terms", [TERMS, TWO_OCTETS], ids=["four octets", "two octets"])
@given(reach=reaches())
def test_routes_are_read_as_they_were_announced(reach: Reach, terms: Terms) -> None:
    messages = list(encode_updates(reach, terms))
    assert all(len(one) <= MAX_MESSAGE for one in messages)
    read = [decode_update(one, terms) for one in bodies(b"".join(messages))]
    assert {one.reach[0].attributes for one in read} == {reach.attributes}
    assert tuple(route for one in read for route in one.reach[0].nlri) == reach.nlri
    assert all(one == Update(reach=one.reach[:1]) for one in read)


@given(reaches())
def test_routes_are_read_as_they_were_withdrawn(reach: Reach) -> None:
    unreach = Unreach(reach.family, tuple(key for key, _ in reach.nlri))
    (body,) = bodies(b"".join(encode_withdrawals(unreach)))
    assert decode_update(body, TERMS) == Update(unreach=(unreach,))


@given(octets=st.binary(max_size=120), cut=st.integers(0, 120))
def test_any_stream_is_messages_or_an_error(octets: bytes, cut: int) -> None:
    buffer = MessageBuffer()
    try:
        for data in (b"\xff" * 16, octets[:cut], octets[cut:]):
            assert all(one.body is not None for one in buffer.feed(data))
    except BgpError as error:
        assert error.what


@pytest.mark.parametrize("decode", [Open.decode, RouteRefreshMessage.decode])
@given(octets=st.binary(max_size=80))
def test_any_body_is_a_message_or_an_error(
    decode: Callable[[bytes], object], octets: bytes
) -> None:
    survives(decode, octets)


@given(octets=st.binary(max_size=60))
def test_any_parameters_of_an_open_are_capabilities_or_an_error(octets: bytes) -> None:
    fixed = bytes.fromhex("04 fde8 005a 0a090001") + bytes((len(octets) + 2, 2, len(octets)))
    survives(Open.decode, fixed + octets)


@given(octets=st.binary(min_size=2, max_size=80))
def test_any_notification_has_words(octets: bytes) -> None:
    assert Notification.decode(octets).words.isprintable()


@pytest.mark.parametrize("family", list(Family))
@given(octets=st.binary(max_size=80))
def test_any_field_is_routes_or_an_error(family: Family, octets: bytes) -> None:
    try:
        assert decode_nlri(family, octets) is not None
    except DecodeError as error:
        assert 0 <= error.offset <= len(octets)


@with_any_terms
@given(octets=st.binary(max_size=120))
def test_any_body_of_an_update_is_one_or_an_error(octets: bytes, terms: Terms) -> None:
    survives(lambda body: decode_update(body, terms), octets)


@with_any_terms
@given(
    attributes=st.lists(
        st.tuples(
            st.sampled_from([0x40, 0x80, 0xC0, 0xE0]), st.integers(0, 33), st.binary(max_size=30)
        ),
        max_size=5,
    ),
    nlri=st.sampled_from([b"", b"\x08\x0a", b"\x21"]),
)
def test_any_attributes_are_an_update_or_an_error(
    attributes: list[tuple[int, int, bytes]], nlri: bytes, terms: Terms
) -> None:
    octets = b"".join(bytes((flags, kind, len(value))) + value for flags, kind, value in attributes)
    body = bytes(2) + len(octets).to_bytes(2, "big") + octets + nlri
    survives(lambda body: decode_update(body, terms), body)


@with_any_terms
@given(
    reach=reaches(), changes=st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=3)
)
def test_a_changed_update_is_one_or_an_error(
    reach: Reach, changes: list[tuple[int, int]], terms: Terms
) -> None:
    message = bytearray(b"".join(encode_updates(reach, TERMS))[HEADER_OCTETS:])
    for at, octet in changes:
        message[at % len(message)] = octet
    survives(lambda body: decode_update(body, terms), bytes(message))


def survives(decode: Callable[[bytes], object], octets: bytes) -> None:
    try:
        assert decode(octets) is not None
    except BgpError as error:
        assert error.what
