"""What a router has to show, as rows of plain JSON values; the command line makes tables of them.

Times are seconds: `uptime` and `age` since, `expires` until, null for never. Rows of every noun
carry their `vrf`, and come in an order that does not depend on history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from controlplane.engine.time import Instant
from controlplane.router.router import Router
from controlplane.router.show.bgp import BGP_ROUTES, bgp_neighbor
from controlplane.router.show.counters import counters
from controlplane.router.show.data_mdt import data_mdt
from controlplane.router.show.forwarding import forwarding
from controlplane.router.show.labels import (
    bfd_neighbor,
    ldp_binding,
    ldp_discovery,
    ldp_interface,
    ldp_neighbor,
    mpls_forwarding,
)
from controlplane.router.show.log import (
    bfd_log,
    bgp_log,
    ldp_log,
    mvpn_log,
    ospf_log,
    pim_log,
)
from controlplane.router.show.mroute import mroute
from controlplane.router.show.multicast import igmp_groups, mvpn
from controlplane.router.show.ospf import (
    ospf_database,
    ospf_interface,
    ospf_neighbor,
    ospf_route,
    ospf_spf,
    ospf_trouble,
)
from controlplane.router.show.ospf_process import ospf_process
from controlplane.router.show.pim import (
    pim_assert,
    pim_df,
    pim_interface,
    pim_neighbor,
    pim_register,
)
from controlplane.router.show.row import Json, Row
from controlplane.router.show.rp import pim_bsr, pim_rp
from controlplane.router.show.unicast import arp, route
from controlplane.router.show.vpn import mvpn_discovery, umh
from controlplane.router.show.vpn import vrf as vrf_rows
from controlplane.router.vrf import Vrf

__all__ = ["NOUNS", "Json", "Row", "ShowError", "show"]

_Rows: TypeAlias = Callable[[Router, Vrf, Instant], list[Row]]

_ROWS: Final[Mapping[str, _Rows]] = {
    "arp": arp,
    "bfd log": bfd_log,
    "bfd neighbor": bfd_neighbor,
    "bgp log": bgp_log,
    "bgp neighbor": bgp_neighbor,
    **BGP_ROUTES,
    "counters": counters,
    "forwarding": forwarding,
    "igmp groups": igmp_groups,
    "ldp binding": ldp_binding,
    "ldp discovery": ldp_discovery,
    "ldp interface": ldp_interface,
    "ldp log": ldp_log,
    "ldp neighbor": ldp_neighbor,
    "mpls forwarding": mpls_forwarding,
    "mroute": mroute,
    "mvpn tunnel": mvpn,
    "mvpn discovery": mvpn_discovery,
    "mvpn data-mdt": data_mdt,
    "mvpn log": mvpn_log,
    "ospf database": ospf_database,
    "ospf interface": ospf_interface,
    "ospf log": ospf_log,
    "ospf neighbor": ospf_neighbor,
    "ospf process": ospf_process,
    "ospf route": ospf_route,
    "ospf spf": ospf_spf,
    "ospf trouble": ospf_trouble,
    "pim assert": pim_assert,
    "pim bsr": pim_bsr,
    "pim df": pim_df,
    "pim interface": pim_interface,
    "pim log": pim_log,
    "pim neighbor": pim_neighbor,
    "pim register": pim_register,
    "pim rp": pim_rp,
    "route": route,
    "umh": umh,
    "vrf": vrf_rows,
}

NOUNS: Final = tuple(_ROWS)


class ShowError(ValueError):
    """There is nothing of that name to show: one line for people."""


def show(router: Router, noun: str, vrf: str | None, now: Instant) -> list[Row]:
    """The rows of a noun, of one VRF or of all."""
    if noun not in _ROWS:
        raise ShowError(f"nothing to show under {noun!r}; there are {', '.join(NOUNS)}")
    if vrf is not None and vrf not in router.vrfs:
        names = ", ".join(router.vrfs)
        raise ShowError(f"no VRF {vrf!r} on {router.config.name}; there are {names}")
    chosen = router.vrfs.values() if vrf is None else (router.vrfs[vrf],)
    return [row for item in chosen for row in _ROWS[noun](router, item, now)]
