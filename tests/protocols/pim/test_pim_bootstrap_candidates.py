"""RFC 5059 3.2, 3.3: candidate RPs tell the BSR of themselves, and the BSR tells the domain."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from controlplane.engine.engine import SendPacket
from controlplane.protocols.pim.config import CandidateBsr, CandidateRp, PimConfig
from controlplane.protocols.pim.counters import Count
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.bootstrap import (
    Bootstrap,
    BootstrapRange,
    BootstrapRp,
    CandidateRpAdvertisement,
)
from controlplane.wire.pim.message import decode_message
from tests.protocols.pim.bsr_domain import ALL, Node, bsm, ip, told

ADMIN, SITE = IPv4Network("239.0.0.0/8"), IPv4Network("239.1.0.0/16")
ME = "10.9.0.1"


def advertisement(
    rp: str,
    *groups: IPv4Network,
    priority: int = 192,
    holdtime: int = 150,
    bidirectional: bool = False,
) -> CandidateRpAdvertisement:
    return CandidateRpAdvertisement(
        rp_address=ip(rp),
        priority=priority,
        holdtime=holdtime,
        groups=tuple(EncodedGroup.of(g, bidirectional=bidirectional) for g in groups),
    )


def bsr(*accepted: str, candidate_rps: tuple[CandidateRp, ...] = (), mtu: int = 1500) -> Node:
    """A BSR that was elected at 5 s, with one neighbour."""
    networks = tuple(map(IPv4Network, accepted or ("0.0.0.0/0",)))
    candidate = CandidateBsr(address=ip(ME), accepted_rps=networks)
    config = PimConfig(candidate_bsr=candidate, candidate_rps=candidate_rps)
    router = Node("bsr", config, {ip(ME)})
    router.attach("lan", "10.0.1.1/24", mtu=mtu)
    router.meet("lan", "10.0.1.2")
    router.route("10.9.0.9", "lan", "10.0.1.2")
    router.start()
    router.run(until=5.0)
    return router


def announced(router: Node, until: float) -> list[tuple[float, tuple[BootstrapRange, ...]]]:
    """When what was announced, until an instant."""
    packets = [(at, o) for at, o in router.run(until=until) if isinstance(o, SendPacket)]
    messages = [(at, decode_message(packet.payload)) for at, packet in packets]
    return [(at, m.ranges) for at, m in messages if isinstance(m, Bootstrap)]


class TestRpSet:
    def test_what_a_candidate_tells_is_announced_after_the_minimum_interval(self) -> None:
        router = bsr()
        router.run(until=6.0)
        router.hears_advertisement(advertisement("10.9.0.2", ADMIN, ALL))
        assert announced(router, 75.9) == [
            (16.0, (told("10.9.0.2"), told("10.9.0.2", groups=ADMIN)))
        ]
        assert router.mappings == [("224.0.0.0/4", "10.9.0.2"), ("239.0.0.0/8", "10.9.0.2")]

    def test_what_is_no_news_waits_for_the_period(self) -> None:
        router = bsr()
        router.hears_advertisement(advertisement("10.9.0.2", ALL))
        router.run(until=15.0)
        router.hears_advertisement(advertisement("10.9.0.2", ALL))
        assert [at for at, _ in announced(router, 100.0)] == [75.0]

    @pytest.mark.parametrize(
        "later",
        [
            advertisement("10.9.0.3", ALL),
            advertisement("10.9.0.2", ALL, priority=1),
            advertisement("10.9.0.2", ALL, holdtime=0),
            advertisement("10.9.0.2", ALL, bidirectional=True),
            advertisement("10.9.0.2", ADMIN),
        ],
        ids=["another RP", "another priority", "withdrawn", "another mode", "another range"],
    )
    def test_news_are_announced_soon(self, later: CandidateRpAdvertisement) -> None:
        router = bsr()
        router.hears_advertisement(advertisement("10.9.0.2", ALL))
        router.run(until=20.0)
        router.hears_advertisement(later)
        assert [at for at, _ in announced(router, 40.0)] == [30.0]

    def test_an_advertisement_without_ranges_is_for_all_groups(self) -> None:
        router = bsr()
        router.hears_advertisement(advertisement("10.9.0.2"))
        router.run(until=15.0)
        assert router.mappings == [("224.0.0.0/4", "10.9.0.2")]

    def test_a_range_that_is_not_of_groups_is_left_out(self) -> None:
        router = bsr()
        router.hears_advertisement(advertisement("10.9.0.2", IPv4Network("10.0.0.0/8")))
        assert announced(router, 64.9) == []

    def test_a_candidacy_that_is_not_renewed_ends_and_its_range_is_told_as_empty(self) -> None:
        router = bsr()
        router.hears_advertisement(advertisement("10.9.0.2", ALL, holdtime=80))
        assert announced(router, 300.0) == [
            (15.0, (told("10.9.0.2", holdtime=80),)),
            (75.0, (told("10.9.0.2", holdtime=80),)),
            (95.0, (told(),)),
            (155.0, (told(),)),
            (215.0, (told(),)),
            (275.0, ()),
        ]

    def test_who_withdraws_is_told_with_a_holdtime_of_zero_once(self) -> None:
        router = bsr()
        router.hears_advertisement(advertisement("10.9.0.2", ALL))
        router.hears_advertisement(advertisement("10.9.0.3", ALL))
        router.run(until=20.0)
        router.hears_advertisement(advertisement("10.9.0.3", ALL, holdtime=0))
        zero = BootstrapRp(address=ip("10.9.0.3"), holdtime=0, priority=192)
        both = BootstrapRange(
            group=EncodedGroup.of(ALL), rp_count=2, rps=(zero, *told("10.9.0.2").rps)
        )
        assert announced(router, 90.0) == [(30.0, (both,)), (90.0, (told("10.9.0.2"),))]
        assert router.mappings == [("224.0.0.0/4", "10.9.0.2")]

    def test_to_withdraw_what_nobody_knows_is_no_news(self) -> None:
        router = bsr()
        router.hears_advertisement(advertisement("10.9.0.2", ALL, holdtime=0))
        assert announced(router, 64.9) == []

    def test_of_a_range_with_rps_of_both_modes_the_bidirectional_ones_are_announced(self) -> None:
        router = bsr()
        router.hears_advertisement(advertisement("10.9.0.2", ADMIN))
        router.hears_advertisement(advertisement("10.9.0.3", ADMIN, bidirectional=True))
        ((_, (only,)),) = announced(router, 15.0)
        assert only.group.bidirectional
        assert [rp.address for rp in only.rps] == [ip("10.9.0.3")]

    @pytest.mark.parametrize(("holdtime", "told_as"), [(60, 151), (61, 61), (0xFFFF, 0xFFFF)])
    def test_a_holdtime_is_longer_than_the_period(self, holdtime: int, told_as: int) -> None:
        router = bsr()
        router.hears_advertisement(advertisement("10.9.0.2", ALL, holdtime=holdtime))
        assert announced(router, 15.0) == [(15.0, (told("10.9.0.2", holdtime=told_as),))]

    def test_more_rps_than_a_range_can_have_are_cut_off_from_the_worst(self) -> None:
        router = bsr(mtu=9000)
        for number in range(300):
            priority = 255 if number < 45 else 0
            rp = f"10.8.{number >> 8}.{number & 255}"
            router.hears_advertisement(advertisement(rp, ALL, priority=priority))
        ((_, (only,)),) = announced(router, 15.0)
        assert (only.rp_count, {rp.priority for rp in only.rps}) == (255, {0})

    def test_a_long_rp_set_goes_in_fragments_that_fit(self) -> None:
        router = bsr(mtu=500)
        for number in range(100):
            router.hears_advertisement(advertisement(f"10.8.0.{number}", SITE))
        parts = announced(router, 15.0)
        assert [len(ranges) for _, ranges in parts] == [1, 1, 1]
        assert sum(len(ranges[0].rps) for _, ranges in parts) == 100
        assert len(router.mappings) == 100


class TestAcceptance:
    def test_who_is_not_the_bsr_takes_no_advertisements(self) -> None:
        router = Node("r", PimConfig(), {ip(ME)})
        router.start()
        router.hears_advertisement(advertisement("10.9.0.2", ALL))
        assert router.instance.counters[Count.DROP_CANDIDATE_RP_NOT_BSR] == 1

    def test_the_bsr_takes_those_of_rps_that_it_accepts(self) -> None:
        router = bsr("10.9.0.0/24")
        router.hears_advertisement(advertisement("10.9.0.2", ALL))
        router.hears_advertisement(advertisement("10.8.0.2", ALL))
        router.run(until=15.0)
        assert router.mappings == [("224.0.0.0/4", "10.9.0.2")]
        assert router.instance.counters[Count.DROP_CANDIDATE_RP_REFUSED] == 1

    def test_who_is_the_bsr_no_more_forgets_the_candidates(self) -> None:
        router = bsr()
        router.hears_advertisement(advertisement("10.9.0.2", ALL))
        router.hears("lan", "10.0.1.2", bsm("10.9.0.9", priority=200))
        assert router.bootstraps.origin is not None
        assert router.bootstraps.origin.candidates.candidacies == {}


class TestCandidateRp:
    CONFIG = PimConfig(
        candidate_rps=(
            CandidateRp(address=ip(ME), groups=(ADMIN, SITE), priority=7),
            CandidateRp(address=ip("10.9.1.1"), bidirectional=True),
        )
    )

    def candidate(self) -> Node:
        router = Node("c", self.CONFIG, {ip(ME)})
        router.attach("lan", "10.0.1.1/24")
        router.meet("lan", "10.0.1.2")
        router.route("10.9.0.9", "lan", "10.0.1.2")
        router.route("10.9.0.8", "lan", "10.0.1.2")
        router.start()
        router.hears("lan", "10.0.1.2", bsm("10.9.0.8"))
        return router

    def test_it_tells_the_bsr_of_each_of_its_sets_of_ranges(self) -> None:
        router = self.candidate()
        packets = [o for _, o in router.run(until=3.0) if isinstance(o, SendPacket)]
        first, second = packets[:2]
        assert (str(first.source), str(first.destination), first.ttl, first.next_hop) == (
            *(ME, "10.9.0.8"),
            64,
            None,
        )
        assert decode_message(first.payload) == advertisement(ME, ADMIN, SITE, priority=7)
        assert decode_message(second.payload) == advertisement("10.9.1.1", ALL, bidirectional=True)

    def test_three_times_in_nine_seconds_and_then_with_each_period(self) -> None:
        router = self.candidate()
        times = [at for at, _ in router.run(until=100.0)]
        assert len(times) == 2 * 4
        first, second, third, later = times[::2]
        assert 0 < first < second < third <= 9.0
        assert later == third + 60.0

    def test_a_new_bsr_is_told_at_once_and_the_old_one_no_more(self) -> None:
        router = self.candidate()
        router.run(until=20.0)
        router.hears("lan", "10.0.1.2", bsm("10.9.0.9"))
        packets = [o for _, o in router.run(until=29.0) if isinstance(o, SendPacket)]
        assert [str(p.destination) for p in packets] == ["10.9.0.9"] * 6

    def test_another_priority_of_the_bsr_is_no_new_bsr(self) -> None:
        router = self.candidate()
        router.run(until=20.0)
        router.hears("lan", "10.0.1.2", bsm("10.9.0.8", priority=100))
        assert router.run(until=40.0) == []

    def test_without_a_bsr_nobody_is_told(self) -> None:
        router = self.candidate()
        router.run(until=130.0)
        assert router.run(until=1000.0) == []

    def test_without_a_route_to_the_bsr_nothing_is_sent(self) -> None:
        router = self.candidate()
        router.routes.clear()
        assert router.run(until=60.0) == []

    def test_the_bsr_that_is_a_candidate_itself_sends_itself_no_packet(self) -> None:
        router = bsr(candidate_rps=(CandidateRp(address=ip(ME)),))
        assert announced(router, 25.0)[0][1] == (told(ME),)
        assert router.instance.counters[Count.TX_CANDIDATE_RP] == 0
