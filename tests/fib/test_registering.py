"""The copies that go to an RP in Registers, and the ways there (RFC 7761 4.4.1).

Core links c1 and c2; VRF red on e1, with a CE. P1 and P2 are the neighbours in the core.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from controlplane.fib.build import FibBuilder, Mpls, VrfTables
from controlplane.fib.model import (
    Encapsulate,
    EncapsulateRegister,
    InPlace,
    Replica,
    Rewrite,
)
from controlplane.fib.unicast import Neighbor
from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL, Label
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.net.vpn import RouteDistinguisher
from controlplane.protocols.ldp.events import FecBinding, FecNextHop
from controlplane.protocols.pim.events import Registering, TreeRemoved, TreeUpdate
from controlplane.rib.labels import LabelTable
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
from controlplane.rib.tunnels import VpnTunnels
from tests.fib.test_multicast import copy, ethernet

RED = 1
INTERFACES = [
    ethernet("c1", 1),
    ethernet("c2", 2),
    ethernet("e1", 3, "red"),
    Interface(
        name="lo0", index=9, kind=InterfaceKind.LOOPBACK, address=IPv4Interface("10.255.0.1/32")
    ),
]
P1, P2 = Gateway("c1", IPv4Address("10.0.1.2")), Gateway("c2", IPv4Address("10.0.2.2"))
CE = Gateway("e1", IPv4Address("10.0.3.2"))
MACS = {hop: MacAddress(int(hop.address)) for hop in (P1, P2, CE)}
DR, RP = IPv4Address("10.0.3.1"), IPv4Address("10.9.9.9")
TO_RP = IPv4Network("10.9.9.0/24")
PE2 = IPv4Address("192.0.2.2")
FEC2 = IPv4Network(PE2)
RD = RouteDistinguisher.parse("65000:1")
STREAM = SourceGroup(IPv4Address("10.0.3.10"), IPv4Address("239.1.1.1"))
OWN = SourceGroup(IPv4Address("10.255.0.1"), IPv4Address("239.192.0.1"))


class Dr:
    """The DR of a source, all of whose neighbours are resolved."""

    def __init__(self) -> None:
        self.neighbors: dict[Neighbor, MacAddress] = {
            (hop.interface, hop.address): mac for hop, mac in MACS.items()
        }
        self.labels = LabelTable()
        tunnels = VpnTunnels(pmsi="mdt-red", own=OWN, shared=True)
        self.tables = {
            DEFAULT_VRF: VrfTables(id=0, rib=Rib(lambda _: True), mrib=Mrib()),
            "red": VrfTables(id=RED, rib=Rib(lambda _: True), mrib=Mrib(), tunnels=tunnels),
        }
        mpls = Mpls(labels=self.labels)
        self.builder = FibBuilder(INTERFACES, self.tables, self.neighbors, mpls)

    def route(self, vrf: str, prefix: IPv4Network, *next_hops: NextHop) -> None:
        """The prefix has this route alone, or none without next hops."""
        protocol = RouteProtocol.STATIC
        route = Route(prefix=prefix, protocol=protocol, next_hops=next_hops)
        changed, gone = ([route], []) if next_hops else ([], [prefix])
        self.builder.routes_changed(vrf, self.tables[vrf].rib.update(protocol, changed, gone))

    def bind(self, prefix: IPv4Network, hop: Gateway, label: Label) -> None:
        outgoing = {FecNextHop(hop.interface, hop.address): label}
        self.labels.apply([FecBinding(prefix=prefix, local=None, outgoing=outgoing)])
        self.builder.bindings_changed([prefix])

    def tree(
        self,
        vrf: str,
        tree: TreeName,
        incoming: str,
        *outgoing: str,
        registering: Registering | None = None,
    ) -> None:
        update = TreeUpdate(
            tree=tree,
            incoming=incoming,
            rpf_neighbor=None,
            outgoing=frozenset(outgoing),
            registering=registering,
        )
        self.tables[vrf].mrib.apply(update)
        self.builder.tree_changed(vrf, tree)

    def registers(self, vrf: str = "red") -> None:
        incoming = "e1" if vrf == "red" else "lo0"
        self.tree(vrf, STREAM, incoming, registering=Registering(DR, RP))

    def replicas(self, tree: TreeName = STREAM) -> frozenset[Replica]:
        (route,) = (route for route in self.builder.build().multicast if route.tree == tree)
        return route.replicas


@pytest.fixture
def dr() -> Dr:
    return Dr()


def register(
    hop: Gateway, *labels: Label, tunnel: Encapsulate | None = None
) -> EncapsulateRegister:
    return EncapsulateRegister(DR, RP, MACS[hop], labels, tunnel)


def on_c1(rewrite: Rewrite) -> frozenset[Replica]:
    return frozenset({copy(1, rewrite)})


def test_a_register_goes_to_the_next_hop_of_the_vrf_s_route(dr: Dr) -> None:
    dr.route("red", TO_RP, CE)
    dr.registers()
    assert dr.replicas() == {copy(3, register(CE))}


def test_native_copies_leave_beside_it(dr: Dr) -> None:
    dr.route(DEFAULT_VRF, TO_RP, P1)
    dr.tree(DEFAULT_VRF, STREAM, "lo0", "c2", registering=Registering(DR, RP))
    assert dr.replicas() == on_c1(register(P1)) | {copy(2, InPlace())}


def test_an_rp_on_the_link_is_a_neighbour_itself(dr: Dr) -> None:
    dr.route("red", IPv4Network("10.9.9.0/24"), Attached("e1"))
    dr.registers()
    assert dr.replicas() == frozenset()
    assert dr.builder.unresolved() == {("e1", RP)}
    dr.neighbors["e1", RP] = MACS[CE]
    dr.builder.neighbor_changed(("e1", RP))
    assert dr.replicas() == {copy(3, register(CE))}


def test_a_neighbour_that_is_not_resolved_is_asked_for(dr: Dr) -> None:
    del dr.neighbors["e1", CE.address]
    dr.route("red", TO_RP, CE)
    dr.registers()
    assert dr.replicas() == frozenset()
    assert dr.builder.unresolved() == {("e1", CE.address)}


@pytest.mark.parametrize("next_hops", [(), (Local("e1"),), (Blackhole(),), (VpnNextHop(PE2, RD),)])
def test_without_a_way_there_is_no_copy(dr: Dr, next_hops: tuple[NextHop, ...]) -> None:
    dr.route("red", TO_RP, *next_hops)
    dr.registers()
    assert dr.replicas() == frozenset()


def test_of_equal_ways_one_is_taken(dr: Dr) -> None:
    dr.route(DEFAULT_VRF, TO_RP, P2, P1)
    dr.registers(DEFAULT_VRF)
    assert dr.replicas() == on_c1(register(P1))
    del dr.neighbors["c1", P1.address]
    dr.builder.neighbor_changed(("c1", P1.address))
    assert dr.replicas() == {copy(2, register(P2))}


@pytest.mark.parametrize(
    ("label", "pushed"), [(17, (17,)), (IMPLICIT_NULL, ()), (EXPLICIT_NULL, (EXPLICIT_NULL,))]
)
def test_the_provider_s_rp_is_reached_through_its_lsp(
    dr: Dr, label: Label, pushed: tuple[Label, ...]
) -> None:
    dr.route(DEFAULT_VRF, TO_RP, P1)
    dr.bind(TO_RP, P1, label)
    dr.registers(DEFAULT_VRF)
    assert dr.replicas() == on_c1(register(P1, *pushed))


class TestBehindAnotherPe:
    @pytest.fixture
    def dr(self) -> Dr:
        dr = Dr()
        dr.route(DEFAULT_VRF, FEC2, P1)
        dr.route("red", TO_RP, VpnNextHop(PE2, RD, 24))
        dr.registers()
        return dr

    @pytest.mark.parametrize(("label", "pushed"), [(17, (17, 24)), (IMPLICIT_NULL, (24,))])
    def test_the_register_has_the_label_of_the_vpn_route(
        self, dr: Dr, label: Label, pushed: tuple[Label, ...]
    ) -> None:
        dr.bind(FEC2, P1, label)
        assert dr.replicas() == on_c1(register(P1, *pushed))

    def test_a_neighbour_that_gave_no_label_is_no_lsp(self, dr: Dr) -> None:
        assert dr.replicas() == frozenset()


def move_route(dr: Dr) -> None:
    dr.route(DEFAULT_VRF, TO_RP, P2)


def specify_route(dr: Dr) -> None:
    dr.route(DEFAULT_VRF, IPv4Network(RP), P2)


@pytest.mark.parametrize("change", [move_route, specify_route])
def test_the_copy_follows_the_route(dr: Dr, change: Callable[[Dr], None]) -> None:
    dr.route(DEFAULT_VRF, TO_RP, P1)
    dr.registers(DEFAULT_VRF)
    assert dr.replicas() == on_c1(register(P1))
    change(dr)
    assert dr.replicas() == {copy(2, register(P2))}
    dr.route(DEFAULT_VRF, TO_RP)
    dr.route(DEFAULT_VRF, IPv4Network(RP))
    assert dr.replicas() == frozenset()


def test_the_copy_follows_the_label_and_the_mac_address(dr: Dr) -> None:
    dr.route(DEFAULT_VRF, TO_RP, P1)
    dr.registers(DEFAULT_VRF)
    dr.builder.build()
    dr.bind(TO_RP, P1, 17)
    assert dr.replicas() == on_c1(register(P1, 17))
    dr.neighbors["c1", P1.address] = MACS[P2]
    dr.builder.neighbor_changed(("c1", P1.address))
    assert dr.replicas() == on_c1(EncapsulateRegister(DR, RP, MACS[P2], (17,)))


@pytest.mark.parametrize("gone", [True, False], ids=["removed", "stopped"])
def test_nothing_is_left_of_a_tree_that_registers_no_more(dr: Dr, gone: bool) -> None:
    """A Register-Stop, or the source's end."""
    dr.route("red", TO_RP, Attached("e1"))
    before = dr.builder.build()
    dr.registers()
    assert dr.builder.build() != before
    if gone:
        dr.tables["red"].mrib.apply(TreeRemoved(tree=STREAM))
        dr.builder.tree_changed("red", STREAM)
        assert dr.builder.build() == before
    else:
        dr.tree("red", STREAM, "e1")
        assert dr.replicas() == frozenset()
    assert dr.builder.unresolved() == set()


