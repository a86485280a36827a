"""Rows of `show` with what the switch has counted."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from controlplane.lab.counted import with_counters
from controlplane.net.multicast import AnySource, SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.p4rt import names
from controlplane.p4rt.counters import Count, Counters, RouteEntry
from controlplane.p4rt.drops import DropReason
from tests.router.lab import configs

PE1 = configs()[1]
SG = SourceGroup(IPv4Address("10.1.0.2"), IPv4Address("232.1.1.1"))
SHARED = AnySource.of(IPv4Address("239.1.1.1"))
RANGE = AnySource(IPv4Network("239.2.0.0/16"))
COUNTERS = Counters(
    entries={
        RouteEntry(1, SG, names.MULTICAST_ROUTE, 1): Count(7, 700),
        RouteEntry(1, SHARED, names.ANY_SOURCE_ROUTE, 1): Count(8, 800),
        RouteEntry(1, RANGE, names.ANY_SOURCE_ROUTE, 1): Count(9, 900),
    },
    labels={16: Count(12, 1800)},
    interface_in={1: Count(5, 500)},
    interface_out={1: Count(6, 600)},
    punted={PuntReason.ARP: Count(3, 180)},
    policed={PuntReason.TTL_EXPIRED: Count(2, 200)},
    dropped={next(iter(DropReason)): Count(1, 60)},
)
STREAM = {"vrf": "red", "source": "10.1.0.2", "group": "232.1.1.1"}


def counted(noun: str, *rows: dict[str, Any], vrf: str | None = None) -> list[dict[str, Any]]:
    return with_counters(rows, noun, vrf, PE1, COUNTERS)


@pytest.mark.parametrize("noun", ["forwarding", "mpls forwarding"])
@pytest.mark.parametrize(("label", "packets", "octets"), [(16, 12, 1800), (17, 0, 0)])
def test_a_label_has_the_packets_that_came_under_it(
    noun: str, label: int, packets: int, octets: int
) -> None:
    row = {"vrf": "default", "table": "label", "label": label}
    assert counted(noun, row)[0] == {**row, "packets": packets, "octets": octets}


def test_a_stream_has_those_of_its_vrf() -> None:
    other = STREAM | {"vrf": "default"}
    assert counted("mroute", STREAM, other) == [
        {**other, "packets": 0, "octets": 0},
        {**STREAM, "packets": 7, "octets": 700},
    ]


def test_an_interface_has_those_in_and_out() -> None:
    row = {"vrf": "default", "table": "interface", "index": 1}
    assert counted("forwarding", row)[0] == {**row, "packets_in": 5, "packets_out": 6}


def test_other_rows_stay_as_they_are() -> None:
    row = {"vrf": "default", "table": "unicast", "prefix": "10.0.0.0/8"}
    assert counted("forwarding", row)[0] == row


def test_punts_and_drops_stand_behind_the_provider_s_rows_and_before_customers() -> None:
    mine = {"vrf": "default", "table": "unicast", "prefix": "10.0.0.0/8"}
    tables = [row["table"] for row in counted("forwarding", mine | {"vrf": "red"}, mine)]
    assert tables == ["unicast", "punt", "punt", "drop", "unicast"]


def test_a_punt_says_how_many_were_policed_away() -> None:
    _, arp, expired, _ = counted("forwarding", {"vrf": "default", "table": "unicast"})
    assert (arp["reason"], arp["packets"], arp["policed"]) == ("arp", 3, 0)
    assert (expired["reason"], expired["packets"], expired["policed"]) == ("ttl expired", 0, 2)


@pytest.mark.parametrize(("noun", "vrf"), [("forwarding", "red"), ("mpls forwarding", None)])
def test_punts_and_drops_are_of_the_whole_switch_and_of_forwarding_alone(
    noun: str, vrf: str | None
) -> None:
    assert counted(noun, vrf=vrf) == []


@pytest.mark.parametrize(("group", "packets"), [("239.1.1.1", 8), ("239.2.0.0/16", 9)])
def test_shared_trees_are_counted_and_so_are_ranges(group: str, packets: int) -> None:
    (row,) = counted("mroute", {"vrf": "red", "source": "*", "group": group})
    assert row["packets"] == packets
