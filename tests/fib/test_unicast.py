"""What becomes of unicast routes and neighbours."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from controlplane.fib.build import FibBuilder, VrfTables
from controlplane.fib.model import (
    Adjacency,
    Discard,
    FibInterface,
    Forward,
    Glean,
    Nhlfe,
    Port,
    Receive,
    UnicastAction,
)
from controlplane.fib.policers import DEFAULT_POLICERS
from controlplane.fib.unicast import Neighbor
from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.net.mac import MacAddress
from controlplane.net.punt import PuntReason
from controlplane.net.vpn import RouteDistinguisher
from controlplane.rib.mrib import Mrib
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

MAC = MacAddress.parse("02:00:00:00:00:01")
NEIGHBOR_MAC = MacAddress.parse("02:00:00:00:00:99")
ETH = Interface(
    name="eth1",
    index=1,
    kind=InterfaceKind.ETHERNET,
    address=IPv4Interface("10.0.0.1/24"),
    port=5,
    vlan=3,
    mac=MAC,
)
LAN = IPv4Network("10.0.0.0/24")
FAR = IPv4Network("10.9.0.0/16")
HOST = IPv4Address("10.0.0.2")
WAY = f"{HOST} on {ETH.name}"
MEMBER = Nhlfe(Adjacency(Port(5, 3), MAC, NEIGHBOR_MAC))
CONNECTED, STATIC = RouteProtocol.CONNECTED, RouteProtocol.STATIC


class Edge:
    """A builder over one table with one link."""

    def __init__(self) -> None:
        self.rib = Rib(lambda _: True)
        self.neighbors: dict[Neighbor, MacAddress] = {}
        tables = VrfTables(id=0, rib=self.rib, mrib=Mrib())
        self.builder = FibBuilder([ETH], {DEFAULT_VRF: tables}, self.neighbors)

    def routes(self, protocol: RouteProtocol, **next_hops: NextHop) -> None:
        """Routes by the names of their prefixes in this file."""
        prefixes = {"lan": LAN, "far": FAR, "host": IPv4Network(HOST)}
        routes = [
            Route(prefix=prefixes[name], protocol=protocol, next_hops=(next_hop,))
            for name, next_hop in next_hops.items()
        ]
        self.builder.routes_changed(DEFAULT_VRF, self.rib.replace(protocol, routes))

    def resolve(self, mac: MacAddress | None) -> None:
        neighbor = (ETH.name, HOST)
        if mac:
            self.neighbors[neighbor] = mac
        else:
            self.neighbors.pop(neighbor)
        self.builder.neighbor_changed(neighbor)

    def entries(self) -> dict[IPv4Network, UnicastAction]:
        return {route.prefix: route.action for route in self.builder.build().unicast}

    def groups(self) -> dict[str, frozenset[Nhlfe]]:
        return {group.way: group.members for group in self.builder.build().groups}


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.mark.parametrize(
    ("next_hop", "action"),
    [
        (Attached("eth1"), Glean()),
        (Local("eth1"), Receive()),
        (Gateway("eth1", HOST), Forward(WAY)),
        (VpnNextHop(HOST, RouteDistinguisher.parse("65000:1")), Discard()),
        (Blackhole(), Discard()),
    ],
)
def test_each_kind_of_next_hop_has_its_action(
    edge: Edge, next_hop: NextHop, action: UnicastAction
) -> None:
    edge.routes(STATIC, far=next_hop)
    assert edge.entries() == {FAR: action}


def test_a_gateway_is_in_its_group_while_it_is_resolved(edge: Edge) -> None:
    edge.routes(STATIC, far=Gateway("eth1", HOST))
    assert edge.groups() == {WAY: frozenset()}
    assert edge.builder.unresolved() == {(ETH.name, HOST)}
    edge.resolve(NEIGHBOR_MAC)
    assert edge.groups() == {WAY: {MEMBER}}
    assert not edge.builder.unresolved()
    edge.resolve(None)
    assert edge.groups() == {WAY: frozenset()}
    assert edge.entries() == {FAR: Forward(WAY)}


def test_a_resolved_neighbour_of_an_attached_subnet_has_an_entry_of_its_own(edge: Edge) -> None:
    edge.routes(CONNECTED, lan=Attached("eth1"))
    edge.resolve(NEIGHBOR_MAC)
    assert edge.entries() == {LAN: Glean(), IPv4Network(HOST): Forward(WAY)}
    edge.resolve(None)
    assert edge.entries() == {LAN: Glean()}


def lose_subnet(edge: Edge) -> None:
    edge.routes(CONNECTED)


def gain_host_route(edge: Edge) -> None:
    edge.routes(STATIC, host=Blackhole())


@pytest.mark.parametrize(
    ("change", "entries"),
    [
        (lose_subnet, {}),
        (gain_host_route, {LAN: Glean(), IPv4Network(HOST): Discard()}),
    ],
)
def test_a_neighbours_entry_yields_to_the_routing_table(
    edge: Edge, change: Callable[[Edge], None], entries: dict[IPv4Network, UnicastAction]
) -> None:
    edge.routes(CONNECTED, lan=Attached("eth1"))
    edge.resolve(NEIGHBOR_MAC)
    edge.builder.build()
    change(edge)
    assert edge.entries() == entries


def test_a_neighbour_known_before_its_subnet_gets_its_entry_with_it(edge: Edge) -> None:
    edge.resolve(NEIGHBOR_MAC)
    assert edge.entries() == {}
    edge.routes(CONNECTED, lan=Attached("eth1"))
    assert edge.entries() == {LAN: Glean(), IPv4Network(HOST): Forward(WAY)}


def test_every_port_is_an_interface_of_the_switch(edge: Edge) -> None:
    assert edge.builder.build().interfaces == {FibInterface(Port(5, 3), 1, 0, MAC)}


def test_nothing_changed_gives_the_same_objects_again(edge: Edge) -> None:
    edge.routes(CONNECTED, lan=Attached("eth1"))
    first, second = edge.builder.build(), edge.builder.build()
    assert first == second
    assert first.unicast is second.unicast


def test_every_punt_class_has_a_policer() -> None:
    assert {policer.reason for policer in DEFAULT_POLICERS} == set(PuntReason)
    assert len(DEFAULT_POLICERS) == len(PuntReason)
