"""From a tree of the MRIB to what the switch does with its packets. Pure functions.

Three kinds of tree (P: provider's table, C: a VRF; design.md 5):

    P-tree   in place to its interfaces; a tunnel that this PE is a leaf of has a tail in its VRF
    C-tree from a PMSI    accepted of the upstream PE's tunnel alone; decapsulated to the CEs, and
                          in place to the tunnel's onward interfaces: the packet is replicated once
    C-tree from a CE      in place to other CEs; a PMSI among the outgoing interfaces is flattened:
                          one encapsulated copy for each interface of the PE's own P-tree

A tree without outgoing interfaces still gets a route, so that its packets die in the pipeline
instead of asking the CPU one by one; a tree without an incoming interface accepts nothing.

Trees of one `Path` are forwarded alike. Ten thousand C-routes to the same receivers are computed
once and share one value here, as they share one replication group in the switch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Self

from controlplane.fib.model import (
    Decapsulate,
    Encapsulate,
    InPlace,
    Port,
    Replica,
    Rewrite,
)
from controlplane.net.interface import Interface
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.events import TreeUpdate
from controlplane.rib.tunnels import RemoteTunnel, VpnTunnels


@dataclass(frozen=True, slots=True)
class Path:
    """All of a tree but its (S,G)."""

    incoming: str | None
    rpf_neighbor: IPv4Address | None
    outgoing: frozenset[str]

    @classmethod
    def of(cls, tree: TreeUpdate) -> Self:
        return cls(tree.incoming, tree.rpf_neighbor, tree.outgoing)


@dataclass(frozen=True, slots=True)
class Copies:
    """On which interface a packet is accepted, and where it goes."""

    iif: int
    replicas: frozenset[Replica]


@dataclass(frozen=True, slots=True)
class Replicator:
    """How the trees of one VRF are forwarded.

    `provider_trees` are those of the provider's table, where the VRF's own P-tunnels are.
    """

    interfaces: Mapping[str, Interface]
    provider_trees: Mapping[SourceGroup, TreeUpdate]
    tunnels: VpnTunnels | None = None
    _memo: dict[Path, Copies | None] = field(default_factory=dict)

    def copies(self, path: Path) -> Copies | None:
        """None when nothing can be accepted."""
        if path not in self._memo:
            self._memo[path] = self._compute(path)
        return self._memo[path]

    def forget(self) -> None:
        """A P-tunnel of this VRF changed: what was computed of it holds no longer."""
        self._memo.clear()

    def _compute(self, path: Path) -> Copies | None:
        if path.incoming is None:
            return None
        if self.tunnels and path.incoming == self.tunnels.pmsi:
            return self._from_tunnel(self.tunnels, path)
        iif = self.interfaces[path.incoming].index
        replicas = self._replicas(path.outgoing, InPlace())
        if self.tunnels and self.tunnels.pmsi in path.outgoing:
            replicas |= self._into_tunnel(self.tunnels)
        return Copies(iif, replicas)

    def _from_tunnel(self, tunnels: VpnTunnels, path: Path) -> Copies | None:
        root = tunnels.remote.get(path.rpf_neighbor) if path.rpf_neighbor else None
        if root is None:
            return None
        decapsulated = self._replicas(path.outgoing, Decapsulate())
        return Copies(root.index, decapsulated | self._onward(root))

    def _onward(self, root: RemoteTunnel) -> frozenset[Replica]:
        tree = self.provider_trees.get(root.tree)
        return self._replicas(tree.outgoing, InPlace()) if tree else frozenset()

    def _into_tunnel(self, tunnels: VpnTunnels) -> frozenset[Replica]:
        own = self.provider_trees.get(tunnels.own)
        if own is None:
            return frozenset()
        rewrite = Encapsulate(tunnels.own.source, tunnels.own.group)
        return self._replicas(own.outgoing, rewrite)

    def _replicas(self, outgoing: Iterable[str], rewrite: Rewrite) -> frozenset[Replica]:
        """Copies for the interfaces that have a port; a PMSI has none and is dealt with above."""
        links = (self.interfaces[name] for name in outgoing if name in self.interfaces)
        return frozenset(
            Replica(Port(link.port, link.vlan), link.mac, rewrite)
            for link in links
            if link.port is not None and link.mac is not None
        )
