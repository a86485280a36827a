"""P-tunnels that all PEs of an MVPN share: joined once, and known by what is heard in them."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.notices import PeFound, PeGone, PeRefused
from controlplane.mvpn.options import DiscoveryOption
from controlplane.net.multicast import AnySource, SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.events import DataArrived, NeighborsExpected
from controlplane.rib.tunnels import RemoteTunnel
from controlplane.wire.bgp.pmsi_tunnel import (
    BidirPimTree,
    PimSmTree,
    PimSsmTree,
    PmsiTunnel,
    PTunnel,
)
from tests.mvpn.values import ME, PE2, PE3, ad, learnt, local, mvpn

SPARSE = IPv4Address("239.10.0.1")
SHARED = AnySource.of(SPARSE)
BY_ROUTES = frozenset({DiscoveryOption.INTRA_AS})
OWN = SourceGroup(ME, SPARSE)
FIRST_ROOT = 1025


@pytest.fixture
def red() -> Mvpn:
    return mvpn(local("pim-gre-sm", group=SPARSE))


def test_the_pe_joins_the_group_and_is_a_source_of_it(red: Mvpn) -> None:
    assert red.joins() == (
        MembershipChanged(interface="mdt-red", group=SPARSE, source=None, joined=True),
        DataArrived(interface="lo0", sg=OWN),
    )
    assert (red.tunnels.own, red.tunnels.shared) == (OWN, True)


def test_pims_own_messages_leave_room_for_gre_and_a_register(red: Mvpn) -> None:
    """Registers have DF set, and what the control plane sends into the tunnel is not cut."""
    assert red.interface.mtu == 1500 - (20 + 4) - (20 + 8)


def test_nobody_registers_into_a_bidirectional_tree() -> None:
    assert mvpn(local("pim-gre-bidir", group=SPARSE)).interface.mtu == 1500 - (20 + 4)


def test_a_bidirectional_tree_takes_what_the_pe_sends_without_registers() -> None:
    red = mvpn(local("pim-gre-bidir", group=SPARSE, discovery=BY_ROUTES))
    assert red.joins() == (
        MembershipChanged(interface="mdt-red", group=SPARSE, source=None, joined=True),
    )
    assert (red.tunnel.own, red.tunnel.own_tree) == (OWN, SHARED)
    ((_, route),) = red.originated()
    assert route.attributes.pmsi_tunnel == PmsiTunnel(tunnel=BidirPimTree(ME, SPARSE))


def test_a_pim_neighbour_on_the_pmsi_is_a_pe(red: Mvpn) -> None:
    change = red.neighbor_changed(PE2, up=True)
    assert red.tunnels.remote == {PE2: RemoteTunnel(SHARED, FIRST_ROOT)}
    assert change.pes == {PE2}
    assert change.provider == ()
    assert change.customer == (NeighborsExpected(interface="mdt-red", awaited=frozenset({PE2})),)
    assert change.notices == (PeFound(PE2, SHARED, "PIM Hello on the PMSI"),)


def test_a_neighbour_that_is_gone_is_no_pe_any_more(red: Mvpn) -> None:
    red.neighbor_changed(PE2, up=True)
    change = red.neighbor_changed(PE2, up=False)
    assert red.tunnels.remote == {}
    assert change.notices == (PeGone(PE2, SHARED),)


def test_with_a_d_routes_neighbours_prove_nothing() -> None:
    red = mvpn(local("pim-gre-sm", group=SPARSE, discovery=BY_ROUTES))
    assert red.neighbor_changed(PE2, up=True).notices == ()
    assert red.tunnels.remote == {}


def test_a_d_routes_name_the_sender_and_the_group() -> None:
    red = mvpn(local("pim-gre-sm", group=SPARSE, discovery=BY_ROUTES))
    ((_, route),) = red.originated()
    assert route.attributes.pmsi_tunnel == PmsiTunnel(tunnel=PimSmTree(ME, SPARSE))
    red.learn(learnt(ad(PE2, tunnel=PmsiTunnel(tunnel=PimSmTree(PE2, SPARSE)))))
    assert red.tunnels.remote == {PE2: RemoteTunnel(SHARED, FIRST_ROOT)}


@pytest.mark.parametrize(
    ("tunnel", "why"),
    [
        (PimSsmTree(PE2, SPARSE), "its tunnel is a PIM-SSM tree, not a PIM-SM tree"),
        (PimSmTree(PE3, SPARSE), f"its tunnel has the root {PE3}, which is not the PE"),
        (
            PimSmTree(PE2, IPv4Address("239.10.0.2")),
            "its tunnel's group 239.10.0.2 is not our 239.10.0.1",
        ),
    ],
)
def test_a_pe_with_another_tunnel_is_refused(tunnel: PTunnel, why: str) -> None:
    red = mvpn(local("pim-gre-sm", group=SPARSE, discovery=BY_ROUTES))
    change = red.learn(learnt(ad(PE2, tunnel=PmsiTunnel(tunnel=tunnel))))
    assert change.notices == (PeRefused(PE2, "Intra-AS I-PMSI A-D route, RD 65000:2", why),)
