"""What becomes of the trees of a PE: the three kinds, and a PE that is leaf and branch at once.

PE1 (me, 10.255.0.1)      core: c1 port 1, c2 port 2      VRF red: e1 port 3, e2 port 4 VLAN 7
PE2 10.255.0.2, PE3 10.255.0.3, default MDT group 232.0.0.1; index of (mdt-red, PE2) is 1025
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface

import pytest

from controlplane.fib.build import FibBuilder, VrfTables
from controlplane.fib.model import (
    Decapsulate,
    Encapsulate,
    InPlace,
    MulticastRoute,
    Port,
    Replica,
    Rewrite,
    Tail,
)
from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.protocols.pim.events import TreeRemoved, TreeUpdate
from controlplane.rib.mrib import Mrib
from controlplane.rib.rib import Rib
from controlplane.rib.tunnels import RemoteTunnel, VpnTunnels

ME, PE2, PE3, STRANGER = (IPv4Address(f"10.255.0.{n}") for n in (1, 2, 3, 9))
GROUP = IPv4Address("232.0.0.1")
OWN, TREE2, TREE3 = (SourceGroup(pe, GROUP) for pe in (ME, PE2, PE3))
CUSTOMER = SourceGroup(IPv4Address("10.1.0.1"), IPv4Address("232.1.1.1"))
CE = IPv4Address("10.1.9.2")
LO0, ROOT2, ROOT3, RED = 9, 1025, 1026, 1


def ethernet(name: str, port: int, vrf: str = DEFAULT_VRF, vlan: int = 0) -> Interface:
    return Interface(
        name=name,
        index=port,
        kind=InterfaceKind.ETHERNET,
        address=IPv4Interface(f"10.0.{port}.1/24"),
        vrf=vrf,
        port=port,
        vlan=vlan,
        mac=MacAddress(0x020000000000 + port),
    )


INTERFACES = (
    ethernet("c1", 1),
    ethernet("c2", 2),
    ethernet("e1", 3, "red"),
    ethernet("e2", 4, "red", vlan=7),
    Interface(
        name="lo0", index=LO0, kind=InterfaceKind.LOOPBACK, address=IPv4Interface("10.255.0.1/32")
    ),
)

TUNNELS = VpnTunnels(
    pmsi="mdt-red",
    own=OWN,
    remote={PE2: RemoteTunnel(TREE2, ROOT2), PE3: RemoteTunnel(TREE3, ROOT3)},
    neighbors={PE2, PE3},
)


def copy(port: int, rewrite: Rewrite, vlan: int = 0) -> Replica:
    return Replica(Port(port, vlan), MacAddress(0x020000000000 + port), rewrite)


def on(*iifs: int) -> frozenset[int]:
    """The interfaces that a tree accepts packets of."""
    return frozenset(iifs)


class Pe:
    """A builder over the tables of a PE, and the routes it makes of trees."""

    def __init__(self, tunnels: VpnTunnels = TUNNELS) -> None:
        self.mribs = {DEFAULT_VRF: Mrib(), "red": Mrib()}
        tables = {
            DEFAULT_VRF: self._tables(DEFAULT_VRF, 0),
            "red": self._tables("red", RED, tunnels),
        }
        self.builder = FibBuilder(INTERFACES, tables, {})

    def _tables(self, vrf: str, number: int, tunnels: VpnTunnels | None = None) -> VrfTables:
        return VrfTables(id=number, rib=Rib(lambda _: True), mrib=self.mribs[vrf], tunnels=tunnels)

    def tree(
        self,
        vrf: str,
        sg: SourceGroup,
        incoming: str | None,
        *outgoing: str,
        rpf: IPv4Address | None = None,
    ) -> None:
        update = TreeUpdate(
            tree=sg, incoming=incoming, rpf_neighbor=rpf, outgoing=frozenset(outgoing)
        )
        self.mribs[vrf].apply(update)
        self.builder.tree_changed(vrf, sg)

    def remove(self, vrf: str, sg: SourceGroup) -> None:
        self.mribs[vrf].apply(TreeRemoved(tree=sg))
        self.builder.tree_changed(vrf, sg)

    def route(self, vrf: int, tree: TreeName) -> MulticastRoute | None:
        found = [r for r in self.builder.build().multicast if (r.vrf, r.tree) == (vrf, tree)]
        assert len(found) <= 1
        return found[0] if found else None


@pytest.fixture
def pe() -> Pe:
    return Pe()


def test_a_transit_tunnel_is_replicated_in_place(pe: Pe) -> None:
    pe.tree(DEFAULT_VRF, TREE2, "c1", "c2")
    assert pe.route(0, TREE2) == MulticastRoute(0, TREE2, on(1), frozenset({copy(2, InPlace())}))


def test_a_tunnel_that_ends_here_has_a_tail_in_its_vrf(pe: Pe) -> None:
    pe.tree(DEFAULT_VRF, TREE2, "c1", "mdt-red")
    assert pe.route(0, TREE2) == MulticastRoute(0, TREE2, on(1), frozenset(), Tail(RED, ROOT2))


def test_a_leaf_that_is_a_branching_point_forwards_the_tunnel_too(pe: Pe) -> None:
    pe.tree(DEFAULT_VRF, TREE2, "c1", "mdt-red", "c2")
    assert pe.route(0, TREE2) == MulticastRoute(
        0, TREE2, on(1), frozenset({copy(2, InPlace())}), Tail(RED, ROOT2)
    )


def test_the_pes_own_tunnel_comes_from_the_loopback_and_has_no_tail(pe: Pe) -> None:
    pe.tree(DEFAULT_VRF, OWN, "lo0", "c1", "c2")
    assert pe.route(0, OWN) == MulticastRoute(
        0, OWN, on(LO0), frozenset({copy(1, InPlace()), copy(2, InPlace())})
    )


def test_a_c_route_from_a_tunnel_is_decapsulated_to_the_customer(pe: Pe) -> None:
    pe.tree(DEFAULT_VRF, TREE2, "c1", "mdt-red")
    pe.tree("red", CUSTOMER, "mdt-red", "e1", "e2", rpf=PE2)
    assert pe.route(RED, CUSTOMER) == MulticastRoute(
        RED,
        CUSTOMER,
        on(ROOT2),
        frozenset({copy(3, Decapsulate()), copy(4, Decapsulate(), vlan=7)}),
    )


def test_a_c_route_from_a_tunnel_holds_the_tunnels_onward_copies(pe: Pe) -> None:
    pe.tree(DEFAULT_VRF, TREE2, "c1", "mdt-red", "c2")
    pe.tree("red", CUSTOMER, "mdt-red", "e1", rpf=PE2)
    assert pe.route(RED, CUSTOMER) == MulticastRoute(
        RED, CUSTOMER, on(ROOT2), frozenset({copy(3, Decapsulate()), copy(2, InPlace())})
    )


def test_a_c_route_takes_the_onward_copies_of_its_own_upstream_pe_alone(pe: Pe) -> None:
    pe.tree(DEFAULT_VRF, TREE2, "c1", "mdt-red", "c2")
    pe.tree(DEFAULT_VRF, TREE3, "c2", "mdt-red")
    pe.tree("red", CUSTOMER, "mdt-red", "e1", rpf=PE3)
    assert pe.route(RED, CUSTOMER) == MulticastRoute(
        RED, CUSTOMER, on(ROOT3), frozenset({copy(3, Decapsulate())})
    )


def test_a_pmsi_among_the_outgoing_interfaces_is_one_copy_for_each_branch_of_the_own_tunnel(
    pe: Pe,
) -> None:
    pe.tree(DEFAULT_VRF, OWN, "lo0", "c1", "c2")
    pe.tree("red", CUSTOMER, "e1", "mdt-red", "e2", rpf=CE)
    into = Encapsulate(ME, GROUP, ttl=64, dont_fragment=True)
    assert pe.route(RED, CUSTOMER) == MulticastRoute(
        RED, CUSTOMER, on(3), frozenset({copy(1, into), copy(2, into), copy(4, InPlace(), vlan=7)})
    )


def test_the_outer_df_bit_is_the_tunnels() -> None:
    """RFC 6037 4.8 clears it."""
    cleared = Pe(replace(TUNNELS, dont_fragment=False))
    cleared.tree(DEFAULT_VRF, OWN, "lo0", "c1")
    cleared.tree("red", CUSTOMER, "e1", "mdt-red", rpf=CE)
    into = Encapsulate(ME, GROUP, ttl=64, dont_fragment=False)
    assert cleared.route(RED, CUSTOMER) == MulticastRoute(
        RED, CUSTOMER, on(3), frozenset({copy(1, into)})
    )


def change_own_tunnel(pe: Pe) -> None:
    pe.tree(DEFAULT_VRF, OWN, "lo0", "c2")


def remove_own_tunnel(pe: Pe) -> None:
    pe.remove(DEFAULT_VRF, OWN)


@pytest.mark.parametrize(
    ("change", "ports"), [(change_own_tunnel, {2}), (remove_own_tunnel, set())]
)
def test_a_change_of_the_tunnel_changes_the_c_routes_on_it(
    pe: Pe, change: Callable[[Pe], None], ports: set[int]
) -> None:
    pe.tree(DEFAULT_VRF, OWN, "lo0", "c1")
    pe.tree("red", CUSTOMER, "e1", "mdt-red", rpf=CE)
    pe.builder.build()
    change(pe)
    route = pe.route(RED, CUSTOMER)
    assert route is not None
    assert {replica.at.port for replica in route.replicas} == ports


def test_a_change_of_a_remote_tunnel_changes_the_onward_copies_of_its_c_routes(pe: Pe) -> None:
    pe.tree(DEFAULT_VRF, TREE2, "c1", "mdt-red", "c2")
    pe.tree("red", CUSTOMER, "mdt-red", "e1", rpf=PE2)
    pe.builder.build()
    pe.tree(DEFAULT_VRF, TREE2, "c1", "mdt-red")
    assert pe.route(RED, CUSTOMER) == MulticastRoute(
        RED, CUSTOMER, on(ROOT2), frozenset({copy(3, Decapsulate())})
    )


def test_a_tree_without_receivers_still_has_a_route_that_swallows_its_packets(pe: Pe) -> None:
    pe.tree("red", CUSTOMER, "e1", rpf=CE)
    assert pe.route(RED, CUSTOMER) == MulticastRoute(RED, CUSTOMER, on(3), frozenset())


def test_a_tree_without_an_rpf_interface_has_no_route(pe: Pe) -> None:
    pe.tree("red", CUSTOMER, None, "e1")
    assert pe.route(RED, CUSTOMER) is None


def test_an_upstream_pe_that_is_not_of_the_mvpn_feeds_no_route(pe: Pe) -> None:
    pe.tree("red", CUSTOMER, "mdt-red", "e1", rpf=STRANGER)
    assert pe.route(RED, CUSTOMER) is None


def test_a_removed_tree_leaves_nothing_behind(pe: Pe) -> None:
    empty = pe.builder.build()
    pe.tree("red", CUSTOMER, "e1", "e2", rpf=CE)
    assert pe.builder.build() != empty
    pe.remove("red", CUSTOMER)
    assert pe.builder.build() == empty


def test_the_same_customer_group_in_two_vrfs_has_two_routes(pe: Pe) -> None:
    pe.tree("red", CUSTOMER, "e1", "e2", rpf=CE)
    pe.tree(DEFAULT_VRF, CUSTOMER, "c1", "c2")
    assert {(r.vrf, r.iifs) for r in pe.builder.build().multicast} == {(RED, on(3)), (0, on(1))}


def test_c_routes_to_the_same_receivers_share_one_replica_set(pe: Pe) -> None:
    pe.tree(DEFAULT_VRF, TREE2, "c1", "mdt-red", "c2")
    groups = [SourceGroup(CUSTOMER.source, IPv4Address(f"232.1.1.{n}")) for n in (1, 2, 3)]
    for sg in groups:
        pe.tree("red", sg, "mdt-red", "e1", rpf=PE2)
    sets = {id(route.replicas) for route in pe.builder.build().multicast if route.vrf == RED}
    assert len(sets) == 1
