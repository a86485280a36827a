"""Adj-RIB-Out: what peers are told, in how many messages, when, and how much of it again."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest

from controlplane.protocols.bgp.events import Imported, PeerTimers, RoutesImported
from controlplane.protocols.bgp.path import Announcement, Destination, NextHop, Path
from controlplane.wire.bgp.attributes import Origin, PathAttributes
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.numbers import MessageType
from controlplane.wire.bgp.refresh import RefreshSubtype
from controlplane.wire.bgp.update import Update
from tests.protocols.bgp.paths import as_path
from tests.protocols.bgp.speaker import AS, ME, refresh
from tests.protocols.bgp.tabled import UNICAST, VPNV4, Here, hop, peer, prefix, vpn

SLOW = PeerTimers(min_advertisement=5.0)
END = Update(end_of_rib=UNICAST)


class TestPacking:
    @pytest.mark.parametrize(
        ("routes", "sets", "messages"),
        [(1, 1, 1), (900, 1, 1), (900, 3, 3), (2500, 1, 3), (10, 10, 10)],
    )
    def test_as_few_messages_as_sets_of_attributes_need(
        self, routes: int, sets: int, messages: int
    ) -> None:
        """4,096 octets hold about a thousand prefixes of four octets each."""
        config = peer(1)
        here = Here(config)
        for number in range(sets):
            here.originate(*map(prefix, range(number, routes, sets)), med=number)
        updates = here.far(config).hears()
        assert len(updates) == messages + 1
        assert updates[-1] == END
        assert sum(len(reach.nlri) for update in updates for reach in update.reach) == routes

    def test_equal_attributes_of_several_peers_are_packed_together(self) -> None:
        configs = [peer(1, 65001), peer(2, 65001), peer(3, 65003)]
        here = Here(*configs)
        for number, config in enumerate(configs[:2]):
            here.far(config).announces(prefix(number), as_path=as_path(65001))
        listener = here.far(configs[2])
        first, last = listener.hears()
        assert [key for key, _ in first.reach[0].nlri] == [prefix(0), prefix(1)]
        assert last == END

    def test_withdrawals_come_before_announcements(self) -> None:
        configs = [peer(1, 65001), peer(2)]
        speaks, listens = map(Here(*configs).far, configs)
        speaks.announces(prefix(1))
        listens.hears()
        both = speaks.encoded(prefix(2)) + speaks.encoded_withdrawal(prefix(1))
        speaks.wire.says(both)
        kinds = [(len(update.unreach), len(update.reach)) for update in listens.hears()]
        assert kinds == [(1, 0), (0, 1)]


class TestIncrements:
    def test_a_change_is_told_once(self) -> None:
        config = peer(1)
        here = Here(config)
        listener = here.far(config)
        here.originate(prefix(1), med=1)
        assert [update.reach[0].attributes.med for update in listener.hears()[1:]] == [1]
        here.originate(prefix(1), med=2)
        assert [update.reach[0].attributes.med for update in listener.hears()] == [2]

    def test_the_same_once_more_is_told_to_nobody(self) -> None:
        config = peer(1)
        here = Here(config)
        listener = here.far(config)
        here.originate(prefix(1), med=1)
        listener.hears()
        here.originate(prefix(1), med=1)
        assert listener.hears() == []

    def test_another_best_path_with_the_same_attributes_is_told_to_nobody(self) -> None:
        """Which of two routers of AS 65001 it is makes no difference to AS 65003."""
        configs = [peer(1, 65001), peer(2, 65001), peer(3, 65003)]
        here = Here(*configs)
        one, other, listener = map(here.far, configs)
        one.announces(prefix(1), as_path=as_path(65001))
        other.announces(prefix(1), as_path=as_path(65001), via="b")
        listener.hears()
        one.withdraws(prefix(1))
        assert here.best[prefix(1)].peer == other.config.address
        assert listener.hears() == []

    def test_another_label_is_told(self) -> None:
        config = peer(1, families=frozenset({VPNV4}))
        here = Here(config)
        listener = here.far(config)
        here.originate(vpn(1), family=VPNV4, label=100)
        listener.hears()
        here.originate(vpn(1), family=VPNV4, label=101)
        (update,) = listener.hears()
        assert update.reach[0].nlri == ((vpn(1), 101),)

    def test_a_route_that_came_and_went_is_not_withdrawn_from_who_never_had_it(self) -> None:
        configs = [peer(1, 65001), peer(2)]
        here = Here(*configs)
        speaks, listens = map(here.far, configs)
        listens.hears()
        speaks.announces(prefix(1), as_path=as_path(65001, AS))
        speaks.withdraws(prefix(1))
        assert listens.hears() == []

    def test_nobody_is_told_his_own_route(self) -> None:
        config = peer(1, 65001)
        here = Here(config)
        speaks = here.far(config)
        speaks.announces(prefix(1), as_path=as_path(65001))
        assert speaks.hears() == [END]

    def test_a_better_path_from_a_peer_takes_back_what_it_was_told(self) -> None:
        configs = [peer(1, 65001), peer(2, 65002)]
        here = Here(*configs)
        one, other = map(here.far, configs)
        one.announces(prefix(1), as_path=as_path(65001, 65009))
        assert prefix(1) in other.learns()
        other.announces(prefix(1), as_path=as_path(65002))
        assert other.learns() == {prefix(1): None}
        attributes = one.learns()[prefix(1)]
        assert attributes is not None
        assert attributes.as_path == as_path(AS, 65002)


class TestInterval:
    """RFC 4271 9.2.1.1."""

    def test_announcements_wait_and_withdrawals_do_not(self) -> None:
        config = peer(1, timers=SLOW)
        here = Here(config)
        listener = here.far(config)
        here.originate(prefix(1), prefix(2), med=1)
        assert len(listener.learns()) == 2
        here.originate(prefix(1), med=2)
        here.withdraw(prefix(2))
        assert listener.learns() == {prefix(2): None}
        here.run(5.0)
        attributes = listener.learns()[prefix(1)]
        assert attributes is not None
        assert attributes.med == 2

    def test_only_the_last_of_many_changes_is_told(self) -> None:
        config = peer(1, timers=SLOW)
        here = Here(config)
        listener = here.far(config)
        for med in range(10):
            here.originate(prefix(1), med=med)
        here.run(5.0)
        meds = [up.reach[0].attributes.med for up in listener.hears() if up.reach]
        assert meds == [0, 9]

    def test_what_waited_and_went_is_never_told(self) -> None:
        config = peer(1, timers=SLOW)
        here = Here(config)
        listener = here.far(config)
        here.originate(prefix(1))
        listener.hears()
        here.originate(prefix(2))
        here.withdraw(prefix(2))
        here.run(10.0)
        assert listener.hears() == []

    def test_withdrawals_alone_do_not_begin_it(self) -> None:
        config = peer(1, timers=SLOW)
        here = Here(config)
        listener = here.far(config)
        here.originate(prefix(1))
        here.run(5.0)
        here.withdraw(prefix(1))
        here.originate(prefix(2))
        assert listener.learns() == {prefix(1): None} | dict.fromkeys(
            [prefix(2)], PathAttributes(next_hop=ME, local_pref=100)
        )

    @pytest.mark.parametrize(("asn", "interval"), [(AS, 5.0), (65001, 30.0)])
    def test_it_is_shorter_within_an_as(self, asn: int, interval: float) -> None:
        config = peer(1, asn, timers=replace(SLOW, min_advertisement=None))
        here = Here(config)
        listener = here.far(config)
        here.originate(prefix(1))
        listener.hears()
        here.originate(prefix(2))
        here.run(interval * 0.75 - 0.01)
        assert listener.learns() == {}
        here.run(interval * 0.25 + 0.01)
        assert set(listener.learns()) == {prefix(2)}


class TestRefresh:
    """RFC 2918, RFC 7313."""

    def test_all_is_told_again_between_two_marks(self) -> None:
        config = peer(1)
        here = Here(config)
        listener = here.far(config)
        here.originate(prefix(1), prefix(2), origin=Origin.EGP)
        listener.hears()
        before = len(listener.wire.heard)
        listener.wire.says(refresh(UNICAST))
        kinds = [message.type for message in listener.wire.heard[before:]]
        assert kinds == [
            MessageType.ROUTE_REFRESH,
            MessageType.UPDATE,
            MessageType.ROUTE_REFRESH,
        ]
        assert set(listener.learns()) == {prefix(1), prefix(2)}
        assert listener.hears_of_refreshes() == [
            (UNICAST, RefreshSubtype.BEGINNING),
            (UNICAST, RefreshSubtype.ENDING),
        ]

    def test_who_asks_twice_is_told_twice_one_after_the_other(self) -> None:
        config = peer(1)
        here = Here(config)
        listener = here.far(config)
        here.originate(*map(prefix, range(40_000)))
        here.reads = False
        for _ in range(3):
            listener.wire.says(refresh(UNICAST))
        here.reads = True
        listener.wire.drains()
        asked = [subtype for _, subtype in listener.hears_of_refreshes()]
        assert asked == [RefreshSubtype.BEGINNING, RefreshSubtype.ENDING] * 2

    def test_what_does_not_come_again_between_the_marks_is_gone(self) -> None:
        config = peer(1)
        here = Here(config)
        speaks = here.far(config)
        speaks.announces(prefix(1), prefix(2))
        speaks.ends()
        speaks.wire.says(refresh(UNICAST, RefreshSubtype.BEGINNING))
        assert set(here.best) == {prefix(1), prefix(2)}
        speaks.announces(prefix(2))
        speaks.wire.says(refresh(UNICAST, RefreshSubtype.ENDING))
        assert set(here.best) == {prefix(2)}

    def test_a_family_without_routes_is_refreshed_all_the_same(self) -> None:
        config = peer(1, families=frozenset({VPNV4}))
        listener = Here(config).far(config)
        listener.wire.says(refresh(VPNV4))
        assert len(listener.hears_of_refreshes()) == 2


def test_every_family_ends_with_its_marker() -> None:
    families = frozenset(Family) - {Family.ROUTE_TARGET}
    config = peer(1, families=families)
    updates = Here(config).far(config).hears()
    assert {update.end_of_rib for update in updates} == families
    assert len(updates) == len(families)


def test_a_lost_session_is_told_all_anew() -> None:
    config = peer(1)
    here = Here(config)
    here.originate(prefix(1))
    here.far(config).wire.breaks()
    here.run(600.0)
    assert set(here.far(config).learns()) == {prefix(1)}


def test_what_is_gone_leaves_nothing_behind() -> None:
    """All routes of both ends are withdrawn, then new ones come and the sessions are lost."""
    configs = [peer(1, 65001), peer(2), peer(3, families=frozenset({VPNV4}))]
    here = Here(*configs)
    before = _alive()
    fars = list(map(here.far, configs))
    for number, far in enumerate(fars[:2]):
        far.announces(prefix(number), prefix(9))
        far.withdraws(prefix(number), prefix(9))
        far.announces(prefix(number), prefix(8), med=1)
        far.announces(prefix(number), prefix(8), med=2)
    here.originate(prefix(8))
    here.withdraw(prefix(8))
    imported = Imported(
        prefix=prefix(8), key=vpn(8), attributes=PathAttributes(), pe=hop("a"), label=100
    )
    here.tell(RoutesImported(changed=(imported,)))
    here.tell(RoutesImported(changed=(replace(imported, metric=7),)))
    here.tell(RoutesImported(withdrawn=(imported.key,)))
    assert _alive() > before
    for far in fars:
        far.wire.breaks()
    assert here.best == {}
    assert _alive() == before


def test_routes_that_come_and_go_beside_one_that_stays_leave_little_behind() -> None:
    """What is noted of a peer's routes is tidied up when most of them are gone."""
    here = Here(peer(1))
    far = here.far(peer(1))
    far.announces(prefix(0))
    before = _alive()
    for number in range(1, 1000):
        far.announces(prefix(number))
        far.withdraws(prefix(number))
    assert _alive() - before < 100
    assert set(here.best) == {prefix(0)}


def test_a_route_that_flaps_is_lost_with_its_session_once() -> None:
    here = Here(peer(1))
    far = here.far(peer(1))
    far.announces(prefix(0), prefix(1))
    far.withdraws(prefix(1))
    far.announces(prefix(1))
    far.wire.breaks()
    assert here.best == {}


def _alive() -> int:
    """How many objects of tables there are."""
    gc.collect()
    kinds = (Announcement, Destination, NextHop, Path)
    return sum(isinstance(one, kinds) for one in gc.get_objects())
