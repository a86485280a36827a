"""Sites: the CEs that the customer's own routing joins, and the AS that each is in.

A link between CEs is inside a site unless its `routing` says otherwise: one on which they speak BGP
is a backdoor between two sites. A site is one AS. Where none of its CEs names it, it is the
first private one (RFC 6996) that is nobody else's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

import networkx as nx

from controlplane.lab.file.model import LabFile
from controlplane.lab.file.network import Link


def ces_of(file: LabFile, link: Link) -> list[str]:
    return [name for name in link.ends if name in file.routers and file.routers[name].role == "ce"]


def routing_of(file: LabFile, link: Link) -> str | None:
    """How those on a link learn each other's routes; None where only one router is a customer's."""
    ces = ces_of(file, link)
    with_pe = any(name in file.routers and file.routers[name].role == "pe" for name in link.ends)
    if not ces or (len(ces) == 1 and not with_pe):
        return None
    return link.routing or ("bgp" if with_pe else "igp")


def is_inside_site(file: LabFile, link: Link) -> bool:
    """Whether CEs know of a link by their own IGP: links with PEs are no part of it."""
    routing = routing_of(file, link)
    return bool(ces_of(file, link)) and routing in (None, "igp")


def sites(file: LabFile) -> list[list[str]]:
    """The CEs of each site, in the order of the file."""
    graph: nx.Graph[str] = nx.Graph()
    order = [name for name, router in file.routers.items() if router.role == "ce"]
    graph.add_nodes_from(order)
    for link in file.links:
        if is_inside_site(file, link):
            nx.add_path(graph, ces_of(file, link))
    found = (sorted(part, key=order.index) for part in nx.connected_components(graph))
    return sorted(found, key=lambda site: order.index(site[0]))


def as_numbers(file: LabFile) -> Mapping[str, int]:
    """The AS of each CE."""
    given = {name: router.asn for name, router in file.routers.items() if router.asn is not None}
    free = _private(frozenset({file.provider.asn, *given.values()}))
    found: dict[str, int] = {}
    for site in sites(file):
        named = next((given[name] for name in site if name in given), None)
        number = next(free) if named is None else named
        found |= {name: given.get(name, number) for name in site}
    return found


def _private(taken: frozenset[int]) -> Iterator[int]:
    """RFC 6996 5."""
    private = chain(range(64_512, 65_535), range(4_200_000_000, 4_294_967_295))
    return (number for number in private if number not in taken)
