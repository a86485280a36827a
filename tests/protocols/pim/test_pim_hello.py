"""RFC 7761 4.3.1, 4.3.4, 4.9.2: Hellos go out, neighbours come and go.

The router under test is 10.0.1.1 on lan. Random delays are halves of their ranges.
"""

from __future__ import annotations

import pytest

from controlplane.engine.engine import SendPacket
from controlplane.engine.notice import Notice
from controlplane.net.multicast import ALL_PIM_ROUTERS
from controlplane.protocols.pim.events import NeighborsExpected, PimOutput, PimSettings, Rpf
from controlplane.protocols.pim.notices import (
    DrChanged,
    NeighborDown,
    NeighborRestarted,
    NeighborUp,
    SecondaryAddressMoved,
)
from controlplane.protocols.pim.show_links import NeighborView
from controlplane.wire.pim.hello import Hello, LanPruneDelay
from tests.protocols.pim.router import (
    SG,
    Router,
    S,
    Trace,
    hello,
    hello_times,
    ip,
    join_prune,
    sent,
)


@pytest.fixture
def router() -> Router:
    router = Router()
    router.up("lan", 1)
    router.enable("lan")
    return router


def neighbor(router: Router) -> NeighborView:
    """The only neighbour."""
    (view,) = router.engine.neighbors(router.now)
    return view


def notices(trace: Trace) -> list[tuple[float, PimOutput]]:
    return [(at, o) for at, o in trace if isinstance(o, NeighborUp | NeighborDown)]


class TestSending:
    def test_the_first_hello_is_delayed_and_then_they_are_periodic(self, router: Router) -> None:
        assert hello_times(router.run(until=70.0)) == [2.5, 32.5, 62.5]

    def test_a_hello_has_every_option_that_the_rfc_asks_for(self, router: Router) -> None:
        packet = next(o for _, o in router.run(until=10.0) if isinstance(o, SendPacket))
        (interface,) = router.engine.interfaces(router.now)
        assert sent([packet]) == [
            (
                "lan",
                Hello(
                    holdtime=105,
                    lan_prune_delay=LanPruneDelay(propagation_delay=500, override_interval=2500),
                    dr_priority=1,
                    generation_id=interface.generation_id,
                    bidirectional_capable=True,
                ),
            )
        ]
        assert (packet.source, packet.destination) == (ip("10.0.1.1"), ALL_PIM_ROUTERS)
        assert (packet.protocol, packet.ttl) == (103, 1)

    def test_no_hello_where_pim_is_not_enabled(self) -> None:
        router = Router()
        assert router.up("lan", 1) == []
        assert router.engine.next_deadline() is None

    def test_pim_can_be_enabled_before_the_interface_comes_up(self) -> None:
        router = Router()
        assert router.enable("lan") == []
        router.up("lan", 1)
        assert hello_times(router.run(until=10.0)) == [2.5]

    def test_settings_decide_on_periods_and_options(self) -> None:
        router = Router()
        router.up("lan", 1)
        settings = PimSettings(
            hello_period=1.0,
            triggered_hello_delay=0.2,
            dr_priority=5,
            propagation_delay=0.05,
            override_interval=0.25,
        )
        router.enable("lan", settings)
        trace = router.run(until=2.0)
        assert hello_times(trace) == [0.1, 1.1]
        (_, message), *_ = sent(output for _, output in trace)
        assert isinstance(message, Hello)
        assert (message.holdtime, message.dr_priority) == (4, 5)
        assert message.lan_prune_delay == LanPruneDelay(propagation_delay=50, override_interval=250)

    def test_changed_settings_are_told_at_once(self, router: Router) -> None:
        router.run(until=10.0)
        assert router.enable("lan") == []
        ((_, message),) = sent(router.enable("lan", PimSettings(dr_priority=9)))
        assert isinstance(message, Hello)
        assert message.dr_priority == 9


