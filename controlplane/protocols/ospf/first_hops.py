"""The next hop calculation (RFC 2328 16.1.1) where this router's own links are involved.

Behind the first router all vertices inherit the next hops of their parents. Before it, the outgoing
interface is the one whose address this router's LSA gives as the link's Link Data, and the next
router's address on that link is the Link Data in its own LSA. RFC 2328 needs no address on
point-to-point links; on Ethernet forwarding does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.protocols.ospf.events import OspfNextHop
from controlplane.protocols.ospf.graph import CHEAPEST_LINK, Vertex, is_network, router_vertex
from controlplane.wire.ospf.bodies import LinkType, RouterLink, RouterLsa

Hops: TypeAlias = frozenset[OspfNextHop]

NO_HOPS: Final[Hops] = frozenset()


class FirstHops:
    """Next hops from the root; `local` names its interfaces by their addresses."""

    def __init__(self, root: Vertex, local: Mapping[IPv4Address, str]) -> None:
        self._root = root
        self._local = local

    def direct(self, root: RouterLsa, vertex: Vertex, cost: int, router: RouterLsa | None) -> Hops:
        """To a network or router that the root's cheapest links lead to (`cost`).

        `router` is the LSA of the router, None for a network, which is on the link itself.
        """
        links = [link for link in _links_to(root, vertex) if _cost(link) == cost]
        if router is None:
            return self._onto(links)
        return self._to_router(links, _addresses(router, self._root))

    def across(self, network: Hops, vertex: Vertex, router: RouterLsa) -> Hops:
        """To a router over a network with these next hops.

        Where the network is the root's own, "each link in the router-LSA that points back to the
        parent network" gives an address of the next hop router.
        """
        if all(hop.address is not None for hop in network):
            return network
        addresses = _addresses(router, vertex)
        return frozenset(hop for via in network for hop in _towards(via, addresses))

    def _onto(self, links: list[RouterLink]) -> Hops:
        interfaces = (self._local.get(link.link_data) for link in links)
        return frozenset(OspfNextHop(name, None) for name in interfaces if name is not None)

    def _to_router(self, links: list[RouterLink], far: list[IPv4Address]) -> Hops:
        """Parallel links have as many addresses at either end: those of one link are nearest."""
        near = [link.link_data for link in links if link.link_data in self._local]
        pairs = ((own, _nearest(own, far)) for own in near if far)
        return frozenset(
            OspfNextHop(self._local[own], address)
            for own, address in pairs
            if _nearest(address, near) == own
        )


def _links_to(router: RouterLsa, vertex: Vertex) -> Iterator[RouterLink]:
    """Links to a vertex; a virtual link has no interface of its own, and none of them are ours."""
    if is_network(vertex):
        wanted, number = LinkType.TRANSIT, vertex
        yield from (k for k in router.links if k.type is wanted and int(k.link_id) == number)
    else:
        for link in router.links:
            if link.type is LinkType.POINT_TO_POINT and router_vertex(link.link_id) == vertex:
                yield link


def _cost(link: RouterLink) -> int:
    return max(link.metric, CHEAPEST_LINK)


def _addresses(router: RouterLsa, vertex: Vertex) -> list[IPv4Address]:
    """A router's addresses on its links to a vertex."""
    return [link.link_data for link in _links_to(router, vertex)]


def _nearest(address: IPv4Address, others: list[IPv4Address]) -> IPv4Address:
    """The one that shares the most leading bits: of one subnet before any of another."""
    return min(others, key=lambda other: int(address) ^ int(other))


def _towards(via: OspfNextHop, addresses: list[IPv4Address]) -> Iterator[OspfNextHop]:
    if via.address is not None:
        yield via
    else:
        yield from (OspfNextHop(via.interface, address) for address in addresses)
