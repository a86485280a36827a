"""Next hop groups and labels: what routes share, and what becomes of labelled packets."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.fib.build import FibBuilder, Mpls, VrfTables
from controlplane.fib.model import (
    Adjacency,
    Fib,
    Forward,
    LabelRoute,
    NextHopGroup,
    Nhlfe,
    PopAndLookUp,
    Port,
)
from controlplane.fib.unicast import Neighbor
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL, Label
from controlplane.net.mac import MacAddress
from controlplane.protocols.ldp.events import FecBinding, FecNextHop
from controlplane.rib.labels import LabelTable
from controlplane.rib.mrib import Mrib
from controlplane.rib.rib import Rib
from controlplane.rib.route import Gateway, NextHop, Route, RouteProtocol
from tests.fib.test_multicast import ethernet

LEFT, RIGHT = ethernet("left", 1), ethernet("right", 2)
BY_LEFT = Gateway("left", IPv4Address("10.0.1.2"))
BY_RIGHT = Gateway("right", IPv4Address("10.0.2.2"))
MACS = {BY_LEFT: MacAddress(0xA1), BY_RIGHT: MacAddress(0xA2)}
PE2 = IPv4Network("192.0.2.2/32")
PE3 = IPv4Network("192.0.2.3/32")
NULL = LabelRoute(EXPLICIT_NULL, PopAndLookUp(0))


def member(hop: Gateway, label: Label | None = None) -> Nhlfe:
    link = LEFT if hop is BY_LEFT else RIGHT
    assert link.port is not None
    assert link.mac is not None
    return Nhlfe(Adjacency(Port(link.port), link.mac, MACS[hop]), label)


class P:
    """A builder over the provider's table of a P router with two neighbours, both resolved."""

    def __init__(self) -> None:
        self.rib = Rib(lambda _: True)
        self.labels = LabelTable()
        self.neighbors: dict[Neighbor, MacAddress] = {
            (hop.interface, hop.address): mac for hop, mac in MACS.items()
        }
        tables = VrfTables(id=0, rib=self.rib, mrib=Mrib())
        mpls = Mpls(labels=self.labels, interfaces=frozenset({"left"}))
        self.builder = FibBuilder([LEFT, RIGHT], {DEFAULT_VRF: tables}, self.neighbors, mpls)

    def route(self, prefix: IPv4Network, *next_hops: NextHop, way: str = "") -> None:
        route = Route(prefix=prefix, protocol=RouteProtocol.OSPF, next_hops=next_hops, way=way)
        changed = self.rib.update(RouteProtocol.OSPF, [route], [])
        self.builder.routes_changed(DEFAULT_VRF, changed)

    def withdraw(self, prefix: IPv4Network) -> None:
        changed = self.rib.update(RouteProtocol.OSPF, [], [prefix])
        self.builder.routes_changed(DEFAULT_VRF, changed)

    def bind(self, prefix: IPv4Network, local: Label | None, **labels: Label) -> None:
        hops = {"left": BY_LEFT, "right": BY_RIGHT}
        outgoing = {FecNextHop(name, hops[name].address): label for name, label in labels.items()}
        binding = FecBinding(prefix=prefix, local=local, outgoing=outgoing)
        self.labels.apply([binding])
        self.builder.bindings_changed([prefix])


@pytest.fixture
def p() -> P:
    return P()


def groups(fib: Fib) -> dict[str, frozenset[Nhlfe]]:
    return {group.way: group.members for group in fib.groups}


def test_equal_next_hops_are_members_of_one_group(p: P) -> None:
    p.route(PE2, BY_LEFT, BY_RIGHT)
    way = "10.0.1.2 on left, 10.0.2.2 on right"
    assert p.builder.build().groups == {
        NextHopGroup(way, frozenset({member(BY_LEFT), member(BY_RIGHT)}))
    }


def test_routes_of_one_way_share_a_group_and_a_change_of_it_touches_no_route(p: P) -> None:
    for prefix in (PE2, PE3):
        p.route(prefix, BY_LEFT, way="ospf x")
    before = p.builder.build()
    for prefix in (PE2, PE3):
        p.route(prefix, BY_RIGHT, way="ospf x")
    after = p.builder.build()
    assert before.unicast is after.unicast
    assert groups(before) == {"default ospf x": {member(BY_LEFT)}}
    assert groups(after) == {"default ospf x": {member(BY_RIGHT)}}


def test_a_group_ends_with_its_last_user(p: P) -> None:
    for prefix in (PE2, PE3):
        p.route(prefix, BY_LEFT, way="ospf x")
    p.withdraw(PE2)
    assert "default ospf x" in groups(p.builder.build())
    p.withdraw(PE3)
    assert groups(p.builder.build()) == {}


def test_a_fec_with_labels_has_a_group_of_its_own_for_routes_and_labels(p: P) -> None:
    p.route(PE2, BY_LEFT, BY_RIGHT, way="ospf x")
    p.bind(PE2, 17, left=23)
    fib = p.builder.build()
    assert {route.action for route in fib.unicast} == {Forward(str(PE2))}
    assert groups(fib) == {str(PE2): {member(BY_LEFT, 23), member(BY_RIGHT)}}
    assert fib.labels == {NULL, LabelRoute(17, Forward(str(PE2)))}


def test_the_hop_before_the_egress_pops(p: P) -> None:
    p.route(PE2, BY_LEFT)
    p.bind(PE2, 17, left=IMPLICIT_NULL)
    assert groups(p.builder.build()) == {str(PE2): {member(BY_LEFT, IMPLICIT_NULL)}}


@pytest.mark.parametrize("local", [None, IMPLICIT_NULL, EXPLICIT_NULL])
def test_a_fec_without_a_label_of_its_own_has_no_entry(p: P, local: Label | None) -> None:
    p.route(PE2, BY_LEFT)
    p.bind(PE2, local, left=23)
    assert p.builder.build().labels == {NULL}


def test_labels_that_go_leave_the_route_as_it_was(p: P) -> None:
    p.route(PE2, BY_LEFT, way="ospf x")
    before = p.builder.build()
    p.bind(PE2, 17, left=23)
    p.builder.build()
    p.bind(PE2, None)
    assert p.builder.build() == before


def test_labels_are_believed_on_interfaces_with_mpls_alone(p: P) -> None:
    assert {i.index: i.mpls for i in p.builder.build().interfaces} == {1: True, 2: False}
