"""Addresses that the file gives: they fit where they are, and none is given twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from typing import Final

from controlplane.lab.checks.twice import Given, given_twice
from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.expand.domains import PROVIDER, Domain, Domains
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.network import Link

_POINT_TO_POINT: Final = 31
"""RFC 3021: from this length on there is no network and no broadcast address."""


def check_addresses(file: LabFile) -> Iterator[Problem]:
    """Subnets, addresses of interfaces and hosts, loopbacks, MAC addresses."""
    domains = Domains(file)
    yield from _subnets(file, domains)
    for at, link in enumerate(file.links):
        yield from _on_link(file, at, link)
    yield from given_twice("loopback", _loopbacks(file, domains))
    yield from _loopbacks_in_subnets(file, domains)
    yield from given_twice("MAC address", _macs(file))


def _subnets(file: LabFile, domains: Domains) -> Iterator[Problem]:
    given = [
        (domains.of_link(at), link.subnet, at)
        for at, link in enumerate(file.links)
        if link.subnet is not None
    ]
    for (domain, first, earlier), (other, second, at) in combinations(given, 2):
        # VLANs of one subnet on one wire do not exist here: each link is a subnet of its own.
        if domain == other and first.overlaps(second):
            title = file.links[earlier].title
            text = f"{second} overlaps {first} of {title}, both in {_words(domain)}"
            yield Problem(("links", at, "subnet"), text)


def _words(domain: Domain) -> str:
    if domain == PROVIDER:
        return "the provider's network"
    return "one customer's network" if domain.startswith(":") else f"VPN {domain}"


def _on_link(file: LabFile, at: int, link: Link) -> Iterator[Problem]:
    given = list(_given(file, at, link))
    yield from given_twice("address", (Given(at, address, path) for address, path in given))
    for address, path in given:
        if link.subnet is None:
            yield Problem(path, f"{address} needs the `subnet` of {link.title}")
        elif address not in link.subnet:
            yield Problem(path, f"{address} is not in {link.subnet}, the subnet of {link.title}")
        elif not _is_usable(address, link.subnet):
            yield Problem(path, f"{address} is no address for an interface in {link.subnet}")
    if link.subnet and _room(link.subnet) < len(link.ends):
        text = f"{link.subnet} has no room for {len(link.ends)} addresses"
        yield Problem(("links", at, "subnet"), text)


def _given(file: LabFile, at: int, link: Link) -> Iterator[tuple[IPv4Address, FieldPath]]:
    for name, end in link.ends.items():
        if end.address is not None:
            yield end.address, ("links", at, "ends", name, "address")
        host = file.hosts.get(name)
        if host is not None and host.address is not None:
            yield host.address, ("hosts", name, "address")


def _is_usable(address: IPv4Address, subnet: IPv4Network) -> bool:
    edges = (subnet.network_address, subnet.broadcast_address)
    return subnet.prefixlen >= _POINT_TO_POINT or address not in edges


def _room(subnet: IPv4Network) -> int:
    return subnet.num_addresses - (0 if subnet.prefixlen >= _POINT_TO_POINT else 2)


def _loopbacks(file: LabFile, domains: Domains) -> Iterator[Given]:
    for name, router in file.routers.items():
        if router.loopback is not None:
            path = ("routers", name, "loopback")
            yield Given(domains.of_node(name), router.loopback, path)


def _loopbacks_in_subnets(file: LabFile, domains: Domains) -> Iterator[Problem]:
    for loopback in _loopbacks(file, domains):
        for at, link in enumerate(file.links):
            subnet = link.subnet
            inside = subnet is not None and loopback.value in subnet
            if inside and domains.of_link(at) == loopback.scope:
                text = f"{loopback.value} is in {subnet}, the subnet of {link.title}"
                yield Problem(loopback.path, text)


def _macs(file: LabFile) -> Iterable[Given]:
    for name, host in file.hosts.items():
        if host.mac is not None:
            yield Given(None, host.mac, ("hosts", name, "mac"))
    for at, link in enumerate(file.links):
        for name, end in link.ends.items():
            if end.mac is not None:
                yield Given(None, end.mac, ("links", at, "ends", name, "mac"))
