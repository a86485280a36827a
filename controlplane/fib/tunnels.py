"""Which VRFs each P-tunnel serves: as the root's own one, or because this PE is a leaf of it.

A change of a tunnel's tree changes the C-trees of these VRFs. A leaf has a tail, for one VRF. VRFs
that import each other's routes may join the same tree: then its packets belong to the one that uses
its group itself, and else to the one with the lowest number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import IPv4Address

from controlplane.fib.model import Tail
from controlplane.fib.sources import VrfTables
from controlplane.net.multicast import SourceGroup
from controlplane.rib.tunnels import RemoteTunnel, VpnTunnels


class TunnelUsers:
    """`vrfs` are the router's own tables; what changes in them is said to `update`."""

    def __init__(self, vrfs: Mapping[str, VrfTables]) -> None:
        self._vrfs = vrfs
        self._remote: dict[tuple[str, IPv4Address], RemoteTunnel] = {}
        self._leaves: dict[SourceGroup, dict[str, RemoteTunnel]] = {}
        self._owners = {tables.tunnels.own: name for name, tables in vrfs.items() if tables.tunnels}
        for name, tables in vrfs.items():
            if tables.tunnels:
                self.update(name, tables.tunnels.remote)

    def served(self, tree: SourceGroup) -> Collection[str]:
        """The VRFs whose packets are in this tree."""
        owner = self._owners.get(tree)
        return self._leaves.get(tree, ()) if owner is None else (owner,)

    def tail(self, tree: SourceGroup, outgoing: frozenset[str]) -> Tail | None:
        """Where packets of a tree end, once the PMSI is an outgoing interface of it."""
        leaves = self._leaves.get(tree, {})
        joined = [vrf for vrf in leaves if self._tunnels(vrf).pmsi in outgoing]
        if not joined:
            return None
        vrf = min(joined, key=lambda name: self._claim(name, tree))
        return Tail(self._vrfs[vrf].id, leaves[vrf].index)

    def update(self, vrf: str, pes: Iterable[IPv4Address]) -> set[SourceGroup]:
        """The VRF has other tunnels of these PEs now; returns the trees concerned."""
        return {tree for pe in pes for tree in self._update(vrf, pe)}

    def _update(self, vrf: str, pe: IPv4Address) -> Iterator[SourceGroup]:
        old = self._remote.pop((vrf, pe), None)
        if old is not None:
            self._leave(vrf, old.tree)
            yield old.tree
        new = self._tunnels(vrf).remote.get(pe)
        if new is not None:
            self._remote[vrf, pe] = new
            self._leaves.setdefault(new.tree, {})[vrf] = new
            yield new.tree

    def _leave(self, vrf: str, tree: SourceGroup) -> None:
        del self._leaves[tree][vrf]
        if not self._leaves[tree]:
            del self._leaves[tree]

    def _tunnels(self, vrf: str) -> VpnTunnels:
        tunnels = self._vrfs[vrf].tunnels
        assert tunnels is not None, f"VRF {vrf} has no tunnels"
        return tunnels

    def _claim(self, vrf: str, tree: SourceGroup) -> tuple[bool, int]:
        return self._tunnels(vrf).own.group != tree.group, self._vrfs[vrf].id
