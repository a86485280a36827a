"""Route targets and distinguishers of VPNs, and which VPNs hear of each other by them.

A VPN without targets of its own has one: what reads like its RD, or where PEs have RDs of their own
`AS:NUMBER`, the provider's AS and the VPN's place in the file. VPNs that import from one another
(an extranet, a hub and its spokes) must use different addresses: together they are one customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Final

import networkx as nx

from controlplane.lab.file.model import LabFile
from controlplane.net.vpn import RouteDistinguisher, RouteTarget

_FROM_ADDRESS: Final = 1
"""Type 1 of RFC 4364 4.2: an IPv4 address and a number."""


def vpn_number(file: LabFile, vpn: str) -> int:
    """The place of a VPN in the file, from 1: its VRFs' number in the data plane."""
    return list(file.vpns).index(vpn) + 1


def default_target(file: LabFile, vpn: str) -> RouteTarget:
    """The target of a VPN that gives none."""
    only = file.vpns[vpn].only_rd
    return RouteTarget.parse(str(only or f"{file.provider.asn}:{vpn_number(file, vpn)}"))


def import_targets(file: LabFile, vpn: str) -> frozenset[RouteTarget]:
    given = file.vpns[vpn].import_
    return frozenset(given if given is not None else [default_target(file, vpn)])


def export_targets(file: LabFile, vpn: str) -> frozenset[RouteTarget]:
    given = file.vpns[vpn].export
    return frozenset(given if given is not None else [default_target(file, vpn)])


def distinguisher(file: LabFile, vpn: str, pe: str, loopback: IPv4Address) -> RouteDistinguisher:
    """The RD of a PE's VRF; by itself it is made of the PE's loopback (RFC 4364 4.2)."""
    given = file.vpns[vpn].rd
    found = given.get(pe) or given.get("")
    return found or RouteDistinguisher(_FROM_ADDRESS, int(loopback), vpn_number(file, vpn))


def hears(file: LabFile, vpn: str, other: str) -> bool:
    """Whether VRFs of a VPN import what those of another (or of its own) export."""
    return bool(import_targets(file, vpn) & export_targets(file, other))


def customers(file: LabFile) -> Mapping[str, str]:
    """The first of the VPNs that each VPN shares its addresses with."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(file.vpns)
    exporters: dict[RouteTarget, list[str]] = {}
    for vpn in file.vpns:
        for target in export_targets(file, vpn):
            exporters.setdefault(target, []).append(vpn)
    for vpn in file.vpns:
        for target in import_targets(file, vpn):
            graph.add_edges_from((vpn, other) for other in exporters.get(target, ()))
    order = list(file.vpns)
    parts = (sorted(part, key=order.index) for part in nx.connected_components(graph))
    return {vpn: part[0] for part in parts for vpn in part}