class TestTriggeredHello:
    def test_a_new_neighbor_is_answered_and_the_period_goes_on(self, router: Router) -> None:
        router.run(until=10.0)
        router.hears("lan", "10.0.1.2", hello())
        assert hello_times(router.run(until=40.0)) == [12.5, 32.5]

    def test_a_known_neighbor_is_not_answered(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", hello())
        router.run(until=10.0)
        assert router.hears("lan", "10.0.1.2", hello()) == []
        assert hello_times(router.run(until=32.0)) == []

    def test_two_new_neighbors_are_answered_by_one_hello(self, router: Router) -> None:
        router.run(until=10.0)
        router.hears("lan", "10.0.1.2", hello())
        router.run(until=11.0)
        router.hears("lan", "10.0.1.3", hello())
        assert hello_times(router.run(until=32.0)) == [12.5]

    def test_a_periodic_hello_that_comes_first_answers_as_well(self, router: Router) -> None:
        router.run(until=31.0)
        router.hears("lan", "10.0.1.2", hello())
        assert hello_times(router.run(until=60.0)) == [32.5]

    def test_a_new_genid_is_answered(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", hello(genid=1))
        router.run(until=10.0)
        outputs = router.hears("lan", "10.0.1.2", hello(genid=2))
        assert outputs == [NeighborRestarted("lan", ip("10.0.1.2"))]
        assert hello_times(router.run(until=32.0)) == [12.5]

    def test_new_leaves_of_a_tunnel_are_greeted_by_one_hello(self, router: Router) -> None:
        router.run(until=10.0)
        router.handle(NeighborsExpected(interface="lan", awaited=frozenset()))
        router.run(until=11.0)
        router.handle(NeighborsExpected(interface="lan", awaited=frozenset()))
        assert hello_times(router.run(until=32.0)) == [12.5]

    def test_nobody_is_greeted_where_pim_does_not_run(self) -> None:
        router = Router()
        assert router.handle(NeighborsExpected(interface="lan", awaited=frozenset())) == []
        assert router.engine.next_deadline() is None


class TestHelloBeforeJoin:
    """ "Neighbors will not accept Join/Prune messages from a router unless they have first heard
    a Hello message from that router" """

    def test_the_first_join_sends_the_first_hello_before_it(self, router: Router) -> None:
        router.rpf[S] = Rpf("lan", ip("10.0.1.2"))
        router.hears("lan", "10.0.1.2", hello())
        messages = [message for _, message in sent(router.member("hosts", joined=True))]
        assert isinstance(messages[0], Hello)
        assert messages[1:] == [join_prune("10.0.1.2", join=[SG])]
        assert hello_times(router.run(until=40.0)) == [2.5, 32.5]

    def test_a_join_to_a_new_neighbor_does_not_wait_for_its_answer(self, router: Router) -> None:
        router.run(until=10.0)
        router.rpf[S] = Rpf("lan", ip("10.0.1.2"))
        router.member("hosts", joined=True)
        outputs = router.hears("lan", "10.0.1.2", hello())
        assert [type(message).__name__ for _, message in sent(outputs)] == ["Hello", "JoinPrune"]
        assert hello_times(router.run(until=32.0)) == []

    def test_later_joins_go_alone(self, router: Router) -> None:
        router.rpf[S] = Rpf("lan", ip("10.0.1.2"))
        router.hears("lan", "10.0.1.2", hello())
        router.run(until=10.0)
        outputs = router.member("hosts", joined=True)
        assert [type(message).__name__ for _, message in sent(outputs)] == ["JoinPrune"]


class TestLiveness:
    def test_a_neighbor_comes_up_with_its_first_hello(self, router: Router) -> None:
        router.run(until=10.0)
        assert router.hears("lan", "10.0.1.2", hello()) == [
            NeighborUp("lan", ip("10.0.1.2")),
            DrChanged("lan", ip("10.0.1.2"), "highest address among equal DR priorities"),
        ]

    @pytest.mark.parametrize(("holdtime", "expires"), [(105, 105.0), (1, 1.0), (None, 105.0)])
    def test_it_goes_when_its_holdtime_runs_out(
        self, router: Router, holdtime: int | None, expires: float
    ) -> None:
        router.hears("lan", "10.0.1.2", hello(holdtime=holdtime))
        assert neighbor(router).expires == expires
        assert notices(router.run(until=200.0)) == [
            (expires, NeighborDown("lan", ip("10.0.1.2"), "its holdtime ran out"))
        ]
        assert router.engine.neighbors(router.now) == ()

    def test_each_hello_restarts_its_timer(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", hello())
        router.run(until=100.0)
        router.hears("lan", "10.0.1.2", hello())
        assert notices(router.run(until=204.0)) == []
        assert (neighbor(router).uptime, neighbor(router).expires) == (204.0, 1.0)

    def test_holdtime_0xffff_never_runs_out(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", hello(holdtime=105))
        router.hears("lan", "10.0.1.2", hello(holdtime=0xFFFF))
        assert neighbor(router).expires is None
        assert notices(router.run(until=1000.0)) == []

    def test_a_goodbye_ends_it_at_once(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", hello())
        assert router.hears("lan", "10.0.1.2", hello(holdtime=0)) == [
            NeighborDown("lan", ip("10.0.1.2"), "it said goodbye"),
            DrChanged("lan", ip("10.0.1.1"), "the only router"),
        ]

    def test_a_goodbye_of_a_stranger_makes_no_neighbor(self, router: Router) -> None:
        assert router.hears("lan", "10.0.1.2", hello(holdtime=0)) == []
        assert router.engine.neighbors(router.now) == ()

    def test_a_new_genid_supersedes_what_was_known(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", hello(genid=1, priority=9, secondary=["10.0.1.8"]))
        router.run(until=10.0)
        router.hears("lan", "10.0.1.2", hello(genid=2, priority=3))
        view = neighbor(router)
        assert (view.uptime, view.generation_id, view.dr_priority) == (0.0, 2, 3)
        assert view.secondary_addresses == ()


class TestInterfaceChanges:
    def test_going_down_says_goodbye_and_forgets_the_neighbors(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", hello())
        router.run(until=10.0)
        goodbye, *rest = router.down("lan")
        ((_, message),) = sent([goodbye])
        assert isinstance(message, Hello)
        assert message.holdtime == 0
        assert rest == [NeighborDown("lan", ip("10.0.1.2"), "the interface went down")]
        assert router.engine.interfaces(router.now) == ()
        assert router.engine.next_deadline() is None

    def test_who_never_said_hello_says_no_goodbye(self, router: Router) -> None:
        assert router.down("lan") == []

    def test_coming_up_again_starts_with_another_genid(self, router: Router) -> None:
        (first,) = router.engine.interfaces(router.now)
        router.down("lan")
        router.up("lan", 1)
        (second,) = router.engine.interfaces(router.now)
        assert first.generation_id != second.generation_id
        assert hello_times(router.run(until=10.0)) == [2.5]

    def test_another_address_says_goodbye_as_the_old_and_hello_as_the_new(
        self, router: Router
    ) -> None:
        router.rpf[S] = Rpf("lan", ip("10.0.1.2"))
        router.hears("lan", "10.0.1.2", hello())
        router.member("hosts", joined=True)
        router.run(until=10.0)
        outputs = router.up("lan", 1, address="10.0.1.7/24")
        packets = [o for o in outputs if isinstance(o, SendPacket)]
        holdtimes = [m.holdtime for _, m in sent(packets) if isinstance(m, Hello)]
        assert [p.source for p in packets] == [ip("10.0.1.1"), ip("10.0.1.7")]
        assert holdtimes == [0, 105]

    def test_the_same_interface_again_changes_nothing(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", hello())
        assert router.up("lan", 1) == []
        assert len(router.engine.neighbors(router.now)) == 1


class TestSecondaryAddresses:
    """RFC 7761 4.3.4."""

    def test_a_list_replaces_the_one_before(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", hello(secondary=["10.0.1.8", "10.0.1.9"]))
        router.hears("lan", "10.0.1.2", hello(secondary=["10.0.1.9"]))
        assert neighbor(router).secondary_addresses == (ip("10.0.1.9"),)
        router.hears("lan", "10.0.1.2", hello())
        assert neighbor(router).secondary_addresses == ()

    def test_the_primary_address_in_its_own_list_is_left_out(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", hello(secondary=["10.0.1.2", "10.0.1.9"]))
        assert neighbor(router).secondary_addresses == (ip("10.0.1.9"),)

    def test_they_go_with_the_neighbor(self, router: Router) -> None:
        router.rpf[S] = Rpf("lan", ip("10.0.1.9"))
        router.hears("lan", "10.0.1.2", hello(secondary=["10.0.1.9"]))
        router.hears("lan", "10.0.1.2", hello(holdtime=0))
        router.member("hosts", joined=True)
        assert router.tree.rpf_neighbor is None

    def test_of_two_claims_the_later_counts(self, router: Router) -> None:
        router.hears("lan", "10.0.1.2", hello(secondary=["10.0.1.9"]))
        outputs = router.hears("lan", "10.0.1.3", hello(secondary=["10.0.1.9"]))
        moved = SecondaryAddressMoved("lan", ip("10.0.1.9"), ip("10.0.1.2"), ip("10.0.1.3"))
        assert moved in outputs
        views = router.engine.neighbors(router.now)
        assert [v.secondary_addresses for v in views] == [(), (ip("10.0.1.9"),)]


@pytest.mark.parametrize(
    ("notice", "words"),
    [
        (NeighborUp("lan", ip("10.0.1.2")), "neighbor 10.0.1.2 up on lan"),
        (
            NeighborDown("lan", ip("10.0.1.2"), "it said goodbye"),
            "neighbor 10.0.1.2 down on lan: it said goodbye",
        ),
        (
            NeighborRestarted("lan", ip("10.0.1.2")),
            "neighbor 10.0.1.2 on lan restarted: new generation ID",
        ),
        (
            DrChanged("lan", ip("10.0.1.2"), "highest DR priority"),
            "designated router of lan is 10.0.1.2: highest DR priority",
        ),
        (
            SecondaryAddressMoved("lan", ip("10.0.1.9"), ip("10.0.1.2"), ip("10.0.1.3")),
            "neighbors 10.0.1.2 and 10.0.1.3 on lan both claim 10.0.1.9; 10.0.1.3 has it",
        ),
    ],
)
def test_notices_say_what_happened_and_where(notice: Notice, words: str) -> None:
    assert notice.words() == words