class TestIntoATunnel:
    """The PE's own P-tree of PIM-SM leads to the P-RP in Registers yet."""

    @pytest.fixture
    def dr(self) -> Dr:
        dr = Dr()
        dr.route(DEFAULT_VRF, TO_RP, P1)
        dr.tree(DEFAULT_VRF, OWN, "lo0", registering=Registering(DR, RP))
        dr.tree("red", STREAM, "e1", "mdt-red")
        return dr

    def test_a_customer_s_packet_is_put_into_both(self, dr: Dr) -> None:
        tunnel = Encapsulate(OWN.source, OWN.group)
        assert dr.replicas(OWN) == on_c1(register(P1))
        assert dr.replicas() == on_c1(register(P1, tunnel=tunnel))

    def test_it_follows_the_way_to_the_rp(self, dr: Dr) -> None:
        dr.builder.build()
        dr.route(DEFAULT_VRF, TO_RP, P2)
        tunnel = Encapsulate(OWN.source, OWN.group)
        assert dr.replicas() == {copy(2, register(P2, tunnel=tunnel))}

    def test_it_leaves_natively_once_the_rp_has_joined(self, dr: Dr) -> None:
        dr.builder.build()
        dr.tree(DEFAULT_VRF, OWN, "lo0", "c2")
        assert dr.replicas() == {copy(2, Encapsulate(OWN.source, OWN.group))}
