"""VPNv4 through a reflector: FRR between two PEs of ours, and ours between FRR and a PE of ours.

What a PE tells arrives at the other PE as it was told, label and all, and with where it has been
(RFC 4456 8).
"""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Address
from typing import Any

import pytest

from controlplane.net.vpn import RouteTarget
from controlplane.protocols.bgp.events import TargetsWanted
from controlplane.wire.bgp.attributes import (
    Aggregator,
    AsPath,
    Connector,
    Origin,
    Segment,
    SegmentKind,
)
from controlplane.wire.bgp.communities import (
    LargeCommunity,
    route_origin,
    route_target,
    source_as,
    vrf_route_import,
)
from controlplane.wire.bgp.nlri import Family
from tests.peers.bgp.lan import FRR, OTHER, WE, FrrLan, Neighbor, bgpd, towards_frr
from tests.peers.bgp.speaker import own_vpn, routes, speaker_config, vpn_prefix, withdrawn

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights", "frr")]

ASN = 65000
VPN = Family.VPNV4
RD, PREFIX, TARGET = "65000:1", "10.1.0.0/16", "65000:100"
KEY = vpn_prefix(RD, PREFIX)
CLIENT = ("route-reflector-client",)


@pytest.fixture
def reflected(stack: ExitStack) -> FrrLan:
    """FRR is the reflector of two of ours."""
    neighbors = [
        Neighbor(address, ASN, families=(VPN,), family_lines=CLIENT) for address in (WE, OTHER)
    ]
    ours = [
        speaker_config(ASN, address, towards_frr(ASN, address, families=frozenset({VPN})))
        for address in (WE, OTHER)
    ]
    lan = FrrLan(stack, bgpd(ASN, *neighbors), ours)
    wanted = TargetsWanted(targets=frozenset({RouteTarget.parse(TARGET)}))
    for wire in lan.wires:
        wire.tell(wanted)
    lan.comes_up()
    return lan


def told(lan: FrrLan, **attributes: Any) -> None:
    """The first of ours tells a route."""
    lan.wire.tell(routes(own_vpn(RD, PREFIX, 77, TARGET, **attributes), family=VPN))


def test_a_route_arrives_with_its_label_and_where_it_has_been(reflected: FrrLan) -> None:
    told(reflected, med=5)
    far = reflected.wires[1].engine
    reflected.eventually(lambda: KEY in far.best(VPN))
    path = far.best(VPN)[KEY]
    assert (path.label, path.peer) == (77, FRR)
    had = path.attributes
    assert (had.next_hop, had.originator_id, had.cluster_list) == (WE, WE, (FRR,))
    assert (had.med, had.local_pref, had.as_path) == (5, 100, AsPath())


def test_its_attributes_arrive_as_they_were_told(reflected: FrrLan) -> None:
    attributes: dict[str, Any] = {
        "origin": Origin.INCOMPLETE,
        "as_path": AsPath((Segment(SegmentKind.AS_SEQUENCE, (65001, 4_200_000_000)),)),
        "local_pref": 300,
        "atomic_aggregate": True,
        "aggregator": Aggregator(65001, IPv4Address("192.0.2.1")),
        "communities": frozenset({65000 << 16 | 1, 65000 << 16 | 2}),
        "large_communities": frozenset({LargeCommunity(4_200_000_000, 1, 2)}),
        "extended_communities": frozenset(
            {
                vrf_route_import(WE, 3),
                source_as(ASN),
                route_origin(RouteTarget.parse("192.0.2.1:7")),
                route_target(RouteTarget.parse("4200000000:7")),
            }
        ),
    }
    told(reflected, **attributes)
    far = reflected.wires[1].engine
    reflected.eventually(lambda: KEY in far.best(VPN))
    had = far.attributes(KEY, VPN)
    attributes["extended_communities"] |= {route_target(RouteTarget.parse(TARGET))}
    assert {name: getattr(had, name) for name in attributes} == attributes


def test_a_connector_goes_through_a_reflector_that_does_not_know_it(reflected: FrrLan) -> None:
    """RFC 6037 5.2.1: it is optional and transitive."""
    told(reflected, connector=Connector(WE))
    far = reflected.wires[1].engine
    reflected.eventually(lambda: KEY in far.best(VPN))
    assert far.attributes(KEY, VPN).connector == Connector(WE)


def test_another_label_and_a_withdrawal_arrive(reflected: FrrLan) -> None:
    told(reflected)
    far = reflected.wires[1].engine
    reflected.eventually(lambda: KEY in far.best(VPN))
    reflected.wire.tell(routes(own_vpn(RD, PREFIX, 78, TARGET), family=VPN))
    reflected.eventually(lambda: far.best(VPN)[KEY].label == 78)
    reflected.wire.tell(withdrawn(KEY, family=VPN))
    reflected.eventually(lambda: KEY not in far.best(VPN))


