"""What is dropped or ignored, and counted."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.engine.engine import PacketReceived
from controlplane.protocols.igmp.counters import IgmpCount
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.wire.igmp import GroupRecord, IgmpType, RecordType, ReportV3, ShortMessage
from tests.protocols.igmp.lan import (
    ALLOW,
    BLOCK,
    ETH0,
    GMI,
    HOST,
    IS_EX,
    IS_IN,
    S1,
    SSM,
    TO_EX,
    TO_IN,
    G,
    Lan,
)

REPORT = ReportV3(records=(GroupRecord(kind=ALLOW, group=G, sources=(S1,)),)).encode()


@pytest.fixture
def lan() -> Lan:
    return Lan()


@pytest.mark.parametrize(
    ("payload", "source", "ttl", "reason"),
    [
        (REPORT, HOST, 2, IgmpCount.DROPPED_TTL),
        (REPORT, ETH0.address.ip, 1, IgmpCount.DROPPED_OWN_ADDRESS),
        (REPORT, IPv4Address("10.1.2.10"), 1, IgmpCount.DROPPED_FOREIGN_SOURCE),
        (REPORT[:-1], HOST, 1, IgmpCount.DROPPED_MALFORMED),
        (b"", HOST, 1, IgmpCount.DROPPED_MALFORMED),
        (bytes.fromhex("1300 ecff"), HOST, 1, IgmpCount.DROPPED_UNKNOWN_TYPE),
    ],
)
def test_a_message_that_may_not_be_believed_is_dropped_and_counted(
    lan: Lan, payload: bytes, source: IPv4Address, ttl: int, reason: IgmpCount
) -> None:
    assert lan.packet(payload, source, ttl) == []
    assert lan.engine.counters[reason] == 1
    assert lan.engine.groups(0) == []


def test_a_packet_of_an_interface_without_igmp_is_dropped_and_counted(lan: Lan) -> None:
    packet = PacketReceived(
        interface="eth9", source=HOST, destination=IPv4Address("224.0.0.22"), payload=REPORT
    )
    assert lan.handle(packet) == []
    assert lan.engine.counters[IgmpCount.DROPPED_NOT_ENABLED] == 1


def test_a_host_without_an_address_is_heard(lan: Lan) -> None:
    assert lan.packet(REPORT, IPv4Address(0)) == ["+(s1,G)"]


@pytest.mark.parametrize("group", ["224.0.0.251", "10.1.1.1", "0.0.0.0"])
def test_groups_that_are_never_forwarded_have_no_state(lan: Lan, group: str) -> None:
    assert lan.report(TO_EX, group=IPv4Address(group)) == []
    assert lan.short(IgmpType.REPORT_V2, group=IPv4Address(group)) == []
    assert lan.engine.counters[IgmpCount.IGNORED_NOT_FORWARDED] == 2
    assert lan.engine.groups(0) == []


class TestSourceSpecificRange:
    """RFC 4604 3: in 232/8 nothing counts that names no source to include."""

    @pytest.mark.parametrize("kind", [IS_EX, TO_EX])
    def test_exclude_records_are_ignored(self, lan: Lan, kind: RecordType) -> None:
        assert lan.report(kind, group=SSM) == []
        assert lan.engine.counters[IgmpCount.IGNORED_SSM_WITHOUT_SOURCE] == 1
        assert lan.state(SSM) == "-"

    @pytest.mark.parametrize("kind", [IgmpType.REPORT_V1, IgmpType.REPORT_V2, IgmpType.LEAVE_V2])
    def test_older_reports_and_leaves_are_ignored_and_change_no_mode(
        self, lan: Lan, kind: IgmpType
    ) -> None:
        lan.report(ALLOW, S1, group=SSM)
        assert lan.short(kind, SSM) == []
        assert lan.engine.counters[IgmpCount.IGNORED_SSM_WITHOUT_SOURCE] == 1
        (group,) = lan.engine.groups(0)
        assert (lan.state(SSM), group.version) == ("INCLUDE {s1}", 3)

    @pytest.mark.parametrize("kind", [IgmpType.REPORT_V1, IgmpType.REPORT_V2])
    def test_older_reports_and_leaves_count_where_the_router_knows_the_sources(
        self, kind: IgmpType
    ) -> None:
        lan = Lan(IgmpSettings(ssm_mapped=(IPv4Network("232.1.0.0/16"),)))
        assert lan.short(kind, SSM) == ["+(*,SSM)"]
        lan.short(IgmpType.LEAVE_V2, SSM)
        assert "-(*,SSM)" in " ".join(lan.run(2 * GMI))
        assert lan.short(kind, IPv4Address("232.2.1.1")) == []
        assert lan.engine.counters[IgmpCount.IGNORED_SSM_WITHOUT_SOURCE] == 1

    @pytest.mark.parametrize("kind", [IS_EX, TO_EX])
    def test_version_3_names_sources_even_where_the_router_knows_them(
        self, kind: RecordType
    ) -> None:
        lan = Lan(IgmpSettings(ssm_mapped=(IPv4Network("232.1.0.0/16"),)))
        assert lan.report(kind, group=SSM) == []

    @pytest.mark.parametrize("kind", [IS_IN, ALLOW, TO_IN])
    def test_records_that_include_sources_count(self, lan: Lan, kind: RecordType) -> None:
        assert lan.report(kind, S1, group=SSM) == ["+(s1,SSM)"]

    def test_the_other_records_of_the_report_count(self, lan: Lan) -> None:
        records = (
            GroupRecord(kind=IS_EX, group=SSM),
            GroupRecord(kind=ALLOW, group=SSM, sources=(S1,)),
            GroupRecord(kind=TO_EX, group=G),
        )
        assert lan.packet(ReportV3(records=records).encode()) == ["+(s1,SSM)", "+(*,G)"]

    def test_a_block_is_asked_about(self, lan: Lan) -> None:
        lan.report(ALLOW, S1, group=SSM)
        assert lan.report(BLOCK, S1, group=SSM) == ["Q(SSM,{s1})"]


def test_what_is_taken_in_is_counted_by_type(lan: Lan) -> None:
    for kind in (IgmpType.REPORT_V1, IgmpType.REPORT_V2, IgmpType.LEAVE_V2, IgmpType.QUERY):
        lan.packet(ShortMessage(kind=kind, group=G).encode())
    lan.packet(REPORT)
    counters = lan.engine.counters
    received = [count for count in IgmpCount if count.name.startswith("RECEIVED")]
    assert {counters[count] for count in received} == {1}
