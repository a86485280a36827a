"""Rows of rendezvous points and of who tells of them: `show ip pim rp`, `... bsr-router`."""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.protocols.pim.show_rp import RpMappingView, RpOfGroupView
from controlplane.rib.route import Local
from controlplane.router.router import Router
from controlplane.router.show.row import Row
from controlplane.router.show.view import body_of, row_of
from controlplane.router.vrf import Vrf


def pim_rp(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """All that is said of RPs, and then what it comes to for each group that has trees."""
    said = (_row(vrf, view, "mapping") for view in vrf.pim.rp_mappings(now))
    chosen = (_row(vrf, view, "group") for view in vrf.pim.rp_of_groups())
    return [*said, *chosen]


def pim_bsr(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """One row, the election's; `candidate_rps` are those that the BSR itself has heard of."""
    view = vrf.pim.bsr(now)
    return [
        {
            **row_of(vrf, view),
            "i_am_bsr": view.address is not None and _is_own(vrf, view.address),
            "candidate_rps": [body_of(one) for one in vrf.pim.candidate_rps(now)],
        }
    ]


def _row(vrf: Vrf, view: RpMappingView | RpOfGroupView, table: str) -> Row:
    return {**row_of(vrf, view), "table": table, "i_am_rp": _is_own(vrf, view.rp)}


def _is_own(vrf: Vrf, address: IPv4Address) -> bool:
    route = vrf.rib.lookup(address)
    return route is not None and any(isinstance(hop, Local) for hop in route.next_hops)
