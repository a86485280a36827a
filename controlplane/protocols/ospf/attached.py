"""An attached area, as the calculation of routes sees it: its tree and what its LSAs tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, NamedTuple

from controlplane.protocols.ospf.events import AreaKind, AreaSettings
from controlplane.protocols.ospf.external import externals
from controlplane.protocols.ospf.graph import Vertex
from controlplane.protocols.ospf.inter import (
    SUMMARY_TYPES,
    inter_area_path,
    network_summaries,
    router_summaries,
)
from controlplane.protocols.ospf.intra import TREE_TYPES, AreaTree
from controlplane.protocols.ospf.lsdb import Lsdb
from controlplane.protocols.ospf.path import Path
from controlplane.protocols.ospf.prefix import Prefix
from controlplane.wire.ospf.lsa import LsaKey, LsType

_TYPES: Final = (*sorted(TREE_TYPES), *sorted(SUMMARY_TYPES), LsType.NSSA_EXTERNAL)


@dataclass(frozen=True, slots=True)
class AreaView:
    """What an area is calculated from; `local` names this router's interfaces in the area by
    their addresses."""

    settings: AreaSettings
    lsdb: Lsdb
    local: Mapping[IPv4Address, str]


class AreaChange(NamedTuple):
    """Destinations whose internal paths may be others now: networks, and routers by their vertices.

    `externals` are networks that changed type 7 LSAs are about. Of the tree, `settled` vertices
    have another distance.
    """

    networks: Set[Prefix]
    routers: Set[Vertex]
    externals: Set[Prefix]
    settled: int


class AttachedArea:
    """Kept from one calculation to the next; `local` and the area's kind stay what they are."""

    def __init__(self, view: AreaView, router_id: IPv4Address) -> None:
        self.settings = view.settings
        self.local = dict(view.local)
        self.tree = AreaTree(view.settings.id, router_id, self.local)
        self.networks = network_summaries(router_id)
        self.routers = router_summaries(router_id)
        self.externals = externals(router_id, view.settings.id)
        self._takes_externals = view.settings.kind is AreaKind.NSSA

    @property
    def is_type_5_capable(self) -> bool:
        """RFC 3101 1.3: AS-external-LSAs are flooded through the area."""
        return self.settings.kind is AreaKind.NORMAL

    @property
    def known_networks(self) -> set[Prefix]:
        return {*self.tree.prefixes, *self.networks.destinations}

    def fits(self, view: AreaView) -> bool:
        """Whether this can go on with that view, or is to be made anew."""
        return self.local == view.local and self.settings.kind is view.settings.kind

    def update(self, lsdb: Lsdb, keys: Iterable[LsaKey]) -> AreaChange:
        """Take in the LSAs that changed."""
        tree_keys = []
        networks, routers, external_networks = set[Prefix](), set[Vertex](), set[Prefix]()
        for key in keys:
            if key.ls_type in TREE_TYPES:
                tree_keys.append(key)
            elif key.ls_type == LsType.SUMMARY_NETWORK:
                networks |= self.networks.put(key, lsdb.usable(key))
            elif key.ls_type == LsType.SUMMARY_ASBR:
                routers |= self.routers.put(key, lsdb.usable(key))
            elif key.ls_type == LsType.NSSA_EXTERNAL and self._takes_externals:
                external_networks |= self.externals.put(key, lsdb.usable(key))
        change = self.tree.update(lsdb, tree_keys)
        for vertex in change.vertices:
            networks |= self.networks.relying_on(vertex)
            routers |= self.routers.relying_on(vertex)
        return AreaChange(
            networks | change.prefixes, routers | change.vertices, external_networks, change.settled
        )

    def summarised(self, network: Prefix) -> Path | None:
        """The inter-area path to a network by this area's summary-LSAs (RFC 2328 16.2)."""
        return inter_area_path(self.tree, self.networks.of(network))

    def summarised_router(self, boundary_router: Vertex) -> Path | None:
        """The same to an AS boundary router."""
        return inter_area_path(self.tree, self.routers.of(boundary_router))


def all_keys(lsdb: Lsdb) -> list[LsaKey]:
    """The LSAs of an area that make routes."""
    return [lsa.key for ls_type in _TYPES for lsa in lsdb.of_type(ls_type)]
