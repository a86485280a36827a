"""The multicast trees of one VRF, as its protocols want them forwarded.

PIM says each tree whole (`TreeUpdate`), so this table is the last word on each one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from controlplane.net.multicast import TreeName
from controlplane.protocols.pim.events import TreeRemoved, TreeUpdate


class Mrib:
    """Tree -> where its packets are taken, and where they go."""

    def __init__(self) -> None:
        self._trees: dict[TreeName, TreeUpdate] = {}

    @property
    def trees(self) -> Mapping[TreeName, TreeUpdate]:
        return MappingProxyType(self._trees)

    def apply(self, change: TreeUpdate | TreeRemoved) -> None:
        if isinstance(change, TreeUpdate):
            self._trees[change.tree] = change
        else:
            self._trees.pop(change.tree, None)
