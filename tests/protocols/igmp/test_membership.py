"""Memberships over time: RFC 3376 6.2, 6.3, 6.5."""

from __future__ import annotations

import pytest

from tests.protocols.igmp.lan import (
    ALLOW,
    BLOCK,
    GMI,
    HOST,
    IS_EX,
    IS_IN,
    LOWER_ROUTER,
    S1,
    S2,
    S3,
    SSM,
    TO_EX,
    TO_IN,
    G,
    Lan,
)


@pytest.fixture
def lan() -> Lan:
    return Lan()


class TestIncludeMode:
    def test_a_source_is_joined_when_first_reported_and_not_again(self, lan: Lan) -> None:
        assert lan.report(ALLOW, S2, S1, group=SSM) == ["+(s1,SSM)", "+(s2,SSM)"]
        assert lan.report(IS_IN, S1, S2, group=SSM) == []
        assert lan.state(SSM) == "INCLUDE {s1,s2}"

    def test_a_source_that_is_not_reported_again_expires(self, lan: Lan) -> None:
        lan.report(ALLOW, S1, S2)
        lan.run(100)
        lan.report(IS_IN, S2)
        assert lan.edges(until=1000) == [f"{GMI:g} -(s1,G)", f"{100 + GMI:g} -(s2,G)"]
        assert lan.state() == "-"

    def test_a_report_of_no_sources_for_a_new_group_makes_no_state(self, lan: Lan) -> None:
        assert lan.report(IS_IN) == lan.report(TO_IN) == lan.report(BLOCK, S1) == []
        assert lan.state() == "-"


class TestExcludeMode:
    def test_any_source_is_joined(self, lan: Lan) -> None:
        assert lan.report(TO_EX) == ["+(*,G)"]
        assert lan.state() == "EXCLUDE {},{}"
        assert lan.timers() == {"G": GMI}

    def test_sources_that_were_included_stay_joined_by_name_when_excluded_by_one_host(
        self, lan: Lan
    ) -> None:
        lan.report(ALLOW, S1, S2)
        assert lan.report(IS_EX, S2, S3) == ["+(!s3,G)", "+(*,G)", "-(s1,G)"]
        assert lan.state() == "EXCLUDE {s2},{s3}"

    def test_a_wanted_source_whose_timer_ends_is_refused(self, lan: Lan) -> None:
        lan.report(IS_IN, S1)
        lan.run(100)
        lan.report(IS_EX, S1)
        assert lan.edges(until=300) == ["260 +(!s1,G)", "260 -(s1,G)"]
        assert lan.state() == "EXCLUDE {},{s1}"

    def test_the_end_of_the_group_timer_leaves_what_is_wanted_by_name(self, lan: Lan) -> None:
        lan.report(IS_EX, S2)
        lan.run(100)
        lan.report(IS_IN, S1)
        assert lan.state() == "EXCLUDE {s1},{s2}"
        assert lan.edges(until=300) == ["260 -(*,G)", "260 -(!s2,G)"]
        assert lan.state() == "INCLUDE {s1}"
        assert lan.edges(until=1000) == ["360 -(s1,G)"]

    def test_the_end_of_the_group_timer_without_sources_ends_the_group(self, lan: Lan) -> None:
        lan.report(IS_EX, S2)
        assert lan.edges(until=1000) == ["260 -(*,G)", "260 -(!s2,G)"]
        assert lan.state() == "-"

    def test_a_new_source_of_a_block_runs_as_long_as_the_group_did(self, lan: Lan) -> None:
        lan.query(LOWER_ROUTER)  # a non-querier does not lower timers on its own
        lan.report(TO_EX)
        lan.run(100)
        assert lan.report(BLOCK, S1) == ["+(s1,G)"]
        assert lan.timers() == {"s1": GMI - 100, "G": GMI - 100}

    def test_a_new_source_of_an_exclude_runs_as_long_as_the_group_did_before(
        self, lan: Lan
    ) -> None:
        lan.query(LOWER_ROUTER)
        lan.report(TO_EX)
        lan.run(100)
        lan.report(TO_EX, S1)
        assert lan.timers() == {"s1": GMI - 100, "G": GMI}


class TestShow:
    def test_a_group_shows_who_reported_it_last_and_for_how_long_it_lives(self, lan: Lan) -> None:
        lan.report(IS_EX, S3)
        lan.run(10)
        lan.report(ALLOW, S1)
        lan.run(15)
        (group,) = lan.engine.groups(15)
        assert (group.interface, group.group, group.mode.value) == ("eth0", G, "exclude")
        assert (group.uptime, group.expires, group.version) == (15, GMI - 15, 3)
        assert group.last_reporter == HOST
        assert [(s.address, s.expires) for s in group.sources] == [(S1, GMI - 5), (S3, None)]


class TestInterface:
    def test_its_end_takes_every_membership_along_and_leaves_no_timer(self, lan: Lan) -> None:
        lan.report(ALLOW, S1, group=SSM)
        lan.report(TO_EX)
        lan.report(TO_IN)
        assert lan.down() == ["-(s1,SSM)", "-(*,G)"]
        assert lan.engine.next_deadline() is None
        assert lan.engine.interfaces(0) == []
        assert lan.down() == []

    def test_another_address_keeps_memberships_and_elects_anew(self, lan: Lan) -> None:
        lan.report(ALLOW, S1)
        lan.query(LOWER_ROUTER)
        lan.run(50)
        assert lan.renumber("10.1.1.9/24") == ["Q()"]
        (shown,) = lan.engine.interfaces(50)
        assert shown.is_querier
        assert lan.edges(until=1000) == ["260 -(s1,G)"]

    def test_nothing_is_heard_before_igmp_runs(self) -> None:
        lan = Lan()
        lan.down()
        assert lan.report(ALLOW, S1) == []
        assert lan.engine.groups(0) == []
