"""Who numbers a link: the provider, or one of its customers.

Each VPN has an address space of its own (RFC 4364 1.2), or shares one with those that it exchanges
routes with, and so has everything behind its PEs' VRF interfaces: the CEs and their LANs. A domain
is such a space. A link with a `vpn` is in that VPN's domain, and so is every link that a CE or a
host connects to it; links of P and PE routers without `vpn` are the provider's. A site that no PE
serves is a domain by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import networkx as nx

from controlplane.lab.expand.targets import customers
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.network import Link

PROVIDER: Final = ""

Domain: TypeAlias = str
"""The first of the VPNs of an address space, PROVIDER, or the first node of a site without a VPN,
after a colon."""


class Domains:
    """The domain and the VPN of every link, and of every CE."""

    def __init__(self, file: LabFile) -> None:
        self._file = file
        self._customers = customers(file)
        self._of_link: dict[int, Domain] = {}
        self._of_node: dict[str, Domain] = {}
        self._vpn_of_link: dict[int, str] = {}
        self._vpn_of_node: dict[str, str] = {}
        self.mixed: list[tuple[int, tuple[str, ...]]] = []
        """Links of one customer site that PEs put into VPNs of several customers, with those."""
        for component in self._components():
            self._name(component)

    def of_link(self, at: int) -> Domain:
        return self._of_link[at]

    def of_node(self, name: str) -> Domain:
        """Where a CE or a host is; P and PE routers are the provider's."""
        return self._of_node.get(name, PROVIDER)

    def vpn_of_link(self, at: int) -> str | None:
        """Its own VPN, or the first one of the site that it is in."""
        return self._vpn_of_link.get(at)

    def vpn_of_node(self, name: str) -> str | None:
        """The first VPN of the site that a CE or host is in."""
        return self._vpn_of_node.get(name)

    def _components(self) -> Iterator[list[int | str]]:
        """Links (by position) and the CEs and hosts that join them, in the order of the file."""
        graph: nx.Graph[int | str] = nx.Graph()
        for at, link in enumerate(self._file.links):
            graph.add_node(at)
            graph.add_edges_from((at, name) for name in link.ends if not self.is_core(name))
        for component in nx.connected_components(graph):
            yield sorted(component, key=lambda node: (isinstance(node, str), str(node).zfill(9)))

    def _name(self, component: list[int | str]) -> None:
        links = [node for node in component if isinstance(node, int)]
        nodes = [node for node in component if isinstance(node, str)]
        vpns = {vpn: at for at in reversed(links) if (vpn := self._file.links[at].vpn)}
        groups = {self._customers.get(vpn, vpn) for vpn in vpns}
        if len(groups) > 1:
            self.mixed.append((max(vpns.values()), tuple(sorted(vpns))))
        domain = min(groups, default=None) or self._without_vpn(links, nodes)
        self._of_link.update(dict.fromkeys(links, domain))
        self._of_node.update(dict.fromkeys(nodes, domain))
        if vpns:
            first = min(vpns, key=vpns.__getitem__)
            self._vpn_of_link |= {at: self._file.links[at].vpn or first for at in links}
            self._vpn_of_node |= dict.fromkeys(nodes, first)

    def _without_vpn(self, links: list[int], nodes: list[str]) -> Domain:
        served = any(self.is_core(name) for at in links for name in self._file.links[at].ends)
        return PROVIDER if served else f":{nodes[0]}"

    def is_core(self, name: str) -> bool:
        """True for P and PE routers."""
        router = self._file.routers.get(name)
        return router is not None and router.role != "ce"

    def is_core_link(self, link: Link) -> bool:
        """A link between P or PE routers, in no VPN."""
        return link.vpn is None and len(link.ends) > 1 and all(map(self.is_core, link.ends))
