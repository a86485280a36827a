"""Rows of PIM on its links: `show ip pim neighbor`, `interface`, `assert`, `df`, and Registers."""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.router.router import Router
from controlplane.router.show.row import Row, seconds
from controlplane.router.show.view import row_of
from controlplane.router.vrf import Vrf


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


def pim_assert(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """Who forwards onto a link where others would, too; `state` is W where this router won."""
    return [
        {
            **row_of(vrf, view, "tree", "metric"),
            **_tree(view.tree),
            "rpt": view.metric.rpt_bit,
            "preference": view.metric.preference,
            "metric": view.metric.metric,
        }
        for view in vrf.pim.asserts(now)
    ]


def pim_register(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """Sources that this router registers with their RPs, or would: J yes, P stopped, JP asking."""
    return [{**row_of(vrf, view, "sg"), **_tree(view.sg)} for view in vrf.pim.registers(now)]


def pim_df(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """Designated Forwarders of bidirectional trees, a link and RP address in a row."""
    return [row_of(vrf, view) for view in vrf.pim.designated_forwarders(now)]


def _tree(name: TreeName) -> Row:
    source = str(name.source) if isinstance(name, SourceGroup) else "*"
    return {"source": source, "group": str(name.group)}
