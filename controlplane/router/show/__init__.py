"""What a router has to show, as rows of plain JSON values; the command line makes tables of them.

Times are seconds: `uptime` and `age` since, `expires` until, null for never. Rows of every noun
carry their `vrf`, and come in an order that does not depend on history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from controlplane.engine.time import Instant
from controlplane.router.router import Router
from controlplane.router.show.counters import counters
from controlplane.router.show.forwarding import forwarding
from controlplane.router.show.multicast import (
    igmp_groups,
    mroute,
    mvpn,
    pim_interface,
    pim_neighbor,
)
from controlplane.router.show.row import Json, Row
from controlplane.router.show.unicast import arp, route
from controlplane.router.vrf import Vrf

__all__ = ["NOUNS", "Json", "Row", "ShowError", "show"]

_Rows: TypeAlias = Callable[[Router, Vrf, Instant], list[Row]]

_ROWS: Final[Mapping[str, _Rows]] = {
    "arp": arp,
    "counters": counters,
    "forwarding": forwarding,
    "igmp groups": igmp_groups,
    "mroute": mroute,
    "mvpn": mvpn,
    "pim interface": pim_interface,
    "pim neighbor": pim_neighbor,
    "route": route,
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
