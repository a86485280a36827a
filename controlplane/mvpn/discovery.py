"""Layer auto-discovery: which PEs belong to the MVPN, and which P-tunnels they are the roots of.

RFC 6513 4: a PE has to know the other PEs of an MVPN before it can join their trees.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, Protocol

from controlplane.mvpn.config import DiscoveredPe, LocalMvpn


class DiscoveryOption(Enum):
    """The value completes the sentence "profile X needs ..."."""

    STATIC_LIST = "static lists of PEs"
    NONE = "nothing: the trees need no list of PEs"
    MDT_SAFI = "MDT-SAFI routes"
    INTRA_AS = "Intra-AS I-PMSI A-D routes"


class Discovery(Protocol):
    def __init__(self, local: LocalMvpn, /) -> None: ...

    def remote_pes(self) -> tuple[DiscoveredPe, ...]:
        """Every known PE of the MVPN but this one."""


class StaticList:
    """The operator's own list: it stands where BGP will tell, for trees that need a source."""

    def __init__(self, local: LocalMvpn) -> None:
        # One list serves all PEs of an MVPN, so this PE may be on it.
        self._remote = tuple(pe for pe in local.config.discovered if pe.address != local.me)

    def remote_pes(self) -> tuple[DiscoveredPe, ...]:
        return self._remote


class NoDiscovery:
    """Trees that a group or a configured root suffices to join: shared ones."""

    def __init__(self, local: LocalMvpn) -> None:
        """Nothing is told, nothing is found."""

    def remote_pes(self) -> tuple[DiscoveredPe, ...]:
        return ()


DISCOVERIES: Final[Mapping[DiscoveryOption, type[Discovery]]] = {
    DiscoveryOption.STATIC_LIST: StaticList,
    DiscoveryOption.NONE: NoDiscovery,
}
