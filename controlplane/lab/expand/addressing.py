"""Addresses for what the file leaves open: the same file gets the same ones every time.

Each domain is numbered by itself, so that VPNs overlap unless the file says otherwise. In the order
of the file: a router's loopback takes the next address of its pool, a link the next free subnet of
its pool (/30 between two routers, /24 with hosts or more ends); on the link, routers count from
the first address, hosts from the eleventh. What the file gives is kept and stepped around.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import chain, islice
from typing import Final, TypeVar

from controlplane.lab.errors import LabError
from controlplane.lab.expand.domains import PROVIDER, Domain, Domains
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.network import Link

CUSTOMER_LINKS: Final = IPv4Network("172.16.0.0/16")
CUSTOMER_LANS: Final = IPv4Network("10.0.0.0/9")
CUSTOMER_LOOPBACKS: Final = IPv4Network("172.31.0.0/16")

T = TypeVar("T")

_TWO: Final = 2
_FIRST_HOST: Final = 11
_ROUTER_LINK_LENGTH: Final = 30
_LAN_LENGTH: Final = 24


class PoolEmptyError(LabError):
    """More is to be numbered than a pool has room for."""


def loopbacks(file: LabFile, domains: Domains) -> dict[str, IPv4Address]:
    """The loopback of each router."""
    taken = {(domains.of_node(n), r.loopback) for n, r in file.routers.items() if r.loopback}
    pools: dict[Domain, Iterator[IPv4Address]] = {}
    result: dict[str, IPv4Address] = {}
    for name, router in file.routers.items():
        domain = domains.of_node(name)
        pool = file.provider.loopbacks if domain == PROVIDER else CUSTOMER_LOOPBACKS
        addresses = pools.setdefault(domain, iter(pool.hosts()))
        free = (address for address in addresses if (domain, address) not in taken)
        result[name] = router.loopback or _next(free, pool, "loopbacks")
    return result


def subnets(file: LabFile, domains: Domains) -> list[IPv4Network]:
    """The subnet of each link, by the link's position."""
    taken: dict[Domain, list[IPv4Network]] = {}
    for at, link in enumerate(file.links):
        taken.setdefault(domains.of_link(at), []).extend(filter(None, [link.subnet]))
    free: dict[tuple[Domain, IPv4Network], Iterator[IPv4Network]] = {}
    result = []
    for at, link in enumerate(file.links):
        domain = domains.of_link(at)
        pool, length = _pool(file, link, domain)
        candidates = free.setdefault((domain, pool), _unused(pool, length, taken[domain]))
        result.append(link.subnet or _next(candidates, pool, "subnets"))
    return result


def _pool(file: LabFile, link: Link, domain: Domain) -> tuple[IPv4Network, int]:
    if any(name in file.hosts for name in link.ends) or len(link.ends) != _TWO:
        return CUSTOMER_LANS, _LAN_LENGTH
    return (file.provider.links if domain == PROVIDER else CUSTOMER_LINKS), _ROUTER_LINK_LENGTH


def _unused(pool: IPv4Network, length: int, taken: Iterable[IPv4Network]) -> Iterator[IPv4Network]:
    """Subnets of the pool that overlap none of those taken; the first is left out."""
    if length < pool.prefixlen:
        return
    for subnet in islice(pool.subnets(new_prefix=length), 1, None):
        if not any(subnet.overlaps(other) for other in taken):
            yield subnet


def _next(free: Iterator[T], pool: IPv4Network, what: str) -> T:
    found = next(free, None)
    if found is None:
        raise PoolEmptyError(f"the pool of {what} {pool} is used up; give a larger one")
    return found


def addresses(file: LabFile, link: Link, subnet: IPv4Network) -> dict[str, IPv4Address]:
    """The address of each end of a link."""
    result = {name: address for name in link.ends if (address := given_address(file, link, name))}
    for name in link.ends:
        if name not in result:
            result[name] = _free_address(subnet, set(result.values()), name in file.hosts)
    return {name: result[name] for name in link.ends}


def given_address(file: LabFile, link: Link, name: str) -> IPv4Address | None:
    """What the file says: at the host, or at the router's end of the link."""
    return file.hosts[name].address if name in file.hosts else link.ends[name].address


def _free_address(subnet: IPv4Network, used: set[IPv4Address], host: bool) -> IPv4Address:
    """The first one free; for a host, from the eleventh on while there are such."""
    later = islice(subnet.hosts(), _FIRST_HOST - 1, None) if host else iter(())
    free = (address for address in chain(later, subnet.hosts()) if address not in used)
    return _next(free, subnet, "addresses")
