"""What VPNs should bring, by sets and one graph: who knows whose LAN, who reaches whom.

A LAN is told to the PEs that its site works with; from there by route targets to the VRFs of PEs
that hear of it, and through a hub to its spokes. A site knows what a VRF knows that it works with.
No path is worked out and nothing preferred: at rest there is a route where there can be one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import permutations
from typing import TypeAlias

import networkx as nx

Table: TypeAlias = tuple[str, str]
"""A PE and one of its VRFs."""


class Numbering(Enum):
    """The ASes of a customer's sites that speak BGP."""

    OWN = "an AS for each"
    OVERRIDE = "one AS, and PEs that write theirs over it"
    ALLOW = "one AS, and CEs that put up with it"
    SAME = "one AS, and nobody does anything: sites with BGP do not take each other's routes"


class Routing(Enum):
    BGP = "bgp"
    STATIC = "static"
    CONNECTED = "connected"


@dataclass(frozen=True)
class Access:
    """A site's link to a PE, in one of its VRFs; `ce` is nobody where a host is on the PE."""

    link: str
    pe: str
    vpn: str
    ce: str | None


@dataclass(frozen=True)
class Site:
    """One LAN with one host, behind the first CE; a second CE has the link `inner` to the first."""

    host: str
    lan: str
    subnet: str
    routing: Routing
    ces: tuple[str, ...]
    accesses: tuple[Access, ...]
    inner: str | None = None


@dataclass(frozen=True)
class Hub:
    """The site that spokes meet through: `collect` hears them, `distribute` tells them."""

    site: Site
    collect: Access
    distribute: Access


@dataclass
class Customer:
    """Sites of one address space; `multicast` is the host that sends, and those that receive."""

    name: str
    numbering: Numbering
    sites: list[Site] = field(default_factory=list)
    hub: Hub | None = None
    sender: str | None = None
    receivers: list[str] = field(default_factory=list)


@dataclass
class VpnLab:
    """`imports` are pairs of VPNs: the first one takes what the second exports."""

    text: str
    customers: list[Customer]
    imports: set[tuple[str, str]]
    reflectors: list[str]
    core: nx.Graph[str]


class Oracle:
    """The lab while some links are down."""

    def __init__(self, lab: VpnLab, down: Iterable[str]) -> None:
        self._lab = lab
        self._down = frozenset(down)
        self._core: nx.Graph[str] = lab.core.copy()
        self._core.remove_edges_from(
            edge for edge in lab.core.edges if lab.core.edges[edge]["link"] in self._down
        )

    # -- routes

    def tables(self, customer: Customer) -> dict[Table, set[str]]:
        """The subnets of LANs that each VRF of a customer knows."""
        known = {(one.pe, one.vpn): set[str]() for site in customer.sites for one in site.accesses}
        for site in customer.sites:
            for table in self._knowing(customer, site):
                known[table].add(site.subnet)
        return known

    def known_at(self, customer: Customer, site: Site) -> set[str]:
        """The subnets of other sites that a site can send to."""
        return {
            other.subnet
            for other in customer.sites
            if other is not site and self._hears(customer, site, other)
        }

    def reaches(self, customer: Customer) -> Iterator[tuple[str, str]]:
        """Pairs of hosts of which the second one receives what the first one sends."""
        for site, other in permutations(customer.sites, 2):
            works = not self._down & {site.lan, other.lan}
            if works and self._hears(customer, site, other):
                yield site.host, other.host

    # -- who is told

    def _working(self, site: Site) -> set[Table]:
        """The VRFs that a site works with, all of it but the LAN."""
        first = site.ces[0] if site.ces else None
        inner_works = site.inner not in self._down
        return {
            (one.pe, one.vpn)
            for one in site.accesses
            if one.link not in self._down and (one.ce == first or inner_works)
        }

    def _knowing(self, customer: Customer, site: Site) -> set[Table]:
        """The VRFs with a route to the site's LAN."""
        if site.lan in self._down and site.routing is not Routing.STATIC:
            return set()
        tables = self._with_importers(customer, self._working(site))
        hub = customer.hub
        if hub is None or hub.site is site:
            return tables
        collect, distribute = ((one.pe, one.vpn) for one in (hub.collect, hub.distribute))
        if collect not in tables or self._down & {hub.collect.link, hub.distribute.link}:
            return tables
        return tables | self._with_importers(customer, {distribute})

    def _with_importers(self, customer: Customer, tellers: set[Table]) -> set[Table]:
        every = {(one.pe, one.vpn) for site in customer.sites for one in site.accesses}
        return tellers | {
            (pe, vpn)
            for pe, vpn in every
            for other, told in tellers
            if (vpn, told) in self._lab.imports and self._meet(pe, other)
        }

    def _hears(self, customer: Customer, site: Site, other: Site) -> bool:
        """Whether packets of a site find the way to another one's LAN."""
        if customer.numbering is Numbering.SAME and site.routing is other.routing is Routing.BGP:
            return False
        hub = customer.hub
        at = self._working(site)
        if hub is not None and hub.site is site:
            at -= {(hub.distribute.pe, hub.distribute.vpn)}
        return bool(at & self._knowing(customer, other))

    def _meet(self, pe: str, other: str) -> bool:
        """Whether routes of a PE come to another one: the core works, and a reflector is there."""
        if pe == other:
            return True
        there = nx.node_connected_component(self._core, pe)
        reflectors = set(self._lab.reflectors)
        return other in there and (not reflectors or bool(reflectors & there))
