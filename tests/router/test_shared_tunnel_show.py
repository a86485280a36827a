"""`show mvpn tunnel` and `show umh` where trees are shared: by PEs, by sources."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface
from random import Random

import pytest

from controlplane.engine.engine import InterfaceUp
from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig, StaticRp
from controlplane.protocols.pim.events import PimEnabled, Registering, TreeUpdate
from controlplane.rib.route import RouteProtocol, VpnNextHop
from controlplane.router.config import MvpnConfig, Role, VrfConfig
from controlplane.router.router import Router
from controlplane.router.show import show
from tests.router.lab import PES, PIM, RD, SITES, TARGETS, ethernet, route
from tests.router.lab import router as configured
from tests.router.pim_vrf import AnyRow

GROUP, RP, C_RP = (IPv4Address(a) for a in ("239.10.0.1", "10.255.0.4", "10.2.0.9"))
ME, OTHER = PES["pe1"], PES["pe2"]
SHARED, OWN, OTHERS = AnySource.of(GROUP), SourceGroup(ME, GROUP), SourceGroup(OTHER, GROUP)


def pe1(profile: str) -> Router:
    """With PE2 heard over the tunnel that both share."""
    vrf = VrfConfig(
        name="red",
        id=1,
        rd=RD,
        import_targets=TARGETS,
        export_targets=TARGETS,
        mvpn=MvpnConfig(profile=profile, default_group=GROUP, pim=PIM),
        pim=PimConfig(rps=(StaticRp(address=C_RP),)),
    )
    router = Router(configured("pe1", Role.PE, ethernet(2, 1, "192.0.2.1/30"), vrf=vrf), Random(0))
    mvpn = router.vrfs["red"].mvpn
    assert mvpn is not None
    mvpn.neighbor_changed(OTHER, up=True)
    return router


def forwards(router: Router, tree: TreeName, *outgoing: str, incoming: str | None) -> None:
    """The core's PIM has told its forwarding state of a sparse tree."""
    router.vrfs[DEFAULT_VRF].mrib.apply(
        TreeUpdate(
            tree=tree,
            incoming=incoming,
            rpf_neighbor=IPv4Address("192.0.2.2") if incoming == "eth1" else None,
            outgoing=frozenset(outgoing),
            registering=Registering(ME, RP) if tree == OWN else None,
        )
    )


def tunnel(router: Router) -> AnyRow:
    (row,) = show(router, "mvpn tunnel", "red", 0.0)
    return row


def pick(row: AnyRow, *keys: str) -> AnyRow:
    return {key: row[key] for key in keys}


def test_a_sparse_tunnel_goes_to_the_rp_in_registers_and_not_back_into_the_vrf() -> None:
    router = pe1("pim-gre-sm")
    forwards(router, SHARED, "mdt-red", incoming="eth1")
    forwards(router, OWN, "mdt-red", "eth3", incoming="lo0")
    assert pick(tunnel(router), "root", "group", "tree", "branches", "registering") == {
        "root": "10.255.0.1",
        "group": "239.10.0.1",
        "tree": "(10.255.0.1, 239.10.0.1)",
        "branches": ["eth3"],
        "registering": "10.255.0.4",
    }


def test_another_pe_is_heard_on_the_shared_tree() -> None:
    router = pe1("pim-gre-sm")
    forwards(router, SHARED, "mdt-red", incoming="eth1")
    assert tunnel(router)["pes"] == [
        {
            "pe": "10.255.0.2",
            "group": "239.10.0.1",
            "tree": "(*, 239.10.0.1)",
            "index": 1025,
            "incoming": "eth1",
            "accepted": [],
            "rpf_neighbor": "192.0.2.2",
            "pim_neighbor": False,
        }
    ]


def test_another_pe_is_heard_on_its_own_tree_once_that_is_joined() -> None:
    router = pe1("pim-gre-sm")
    forwards(router, SHARED, "mdt-red", incoming="eth1")
    forwards(router, OTHERS, "mdt-red", incoming="eth3")
    (pe,) = tunnel(router)["pes"]
    assert pick(pe, "tree", "incoming") == {"tree": str(OTHERS), "incoming": "eth3"}


def test_a_bidirectional_tunnel_is_one_tree_for_both_ways() -> None:
    router = pe1("pim-gre-bidir")
    router.vrfs[DEFAULT_VRF].mrib.apply(
        TreeUpdate(
            tree=SHARED,
            incoming=None,
            rpf_neighbor=IPv4Address("192.0.2.2"),
            outgoing=frozenset({"eth1", "mdt-red"}),
            accepted=frozenset({"eth1", "lo0"}),
        )
    )
    row = tunnel(router)
    (pe,) = row["pes"]
    assert pick(row, "tree", "branches", "registering") == {
        "tree": "(*, 239.10.0.1)",
        "branches": ["eth1"],
        "registering": None,
    }
    assert pick(pe, "tree", "incoming", "accepted") == {
        "tree": "(*, 239.10.0.1)",
        "incoming": None,
        "accepted": ["eth1", "lo0"],
    }


@pytest.mark.parametrize(
    ("profile", "tree"),
    [("pim-gre-sm", "(10.255.0.1, 239.10.0.1)"), ("pim-gre-bidir", "(*, 239.10.0.1)")],
)
def test_a_tunnel_that_is_not_there_yet_has_no_branches(profile: str, tree: str) -> None:
    row = tunnel(pe1(profile))
    (pe,) = row["pes"]
    assert pick(row, "tree", "branches", "registering") == {
        "tree": tree,
        "branches": [],
        "registering": None,
    }
    assert pick(pe, "tree", "incoming") == {"tree": "(*, 239.10.0.1)", "incoming": None}


def test_the_upstream_pe_of_a_shared_tree_is_the_one_in_front_of_the_rp() -> None:
    router = pe1("pim-gre-sm")
    site, _ = SITES["pe2"]
    vrf = router.vrfs["red"]
    behind = route(site, RouteProtocol.IBGP, VpnNextHop(OTHER, RD))
    vrf.rib.replace(RouteProtocol.IBGP, [behind])
    hosts = Interface(
        name="eth2", index=2, kind=InterfaceKind.ETHERNET, address=IPv4Interface("10.1.0.1/24")
    )
    wanted = IPv4Address("239.1.1.1")
    for event in (
        InterfaceUp(interface=hosts),
        PimEnabled(interface="eth2"),
        MembershipChanged(interface="eth2", group=wanted, source=None, joined=True),
    ):
        vrf.pim.handle(event, 0.0)
    (row,) = show(router, "umh", "red", 0.0)
    assert pick(row, "source", "group", "root", "prefix", "upstream_pe") == {
        "source": "*",
        "group": "239.1.1.1",
        "root": "10.2.0.9",
        "prefix": "10.2.0.0/16",
        "upstream_pe": "10.255.0.2",
    }
