"""RFC 7761 4.5.3: the downstream (S,G,rpt) state machine, figure 4 and what messages make of it."""

from __future__ import annotations

from ipaddress import IPv4Interface

import pytest

from controlplane.net.interface import Interface, InterfaceKind
from controlplane.protocols.pim.dr import DrElection, Reason
from controlplane.protocols.pim.events import PimSettings, Rpf, TreeUpdate
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.neighbor import Neighbor
from controlplane.protocols.pim.rpt_downstream import (
    Event,
    ReceivePrune,
    RptDownstream,
    RptDownstreamEvent,
)
from controlplane.protocols.pim.show import RptPruneView
from controlplane.protocols.pim.tib import RptDownstreamState, SourceTree
from controlplane.protocols.pim.timers import RptExpiryTimer, RptPrunePendingTimer
from tests.protocols.pim.router import Proportion, Router, hello, ip, trees
from tests.protocols.pim.sparse import FOREVER, IMMEDIATE, RP, RPT, SG, SPT, STAR, entries

OVERRIDE_INTERVAL = 3.0
JOIN_ANY = RptDownstreamEvent.RECEIVE_JOIN_ANY_SOURCE
JOIN = RptDownstreamEvent.RECEIVE_JOIN
PRUNE = ReceivePrune(200)
END = RptDownstreamEvent.END_OF_MESSAGE
PPT = RptDownstreamEvent.PRUNE_PENDING_TIMER_EXPIRES
ET = RptDownstreamEvent.EXPIRY_TIMER_EXPIRES

TABLE = {
    #        Join(*,G)   Join   Prune  End    PPT    ET
    "NI": ("NI", "NI", "PP", "NI", "NI", "NI"),
    "P": ("P'", "NI", "P", "P", "P", "NI"),
    "PP": ("PP'", "NI", "PP", "PP", "P", "NI"),
    "P'": ("P'", "P'", "P", "NI", "P'", "NI"),
    "PP'": ("PP'", "PP'", "PP", "NI", "PP'", "NI"),
}
"""Timers do not expire in P' and PP': no time is spent there. ET in PP: see the module."""
CELLS = [
    (state, event, after)
    for state, row in TABLE.items()
    for event, after in zip((JOIN_ANY, JOIN, PRUNE, END, PPT, ET), row, strict=True)
]


class Machine:
    """(S,G,rpt) on an interface with two neighbours, at 10 s, ET at 110 s and PPT at 13 s."""

    def __init__(self, state: str) -> None:
        self.instance = PimInstance(lambda *_: None, Proportion(0.5), IMMEDIATE)
        self.interface = _interface()
        tree = self.instance.make_source(SG, 0.0)
        assert tree is not None
        self.tree: SourceTree = tree
        if state != "NI":
            tree.set_rpt("lan", RptDownstreamState(state))
            self.instance.timers.set(RptExpiryTimer(SG, "lan"), 110.0)
        if state in ("PP", "PP'"):
            self.instance.timers.set(RptPrunePendingTimer(SG, "lan"), 13.0)

    def handle(self, event: Event) -> None:
        RptDownstream(self.instance).handle(self.tree, self.interface, event, 10.0)

    @property
    def state(self) -> str:
        known = self.tree.rpt_downstream.get("lan")
        return known.value if known is not None else "NI"

    @property
    def timers(self) -> tuple[float | None, float | None]:
        """When ET and PPT expire."""
        timers = self.instance.timers
        return (
            timers.deadline(RptExpiryTimer(SG, "lan")),
            timers.deadline(RptPrunePendingTimer(SG, "lan")),
        )


def _interface() -> PimInterface:
    address = "10.0.1.1"
    return PimInterface(
        interface=Interface(
            name="lan", index=1, kind=InterfaceKind.ETHERNET, address=IPv4Interface(f"{address}/24")
        ),
        settings=PimSettings(),
        generation_id=1,
        dr=DrElection(ip(address), Reason.ADDRESS),
        neighbors={ip(n): Neighbor(ip(n), hello(), 0.0) for n in ("10.0.1.2", "10.0.1.3")},
    )


@pytest.mark.parametrize(("state", "event", "after"), CELLS)
def test_every_pair_of_state_and_event(state: str, event: Event, after: str) -> None:
    machine = Machine(state)
    machine.handle(event)
    assert machine.state == after


@pytest.mark.parametrize("state", ["P", "PP", "P'", "PP'"])
def test_noinfo_has_no_timers(state: str) -> None:
    machine = Machine(state)
    machine.handle(ET)
    assert machine.timers == (None, None)


