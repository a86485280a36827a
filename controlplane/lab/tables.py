"""The routers' tables as one look at a running lab: each is asked for once, and only when needed.

Links, not interfaces, are what a lab file speaks of; `Links` turns the one into the other. A PMSI
is no link and is called `mdt`.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from controlplane.lab.checks.expectations import MDT
from controlplane.lab.expand.layout import Layout
from controlplane.lab.world import World
from controlplane.net.interface import DEFAULT_VRF

TableRow: TypeAlias = dict[str, Any]

_PMSI_PREFIX: Final = "mdt-"


class Tables:
    """What the routers show at one moment."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rows: dict[tuple[str, str, str], list[TableRow]] = {}

    def rows(self, router: str, noun: str, vrf: str) -> list[TableRow]:
        """The rows of `show ROUTER NOUN --vrf VRF`."""
        key = (router, noun, vrf)
        if key not in self._rows:
            self._rows[key] = self._world.show(router, noun, vrf)
        return self._rows[key]


def pmsi_name(vpn: str) -> str:
    """The PMSI interface of a VRF."""
    return f"{_PMSI_PREFIX}{vpn}"


def link_name(layout: Layout, router: str, interface: str | None) -> str | None:
    """The link behind a router's interface; other interfaces keep their name."""
    if interface is not None and interface.startswith(_PMSI_PREFIX):
        return MDT
    ends = (end.link for end in layout.ends[router] if end.interface == interface)
    return next(ends, interface)


def vrf_of(layout: Layout, router: str, vpn: str | None) -> str:
    """Where a router keeps what belongs to a VPN: in the VRF at a PE, else in its only table."""
    return vpn if vpn is not None and vpn in layout.vrfs(router) else DEFAULT_VRF