def test_frr_shows_what_we_told(reflected: FrrLan) -> None:
    told(reflected, med=5)
    reflected.eventually(lambda: reflected.their_path(PREFIX, RD))
    path = reflected.their_path(PREFIX, RD)
    assert path is not None
    assert path["remoteLabel"] == 77
    assert path["extendedCommunity"]["string"] == f"RT:{TARGET}"
    assert (path["metric"], path["locPrf"], path["nexthops"][0]["ip"]) == (5, 100, str(WE))


def test_a_pe_that_dies_takes_its_routes_along(reflected: FrrLan) -> None:
    told(reflected)
    far = reflected.wires[1].engine
    reflected.eventually(lambda: KEY in far.best(VPN))
    reflected.wire.close()
    del reflected.wires[0]
    reflected.eventually(lambda: KEY not in far.best(VPN))


def test_a_restarted_reflector_loses_nothing(reflected: FrrLan) -> None:
    told(reflected)
    far = reflected.wires[1].engine
    reflected.eventually(lambda: KEY in far.best(VPN))
    reflected.frr.kill("bgpd")
    reflected.eventually(lambda: KEY not in far.best(VPN))
    reflected.frr.start("bgpd")
    reflected.comes_up()
    reflected.eventually(lambda: KEY in far.best(VPN))


def test_a_route_target_wanted_later_brings_the_routes_later(reflected: FrrLan) -> None:
    """RFC 4364 4.3.2: what nobody wanted was dropped, and is asked for again (RFC 2918)."""
    other = vpn_prefix("65000:2", "10.2.0.0/16")
    route = own_vpn("65000:2", "10.2.0.0/16", 79, "65000:200")
    told(reflected)
    reflected.wire.tell(routes(route, family=VPN))
    wire = reflected.wires[1]
    reflected.eventually(lambda: KEY in wire.engine.best(VPN))
    reflected.eventually(lambda: reflected.their_path("10.2.0.0/16", "65000:2"))
    assert other not in wire.engine.best(VPN)
    both = frozenset(map(RouteTarget.parse, (TARGET, "65000:200")))
    wire.tell(TargetsWanted(targets=both))
    reflected.eventually(lambda: other in wire.engine.best(VPN))


def test_a_thousand_routes_with_ten_sets_of_attributes_arrive(reflected: FrrLan) -> None:
    many = [
        own_vpn("65000:1", f"10.{n // 200}.{n % 200}.0/24", 16 + n, TARGET, med=n % 10)
        for n in range(1000)
    ]
    reflected.wire.tell(routes(*many, family=VPN))
    far = reflected.wires[1].engine
    reflected.eventually(lambda: len(far.best(VPN)) == 1000)
    assert {path.label for path in far.best(VPN).values()} == set(range(16, 1016))


@pytest.fixture
def reflecting(stack: ExitStack) -> FrrLan:
    """The second of ours is the reflector of FRR, which has two VPN routes, and of the first."""
    frr_networks = ["network 10.99.0.0/24 rd 65000:99 label 99 route-map VPN"]
    before = f"route-map VPN permit 10\n set extcommunity rt {TARGET}\nexit"
    configuration = bgpd(
        ASN, Neighbor(OTHER, ASN, families=(VPN,)), vpn=frr_networks, before=before
    )
    families = frozenset({VPN})
    client = towards_frr(ASN, OTHER, families=families, reflector_client=True)
    near = towards_frr(ASN, OTHER, families=families, reflector_client=True, address=WE)
    ours = [
        speaker_config(ASN, WE, towards_frr(ASN, WE, families=families, address=OTHER)),
        speaker_config(ASN, OTHER, client, near, cluster_id=IPv4Address("9.9.9.9")),
    ]
    return FrrLan(stack, configuration, ours)


def test_we_reflect_what_frr_tells_and_what_it_is_told(reflecting: FrrLan) -> None:
    pe, reflector = reflecting.wires
    pe.tell(TargetsWanted(targets=frozenset({RouteTarget.parse(TARGET)})))
    told(reflecting)
    theirs = vpn_prefix("65000:99", "10.99.0.0/24")
    reflecting.eventually(lambda: theirs in pe.engine.best(VPN))
    reflecting.eventually(lambda: reflecting.their_path(PREFIX, RD))

    had = pe.engine.attributes(theirs, VPN)
    assert (had.next_hop, had.originator_id) == (FRR, FRR)
    assert had.cluster_list == (IPv4Address("9.9.9.9"),)
    assert pe.engine.best(VPN)[theirs].label == 99

    path = reflecting.their_path(PREFIX, RD)
    assert path is not None
    assert path["originatorId"] == str(WE)
    assert path["clusterList"]["list"] == ["9.9.9.9"]
    assert (path["nexthops"][0]["ip"], path["remoteLabel"]) == (str(WE), 77)
    assert reflector.engine.best(VPN).keys() == {theirs, KEY}
