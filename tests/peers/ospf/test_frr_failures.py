"""Links and routers fail and come back, ours and FRR's; each side ends with the right table."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from controlplane.protocols.ospf.events import ExternalRoutesReplaced
from controlplane.protocols.ospf.notices import AdjacencyRestarted, NeighborDown
from controlplane.wire.ospf.lsa import MAX_AGE
from tests.peers.ospf.pair import (
    THEIR_EXTERNAL,
    THEY,
    WE,
    Pair,
    Plan,
    own_networks,
)
from tests.peers.ospf.tables import Table
from tests.peers.wire import eventually

pytestmark = pytest.mark.live

BACKUP = 20


def over(cables: tuple[int, ...], cost: int, side: int, other: int) -> Table:
    """The table of a side that sends to the other over some of the cables, at a cost."""
    hops = " ".join(f"via 10.0.{number}.{other}" for number in cables)
    own, of_other = own_networks(side, other)
    loopback = of_other[f"10.9.0.{other}/32"].split()[1]
    own["10.0.2.0/24"] = f"intra-area {BACKUP} direct"
    return own | {
        f"10.{other}.0.0/24": f"intra-area {10 + cost} {hops}",
        f"10.9.0.{other}/32": f"intra-area {int(loopback) - 10 + cost} {hops}",
    }


class TestLinkFailure:
    PLAN = Plan(second_cost=BACKUP)

    def test_traffic_takes_the_second_link_and_comes_back(self, stack: ExitStack) -> None:
        pair = Pair(stack, self.PLAN)
        before = over((0,), 10, 1, 2), over((0,), 10, 2, 1)
        pair.reaches(*before)
        pair.wire.fail("eth0")
        ours, theirs = over((2,), BACKUP, 1, 2), over((2,), BACKUP, 2, 1)
        del ours["10.0.0.0/24"], theirs["10.0.0.0/24"]
        pair.reaches(ours, theirs)
        pair.wire.repair("eth0")
        pair.reaches(*before)

    def test_two_links_of_one_cost_are_both_used(self, stack: ExitStack) -> None:
        pair = Pair(stack, Plan(second_cost=10))
        tables = over((0, 2), 10, 1, 2), over((0, 2), 10, 2, 1)
        for table in tables:
            table["10.0.2.0/24"] = "intra-area 10 direct"
        pair.reaches(*tables)


class TestRestart:
    @staticmethod
    def tables() -> tuple[Table, Table]:
        ours, of_theirs = own_networks(1, 2)
        theirs, of_ours = own_networks(2, 1)
        return ours | of_theirs, theirs | of_ours

    def test_a_silent_frr_is_given_up_after_the_dead_interval(self, stack: ExitStack) -> None:
        pair = Pair(stack, Plan())
        pair.reaches(*self.tables())
        pair.frr.kill("ospfd")
        eventually(lambda: _down(pair), pair.wire)
        (down,) = _down(pair)
        assert (down.interface, str(down.neighbor)) == ("eth0", THEY)
        eventually(lambda: pair.our_table() == own_networks(1, 2)[0], pair.wire)
        pair.frr.start("ospfd")
        pair.reaches(*self.tables())

    def test_frr_that_forgot_everything_in_an_instant_is_told_again(self, stack: ExitStack) -> None:
        """It says Hello without us in it (RFC 2328 10.2, 1-WayReceived); or, if it has heard ours
        before, begins the exchange anew (SeqNumberMismatch). And it finds its own old LSAs with us,
        which it must go beyond (13.4)."""
        pair = Pair(stack, Plan())
        pair.reaches(*self.tables())
        pair.frr.kill("ospfd")
        pair.frr.start("ospfd")
        eventually(lambda: _down(pair) or _restarted(pair), pair.wire)
        pair.reaches(*self.tables())

    def test_we_go_beyond_our_own_lsas_when_we_forgot_them(self, stack: ExitStack) -> None:
        """RFC 2328 13.4, with FRR as the one that remembers."""
        pair = Pair(stack, Plan())
        pair.reaches(*self.tables())
        pair.wire.close()
        pair.start()
        pair.reaches(*self.tables())


class TestFlush:
    """RFC 2328 14.1: who withdraws a route floods its LSA at MaxAge, and all forget it."""

    def test_both_sides_forget_what_is_redistributed_no_longer(self, stack: ExitStack) -> None:
        pair = Pair(stack, Plan(process=(THEIR_EXTERNAL,)))
        pair.tell_external()
        ours, theirs = TestRestart.tables()
        pair.reaches(
            ours | {"192.168.2.0/24": f"external 1 17 via {THEY}"},
            theirs | {"192.168.1.0/24": f"external 2 5 via {WE}"},
        )
        pair.wire.tell(ExternalRoutesReplaced(routes=()))
        pair.frr.configure("router ospf", "no redistribute kernel")
        pair.reaches(ours, theirs)
        eventually(lambda: _external_lsas(pair) == [], pair.wire)
        eventually(lambda: _external_ages_at_frr(pair) <= {MAX_AGE}, pair.wire)


def _down(pair: Pair) -> list[NeighborDown]:
    return [notice for notice in pair.wire.notices if isinstance(notice, NeighborDown)]


def _restarted(pair: Pair) -> list[AdjacencyRestarted]:
    return [notice for notice in pair.wire.notices if isinstance(notice, AdjacencyRestarted)]


def _external_ages_at_frr(pair: Pair) -> set[int]:
    """FRR keeps an LSA of MaxAge for some seconds before it forgets it."""
    shown = pair.frr.json("show ip ospf database json")
    return {lsa["lsaAge"] for lsa in shown.get("asExternalLinkStates", [])}


def _external_lsas(pair: Pair) -> list[object]:
    databases = pair.wire.engine.databases(pair.wire.now)
    return [lsa for database in databases if database.area is None for lsa in database.lsas]
