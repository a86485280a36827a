"""Rows of members and of tunnels: `show ip igmp groups`, and what an MVPN's packets travel in."""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.mvpn.config import DiscoveredPe
from controlplane.mvpn.mvpn import Mvpn
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.multicast import AnySource, SourceGroup
from controlplane.protocols.pim.events import TreeUpdate
from controlplane.router.router import Router
from controlplane.router.show.row import Row, seconds, text
from controlplane.router.vrf import Vrf


def igmp_groups(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return [
        {
            "vrf": vrf.name,
            "interface": group.interface,
            "group": str(group.group),
            "mode": group.mode.value,
            "version": group.version,
            "uptime": seconds(group.uptime),
            "expires": seconds(group.expires),
            "last_reporter": text(group.last_reporter),
            "sources": [
                {"source": str(source.address), "expires": seconds(source.expires)}
                for source in group.sources
            ],
        }
        for group in vrf.igmp.groups(now)
    ]


def mvpn(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """One row for the MVPN of a VRF, with the tunnel of each PE in it."""
    if vrf.mvpn is None:
        return []
    profile = vrf.mvpn.profile
    adjacent = {
        neighbor.address
        for neighbor in vrf.pim.neighbors(now)
        if neighbor.interface == vrf.mvpn.interface.name
    }
    return [
        {
            "vrf": vrf.name,
            "profile": profile.name,
            "number": profile.number,
            "pmsi": vrf.mvpn.interface.name,
            **_own_tunnel(router, vrf.mvpn),
            "pes": [
                _pe(router, vrf.mvpn, index, pe) | {"pim_neighbor": pe.address in adjacent}
                for index, pe in sorted(vrf.mvpn.roots.items())
            ],
        }
    ]


def _own_tunnel(router: Router, mvpn: Mvpn) -> Row:
    """`root` and `group` are the outer addresses, `tree` is what takes packets with them now.

    `registering` is the RP that gets them in Registers.
    """
    own, pmsi = mvpn.tunnel.own, mvpn.interface.name
    route = _route(router, own)
    return {
        "root": str(own.source),
        "group": str(own.group),
        "tree": str(route.tree if route else mvpn.tunnel.own_tree),
        "branches": [*sorted(route.outgoing - {pmsi})] if route else [],
        "registering": str(route.registering.rp) if route and route.registering else None,
    }


def _pe(router: Router, mvpn: Mvpn, index: int, pe: DiscoveredPe) -> Row:
    """`incoming` is the core interface that the PE's tunnel comes in on, null without a tree.

    A bidirectional tree has none: packets of each PE come in on any of those `accepted`.
    """
    route = _route(router, SourceGroup(pe.address, pe.group))
    return {
        "pe": str(pe.address),
        "group": str(pe.group),
        "tree": str(route.tree if route else mvpn.tunnel.tree_of(pe)),
        "index": index,
        "incoming": route.incoming if route else None,
        "accepted": [*sorted(route.accepted)] if route else [],
        "rpf_neighbor": text(route.rpf_neighbor) if route else None,
    }


def _route(router: Router, sg: SourceGroup) -> TreeUpdate | None:
    """Where the core forwards a PE's packets: its own tree, else that of the group."""
    trees = router.vrfs[DEFAULT_VRF].mrib.trees
    return trees.get(sg) or trees.get(AnySource.of(sg.group))
