"""The PIM adjacencies that a topology implies.

Routers are neighbours on each link where both run PIM, and PEs of one MVPN over its PMSI, where a
PE's address is its loopback; where an address is none that a `neighbor_filter` lets pass, Hellos
do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.lab.expand.layout import Layout, PlacedEnd
from controlplane.lab.expand.rendezvous import pim_config
from controlplane.lab.tables import pmsi_name
from controlplane.net.interface import DEFAULT_VRF


@dataclass(frozen=True, slots=True, order=True)
class Adjacency:
    """A neighbour that a router should have, on one of its interfaces."""

    interface: str
    neighbor: str
    address: str


def adjacencies(layout: Layout) -> dict[tuple[str, str], frozenset[Adjacency]]:
    """By router and VRF."""
    found: dict[tuple[str, str], set[Adjacency]] = {}
    for router in layout.file.routers:
        for own in layout.ends[router]:
            found.setdefault((router, own.vrf), set()).update(_on_link(layout, own))
        for vpn in layout.vrfs(router):
            found.setdefault((router, vpn), set()).update(_on_pmsi(layout, router, vpn))
    return {key: frozenset(_accepted(layout, *key, neighbors)) for key, neighbors in found.items()}


def _accepted(
    layout: Layout, router: str, vrf: str, neighbors: set[Adjacency]
) -> Iterator[Adjacency]:
    config = pim_config(layout, router, None if vrf == DEFAULT_VRF else vrf)
    return (one for one in neighbors if config.accepts_neighbor(IPv4Address(one.address)))


def _on_link(layout: Layout, own: PlacedEnd) -> Iterator[Adjacency]:
    if not layout.runs_pim(own):
        return
    for other in layout.neighbors(own):
        if layout.runs_pim(other):
            yield Adjacency(own.interface, other.node, str(other.address.ip))


def _on_pmsi(layout: Layout, router: str, vpn: str) -> Iterator[Adjacency]:
    if layout.file.vpns[vpn].profile is None:
        return
    for pe in layout.file.routers:
        if pe != router and vpn in layout.vrfs(pe):
            yield Adjacency(pmsi_name(vpn), pe, str(layout.loopbacks[pe]))


def address_words(layout: Layout, address: str) -> str:
    """The address with the name of its router, where one has it."""
    for name, loopback in layout.loopbacks.items():
        if str(loopback) == address:
            return f"{name} ({address})"
    return address