@pytest.mark.parametrize(
    ("state", "timers"),
    [
        ("NI", (210.0, 13.0)),
        ("P", (210.0, None)),
        ("PP", (110.0, 13.0)),
        ("P'", (210.0, None)),
        ("PP'", (210.0, 13.0)),
    ],
)
def test_what_a_prune_does_to_the_timers(
    state: str, timers: tuple[float | None, float | None]
) -> None:
    machine = Machine(state)
    machine.handle(PRUNE)
    assert machine.timers == timers


@pytest.mark.parametrize(("holdtime", "expiry"), [(50, 110.0), (FOREVER, None)])
def test_the_later_expiry_counts(holdtime: int, expiry: float | None) -> None:
    machine = Machine("P")
    machine.handle(ReceivePrune(holdtime))
    assert machine.timers == (expiry, None)


class TestMessages:
    """10.0.1.2 and 10.0.1.3 are behind lan, the RP behind 10.0.2.2 on up; (*,G) is joined."""

    @pytest.fixture
    def router(self) -> Router:
        router = Router({RP: Rpf("up", ip("10.0.2.2"))}, config=IMMEDIATE)
        for index, name in enumerate(("lan", "up"), start=1):
            router.up(name, index)
            router.enable(name)
        for neighbor in ("10.0.1.2", "10.0.1.3"):
            router.hears("lan", neighbor, hello(holdtime=FOREVER))
        router.hears("up", "10.0.2.2", hello(holdtime=FOREVER))
        router.run(until=10.0)
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", join=[STAR], holdtime=FOREVER))
        return router

    def test_a_prune_takes_the_interface_off_after_the_override_interval(
        self, router: Router
    ) -> None:
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", prune=[RPT]))
        assert view(router) == RptPruneView(
            interface="lan", state="PP", expires=210.0, prune_pending=3.0
        )
        outputs = [output for _, output in router.run(until=13.0)]
        (update,) = trees(outputs)
        assert isinstance(update, TreeUpdate)
        assert (update.tree, update.outgoing) == (SG, frozenset())
        assert view(router).state == "P"

    def test_a_lone_neighbor_need_not_wait(self, router: Router) -> None:
        router.hears("lan", "10.0.1.3", hello(holdtime=0))
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", prune=[RPT]))
        router.run(until=router.now)
        assert view(router).state == "P"

    def test_a_join_with_the_prune_again_keeps_it(self, router: Router) -> None:
        pruned(router)
        again = entries("10.0.1.1", join=[STAR], prune=[RPT])
        assert trees(router.hears("lan", "10.0.1.2", again)) == []
        assert view(router).expires == 210.0

    def test_a_join_without_the_prune_ends_it(self, router: Router) -> None:
        pruned(router)
        router.hears("lan", "10.0.1.3", entries("10.0.1.1", join=[STAR]))
        assert router.engine.trees(router.now) == ()

    def test_a_join_of_the_source_on_the_shared_tree_overrides(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", prune=[RPT]))
        router.hears("lan", "10.0.1.3", entries("10.0.1.1", join=[RPT]))
        assert router.engine.trees(router.now) == ()

    def test_a_join_of_the_source_on_its_own_tree_does_not(self, router: Router) -> None:
        pruned(router)
        router.hears("lan", "10.0.1.3", entries("10.0.1.1", join=[SPT]))
        assert view(router).state == "P"

    def test_a_prune_of_the_shared_tree_does_not_end_it(self, router: Router) -> None:
        """RFC 7761 4.5.3: "Receiving a Prune(*,G) does not affect the (S,G,rpt)" machine."""
        pruned(router)
        router.hears("lan", "10.0.1.2", entries("10.0.1.1", prune=[STAR]))
        router.run(until=router.now + OVERRIDE_INTERVAL)
        assert view(router).state == "P"

    def test_it_ends_with_its_interface(self, router: Router) -> None:
        pruned(router)
        router.down("lan")
        assert router.engine.trees(router.now) == ()
        assert router.engine.shared_trees(router.now) == ()

    def test_it_expires(self, router: Router) -> None:
        pruned(router)
        router.run(until=router.now + 210.0)
        assert router.engine.trees(router.now) == ()


def pruned(router: Router) -> None:
    """Let the source be pruned on lan."""
    router.hears("lan", "10.0.1.2", entries("10.0.1.1", prune=[RPT]))
    router.run(until=router.now + OVERRIDE_INTERVAL)
    assert view(router).state == "P"


def view(router: Router) -> RptPruneView:
    """The only interface of the only source that has one."""
    (tree,) = router.engine.trees(router.now)
    (pruned,) = tree.rpt_pruned
    return pruned
