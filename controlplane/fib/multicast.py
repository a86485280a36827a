"""From a tree of the MRIB to what the switch does with its packets. Pure functions.

Three kinds of tree (P: provider's table, C: a VRF), each of them (S,G) or (*,G):

    P-tree   in place to its interfaces; a tunnel that this PE is a leaf of has a tail in its VRF
    C-tree from a PMSI    accepted of the upstream PE's tunnel alone; decapsulated to the CEs, and
                          in place to the tunnel's onward interfaces: the packet is replicated once
    C-tree from a CE      in place to other CEs; a PMSI among the outgoing interfaces is flattened:
                          one encapsulated copy for each interface of the PE's own P-tree

A bidirectional C-tree is both of the latter at once: it takes packets from CEs and from all PEs. So
is that of an RP, as far as Registers are concerned. Where a tree registers with its RP, one copy
more goes there (RFC 7761 4.2 has the Register Tunnel among the outgoing interfaces).

A flow on a selective tree goes into that, or comes out of it, in place of the inclusive one. What
comes out of it goes where the shared tree goes, if the flow has none of its own. While nobody has
joined a PE's own selective tree, packets go on in the inclusive one.

A tree without outgoing interfaces still gets a route, so that its packets die in the pipeline
instead of asking the CPU one by one; a tree that accepts nothing has none.

Trees of one `Path` are forwarded alike. Ten thousand C-routes to the same receivers are computed
once and share one value here, as they share one replication group in the switch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Self

from controlplane.fib.model import (
    REGISTERS,
    Decapsulate,
    Encapsulate,
    InPlace,
    Onward,
    Port,
    Replica,
    Rewrite,
)
from controlplane.fib.register_ways import RegisterWays
from controlplane.fib.tunnels import own_tree, remote_tree
from controlplane.net.interface import DEFAULT_VRF, Interface
from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.protocols.pim.events import Registering, TreeUpdate
from controlplane.rib.tunnels import RemoteTunnel, VpnTunnels


@dataclass(frozen=True, slots=True)
class Path:
    """All of a tree but its name, and whether PIM watches it."""

    incoming: str | None
    rpf_neighbor: IPv4Address | None
    outgoing: frozenset[str]
    accepted: frozenset[str] = frozenset()
    registering: Registering | None = None
    from_registers: bool = False

    @classmethod
    def of(cls, tree: TreeUpdate) -> Self:
        return cls(
            tree.incoming,
            tree.rpf_neighbor,
            tree.outgoing,
            tree.accepted,
            tree.registering,
            tree.from_registers,
        )


@dataclass(frozen=True, slots=True)
class Copies:
    """On which interfaces a packet is accepted, and where it goes."""

    iifs: frozenset[int]
    replicas: frozenset[Replica]


@dataclass(frozen=True, slots=True)
class Replicator:
    """How the trees of one VRF are forwarded.

    `provider_trees` are those of the provider's table, where the VRF's own P-tunnels are.
    """

    vrf: str
    interfaces: Mapping[str, Interface]
    provider_trees: Mapping[TreeName, TreeUpdate]
    register_ways: RegisterWays
    tunnels: VpnTunnels | None = None
    _memo: dict[tuple[Path, SourceGroup | None], Copies | None] = field(default_factory=dict)

    def copies(self, path: Path, selective: SourceGroup | None = None) -> Copies | None:
        """None when nothing can be accepted. What registers does so for a few packets only.

        `selective` is the P-tree, if not the inclusive one: of this PE, or of the upstream one.
        """
        if path.registering:
            return self._compute(path, selective)
        key = path, selective
        if key not in self._memo:
            self._memo[key] = self._compute(path, selective)
        return self._memo[key]

    def forget(self) -> None:
        """A P-tunnel of this VRF changed: what was computed of it holds no longer."""
        self._memo.clear()

    def _compute(self, path: Path, selective: SourceGroup | None) -> Copies | None:
        roots = self._roots(path, selective)
        iifs = frozenset(self._accepted(path, roots.values()))
        if not iifs:
            return None
        replicas = self._replicas(path.outgoing, Decapsulate() if roots else InPlace())
        for pe, root in roots.items():
            rewrite = InPlace() if iifs == {root.index} else Onward(root.index)
            replicas |= self._onward(pe, root, rewrite, selective)
        if self.tunnels and self.tunnels.pmsi in path.outgoing:
            replicas |= self._into_tunnel(self.tunnels, selective)
        if path.registering:
            replicas |= self._registered(self.vrf, path.registering)
        return Copies(iifs, replicas)

    def _roots(
        self, path: Path, selective: SourceGroup | None
    ) -> Mapping[IPv4Address, RemoteTunnel]:
        """The PEs whose packets are accepted: the upstream one, or all neighbours on a tree that is
        shared; of these the root alone where its selective tree brings them."""
        if self.tunnels is None:
            return {}
        remote = self.tunnels.remote
        if self.tunnels.pmsi in path.accepted:
            pes = self.tunnels.neighbors
            pes = pes & {selective.source} if selective is not None else pes
        elif path.incoming == self.tunnels.pmsi and path.rpf_neighbor is not None:
            pes = {path.rpf_neighbor}
        else:
            pes = set()
        return {pe: remote[pe] for pe in pes if pe in remote}

    def _accepted(self, path: Path, roots: Iterable[RemoteTunnel]) -> Iterator[int]:
        for name in path.accepted or {path.incoming}:
            if name is not None and name in self.interfaces:
                yield self.interfaces[name].index
        yield from (root.index for root in roots)
        if path.from_registers:
            yield REGISTERS

    def _onward(
        self,
        pe: IPv4Address,
        root: RemoteTunnel,
        rewrite: Rewrite,
        selective: SourceGroup | None,
    ) -> frozenset[Replica]:
        if selective is not None:
            return self._along(selective, rewrite)
        tree = remote_tree(self.provider_trees, pe, root)
        return self._replicas(tree.outgoing, rewrite) if tree else frozenset()

    def _into_tunnel(
        self, tunnels: VpnTunnels, selective: SourceGroup | None
    ) -> frozenset[Replica]:
        chosen = selective and self._along(selective, _into(selective, tunnels))
        return chosen or self._into_inclusive(tunnels)

    def _into_inclusive(self, tunnels: VpnTunnels) -> frozenset[Replica]:
        tree = own_tree(self.provider_trees, tunnels)
        if tree is None:
            return frozenset()
        rewrite = _into(tunnels.own, tunnels)
        replicas = self._replicas(tree.outgoing, rewrite)
        if tree.registering:
            replicas |= self._registered(DEFAULT_VRF, tree.registering, rewrite)
        return replicas

    def _along(self, tree: SourceGroup, rewrite: Rewrite) -> frozenset[Replica]:
        """A copy for each outgoing interface of a P-tree."""
        found = self.provider_trees.get(tree)
        return self._replicas(found.outgoing, rewrite) if found else frozenset()

    def _registered(
        self, vrf: str, registering: Registering, tunnel: Encapsulate | None = None
    ) -> frozenset[Replica]:
        way = self.register_ways.to((vrf, registering.rp))
        return frozenset({way.copy(registering, tunnel)} if way else ())

    def _replicas(self, outgoing: Iterable[str], rewrite: Rewrite) -> frozenset[Replica]:
        """Copies for the interfaces that have a port; a PMSI has none and is dealt with above."""
        links = (self.interfaces[name] for name in outgoing if name in self.interfaces)
        return frozenset(
            Replica(Port(link.port, link.vlan), link.mac, rewrite)
            for link in links
            if link.port is not None and link.mac is not None
        )


def _into(tree: SourceGroup, tunnels: VpnTunnels) -> Encapsulate:
    return Encapsulate(tree.source, tree.group, dont_fragment=tunnels.dont_fragment)
