"""Rows of VPNs: what a VRF is (`show vrf`), and where its multicast sources are (`show umh`)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.mvpn.mvpn import Mvpn
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.net.vpn import RouteTarget
from controlplane.protocols.pim.engine import PimEngine
from controlplane.router.config import VrfConfig
from controlplane.router.router import Router
from controlplane.router.show.row import Json, Row
from controlplane.router.show.view import row_of
from controlplane.router.vrf import Vrf


def vrf(router: Router, of: Vrf, now: Instant) -> list[Row]:
    """RD, route targets, interfaces and labels of a customer's VRF."""
    config = next((item for item in router.config.vrfs if item.name == of.name), None)
    return [_vrf(router, of, config)] if config else []


def _vrf(router: Router, of: Vrf, config: VrfConfig) -> Row:
    interfaces = (item.interface for item in router.config.interfaces)
    labels = router.vpn_labels.all()
    return {
        "vrf": of.name,
        "id": of.id,
        "rd": str(config.rd),
        "import": _sorted(config.import_targets),
        "export": _sorted(config.export_targets),
        "interfaces": [one.name for one in interfaces if one.vrf == of.name],
        "labels": config.labels.value,
        "label": [
            {"label": label, "prefix": str(meaning.prefix) if meaning.prefix else None}
            for label, meaning in labels
            if meaning.vrf == of.name
        ],
        "routes": sum(1 for _ in of.rib.routes()),
        "multicast": of.mvpn.profile.name if of.mvpn else None,
    }


def mvpn_discovery(router: Router, of: Vrf, now: Instant) -> list[Row]:
    """All that speaks of other PEs of the MVPN, and what came of it."""
    return [row_of(of, view) for view in of.mvpn.discovered()] if of.mvpn else []


def umh(router: Router, of: Vrf, now: Instant) -> list[Row]:
    """For each tree whose root is behind another PE: the candidates, and the choice among them."""
    if of.mvpn is None:
        return []
    rows = (_umh(of, of.mvpn, *tree) for tree in _roots(of.pim, now))
    return [row for row in rows if row is not None]


def _roots(pim: PimEngine, now: Instant) -> Iterator[tuple[TreeName, IPv4Address]]:
    """Each tree and the address that it leads to: (*,G) to the RP, (S,G) to S."""
    for shared in pim.shared_trees(now):
        if shared.rp is not None:
            yield AnySource.of(shared.group), shared.rp
    for tree in pim.trees(now):
        yield tree.sg, tree.sg.source


def _umh(of: Vrf, mvpn: Mvpn, tree: TreeName, root: IPv4Address) -> Row | None:
    selection = mvpn.select(of.rib.lookup(root), root, tree.group)
    if selection is None:
        return None
    chosen = selection.choice.candidate
    return {
        "vrf": of.name,
        "source": str(tree.source) if isinstance(tree, SourceGroup) else "*",
        "group": str(tree.group),
        "root": str(root),
        "prefix": str(selection.prefix),
        "routes": "multicast" if selection.is_multicast_route else "unicast",
        "upstream_pe": str(chosen.pe),
        "upstream_rd": str(chosen.rd),
        "reason": selection.choice.reason,
        "candidates": [
            {"pe": str(one.pe), "rd": str(one.rd), "source_as": one.source_as}
            for one in selection.candidates
        ],
    }


def _sorted(targets: frozenset[RouteTarget]) -> list[Json]:
    return [str(target) for target in sorted(targets, key=str)]
