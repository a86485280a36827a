"""FRR's ospfd and our engine become neighbours, and each computes what the graph says."""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Address
from typing import Any

import pytest

from controlplane.engine.notice import Notice
from controlplane.protocols.ospf.events import Md5Key, TrafficEngineering
from controlplane.protocols.ospf.notices import MtuMismatch, PacketRefused
from controlplane.wire.ospf.bodies import OpaqueLsa
from controlplane.wire.ospf.te import TeLink, decode_te
from tests.peers.ospf.pair import (
    OUR_ID,
    THEIR_EXTERNAL,
    THEIR_ID,
    THEY,
    WE,
    Pair,
    Plan,
    own_networks,
)
from tests.peers.ospf.tables import Table
from tests.peers.wire import eventually

pytestmark = pytest.mark.live

KEY = Md5Key(id=7, key=b"secret")


def both_tables() -> tuple[Table, Table]:
    ours, of_theirs = own_networks(1, 2)
    theirs, of_ours = own_networks(2, 1)
    return ours | of_theirs, theirs | of_ours


def test_both_sides_have_all_networks_and_what_the_other_redistributes(stack: ExitStack) -> None:
    pair = Pair(stack, Plan(process=(THEIR_EXTERNAL,)))
    pair.tell_external()
    ours, theirs = both_tables()
    pair.reaches(
        ours | {"192.168.2.0/24": f"external 1 17 via {THEY}"},
        theirs | {"192.168.1.0/24": f"external 2 5 via {WE}"},
    )
    assert pair.our_neighbors() == {THEIR_ID: "Full"}
    assert pair.their_neighbors()[OUR_ID].startswith("Full")


def test_a_forwarding_address_leads_to_where_it_is_reached(stack: ExitStack) -> None:
    """RFC 2328 16.4 (3): FRR tells one when the next hop is on a network of OSPF's."""
    pair = Pair(stack, Plan(process=(THEIR_EXTERNAL,), their_route="via 10.2.0.9"))
    ours, theirs = both_tables()
    pair.reaches(ours | {"192.168.2.0/24": f"external 1 27 via {THEY}"}, theirs)


class TestAuthentication:
    """RFC 2328 D.3."""

    def test_with_one_key_the_two_are_neighbours(self, stack: ExitStack) -> None:
        plan = Plan(our_link={"md5_keys": (KEY,)}, their_link={"key": (7, "secret")})
        pair = Pair(stack, plan)
        pair.reaches(*both_tables())

    @pytest.mark.parametrize(
        ("their_key", "reason"),
        [
            ((7, "another"), "wrong MD5 key (id 7)"),
            ((8, "secret"), "it authenticates by MD5 key 8, which we do not have"),
            (None, "it does not authenticate, we do by MD5"),
        ],
    )
    def test_with_another_key_they_are_not_and_the_reason_is_told_once(
        self, stack: ExitStack, their_key: tuple[int, str] | None, reason: str
    ) -> None:
        plan = Plan(our_link={"md5_keys": (KEY,)}, their_link={"key": their_key})
        pair = Pair(stack, plan)
        eventually(lambda: notices_of(pair, PacketRefused), pair.wire)
        counted = sum(pair.wire.engine.counters.values())
        eventually(lambda: sum(pair.wire.engine.counters.values()) > counted + 1, pair.wire)
        (told,) = notices_of(pair, PacketRefused)
        assert told.source == IPv4Address(THEY)
        assert told.reason == reason
        assert pair.our_neighbors() == {}
        assert pair.their_neighbors() == {}


class TestMtu:
    """RFC 2328 10.6: who may be sent what is too large does not take the description."""

    def test_a_larger_one_keeps_the_two_apart_until_it_is_the_same(self, stack: ExitStack) -> None:
        pair = Pair(stack, Plan(their_mtu=1600))
        eventually(lambda: notices_of(pair, MtuMismatch), pair.wire)
        (told,) = notices_of(pair, MtuMismatch)
        assert told.source == IPv4Address(THEY)
        assert "1600" in told.reason and "1500" in told.reason
        assert pair.our_neighbors() == {THEIR_ID: "ExStart"}
        assert pair.their_neighbors()[OUR_ID].startswith(("ExStart", "Exchange"))
        pair.theirs.link("eth0", "mtu 1500")
        pair.reaches(*both_tables())


class TestTrafficEngineering:
    """RFC 3630 in opaque LSAs (RFC 5250)."""

    ZEBRA = "interface eth0\n link-params\n  enable\n  metric 33\n exit-link-params\nexit\n"
    PLAN = Plan(
        process=("capability opaque", "mpls-te on", f"mpls-te router-address {THEIR_ID}"),
        our_link={"traffic_engineering": TrafficEngineering(metric=44, administrative_group=9)},
        zebra=ZEBRA,
    )

    def test_each_side_learns_the_links_of_the_other(self, stack: ExitStack) -> None:
        pair = Pair(stack, self.PLAN)
        eventually(lambda: {THEIR_ID, OUR_ID} <= {*te_links(pair)}, pair.wire)
        there = IPv4Address(OUR_ID)  # FRR tells of its link before it knows where that leads
        eventually(lambda: te_links(pair)[THEIR_ID].link_id == there, pair.wire)
        assert te_links(pair)[THEIR_ID].metric == 33
        ask = f"show ip ospf database opaque-area adv-router {OUR_ID}"
        eventually(lambda: "Engineering Metric: 44" in pair.frr.vtysh(ask), pair.wire)
        shown = pair.frr.vtysh(ask)
        for words in (THEIR_ID, WE, THEY, "0x9"):
            assert words in shown


def notices_of(pair: Pair, kind: type[Notice]) -> list[Any]:
    return [notice for notice in pair.wire.notices if isinstance(notice, kind)]


def te_links(pair: Pair) -> dict[str, TeLink]:
    """TE links in our database by who told them."""
    return {
        str(view.header.advertising_router): said
        for database in pair.wire.engine.databases(pair.wire.now)
        for view in database.lsas
        if isinstance(view.body, OpaqueLsa)
        for said in decode_te(view.body.data)
        if isinstance(said, TeLink)
    }
