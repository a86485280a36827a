"""The multicast trees of one VRF, as its protocols want them forwarded.

PIM says each tree whole (`TreeUpdate`), so this table is the last word on each (S,G).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.events import TreeRemoved, TreeUpdate


class Mrib:
    """(S,G) -> incoming interface, RPF neighbour, outgoing interfaces."""

    def __init__(self) -> None:
        self._trees: dict[SourceGroup, TreeUpdate] = {}

    @property
    def trees(self) -> Mapping[SourceGroup, TreeUpdate]:
        return MappingProxyType(self._trees)

    def apply(self, change: TreeUpdate | TreeRemoved) -> None:
        if isinstance(change, TreeUpdate):
            self._trees[change.sg] = change
        else:
            self._trees.pop(change.sg, None)
