"""P-tunnels whose trees PEs share: PIM-SM and BIDIR-PIM. The PE is that of test_multicast."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.fib.build import FibBuilder, VrfTables
from controlplane.fib.model import (
    Decapsulate,
    Encapsulate,
    Fib,
    InPlace,
    MulticastRoute,
    Tail,
    TunnelRoot,
)
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.protocols.pim.events import TreeUpdate
from controlplane.rib.mrib import Mrib
from controlplane.rib.rib import Rib
from controlplane.rib.tunnels import RemoteTunnel, VpnTunnels
from tests.fib.test_multicast import (
    CUSTOMER,
    INTERFACES,
    LO0,
    ME,
    PE2,
    PE3,
    RED,
    ROOT2,
    ROOT3,
    copy,
    on,
)

GROUP = IPv4Address("239.192.0.1")
SHARED = AnySource.of(GROUP)
OWN = SourceGroup(ME, GROUP)
TREE2 = SourceGroup(PE2, GROUP)
TAIL = Tail(RED, None)
INTO_TUNNEL = Encapsulate(ME, GROUP)


class Pe:
    """VRF red, whose PMSI goes over the shared tree of the group; PE2 is known at first."""

    def __init__(self) -> None:
        self.tunnels = VpnTunnels(
            pmsi="mdt-red", own=OWN, shared=True, remote={PE2: RemoteTunnel(SHARED, ROOT2)}
        )
        self.tables = {
            DEFAULT_VRF: VrfTables(id=0, rib=Rib(lambda _: True), mrib=Mrib()),
            "red": VrfTables(id=RED, rib=Rib(lambda _: True), mrib=Mrib(), tunnels=self.tunnels),
        }
        self.builder = FibBuilder(INTERFACES, self.tables, {})

    def tree(
        self,
        vrf: str,
        tree: TreeName,
        incoming: str | None,
        *outgoing: str,
        rpf: IPv4Address | None = None,
        accepted: tuple[str, ...] = (),
    ) -> None:
        update = TreeUpdate(
            tree=tree,
            incoming=incoming,
            rpf_neighbor=rpf,
            outgoing=frozenset(outgoing),
            accepted=frozenset(accepted),
        )
        self.tables[vrf].mrib.apply(update)
        self.builder.tree_changed(vrf, tree)

    def knows(self, pe: IPv4Address, index: int | None) -> None:
        if index is None:
            del self.tunnels.remote[pe]
        else:
            self.tunnels.remote[pe] = RemoteTunnel(SHARED, index)
        self.builder.tunnels_changed("red", {pe})

    def build(self) -> Fib:
        return self.builder.build()

    def route(self, vrf: int, tree: TreeName) -> MulticastRoute | None:
        return next((r for r in self.build().multicast if (r.vrf, r.tree) == (vrf, tree)), None)


@pytest.fixture
def pe() -> Pe:
    return Pe()


def test_the_outer_source_names_the_pe(pe: Pe) -> None:
    assert pe.build().tunnel_roots == {TunnelRoot(RED, PE2, ROOT2)}
    pe.knows(PE3, ROOT3)
    assert pe.build().tunnel_roots == {TunnelRoot(RED, PE2, ROOT2), TunnelRoot(RED, PE3, ROOT3)}
    pe.knows(PE2, None)
    assert pe.build().tunnel_roots == {TunnelRoot(RED, PE3, ROOT3)}


@pytest.mark.parametrize("tree", [SHARED, TREE2], ids=["shared tree", "source tree"])
def test_a_tree_of_the_group_ends_in_the_vrf_whosever_it_is(pe: Pe, tree: TreeName) -> None:
    pe.tree(DEFAULT_VRF, tree, "c1", "mdt-red", "c2")
    copies = frozenset({copy(2, InPlace())})
    assert pe.route(0, tree) == MulticastRoute(0, tree, on(1), copies, TAIL)


def test_it_ends_here_before_any_pe_is_known(pe: Pe) -> None:
    """Where there is no auto-discovery, what comes out tells of the other PEs."""
    pe.knows(PE2, None)
    pe.tree(DEFAULT_VRF, SHARED, "c1", "mdt-red")
    assert pe.route(0, SHARED) == MulticastRoute(0, SHARED, on(1), frozenset(), TAIL)


def test_a_tree_of_another_group_does_not(pe: Pe) -> None:
    other = AnySource.of(GROUP + 1)
    pe.tree(DEFAULT_VRF, other, "c1", "mdt-red")
    assert pe.route(0, other) == MulticastRoute(0, other, on(1), frozenset())


def test_a_c_route_takes_the_packets_of_its_upstream_pe(pe: Pe) -> None:
    pe.tree(DEFAULT_VRF, SHARED, "c1", "mdt-red", "c2")
    pe.tree("red", CUSTOMER, "mdt-red", "e1", rpf=PE2)
    copies = frozenset({copy(3, Decapsulate()), copy(2, InPlace())})
    assert pe.route(RED, CUSTOMER) == MulticastRoute(RED, CUSTOMER, on(ROOT2), copies)


def test_its_onward_copies_are_those_of_the_pe_s_own_tree_once_there_is_one(pe: Pe) -> None:
    """RFC 7761 4.2: (S,G) comes before (*,G), and goes on where that one goes."""
    pe.tree(DEFAULT_VRF, SHARED, "c1", "mdt-red", "c2")
    pe.tree("red", CUSTOMER, "mdt-red", "e1", rpf=PE2)
    pe.build()
    pe.tree(DEFAULT_VRF, TREE2, "c1", "mdt-red")
    copies = frozenset({copy(3, Decapsulate())})
    assert pe.route(RED, CUSTOMER) == MulticastRoute(RED, CUSTOMER, on(ROOT2), copies)


def test_what_this_pe_sends_takes_its_own_tree_of_pim_sm(pe: Pe) -> None:
    pe.tree(DEFAULT_VRF, SHARED, "c1", "mdt-red", "c2")
    pe.tree("red", CUSTOMER, "e1", "mdt-red")
    assert pe.route(RED, CUSTOMER) == MulticastRoute(RED, CUSTOMER, on(3), frozenset())
    pe.tree(DEFAULT_VRF, OWN, "lo0", "c2")
    copies = frozenset({copy(2, INTO_TUNNEL)})
    assert pe.route(RED, CUSTOMER) == MulticastRoute(RED, CUSTOMER, on(3), copies)


def test_what_this_pe_sends_takes_a_bidirectional_tree(pe: Pe) -> None:
    whole = ("c1", "c2", "mdt-red")
    pe.tree(DEFAULT_VRF, SHARED, None, *whole, accepted=("c1", "c2"))
    pe.tree("red", CUSTOMER, "e1", "mdt-red")
    in_place = frozenset({copy(1, InPlace()), copy(2, InPlace())})
    assert pe.route(0, SHARED) == MulticastRoute(0, SHARED, on(1, 2, LO0), in_place, TAIL)
    into = frozenset({copy(1, INTO_TUNNEL), copy(2, INTO_TUNNEL)})
    assert pe.route(RED, CUSTOMER) == MulticastRoute(RED, CUSTOMER, on(3), into)
