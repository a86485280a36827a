"""A peer that breaks the rules of sessions: what RFC 4271 6 has for it, on kernel TCP."""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.protocols.bgp.notices import SessionDown, SessionRefused
from tests.peers.bgp.hostile import Hostile
from tests.peers.bgp.raw import (
    KEEPALIVE,
    MARKER,
    NOTIFICATION,
    OPEN,
    PEER_AS,
    ROUTE_REFRESH,
    UPDATE,
    capability,
    message,
    open_message,
)
from tests.peers.bgp.speaker import own, routes
from tests.peers.bgp.test_hostile_updates import GOOD, PREFIX

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

HEADERS = [
    ("marker of zeros", bytes(16) + b"\0\x13\4", (1, 1)),
    ("length below that of a header", MARKER + b"\0\x12\4", (1, 2)),
    ("length above 4096", MARKER + b"\x10\x01\2", (1, 2)),
    ("KEEPALIVE with a body", message(KEEPALIVE, b"\0"), (1, 2)),
    ("type that does not exist", message(9), (1, 3)),
]
OPENS = [
    ("version 3", open_message(version=3), (2, 1)),
    ("another AS", open_message(65009), (2, 2)),
    ("router id of zeros", open_message(router_id=IPv4Address(0)), (2, 3)),
    ("hold time of two seconds", open_message(hold=2), (2, 6)),
    ("unknown parameter", open_message(parameters=b"\x09\x01\0"), (2, 4)),
    ("no family in common", open_message(parameters=capability(1, b"\0\2\0\1")), (2, 7)),
]


def case(cases: list[tuple[str, bytes, tuple[int, int]]]) -> pytest.MarkDecorator:
    ids = [one[0] for one in cases]
    return pytest.mark.parametrize(("octets", "error"), [one[1:] for one in cases], ids=ids)


@case(HEADERS)
def test_a_malformed_header_ends_the_session(
    stack: ExitStack, octets: bytes, error: tuple[int, int]
) -> None:
    """RFC 4271 6.1."""
    peer = Hostile(stack)
    peer.establish()
    peer.say(octets)
    peer.eventually(peer.notification)
    assert peer.notification() == error
    assert not peer.is_up
    assert [n.peer for n in peer.wire.notices if isinstance(n, SessionDown)]


@case(OPENS)
def test_an_unacceptable_open_is_answered_with_the_reason(
    stack: ExitStack, octets: bytes, error: tuple[int, int]
) -> None:
    """RFC 4271 6.2, RFC 5492 5."""
    peer = Hostile(stack)
    peer.connect()
    peer.say(octets)
    peer.eventually(peer.notification)
    assert peer.notification() == error
    assert [n.peer for n in peer.wire.notices if isinstance(n, SessionRefused)]


@pytest.mark.parametrize("kind", [KEEPALIVE, UPDATE, ROUTE_REFRESH])
def test_whoever_does_not_begin_with_an_open_is_sent_away(stack: ExitStack, kind: int) -> None:
    """RFC 4271 6.6, RFC 6608 3: 5/1 in OpenSent."""
    bodies = {KEEPALIVE: b"", UPDATE: bytes(4), ROUTE_REFRESH: b"\0\1\0\1"}
    peer = Hostile(stack)
    peer.connect()
    peer.say(message(kind, bodies[kind]))
    peer.eventually(peer.notification)
    assert peer.notification() == (5, 1)


def test_a_second_open_ends_the_session(stack: ExitStack) -> None:
    """RFC 6608 3: 5/3 in Established."""
    peer = Hostile(stack)
    peer.establish()
    peer.say(open_message())
    peer.eventually(peer.notification)
    assert peer.notification() == (5, 3)


def test_whoever_says_nothing_more_is_told_so_when_the_hold_time_is_over(stack: ExitStack) -> None:
    """RFC 4271 6.5."""
    peer = Hostile(stack)
    peer.establish(open_message(hold=3))
    peer.eventually(peer.notification)
    assert peer.notification() == (4, 0)
    assert "hold" in peer.view.last_error.lower()


def test_a_stranger_is_not_spoken_with(stack: ExitStack) -> None:
    peer = Hostile(stack, address=IPv4Address("10.9.0.77"))
    peer.connect()
    peer.say(open_message())
    peer.eventually(peer.notification)
    assert peer.notification() == (6, 5)  # RFC 4486 3: Connection Rejected


def test_a_session_works_whatever_pieces_messages_come_in(stack: ExitStack) -> None:
    peer = Hostile(stack)
    peer.connect()
    for octet in open_message() + message(KEEPALIVE) + GOOD:
        peer.say(bytes([octet]))
    peer.eventually(lambda: PREFIX in peer.speaker.best())


def test_what_a_notification_says_is_shown(stack: ExitStack) -> None:
    """RFC 9003."""
    peer = Hostile(stack)
    peer.establish()
    peer.say(message(NOTIFICATION, b"\x06\x02\x07goodbye"))
    peer.eventually(lambda: not peer.is_up)
    assert "goodbye" in peer.view.last_error
    (down,) = [notice for notice in peer.wire.notices if isinstance(notice, SessionDown)]
    assert "goodbye" in down.words()


def test_a_peer_that_only_knows_old_as_numbers_is_spoken_to_in_them(stack: ExitStack) -> None:
    """RFC 6793 4.2.2: AS_PATH in two octets an AS."""
    peer = Hostile(stack)
    peer.establish(open_message(parameters=b""))
    peer.wire.tell(routes(own("10.5.0.0/16")))
    wanted = b"\x40\x02\x04\x02\x01\xfd\xe8"
    peer.eventually(lambda: [b for kind, b in peer.heard() if kind == UPDATE and wanted in b])


def test_a_refresh_brings_all_routes_again(stack: ExitStack) -> None:
    """RFC 2918 4."""
    peer = Hostile(stack)
    peer.establish(
        open_message(
            parameters=capability(1, b"\0\1\0\1")
            + capability(2, b"")
            + capability(65, PEER_AS.to_bytes(4, "big"))
        )
    )
    peer.wire.tell(routes(own("10.5.0.0/16"), own("10.6.0.0/16")))

    def times_told(prefix: str) -> int:
        nlri = b"\x10" + IPv4Network(prefix).network_address.packed[:2]
        return sum(body.count(nlri) for kind, body in peer.heard() if kind == UPDATE)

    peer.eventually(lambda: times_told("10.5.0.0/16") == times_told("10.6.0.0/16") == 1)
    peer.say(message(ROUTE_REFRESH, b"\0\1\0\1"))
    peer.eventually(lambda: times_told("10.5.0.0/16") == times_told("10.6.0.0/16") == 2)
    assert {kind for kind, _ in peer.heard()} == {OPEN, KEEPALIVE, UPDATE}
