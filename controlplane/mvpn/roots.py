"""The other PEs as roots of P-tunnels that this PE is a leaf of.

A root has an index in the data plane, which it keeps while its tunnel moves from tree to tree, and
a local member at the provider's PIM, which joins the tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from types import MappingProxyType
from typing import TypeAlias

from controlplane.engine.notice import Notice
from controlplane.mvpn.claims import Claim
from controlplane.mvpn.config import DiscoveredPe
from controlplane.mvpn.indices import IndexAllocator, IndicesExhausted, Place
from controlplane.mvpn.notices import NoIndexLeft, PeFound, PeGone, PeMoved
from controlplane.mvpn.tunnel import Tunnel
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.rib.tunnels import RemoteTunnel, VpnTunnels

Consequence: TypeAlias = MembershipChanged | Notice


class Roots:
    """`tunnels` is the table that forwarding reads; it is kept here."""

    def __init__(
        self, vrf: str, tunnel: Tunnel, tunnels: VpnTunnels, indices: IndexAllocator[Place]
    ) -> None:
        self._vrf = vrf
        self._tunnel = tunnel
        self._tunnels = tunnels
        self._indices = indices
        self._by_index: dict[int, DiscoveredPe] = {}
        self._index_of: dict[IPv4Address, int] = {}

    @property
    def by_index(self) -> Mapping[int, DiscoveredPe]:
        return MappingProxyType(self._by_index)

    def of(self, address: IPv4Address) -> DiscoveredPe | None:
        """The root as it is joined."""
        index = self._index_of.get(address)
        return None if index is None else self._by_index[index]

    def joins(self) -> Iterator[MembershipChanged]:
        """All that are joined now."""
        for pe in self._by_index.values():
            yield from self._memberships(pe, joined=True)

    def neighbor_changed(self, address: IPv4Address, *, up: bool) -> None:
        """Note it where forwarding reads it. A neighbour may be no root, a root no neighbour."""
        if up:
            self._tunnels.neighbors.add(address)
        else:
            self._tunnels.neighbors.discard(address)

    def settle(self, address: IPv4Address, claim: Claim | None) -> Iterator[Consequence]:
        """This is the claim on a PE that counts now; what follows from it, if anything does."""
        match self.of(address), claim:
            case None, Claim():
                yield from self._appear(claim)
            case DiscoveredPe() as old, Claim(pe=new) if new != old:
                yield from self._move(old, new)
            case DiscoveredPe() as old, None:
                yield from self._vanish(old)
            case _:
                pass

    def _appear(self, claim: Claim) -> Iterator[Consequence]:
        pe = claim.pe
        try:
            index = self._indices.index_of(Place(self._vrf, pe.address))
        except IndicesExhausted:
            yield NoIndexLeft(pe.address)
            return
        self._index_of[pe.address] = index
        self._put(index, pe)
        yield from self._memberships(pe, joined=True)
        yield PeFound(pe.address, self._tunnel.tree_of(pe), claim.said_by)

    def _move(self, old: DiscoveredPe, new: DiscoveredPe) -> Iterator[Consequence]:
        self._put(self._index_of[old.address], new)
        yield from self._memberships(old, joined=False)
        yield from self._memberships(new, joined=True)
        yield PeMoved(new.address, self._tunnel.tree_of(old), self._tunnel.tree_of(new))

    def _vanish(self, pe: DiscoveredPe) -> Iterator[Consequence]:
        del self._by_index[self._index_of.pop(pe.address)]
        del self._tunnels.remote[pe.address]
        self._indices.release(Place(self._vrf, pe.address))
        yield from self._memberships(pe, joined=False)
        yield PeGone(pe.address, self._tunnel.tree_of(pe))

    def _put(self, index: int, pe: DiscoveredPe) -> None:
        self._by_index[index] = pe
        self._tunnels.remote[pe.address] = RemoteTunnel(self._tunnel.tree_of(pe), index)

    def _memberships(self, pe: DiscoveredPe, *, joined: bool) -> tuple[MembershipChanged, ...]:
        return self._tunnel.memberships(pe, self._tunnels.pmsi, joined=joined)
