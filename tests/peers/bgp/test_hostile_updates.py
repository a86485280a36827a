"""RFC 7606 from a peer that sends malformed UPDATEs: what each costs, and that it costs no more."""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Network

import pytest

from controlplane.protocols.bgp.notices import FaultyUpdate, SessionDown
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.update import Remedy
from tests.peers.bgp.hostile import Hostile
from tests.peers.bgp.raw import (
    OUR_AS,
    PEER_AS,
    UPDATE,
    attribute,
    message,
    open_message,
    update,
)
from tests.peers.bgp.speaker import vpn_prefix

pytestmark = pytest.mark.live

PREFIX = IPv4Network("10.1.1.0/24")
NLRI = b"\x18\x0a\x01\x01"

ORIGIN = attribute(0x40, 1, b"\0")
AS_PATH = attribute(0x40, 2, b"\x02\x01" + PEER_AS.to_bytes(4, "big"))
NEXT_HOP = attribute(0x40, 3, b"\x0a\x09\x00\x02")
MANDATORY = ORIGIN + AS_PATH + NEXT_HOP
GOOD = update(MANDATORY, NLRI)

LABEL = b"\x00\x06\x41"
RD = b"\0\0\xfd\xe8\0\0\0\1"
VPN_NLRI = bytes([24 + 64 + 24]) + LABEL + RD + b"\x0a\x01\x01"
VPN_REACH = attribute(0x80, 14, b"\0\1\x80\x0c" + bytes(8) + b"\x0a\x09\0\2" + b"\0" + VPN_NLRI)

WITHDRAWN = [
    ("origin of two octets", attribute(0x40, 1, b"\0\0") + AS_PATH + NEXT_HOP),
    ("origin that does not exist", attribute(0x40, 1, b"\3") + AS_PATH + NEXT_HOP),
    ("origin that says to be optional", attribute(0xC0, 1, b"\0") + AS_PATH + NEXT_HOP),
    ("no origin", AS_PATH + NEXT_HOP),
    ("no AS path", ORIGIN + NEXT_HOP),
    ("no next hop", ORIGIN + AS_PATH),
    ("segment longer than its path", ORIGIN + attribute(0x40, 2, b"\x02\x09\0\0") + NEXT_HOP),
    ("segment without AS", ORIGIN + attribute(0x40, 2, b"\x02\0") + NEXT_HOP),
    ("segment of an unknown kind", ORIGIN + attribute(0x40, 2, b"\x09\x01\0\0\xfd\xe9") + NEXT_HOP),
    (
        "octet behind the segments",
        ORIGIN + attribute(0x40, 2, b"\x02\x01\0\0\xfd\xe9\2") + NEXT_HOP,
    ),
    ("next hop of five octets", ORIGIN + AS_PATH + attribute(0x40, 3, b"\x0a\x09\0\2\0")),
    ("MED of three octets", MANDATORY + attribute(0x80, 4, b"\0\0\1")),
    ("communities of five octets", MANDATORY + attribute(0xC0, 8, b"\0\0\0\1\2")),
    ("no community", MANDATORY + attribute(0xC0, 8, b"")),
    ("extended communities of nine octets", MANDATORY + attribute(0xC0, 16, bytes(9))),
    ("large communities of eleven octets", MANDATORY + attribute(0xC0, 32, bytes(11))),
    ("attribute that ends behind its UPDATE", MANDATORY + b"\x80\x04\x09\0"),
    ("attribute without a length", MANDATORY + b"\x80\x04"),
]
DISCARDED = [
    ("atomic aggregate with a value", MANDATORY + attribute(0x40, 6, b"\1")),
    ("aggregator of seven octets", MANDATORY + attribute(0xC0, 7, bytes(7))),
    ("second MED", MANDATORY + attribute(0x80, 4, b"\0\0\0\1") + attribute(0x80, 4, b"\0\0\0\2")),
]
OF_INTERNAL_PEERS = [
    ("local preference", MANDATORY + attribute(0x40, 5, b"\0\0\0\1")),
    ("originator", MANDATORY + attribute(0x80, 9, b"\1\1\1\1")),
    ("cluster list", MANDATORY + attribute(0x80, 10, b"\1\1\1\1")),
]
INTERNAL_WITHDRAWN = [
    ("local preference of three octets", MANDATORY + attribute(0x40, 5, b"\0\0\1")),
    ("originator of five octets", MANDATORY + attribute(0x80, 9, b"\1\1\1\1\1")),
    ("cluster list of five octets", MANDATORY + attribute(0x80, 10, b"\1\1\1\1\1")),
]
RESETS = [
    ("attributes longer than the message", message(UPDATE, b"\0\0\0\xff" + MANDATORY), (3, 1)),
    ("withdrawn routes longer than the message", message(UPDATE, b"\0\xff\0\0"), (3, 1)),
    ("prefix of 33 bits", update(MANDATORY, b"\x21\x0a\x01\x01\x01\x01"), (3, 10)),
    ("prefix that is cut off", update(MANDATORY, b"\x18\x0a\x01"), (3, 10)),
    ("withdrawn prefix of 33 bits", update(b"", withdrawn=b"\x21\x0a\x01\x01\x01\x01"), (3, 10)),
    ("two MP_REACH_NLRI", update(ORIGIN + AS_PATH + VPN_REACH + VPN_REACH), (3, 1)),
    (
        "unknown attribute that is not optional",
        update(MANDATORY + attribute(0x40, 99, b"")),
        (3, 2),
    ),
]


