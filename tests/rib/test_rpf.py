"""RPF look-ups (RFC 7761 4.1; RFC 6513 5.1 for sources behind another PE)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.net.vpn import RouteDistinguisher
from controlplane.protocols.pim.events import Rpf
from controlplane.rib.rib import Rib
from controlplane.rib.route import (
    Attached,
    Blackhole,
    Gateway,
    Local,
    NextHop,
    Route,
    RouteProtocol,
    VpnNextHop,
)
from controlplane.rib.rpf import reverse_path

SOURCE = IPv4Address("10.0.0.1")
GROUP = IPv4Address("232.1.1.1")
NEIGHBOR = IPv4Address("192.0.2.1")
PE = IPv4Address("10.255.0.2")
MULTICAST_PE = IPv4Address("10.255.0.9")


def through_vpn(route: Route | None, root: IPv4Address, group: IPv4Address) -> Rpf | None:
    """The PE of the route, or one that only multicast knows of."""
    assert (root, group) == (SOURCE, GROUP)
    if route is None:
        return Rpf("mdt-red", MULTICAST_PE)
    (next_hop,) = route.next_hops
    assert isinstance(next_hop, VpnNextHop)
    return Rpf("mdt-red", next_hop.pe)


@pytest.mark.parametrize(
    ("next_hop", "expected"),
    [
        pytest.param(Attached("eth1"), Rpf("eth1", None), id="a source on the link"),
        pytest.param(Local("lo0"), Rpf("lo0", None, is_local=True), id="this router"),
        pytest.param(Gateway("eth2", NEIGHBOR), Rpf("eth2", NEIGHBOR), id="behind a neighbour"),
        pytest.param(
            VpnNextHop(PE, RouteDistinguisher.parse("65000:1")),
            Rpf("mdt-red", PE),
            id="behind another PE",
        ),
        pytest.param(Blackhole(), None, id="a discard route"),
    ],
)
def test_the_next_hop_names_the_rpf_interface_and_neighbour(
    next_hop: NextHop, expected: Rpf | None
) -> None:
    rib = Rib(lambda _: True)
    static = RouteProtocol.STATIC
    rib.replace(static, [Route(prefix=IPv4Network(SOURCE), protocol=static, next_hops=(next_hop,))])
    assert reverse_path(rib, through_vpn, SOURCE, GROUP) == expected


def test_the_route_says_what_asserts_compare() -> None:
    rib = Rib(lambda _: True)
    route = Route(
        prefix=IPv4Network(SOURCE),
        protocol=RouteProtocol.OSPF,
        next_hops=(Gateway("eth2", NEIGHBOR),),
        metric=30,
    )
    rib.replace(RouteProtocol.OSPF, [route])
    found = reverse_path(rib, through_vpn, SOURCE, GROUP)
    assert found is not None
    assert (found.preference, found.metric) == (110, 30)


def test_without_a_route_there_is_no_rpf_interface() -> None:
    assert reverse_path(Rib(lambda _: True), lambda *_: None, SOURCE, GROUP) is None


def test_without_a_route_the_vpn_may_have_one_for_multicast_alone() -> None:
    found = reverse_path(Rib(lambda _: True), through_vpn, SOURCE, GROUP)
    assert found == Rpf("mdt-red", MULTICAST_PE)
