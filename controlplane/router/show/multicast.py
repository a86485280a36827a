"""Rows of the multicast protocols: what operators know as `show ip mroute`, `show ip pim ...`."""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.mvpn.config import DiscoveredPe
from controlplane.mvpn.mvpn import Mvpn
from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.pim.show import OutgoingView
from controlplane.router.router import Router
from controlplane.router.show.row import Json, Row, seconds, text
from controlplane.router.vrf import Vrf


def mroute(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """(S,G) state of PIM; `state` is that of the upstream machine: J joined, NJ not joined."""
    return [
        {
            "vrf": vrf.name,
            "source": str(tree.sg.source),
            "group": str(tree.sg.group),
            "state": tree.upstream,
            "uptime": seconds(tree.uptime),
            "incoming": tree.incoming,
            "rpf_neighbor": text(tree.rpf_neighbor),
            "join_timer": seconds(tree.join_timer),
            "outgoing": [_outgoing(view) for view in tree.outgoing],
        }
        for tree in vrf.pim.trees(now)
    ]


def _outgoing(view: OutgoingView) -> Json:
    """`why` names what keeps the interface in the list: joins of neighbours, local receivers."""
    why: list[Json] = []
    if view.state != "NI":
        why.append("join")
    if view.local_member:
        why.append("local")
    return {
        "interface": view.interface,
        "why": why,
        "state": view.state,
        "expires": seconds(view.expires),
        "prune_pending": seconds(view.prune_pending),
    }


def pim_neighbor(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return [
        {
            "vrf": vrf.name,
            "interface": neighbor.interface,
            "neighbor": str(neighbor.address),
            "uptime": seconds(neighbor.uptime),
            "expires": seconds(neighbor.expires),
            "dr_priority": neighbor.dr_priority,
            "is_dr": neighbor.is_dr,
            "generation_id": neighbor.generation_id,
        }
        for neighbor in vrf.pim.neighbors(now)
    ]


def pim_interface(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return [
        {
            "vrf": vrf.name,
            "interface": interface.name,
            "address": str(interface.address),
            "neighbors": interface.neighbors,
            "dr": str(interface.dr),
            "dr_reason": interface.dr_reason,
            "dr_priority": interface.dr_priority,
            "hello_period": seconds(interface.hello_period),
            "next_hello": seconds(interface.next_hello),
            "join_prune_period": seconds(interface.join_prune_period),
            "propagation_delay": seconds(interface.propagation_delay),
            "override_interval": seconds(interface.override_interval),
        }
        for interface in vrf.pim.interfaces(now)
    ]


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
    profile, own = vrf.mvpn.profile, vrf.mvpn.tunnel.own
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
            "root": str(own.source),
            "group": str(own.group),
            "branches": [*sorted(_outgoing_of(router, vrf.mvpn))],
            "pes": [
                _pe(router, vrf.mvpn, index, pe) | {"pim_neighbor": pe.address in adjacent}
                for index, pe in sorted(vrf.mvpn.roots.items())
            ],
        }
    ]


def _outgoing_of(router: Router, mvpn: Mvpn) -> frozenset[str]:
    tree = router.vrfs[DEFAULT_VRF].mrib.trees.get(mvpn.tunnel.own)
    return tree.outgoing if tree else frozenset()


def _pe(router: Router, mvpn: Mvpn, index: int, pe: DiscoveredPe) -> Row:
    """`incoming` is the core interface that the PE's tunnel comes in on, null without a tree."""
    tree = router.vrfs[DEFAULT_VRF].mrib.trees.get(mvpn.tunnel.tree_of(pe))
    return {
        "pe": str(pe.address),
        "group": str(pe.group),
        "index": index,
        "incoming": tree.incoming if tree else None,
        "rpf_neighbor": text(tree.rpf_neighbor) if tree else None,
    }
