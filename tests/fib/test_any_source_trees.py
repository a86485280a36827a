"""Trees of any source: shared ones, bidirectional ones, and those of an RP.

The PE and its names are those of test_multicast.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.fib.model import (
    REGISTERS,
    Decapsulate,
    Encapsulate,
    InPlace,
    MulticastRoute,
    Onward,
)
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.multicast import AnySource, TreeName
from controlplane.protocols.pim.events import TreeRemoved, TreeUpdate
from tests.fib.test_multicast import (
    CUSTOMER,
    GROUP,
    ME,
    OWN,
    PE2,
    PE3,
    RED,
    ROOT2,
    ROOT3,
    TREE2,
    TREE3,
    TUNNELS,
    Pe,
    copy,
    on,
)

C_GROUP = AnySource.of(IPv4Address("239.1.1.1"))
RANGE = AnySource(IPv4Network("239.0.0.0/8"))
CES = frozenset({copy(3, InPlace()), copy(4, InPlace(), vlan=7)})
OUT_OF_TUNNEL = frozenset({copy(3, Decapsulate()), copy(4, Decapsulate(), vlan=7)})


@pytest.fixture
def pe() -> Pe:
    return Pe()


def tell(pe: Pe, vrf: str, update: TreeUpdate) -> None:
    pe.mribs[vrf].apply(update)
    pe.builder.tree_changed(vrf, update.tree)


def bidirectional(tree: TreeName, *accepted: str, outgoing: tuple[str, ...]) -> TreeUpdate:
    return TreeUpdate(
        tree=tree,
        incoming=None,
        rpf_neighbor=None,
        outgoing=frozenset(outgoing),
        accepted=frozenset(accepted),
    )


def at_rp(
    tree: TreeName, incoming: str | None, *outgoing: str, rpf: IPv4Address | None = None
) -> TreeUpdate:
    return TreeUpdate(
        tree=tree,
        incoming=incoming,
        rpf_neighbor=rpf,
        outgoing=frozenset(outgoing),
        from_registers=True,
    )


@pytest.mark.parametrize("tree", [C_GROUP, RANGE])
def test_a_shared_tree_is_forwarded_like_any(pe: Pe, tree: TreeName) -> None:
    tell(
        pe,
        "red",
        TreeUpdate(tree=tree, incoming="e1", rpf_neighbor=None, outgoing=frozenset({"e2"})),
    )
    copies = frozenset({copy(4, InPlace(), vlan=7)})
    assert pe.route(RED, tree) == MulticastRoute(RED, tree, on(3), copies)


def test_a_tree_of_a_source_stands_beside_that_of_any(pe: Pe) -> None:
    tell(
        pe,
        "red",
        TreeUpdate(tree=C_GROUP, incoming="e1", rpf_neighbor=None, outgoing=frozenset({"e2"})),
    )
    pe.tree("red", CUSTOMER, "e2", "e1")
    pe.mribs["red"].apply(TreeRemoved(tree=CUSTOMER))
    pe.builder.tree_changed("red", CUSTOMER)
    assert {route.tree for route in pe.builder.build().multicast} == {C_GROUP}


def test_pim_says_which_trees_it_watches(pe: Pe) -> None:
    watched = TreeUpdate(
        tree=C_GROUP,
        incoming="e1",
        rpf_neighbor=None,
        outgoing=frozenset({"e2"}),
        watch_sources=True,
    )
    tell(pe, "red", watched)
    route = pe.route(RED, C_GROUP)
    assert route is not None
    assert route.watch


class TestBidirectional:
    def test_a_tree_between_ces_accepts_on_each(self, pe: Pe) -> None:
        tell(pe, "red", bidirectional(C_GROUP, "e1", "e2", outgoing=("e1", "e2")))
        assert pe.route(RED, C_GROUP) == MulticastRoute(RED, C_GROUP, on(3, 4), CES)

    def test_the_pmsi_accepts_from_every_pe(self, pe: Pe) -> None:
        """Copies along a PE's tree are of that PE's packets alone."""
        pe.tree(DEFAULT_VRF, OWN, "lo0", "c1")
        pe.tree(DEFAULT_VRF, TREE2, "c1", "mdt-red", "c2")
        pe.tree(DEFAULT_VRF, TREE3, "c2", "mdt-red")
        whole = ("e1", "e2", "mdt-red")
        tell(pe, "red", bidirectional(C_GROUP, *whole, outgoing=whole))
        into = copy(1, Encapsulate(ME, GROUP))
        along_tree2 = copy(2, Onward(ROOT2))
        assert pe.route(RED, C_GROUP) == MulticastRoute(
            RED, C_GROUP, on(3, 4, ROOT2, ROOT3), OUT_OF_TUNNEL | {into, along_tree2}
        )

    def test_a_pe_that_comes_is_accepted(self, pe: Pe) -> None:
        tell(pe, "red", bidirectional(C_GROUP, "e1", "mdt-red", outgoing=("e1",)))
        pe.builder.build()
        remote = TUNNELS.remote.pop(PE3)
        try:
            pe.builder.tunnels_changed("red", {PE3})
            gone = pe.route(RED, C_GROUP)
        finally:
            TUNNELS.remote[PE3] = remote
        pe.builder.tunnels_changed("red", {PE3})
        back = pe.route(RED, C_GROUP)
        assert gone is not None
        assert back is not None
        assert (gone.iifs, back.iifs) == (on(3, ROOT2), on(3, ROOT2, ROOT3))

    def test_a_pe_that_is_no_neighbour_is_not_accepted(self, pe: Pe) -> None:
        """It has no part in the election of the DF: both may think that they are it."""
        tell(pe, "red", bidirectional(C_GROUP, "e1", "mdt-red", outgoing=("e1",)))
        iifs = []
        for neighbors in (set(), {PE3}, {PE2, PE3}):
            TUNNELS.neighbors.clear()
            TUNNELS.neighbors.update(neighbors)
            pe.builder.tunnels_changed("red", {PE2, PE3})
            route = pe.route(RED, C_GROUP)
            iifs.append(route and route.iifs)
        assert iifs == [on(3), on(3, ROOT3), on(3, ROOT2, ROOT3)]

    def test_a_provider_s_tree_takes_nothing_from_a_loopback(self, pe: Pe) -> None:
        """It is not the tree of a P-tunnel."""
        tell(pe, DEFAULT_VRF, bidirectional(C_GROUP, "c1", "c2", outgoing=("c1", "c2")))
        copies = frozenset({copy(1, InPlace()), copy(2, InPlace())})
        assert pe.route(0, C_GROUP) == MulticastRoute(0, C_GROUP, on(1, 2), copies)


class TestAtTheRp:
    def test_the_shared_tree_takes_what_comes_in_registers(self, pe: Pe) -> None:
        tell(pe, "red", at_rp(C_GROUP, None, "e1", "e2"))
        assert pe.route(RED, C_GROUP) == MulticastRoute(RED, C_GROUP, on(REGISTERS), CES)

    def test_a_source_s_tree_takes_both(self, pe: Pe) -> None:
        tell(pe, "red", at_rp(CUSTOMER, "e1", "e2"))
        copies = frozenset({copy(4, InPlace(), vlan=7)})
        assert pe.route(RED, CUSTOMER) == MulticastRoute(RED, CUSTOMER, on(3, REGISTERS), copies)

    def test_out_of_a_tunnel_and_out_of_registers_alike(self, pe: Pe) -> None:
        pe.tree(DEFAULT_VRF, TREE2, "c1", "mdt-red", "c2")
        tell(pe, "red", at_rp(CUSTOMER, "mdt-red", "e1", rpf=PE2))
        copies = frozenset({copy(3, Decapsulate()), copy(2, Onward(ROOT2))})
        assert pe.route(RED, CUSTOMER) == MulticastRoute(
            RED, CUSTOMER, on(ROOT2, REGISTERS), copies
        )

    def test_into_the_pe_s_own_tunnel(self, pe: Pe) -> None:
        pe.tree(DEFAULT_VRF, OWN, "lo0", "c1")
        tell(pe, "red", at_rp(C_GROUP, None, "mdt-red"))
        copies = frozenset({copy(1, Encapsulate(ME, GROUP))})
        assert pe.route(RED, C_GROUP) == MulticastRoute(RED, C_GROUP, on(REGISTERS), copies)