def named(cases: list[tuple[str, bytes]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "attributes", [case[1] for case in cases], ids=[case[0] for case in cases]
    )


def faults(peer: Hostile) -> list[FaultyUpdate]:
    return [notice for notice in peer.wire.notices if isinstance(notice, FaultyUpdate)]


def has_route(peer: Hostile) -> bool:
    return PREFIX in peer.speaker.best()


@pytest.fixture
def peer(rights: None, stack: ExitStack) -> Hostile:
    """It has told a good route."""
    peer = Hostile(stack)
    peer.establish()
    peer.say(GOOD)
    peer.eventually(lambda: has_route(peer))
    return peer


@named(WITHDRAWN)
def test_routes_are_withdrawn_and_the_session_stays(peer: Hostile, attributes: bytes) -> None:
    """RFC 7606 3 to 7: treat-as-withdraw."""
    peer.say(update(attributes, NLRI))
    peer.eventually(lambda: not has_route(peer))
    (fault,) = faults(peer)
    assert fault.remedy == Remedy.TREAT_AS_WITHDRAW.value
    peer.say(GOOD)
    peer.eventually(lambda: has_route(peer))
    assert peer.is_up and peer.notification() is None


@named(DISCARDED)
def test_an_attribute_is_discarded_and_the_route_stays(peer: Hostile, attributes: bytes) -> None:
    """RFC 7606 3 g, 7.6, 7.7: attribute discard."""
    peer.say(update(attributes + attribute(0xC0, 8, b"\0\1\0\2"), NLRI))
    peer.eventually(lambda: peer.speaker.attributes(PREFIX).communities)
    (fault,) = faults(peer)
    assert fault.remedy == Remedy.ATTRIBUTE_DISCARD.value
    had = peer.speaker.attributes(PREFIX)
    assert not had.atomic_aggregate and had.aggregator is None and had.med in (None, 1)
    assert peer.is_up


@named(OF_INTERNAL_PEERS)
def test_what_is_for_internal_peers_is_not_taken_of_others(
    peer: Hostile, attributes: bytes
) -> None:
    """RFC 7606 7.5, 7.9, 7.10."""
    peer.say(update(attributes + attribute(0xC0, 8, b"\0\1\0\2"), NLRI))
    peer.eventually(lambda: peer.speaker.attributes(PREFIX).communities)
    had = peer.speaker.attributes(PREFIX)
    assert had.local_pref in (None, 100) and had.originator_id is None and had.cluster_list == ()
    assert peer.is_up


@named(INTERNAL_WITHDRAWN)
def test_malformed_attributes_of_internal_peers_withdraw(
    rights: None, stack: ExitStack, attributes: bytes
) -> None:
    peer = Hostile(stack, OUR_AS)
    peer.establish(open_message(OUR_AS))
    internal = ORIGIN + attribute(0x40, 2, b"") + NEXT_HOP + attribute(0x40, 5, b"\0\0\0\x64")
    peer.say(update(internal, NLRI))
    peer.eventually(lambda: has_route(peer))
    peer.say(update(attributes, NLRI))
    peer.eventually(lambda: not has_route(peer))
    assert peer.is_up


@pytest.mark.parametrize(
    ("octets", "error"), [case[1:] for case in RESETS], ids=[case[0] for case in RESETS]
)
def test_what_cannot_be_taken_apart_ends_the_session(
    peer: Hostile, octets: bytes, error: tuple[int, int]
) -> None:
    """RFC 7606 3, 4, 5: which routes it was about, nobody knows."""
    peer.say(octets)
    peer.eventually(peer.notification)
    assert peer.notification() == error
    peer.eventually(lambda: not has_route(peer))
    (down,) = [notice for notice in peer.wire.notices if isinstance(notice, SessionDown)]
    assert "UPDATE" in down.words()


def test_routes_of_a_family_with_a_bad_next_hop_are_not_believed(peer: Hostile) -> None:
    """RFC 7606 7.11: the session ends, or the family is ignored from now on."""
    peer.say(update(ORIGIN + AS_PATH + VPN_REACH))
    key = vpn_prefix("65000:1", "10.1.1.0/24")
    peer.eventually(lambda: key in peer.speaker.best(Family.VPNV4))
    bad = attribute(0x80, 14, b"\0\1\x80\x05" + bytes(5) + b"\0" + VPN_NLRI)
    peer.say(update(ORIGIN + AS_PATH + bad))
    peer.eventually(lambda: key not in peer.speaker.best(Family.VPNV4))
    assert not peer.is_up or faults(peer)


def test_an_unknown_transitive_attribute_is_kept_and_called_partial(peer: Hostile) -> None:
    """RFC 4271 9; an unknown one that is not transitive is not."""
    unknown = attribute(0xC0, 99, b"abc") + attribute(0x80, 98, b"def")
    peer.say(update(MANDATORY + unknown, NLRI))
    peer.eventually(lambda: peer.speaker.attributes(PREFIX).unknown)
    (kept,) = peer.speaker.attributes(PREFIX).unknown
    assert (kept.flags, kept.type, kept.value) == (0xE0, 99, b"abc")


def test_a_fault_is_told_once_however_often_it_comes(peer: Hostile) -> None:
    for _ in range(100):
        peer.say(update(AS_PATH + NEXT_HOP, NLRI))
    peer.settles()
    assert len(faults(peer)) == 1
    assert peer.is_up
