"""What is checked before a packet is believed (RFC 7761 4.9, 6.1), and what is ignored (4.8)."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.net.interface import InterfaceKind
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.notices import MalformedPacket
from controlplane.wire.checksum import internet_checksum
from controlplane.wire.pim.address import EncodedGroup, EncodedSource
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune
from controlplane.wire.pim.message import encode_message
from tests.protocols.pim.router import SG, G, Router, S, hello, ip, join_prune


def lan(kind: InterfaceKind = InterfaceKind.ETHERNET, address: str = "10.0.1.1/24") -> Router:
    router = Router()
    router.up("lan", 1, kind=kind, address=address)
    router.enable("lan")
    return router


@pytest.fixture
def router() -> Router:
    router = lan()
    router.hears("lan", "10.0.1.2", hello(holdtime=0xFFFF))
    return router


@pytest.mark.parametrize(
    ("source", "destination", "ttl", "counter"),
    [
        ("10.0.1.1", "224.0.0.13", 1, Count.DROP_OWN),
        ("10.0.1.3", "10.0.1.1", 1, Count.DROP_DESTINATION),
        ("10.0.1.3", "224.0.0.5", 1, Count.DROP_DESTINATION),
        ("10.0.1.3", "224.0.0.13", 2, Count.DROP_TTL),
        ("10.0.2.3", "224.0.0.13", 1, Count.DROP_SOURCE),
        ("0.0.0.0", "224.0.0.13", 1, Count.DROP_SOURCE),
    ],
)
def test_a_hello_that_is_not_of_this_link_is_dropped_and_counted(
    source: str, destination: str, ttl: int, counter: Count
) -> None:
    router = lan()
    assert router.hears("lan", source, hello(), destination=ip(destination), ttl=ttl) == []
    assert router.engine.neighbors(router.now) == ()
    assert router.engine.counters == {counter: 1}


def test_packets_on_an_interface_without_pim_are_dropped() -> None:
    router = Router()
    router.up("lan", 1)
    assert router.hears("lan", "10.0.1.2", hello()) == []
    assert router.engine.counters == {Count.DROP_NOT_ENABLED: 1}


@pytest.mark.parametrize(
    ("source", "accepted"),
    [("10.9.0.2", True), ("10.9.0.1", False), ("0.0.0.0", False), ("224.0.0.13", False)],
)
def test_on_a_pmsi_every_other_router_is_on_the_link(source: str, accepted: bool) -> None:
    router = lan(InterfaceKind.PMSI, "10.9.0.1/32")
    router.hears("lan", source, hello())
    assert bool(router.engine.neighbors(router.now)) is accepted


def test_a_ttl_that_the_tail_of_a_tunnel_decremented_is_accepted() -> None:
    router = lan(InterfaceKind.PMSI, "10.9.0.1/32")
    router.hears("lan", "10.9.0.2", hello(), ttl=0)
    assert len(router.engine.neighbors(router.now)) == 1


class TestMalformed:
    def test_it_is_counted_by_reason_without_the_numbers_of_the_packet(
        self, router: Router
    ) -> None:
        for payload in (b"\x10\0\0\0", b"\x30\0\0\0", b"\x20\0\0\0"):
            router.hears_bytes("lan", "10.0.1.2", payload)
        assert router.engine.counters["drop: malformed: PIM version N"] == 2
        assert router.engine.counters["drop: malformed: wrong checksum"] == 1

    def test_it_is_told_once_a_minute_an_interface(self, router: Router) -> None:
        notice = MalformedPacket("lan", ip("10.0.1.2"), "at octet 1: PIM version 1")
        router.run(until=10.0)
        assert router.hears_bytes("lan", "10.0.1.2", b"\x10") == [notice]
        router.run(until=69.9)
        assert router.hears_bytes("lan", "10.0.1.2", b"\x10") == []
        router.run(until=70.0)
        assert router.hears_bytes("lan", "10.0.1.2", b"\x10") == [notice]

    def test_it_says_where_it_came_from_and_what_is_wrong(self) -> None:
        notice = MalformedPacket("lan", ip("10.0.1.2"), "at octet 1: PIM version 1")
        assert notice.words() == (
            "malformed packet from 10.0.1.2 on lan: at octet 1: PIM version 1"
        )


@pytest.mark.parametrize(
    ("group", "source", "counter"),
    [
        (
            EncodedGroup(address=G),
            EncodedSource(address=S, wildcard=True, rpt=True),
            Count.IGNORED_SHARED_TREE,
        ),
        (EncodedGroup(address=G), EncodedSource(address=S, rpt=True), Count.IGNORED_SHARED_TREE),
        (
            EncodedGroup(address=ip("232.0.0.0"), mask_length=8),
            EncodedSource(address=S),
            Count.IGNORED_GROUP_RANGE,
        ),
        (
            EncodedGroup(address=ip("224.0.0.9")),
            EncodedSource(address=S),
            Count.IGNORED_GROUP,
        ),
        (EncodedGroup(address=G), EncodedSource(address=G), Count.IGNORED_SOURCE),
        (EncodedGroup(address=G), EncodedSource(address=ip("0.0.0.0")), Count.IGNORED_SOURCE),
    ],
)
def test_entries_that_no_tree_may_come_of_are_counted_and_ignored(
    router: Router, group: EncodedGroup, source: EncodedSource, counter: Count
) -> None:
    message = JoinPrune(
        upstream_neighbor=ip("10.0.1.1"),
        holdtime=210,
        groups=(GroupSet(group=group, joined=(source,)),),
    )
    assert router.hears("lan", "10.0.1.2", message) == []
    assert router.engine.trees(router.now) == ()
    assert router.engine.counters[counter] == 1


def test_a_source_in_both_lists_stays_joined(router: Router) -> None:
    source = (EncodedSource(address=S),)
    group = GroupSet(group=EncodedGroup(address=G), joined=source, pruned=source)
    message = JoinPrune(upstream_neighbor=ip("10.0.1.1"), holdtime=210, groups=(group,))
    router.hears("lan", "10.0.1.2", message)
    router.hears("lan", "10.0.1.2", message)
    router.run(until=router.now)
    assert router.outgoing.state == "J"


def test_messages_of_other_types_are_counted(router: Router) -> None:
    router.hears_bytes("lan", "10.0.1.2", bytes.fromhex("2600 d9ff"))
    assert router.engine.counters[Count.RX_OTHER] == 1


def test_messages_are_counted_by_type_and_direction(router: Router) -> None:
    router.run(until=10.0)
    router.hears("lan", "10.0.1.2", join_prune("10.0.1.1", join=[SG]))
    assert router.engine.counters == {
        Count.RX_HELLO: 1,
        Count.RX_JOIN_PRUNE: 1,
        Count.TX_HELLO: 1,
    }


@pytest.mark.parametrize(
    ("group", "source", "counter"),
    [
        (G, None, Count.IGNORED_ANY_SOURCE_MEMBER),
        (ip("224.0.0.9"), S, Count.IGNORED_GROUP),
        (ip("224.0.0.9"), None, Count.IGNORED_GROUP),
    ],
)
def test_members_that_no_tree_may_come_of_are_counted_and_ignored(
    router: Router, group: IPv4Address, source: IPv4Address | None, counter: Count
) -> None:
    event = MembershipChanged(interface="lan", group=group, source=source, joined=True)
    assert router.handle(event) == []
    assert router.engine.trees(router.now) == ()
    assert router.engine.counters[counter] == 1


bodies = st.binary(max_size=60) | st.sampled_from(
    [
        encode_message(hello())[4:],
        encode_message(join_prune("10.0.1.1", join=[SG]))[4:],
        encode_message(join_prune("10.0.1.3", prune=[SG, SourceGroup(S, ip("232.1.1.2"))]))[4:],
    ]
)


@settings(deadline=None)
@given(st.sampled_from([0, 3, 5]), bodies, st.lists(st.integers(0, 2**16 - 1), max_size=4))
def test_no_packet_raises_whatever_is_in_it(kind: int, body: bytes, changes: list[int]) -> None:
    router = lan()
    router.hears("lan", "10.0.1.2", hello())
    octets = bytearray(body)
    for change in changes:
        if octets:
            octets[change % len(octets)] ^= change >> 8
    first = bytes((0x20 | kind, 0))
    checksum = internet_checksum(first + b"\0\0" + octets).to_bytes(2, "big")
    router.hears_bytes("lan", "10.0.1.2", first + checksum + octets)
    received = {n: c for n, c in router.engine.counters.items() if n.startswith(("rx", "drop: m"))}
    assert sum(received.values()) == 2
