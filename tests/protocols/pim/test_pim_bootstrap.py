"""RFC 5059 3.1, 3.4, 3.5: one router that hears Bootstrap messages, and passes them on."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from math import log2

import pytest

from controlplane.engine.engine import SendPacket
from controlplane.net.multicast import ALL_PIM_ROUTERS
from controlplane.protocols.pim.bootstrap_machine import BsrState
from controlplane.protocols.pim.config import CandidateBsr, PimConfig
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import PimOutput
from controlplane.protocols.pim.notices import BsrChanged, RpRangeChanged
from controlplane.protocols.pim.rp_set import GroupMode
from controlplane.protocols.pim.timers import PrimingTimer, TriggeredHelloTimer
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.bootstrap import Bootstrap, BootstrapRange
from controlplane.wire.pim.message import decode_message
from tests.protocols.pim.bsr_domain import ALL, Node, bsm, ip, told

ADMIN = IPv4Network("239.0.0.0/8")
BSR, OTHER = "10.9.0.7", "10.9.0.8"
CANDIDATE = PimConfig(candidate_bsr=CandidateBsr(address=ip("10.9.0.1"), priority=100))


def node(config: PimConfig | None = None) -> Node:
    """Two neighbours on `up`, the way to the BSRs is the first; one on `down`; none on `alone`."""
    router = Node("r", config or PimConfig(), {ip("10.9.0.1")})
    router.attach("up", "10.0.1.1/24")
    router.attach("down", "10.0.2.1/24")
    router.attach("alone", "10.0.3.1/24")
    router.meet("up", "10.0.1.2")
    router.meet("up", "10.0.1.3")
    router.meet("down", "10.0.2.2")
    router.route(BSR, "up", "10.0.1.2")
    router.route(OTHER, "up", "10.0.1.2")
    router.start()
    return router


def forwarded(outputs: list[PimOutput]) -> list[tuple[str, Bootstrap]]:
    """Bootstrap messages to all PIM routers, with their interfaces."""
    packets = [o for o in outputs if isinstance(o, SendPacket) and o.destination == ALL_PIM_ROUTERS]
    messages = [(p.interface, decode_message(p.payload)) for p in packets]
    return [(name, m) for name, m in messages if isinstance(m, Bootstrap)]


def test_a_message_goes_on_wherever_there_are_neighbors() -> None:
    """RFC 5059 3.4: "including the one over which the message was received"."""
    message = bsm(BSR, told(OTHER))
    assert forwarded(node().hears("up", "10.0.1.2", message)) == [
        ("up", message),
        ("down", message),
    ]


def test_a_message_does_not_go_back_onto_a_pmsi() -> None:
    """All PEs have heard it there from the PE that has the BSR on its own side."""
    router = node()
    router.attach("mdt-red", "192.0.2.1/32")
    router.meet("mdt-red", "192.0.2.2")
    router.route(BSR, "mdt-red", "192.0.2.2")
    message = bsm(BSR)
    assert forwarded(router.hears("mdt-red", "192.0.2.2", message)) == [
        ("up", message),
        ("down", message),
    ]


def test_a_message_of_a_customers_bsr_goes_onto_the_pmsi() -> None:
    router = node()
    router.attach("mdt-red", "192.0.2.1/32")
    router.meet("mdt-red", "192.0.2.2")
    message = bsm(BSR)
    assert ("mdt-red", message) in forwarded(router.hears("up", "10.0.1.2", message))


def test_a_message_is_sent_on_from_the_address_of_the_link_with_ttl_1() -> None:
    outputs = node().hears("up", "10.0.1.2", bsm(BSR))
    packets = [o for o in outputs if isinstance(o, SendPacket)]
    assert [(str(p.source), p.ttl) for p in packets] == [("10.0.1.1", 1), ("10.0.2.1", 1)]


def test_the_bsr_and_its_rps_are_told() -> None:
    outputs = node().hears("up", "10.0.1.2", bsm(BSR, told(OTHER)))
    assert BsrChanged(ip(BSR), 64) in outputs
    assert RpRangeChanged(ALL, (ip(OTHER),)) in outputs


CHECKS = {
    "a stranger": (("up", "10.0.1.9", bsm(BSR)), Count.DROP_BSM_NO_NEIGHBOR),
    "a neighbor that is not the way to the BSR": (
        ("up", "10.0.1.3", bsm(BSR)),
        Count.DROP_BSM_RPF,
    ),
    "an interface that is not the way to the BSR": (
        ("down", "10.0.2.2", bsm(BSR)),
        Count.DROP_BSM_RPF,
    ),
    "a BSR that no route leads to": (("up", "10.0.1.2", bsm("10.9.0.9")), Count.DROP_BSM_RPF),
    "a BSR that is this router": (("up", "10.0.1.2", bsm("10.9.0.1")), Count.DROP_BSM_RPF),
    "an old message of our own for a new router": (
        ("up", "10.0.1.2", bsm("10.9.0.1", no_forward=True)),
        Count.DROP_BSM_RPF,
    ),
    "an admin-scope zone": (
        (
            "up",
            "10.0.1.2",
            bsm(BSR, replace(told(), group=replace(EncodedGroup.of(ADMIN), scoped=True))),
        ),
        Count.DROP_BSM_SCOPED,
    ),
}


@pytest.mark.parametrize(("heard", "count"), CHECKS.values(), ids=CHECKS)
def test_a_message_that_fails_a_check_is_counted_and_changes_nothing(
    heard: tuple[str, str, Bootstrap], count: Count
) -> None:
    router = node()
    assert router.hears(*heard) == []
    assert router.instance.counters[count] == 1
    assert router.bootstraps.election.state is BsrState.ACCEPT_ANY


def test_a_bsr_that_is_itself_the_neighbor_is_the_way_to_itself() -> None:
    router = node()
    router.route("10.0.2.2", "down", None)
    assert BsrChanged(ip("10.0.2.2"), 64) in router.hears("down", "10.0.2.2", bsm("10.0.2.2"))


def test_no_message_passes_a_border_of_the_domain() -> None:
    router = node(PimConfig(bsr_borders=frozenset({"down"})))
    message = bsm(BSR)
    assert router.hears("down", "10.0.2.2", message) == []
    assert router.instance.counters[Count.DROP_BSM_BORDER] == 1
    assert forwarded(router.hears("up", "10.0.1.2", message)) == [("up", message)]


class TestPriming:
    """RFC 5059 3.1.3, 3.5: messages for a router that has just started."""

    def test_a_message_that_is_not_to_be_forwarded_counts_from_any_neighbor(self) -> None:
        router = node()
        outputs = router.hears("down", "10.0.2.2", bsm(BSR, told(OTHER), no_forward=True))
        assert forwarded(outputs) == []
        assert router.mappings == [("224.0.0.0/4", OTHER)]

    def test_so_does_a_unicast_one(self) -> None:
        router = node()
        outputs = router.hears("down", "10.0.2.2", bsm(BSR, told(OTHER)), ip("10.0.2.1"))
        assert forwarded(outputs) == []
        assert router.mappings == [("224.0.0.0/4", OTHER)]

    def test_a_unicast_one_can_be_refused(self) -> None:
        router = node(PimConfig(unicast_bootstrap=False))
        assert router.hears("down", "10.0.2.2", bsm(BSR), ip("10.0.2.1")) == []
        assert router.instance.counters[Count.DROP_BSM_UNICAST] == 1

    def test_after_a_period_a_router_is_no_new_one(self) -> None:
        router = node()
        router.run(until=60.5)
        assert router.hears("down", "10.0.2.2", bsm(BSR, no_forward=True)) == []
        assert router.instance.counters[Count.DROP_BSM_LATE] == 1

    def test_nor_after_another_message(self) -> None:
        router = node()
        router.hears("up", "10.0.1.2", bsm(BSR))
        assert router.hears("down", "10.0.2.2", bsm(OTHER, no_forward=True)) == []
        assert router.instance.counters[Count.DROP_BSM_LATE] == 1

    def primed(self, router: Node, lan: str, neighbor: str) -> list[PimOutput]:
        """What follows the Hello that answers a neighbour."""
        interface = router.instance.interfaces[lan]
        router.instance.timers.set(TriggeredHelloTimer(lan), router.now + 2)
        router.bootstraps.neighbor_started(interface, ip(neighbor))
        assert router.advance(router.now + 1) == []
        return router.advance(router.now + 1)

    def test_a_neighbor_that_starts_is_told_of_the_last_message_after_our_hello(self) -> None:
        router = node()
        message = bsm(BSR, told(OTHER))
        router.hears("up", "10.0.1.2", message)
        outputs = self.primed(router, "down", "10.0.2.2")
        assert forwarded(outputs) == [("down", replace(message, no_forward=True))]
        assert [
            (str(o.destination), str(o.next_hop), decode_message(o.payload))
            for o in outputs
            if isinstance(o, SendPacket) and o.destination != ALL_PIM_ROUTERS
        ] == [("10.0.2.2", "10.0.2.2", message)]

    def test_unicast_can_be_left_out(self) -> None:
        router = node(PimConfig(unicast_bootstrap=False))
        router.hears("up", "10.0.1.2", bsm(BSR, told(OTHER)))
        assert len(self.primed(router, "down", "10.0.2.2")) == 1

    @pytest.mark.parametrize("starts", ["10.0.1.3", "10.0.1.2"], ids=["the DR", "another one"])
    def test_who_would_not_be_the_dr_without_the_new_router_tells_nothing(
        self, starts: str
    ) -> None:
        router = node()
        router.hears("up", "10.0.1.2", bsm(BSR, told(OTHER)))
        assert self.primed(router, "up", starts) == []

    def test_the_second_best_tells_the_dr_when_that_starts(self) -> None:
        router = node()
        del router.instance.interfaces["up"].neighbors[ip("10.0.1.2")]
        router.hears("up", "10.0.1.3", bsm("10.0.1.3", told(OTHER)), ip("10.0.1.1"))
        assert len(forwarded(self.primed(router, "up", "10.0.1.3"))) == 1

    def test_who_knows_no_rp_set_tells_nothing(self) -> None:
        assert self.primed(node(), "down", "10.0.2.2") == []

    def test_an_interface_that_went_down_is_not_missed(self) -> None:
        router = node()
        router.instance.timers.set(PrimingTimer("gone", ip("10.0.2.2")), 1)
        assert router.advance(1) == []


class TestRpSet:
    """RFC 5059 3.1.5: Store RP-Set, Refresh RP-Set."""

    def test_a_mapping_lasts_for_its_holdtime(self) -> None:
        router = node()
        router.hears("up", "10.0.1.2", bsm(BSR, told(OTHER, holdtime=40)))
        router.run(until=39.9)
        assert router.mappings == [("224.0.0.0/4", OTHER)]
        assert (40.0, RpRangeChanged(ALL, ())) in router.run(until=40.0)
        assert router.mappings == []

    def test_a_message_renews_it(self) -> None:
        router = node()
        router.hears("up", "10.0.1.2", bsm(BSR, told(OTHER, holdtime=40)))
        router.run(until=30.0)
        assert router.hears("up", "10.0.1.2", bsm(BSR, told(OTHER, holdtime=40), tag=2)) != []
        router.run(until=69.9)
        assert router.mappings == [("224.0.0.0/4", OTHER)]

    @pytest.mark.parametrize(
        ("later", "left"),
        [
            (told(OTHER), [OTHER]),
            (told(OTHER, BSR, holdtime=0), []),
            (told(), []),
        ],
        ids=["without one of them", "with a holdtime of zero", "without any"],
    )
    def test_a_range_is_told_whole(self, later: BootstrapRange, left: list[str]) -> None:
        router = node()
        router.hears("up", "10.0.1.2", bsm(BSR, told(OTHER, BSR), told(BSR, groups=ADMIN)))
        router.hears("up", "10.0.1.2", bsm(BSR, later, tag=2))
        assert router.mappings == [
            *(("224.0.0.0/4", rp) for rp in left),
            ("239.0.0.0/8", BSR),
        ]

    def test_a_mapping_that_was_taken_back_has_no_timer_left(self) -> None:
        router = node()
        router.hears("up", "10.0.1.2", bsm(BSR, told(OTHER, holdtime=200)))
        router.hears("up", "10.0.1.2", bsm(BSR, told(), tag=2))
        router.run(until=131.0)
        assert router.instance.timers.next_deadline() is None

    def test_the_hash_mask_is_that_of_the_last_message(self) -> None:
        router = node()
        group = ip("239.1.1.1")
        rps = [f"10.9.1.{number}" for number in range(1, 30)]
        router.hears("up", "10.0.1.2", replace(bsm(BSR, told(*rps)), hash_mask_length=0))
        assert len({router.instance.rp_set.rp(group + n) for n in range(256)}) == 1
        router.hears("up", "10.0.1.2", replace(bsm(BSR, told(*rps), tag=2), hash_mask_length=32))
        assert len({router.instance.rp_set.rp(group + n) for n in range(256)}) > 1

    def test_a_bidirectional_range_is_one(self) -> None:
        router = node()
        group = EncodedGroup.of(ADMIN, bidirectional=True)
        router.hears("up", "10.0.1.2", bsm(BSR, replace(told(OTHER), group=group)))
        assert router.instance.rp_set.mode(ip("239.1.1.1")) is GroupMode.BIDIRECTIONAL

    def test_ranges_and_rps_that_cannot_be_are_left_out(self) -> None:
        router = node()
        strange = told(OTHER, groups=IPv4Network("10.0.0.0/8"))
        router.hears("up", "10.0.1.2", bsm(BSR, strange, told("224.1.1.1", "0.0.0.0", OTHER)))
        assert router.mappings == [("224.0.0.0/4", OTHER)]
        assert router.instance.counters[Count.IGNORED_RP_RANGE] == 1

    def test_an_empty_message_leaves_all_as_it_is(self) -> None:
        router = node()
        router.hears("up", "10.0.1.2", bsm(BSR, told(OTHER)))
        router.hears("up", "10.0.1.2", bsm(BSR, tag=2))
        assert router.mappings == [("224.0.0.0/4", OTHER)]

    def test_when_the_bsr_is_lost_its_mappings_are_refreshed_once(self) -> None:
        router = node()
        router.hears("up", "10.0.1.2", bsm(BSR, told(OTHER, holdtime=150)))
        assert (130.0, BsrChanged(None, 0)) in router.run(until=279.9)
        assert router.mappings == [("224.0.0.0/4", OTHER)]
        router.run(until=280.0)
        assert router.mappings == []

    def test_without_a_bsr_the_next_message_counts_whoever_sends_it(self) -> None:
        router = node()
        router.hears("up", "10.0.1.2", bsm(OTHER, priority=200))
        assert router.hears("up", "10.0.1.2", bsm(BSR)) == []
        router.run(until=130.0)
        assert BsrChanged(ip(BSR), 64) in router.hears("up", "10.0.1.2", bsm(BSR))


class TestCandidate:
    """RFC 5059 3.1.1: this router is a candidate BSR of priority 100."""

    def test_alone_it_elects_itself_after_five_seconds(self) -> None:
        router = node(CANDIDATE)
        assert router.run(until=4.9) == []
        (_, first), *_ = router.run(until=5.0)
        assert forwarded([first]) == [("up", replace(EMPTY, fragment_tag=_tag(first)))]
        assert router.bootstraps.election.state is BsrState.ELECTED
        assert router.timer == 60.0

    def test_it_follows_a_better_one(self) -> None:
        router = node(CANDIDATE)
        router.run(until=5.0)
        outputs = router.hears("up", "10.0.1.2", bsm(BSR, told(OTHER), priority=101))
        assert len(forwarded(outputs)) == 2
        assert router.bootstraps.election.state is BsrState.CANDIDATE
        assert router.timer == 130.0

    def test_while_pending_it_passes_on_what_is_worse(self) -> None:
        router = node(CANDIDATE)
        outputs = router.hears("up", "10.0.1.2", bsm(BSR, told(OTHER), priority=99))
        assert len(forwarded(outputs)) == 2
        assert router.mappings == []
        assert router.timer == 5.0

    def test_elected_it_answers_what_is_worse_with_its_own(self) -> None:
        router = node(CANDIDATE)
        router.run(until=20.0)
        outputs = router.hears("up", "10.0.1.2", bsm(BSR, priority=99))
        assert [m.bsr_address for _, m in forwarded(outputs)] == [ip("10.9.0.1")] * 2
        assert router.timer == 60.0

    def test_but_not_within_the_minimum_interval(self) -> None:
        router = node(CANDIDATE)
        router.run(until=8.0)
        assert router.hears("up", "10.0.1.2", bsm(BSR, priority=99)) == []
        assert router.timer == 7.0
        assert [at for at, _ in router.run(until=15.0)] == [15.0, 15.0]

    def test_a_bsr_that_falls_behind_is_replaced(self) -> None:
        router = node(CANDIDATE)
        router.hears("up", "10.0.1.2", bsm(BSR, priority=101))
        outputs = router.hears("up", "10.0.1.2", bsm(BSR, priority=1, tag=2))
        assert len(forwarded(outputs)) == 2
        assert router.bootstraps.election.state is BsrState.PENDING
        assert router.timer == 5.0 + log2(1 + 6) / 16  # 10.9.0.7 is six above 10.9.0.1

    def test_one_that_stays_ahead_with_less_weight_is_kept(self) -> None:
        router = node(CANDIDATE)
        router.hears("up", "10.0.1.2", bsm(BSR, priority=110))
        assert BsrChanged(ip(BSR), 105) in router.hears("up", "10.0.1.2", bsm(BSR, priority=105))

    def test_a_bsr_that_is_lost_is_replaced_by_who_weighs_most_first(self) -> None:
        router = node(CANDIDATE)
        router.hears("up", "10.0.1.2", bsm(BSR, priority=101))
        router.run(until=130.0)
        assert router.bootstraps.election.state is BsrState.PENDING
        assert router.timer is not None
        assert 7.0 < router.timer < 9.0


EMPTY = Bootstrap(fragment_tag=0, hash_mask_length=30, bsr_priority=100, bsr_address=ip("10.9.0.1"))


def _tag(output: PimOutput) -> int:
    ((_, message),) = forwarded([output])
    return message.fragment_tag
