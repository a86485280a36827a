"""Rows of `show` with what a switch has counted."""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.lab.counted import with_counters
from controlplane.net.multicast import SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.net.vpn import RouteDistinguisher
from controlplane.p4rt import names
from controlplane.p4rt.counters import Count, Counters, RouteEntry
from controlplane.p4rt.drops import DropReason
from controlplane.router.config import Role, RouterConfig, VrfConfig

SG = SourceGroup(IPv4Address("10.1.1.10"), IPv4Address("232.1.1.1"))
NAME = {"source": str(SG.source), "group": str(SG.group)}
CONFIG = RouterConfig(
    name="pe1",
    role=Role.PE,
    router_id=IPv4Address("192.0.2.1"),
    interfaces=(),
    vrfs=tuple(
        VrfConfig(
            name=name,
            id=number,
            rd=RouteDistinguisher(0, 65000, number),
            import_targets=frozenset(),
            export_targets=frozenset(),
        )
        for number, name in enumerate(("red", "blue"), start=1)
    ),
)
COUNTERS = Counters(
    entries={
        RouteEntry(vrf, SG, names.MULTICAST_ROUTE, vrf): Count(count, 100 * count)
        for vrf, count in ((0, 1), (2, 3))
    },
    labels={16: Count(4, 400)},
    interface_in={7: Count(5, 500)},
    interface_out={7: Count(6, 600)},
    punted={PuntReason.ARP: Count(8, 800)},
    policed={PuntReason.ARP: Count(2, 200), PuntReason.IGMP: Count(1, 100)},
    dropped={DropReason.RPF_FAILED: Count(9, 900)},
)


def test_a_tree_gets_the_packets_of_its_own_vrf() -> None:
    rows = [{"vrf": vrf, **NAME} for vrf in ("default", "red", "blue")]
    assert with_counters(rows, "mroute", None, CONFIG, COUNTERS) == [
        {"vrf": "default", **NAME, "packets": 1, "octets": 100},
        {"vrf": "red", **NAME, "packets": 0, "octets": 0},
        {"vrf": "blue", **NAME, "packets": 3, "octets": 300},
    ]


def test_interfaces_of_forwarding_get_packets_in_and_out_and_other_rows_stay_as_they_are() -> None:
    interface = {"vrf": "red", "table": "interface", "index": 7}
    route = {"vrf": "red", "table": "unicast", "prefix": "10.1.1.0/24"}
    assert with_counters([interface, route], "forwarding", "red", CONFIG, COUNTERS) == [
        {**interface, "packets_in": 5, "packets_out": 6},
        route,
    ]


def test_punts_and_drops_by_reason_stand_behind_the_providers_rows() -> None:
    default, red = ({"vrf": vrf, "table": "unicast"} for vrf in ("default", "red"))
    assert with_counters([default, red], "forwarding", None, CONFIG, COUNTERS) == [
        default,
        {"vrf": "default", "table": "punt", "reason": "arp", "packets": 8, "policed": 2},
        {"vrf": "default", "table": "punt", "reason": "igmp", "packets": 0, "policed": 1},
        {"vrf": "default", "table": "drop", "reason": "rpf failed", "packets": 9},
        red,
    ]


def test_a_customers_forwarding_has_no_rows_of_the_whole_switch() -> None:
    assert with_counters([], "forwarding", "red", CONFIG, COUNTERS) == []
