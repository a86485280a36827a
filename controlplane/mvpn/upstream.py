"""Layer upstream multicast hop: through which PE a C-source is reached (RFC 6513 5.1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from ipaddress import IPv4Address
from typing import Final, Protocol

from controlplane.mvpn.config import LocalMvpn
from controlplane.rib.route import VpnNextHop


class UpstreamOption(Enum):
    """The value completes the sentence "profile X needs ..."."""

    INSTALLED_ROUTE = "upstream PEs by the installed route"
    HIGHEST_ADDRESS = "upstream PEs by highest address"
    HASH = "upstream PEs by hash"


class UpstreamHop(Protocol):
    def __init__(self, local: LocalMvpn, /) -> None: ...

    def upstream_pe(self, installed: VpnNextHop) -> IPv4Address:
        """The PE to join towards, for a source whose installed route is this one."""


class InstalledRoute:
    """The PE of the route that unicast uses (draft-rosen-l3vpn-mvpn-profiles-00 2.7).

    PEs of one site may choose differently; on an MI-PMSI, PIM's Assert settles it.
    """

    def __init__(self, local: LocalMvpn) -> None:
        """Nothing of the MVPN matters to the choice."""

    def upstream_pe(self, installed: VpnNextHop) -> IPv4Address:
        return installed.pe


UPSTREAM_HOPS: Final[Mapping[UpstreamOption, type[UpstreamHop]]] = {
    UpstreamOption.INSTALLED_ROUTE: InstalledRoute
}
