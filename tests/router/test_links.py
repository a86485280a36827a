"""A port that loses its link: adjacencies, routes, trees and entries follow, and come back.

See `lab.py` for the network.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.fib.model import Discard, Forward, UnicastRoute
from controlplane.net.interface import DEFAULT_VRF
from controlplane.rib.route import Gateway, Route, RouteProtocol, VpnNextHop
from controlplane.router.events import Output, PortChanged
from controlplane.router.router import Router
from tests.router.lab import PES, RECEIVER, STREAM, core_routes, join, route, started
from tests.router.wire import End, Network


@pytest.fixture
def network() -> Network:
    network = started()
    join(network, RECEIVER, "10.2.0.2")
    network.run(until=6.0)
    return network


def router(network: Network, node: str) -> Router:
    return network.nodes[node].router


def has_stream(network: Network, node: str, vrf: int) -> bool:
    fib = router(network, node).fib
    return any(r.tree == STREAM and r.vrf == vrf and r.replicas for r in fib.multicast)


def test_a_link_that_goes_down_takes_its_neighbours_and_routes_with_it(network: Network) -> None:
    network.set_wire(End("pe2", 2), up=False)
    vrf = router(network, "pe2").vrfs["red"]
    interfaces = {neighbor.interface for neighbor in vrf.pim.neighbors(network.now)}
    assert interfaces == {"mdt-red"}
    assert vrf.rib.lookup(IPv4Address("10.2.9.2")) is None
    assert vrf.rib.lookup(IPv4Address("10.2.0.2")) is None


def test_the_branch_behind_a_dead_link_goes_at_once(network: Network) -> None:
    assert has_stream(network, "pe2", 1)
    network.set_wire(End("pe2", 2), up=False)
    assert not has_stream(network, "pe2", 1)


def test_a_link_that_comes_back_brings_everything_back(network: Network) -> None:
    network.set_wire(End("pe2", 2), up=False)
    network.run(until=20.0)
    assert not has_stream(network, "pe1", 1)
    network.set_wire(End("pe2", 2), up=True)
    network.run(until=40.0)
    assert has_stream(network, "pe2", 1)
    assert has_stream(network, "pe1", 1)


def test_the_same_word_of_a_port_twice_does_nothing(network: Network) -> None:
    node = router(network, "pe2")
    node.handle(PortChanged(port=2, up=False), network.now)
    assert node.handle(PortChanged(port=2, up=False), network.now) == []


def test_a_port_without_an_interface_does_nothing(network: Network) -> None:
    assert router(network, "pe2").handle(PortChanged(port=77, up=False), network.now) == []


def test_nothing_is_sent_on_a_dead_port(network: Network) -> None:
    outputs: list[Output] = router(network, "p").handle(PortChanged(port=2, up=False), network.now)
    assert {output.port for output in outputs if hasattr(output, "port")} <= {1}


def test_without_a_route_of_the_upstream_pe_its_sources_have_no_rpf_interface(
    network: Network,
) -> None:
    routes = [one for one in router(network, "pe2").vrfs["red"].rib.routes() if is_vpn(one)]
    network.routes("pe2", "red", RouteProtocol.IBGP)
    assert not has_stream(network, "pe2", 1)
    network.routes("pe2", "red", RouteProtocol.IBGP, *routes)
    assert has_stream(network, "pe2", 1)


def test_a_route_of_a_pe_out_of_reach_stands_until_bgp_takes_it_back(network: Network) -> None:
    """docs/adr/0017: what follows at once is forwarding's business."""
    kept = [item for item in core_routes("pe2") if item.prefix != IPv4Network(PES["pe1"])]
    network.routes("pe2", DEFAULT_VRF, RouteProtocol.COMPUTED, *kept)
    assert router(network, "pe2").vrfs["red"].rib.lookup(STREAM.source) is not None


def is_vpn(route: Route) -> bool:
    return isinstance(route.next_hops[0], VpnNextHop)


def test_a_route_over_a_dead_link_gives_way_to_one_that_works(network: Network) -> None:
    node = router(network, "pe2")
    site = "10.2.0.0/16"
    backup = route(site, RouteProtocol.IBGP, Gateway("eth3", IPv4Address("192.0.2.10")))
    network.routes("pe2", "red", RouteProtocol.IBGP, backup)
    assert UnicastRoute(1, IPv4Network(site), Discard()) not in node.fib.unicast
    network.set_wire(End("pe2", 2), up=False)
    assert node.vrfs["red"].rib.lookup(IPv4Address("10.2.0.2")) == backup
    assert UnicastRoute(1, IPv4Network(site), Forward("192.0.2.10 on eth3")) in node.fib.unicast
