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
from typing import Final

from controlplane.lab.errors import FieldPath, LabError
from controlplane.lab.expand.domains import PROVIDER, Domain, Domains
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.network import Link

CUSTOMER_LINKS: Final = IPv4Network("172.16.0.0/16")
CUSTOMER_LANS: Final = IPv4Network("10.0.0.0/9")
CUSTOMER_LOOPBACKS: Final = IPv4Network("172.31.0.0/16")

_TWO: Final = 2
_FIRST_HOST: Final = 11
_ROUTER_LINK_LENGTH: Final = 30
_LAN_LENGTH: Final = 24


class PoolEmptyError(LabError):
    """More is to be numbered than a pool has room for; `path` is where more can be given."""

    def __init__(self, pool: IPv4Network, path: FieldPath, what: str) -> None:
        super().__init__(f"{pool} has no room left for {what}")
        self.path = path


def loopbacks(file: LabFile, domains: Domains) -> dict[str, IPv4Address]:
    """The loopback of each router."""
    taken = {(domains.of_node(n), r.loopback) for n, r in file.routers.items() if r.loopback}
    pools: dict[Domain, Iterator[IPv4Address]] = {}
    result: dict[str, IPv4Address] = {}
    for name, router in file.routers.items():
        domain = domains.of_node(name)
        pool, path = _loopback_pool(file, name, domain)
        addresses = pools.setdefault(domain, iter(pool.hosts()))
        free = (address for address in addresses if (domain, address) not in taken)
        loopback = router.loopback or next(free, None)
        if loopback is None:
            raise PoolEmptyError(pool, path, f"the loopback of {name}")
        result[name] = loopback
    return result


def _loopback_pool(file: LabFile, name: str, domain: Domain) -> tuple[IPv4Network, FieldPath]:
    """The pool, and where the file can give a larger one; customers' pools are what they are."""
    if domain == PROVIDER:
        return file.provider.loopbacks, ("provider", "loopbacks")
    return CUSTOMER_LOOPBACKS, ("routers", name, "loopback")


def subnets(file: LabFile, domains: Domains) -> list[IPv4Network]:
    """The subnet of each link, by the link's position."""
    taken: dict[Domain, list[IPv4Network]] = {}
    for at, link in enumerate(file.links):
        taken.setdefault(domains.of_link(at), []).extend(filter(None, [link.subnet]))
    free: dict[tuple[Domain, IPv4Network], Iterator[IPv4Network]] = {}
    result = []
    for at, link in enumerate(file.links):
        domain = domains.of_link(at)
        pool, length, path = _subnet_pool(file, at, domain)
        candidates = free.setdefault((domain, pool), _unused(pool, length, taken[domain]))
        subnet = link.subnet or next(candidates, None)
        if subnet is None:
            raise PoolEmptyError(pool, path, f"the /{length} of {link.title}")
        result.append(subnet)
    return result


def _subnet_pool(file: LabFile, at: int, domain: Domain) -> tuple[IPv4Network, int, FieldPath]:
    """The pool of a link, the length of what it takes, and where the file can give more."""
    own = ("links", at, "subnet")
    link = file.links[at]
    if any(name in file.hosts for name in link.ends) or len(link.ends) != _TWO:
        return CUSTOMER_LANS, _LAN_LENGTH, own
    if domain == PROVIDER:
        return file.provider.links, _ROUTER_LINK_LENGTH, ("provider", "links")
    return CUSTOMER_LINKS, _ROUTER_LINK_LENGTH, own


def _unused(pool: IPv4Network, length: int, taken: Iterable[IPv4Network]) -> Iterator[IPv4Network]:
    """Subnets of the pool that overlap none of those taken; the first is left out."""
    if length < pool.prefixlen:
        return
    for subnet in islice(pool.subnets(new_prefix=length), 1, None):
        if not any(subnet.overlaps(other) for other in taken):
            yield subnet


def addresses(file: LabFile, link: Link, subnet: IPv4Network) -> dict[str, IPv4Address]:
    """The address of each end of a link."""
    result = {name: address for name in link.ends if (address := given_address(file, link, name))}
    for name in link.ends:
        if name not in result:
            free = _free_address(subnet, set(result.values()), name in file.hosts)
            if free is None:
                path = ("links", file.links.index(link), "subnet")
                raise PoolEmptyError(subnet, path, f"the address of {name} on {link.title}")
            result[name] = free
    return {name: result[name] for name in link.ends}


def given_address(file: LabFile, link: Link, name: str) -> IPv4Address | None:
    """What the file says: at the host, or at the router's end of the link."""
    return file.hosts[name].address if name in file.hosts else link.ends[name].address


def _free_address(subnet: IPv4Network, used: set[IPv4Address], host: bool) -> IPv4Address | None:
    """The first one free; for a host, from the eleventh on while there are such."""
    later = islice(subnet.hosts(), _FIRST_HOST - 1, None) if host else iter(())
    return next((one for one in chain(later, subnet.hosts()) if one not in used), None)
