"""Networks for live tests.

h1 (10.0.0.1) ---+
h2 (10.0.0.2) ---+--- lan, a bridge
h3 (10.0.0.3) ---+
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from typing import Final

from controlplane.lab.plan import HostPlan, LinkEnd, LinkPlan, NetworkPlan
from controlplane.lab.world import Stream
from controlplane.net.mac import MacAddress

GROUP: Final = IPv4Address("232.1.1.1")
SOURCE: Final = IPv4Address("10.0.0.1")


def three_hosts(*, igmp_version: int = 3) -> NetworkPlan:
    """Three hosts on a captured LAN, under a name that no other lab has."""
    hosts = {f"h{number}": _host(number, igmp_version) for number in (1, 2, 3)}
    ends = tuple(LinkEnd(node=name, interface=host.interface) for name, host in hosts.items())
    lan = LinkPlan(name="lan", ends=ends, capture=True)
    return NetworkPlan(name=f"test-{uuid.uuid4().hex[:8]}", routers={}, hosts=hosts, links=(lan,))


def two_hosts() -> NetworkPlan:
    """The first two of them on a link without a bridge."""
    plan = three_hosts()
    hosts = {name: plan.hosts[name] for name in ("h1", "h2")}
    link = replace(plan.links[0], ends=plan.links[0].ends[:2])
    return replace(plan, hosts=hosts, links=(link,))


def stream(
    *, number: int = 1, destination: IPv4Address = GROUP, count: int = 100, rate: float = 1000
) -> Stream:
    """Packets from h1."""
    return Stream(
        name=f"stream {number}",
        number=number,
        host="h1",
        destination=destination,
        port=5000,
        rate=rate,
        count=count,
        size=100,
    )


def _host(number: int, igmp_version: int) -> HostPlan:
    return HostPlan(
        name=f"h{number}",
        interface="eth0",
        mac=MacAddress(0x020000000000 + number),
        address=IPv4Interface(f"10.0.0.{number}/24"),
        gateway=IPv4Address("10.0.0.254"),
        igmp_version=igmp_version,
    )
