"""Addresses that rendezvous points share (RFC 4610 2): nobody else has them.

Each member "also needs a separate IP address, to be used for communication between the RPs".
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.expand.domains import PROVIDER, Domain
from controlplane.lab.expand.layout import Layout


def check_anycast(layout: Layout) -> Iterator[Problem]:
    """The provider's, then those of each VPN."""
    for at, rp in enumerate(layout.file.provider.anycast_rp):
        path: FieldPath = ("provider", "anycast_rp", at, "address")
        yield from _is_free(layout, path, rp.address, PROVIDER)
    for name, vpn in layout.file.vpns.items():
        domain = next(link.domain for link in layout.links if link.spec.vpn == name)
        for at, rp in enumerate(vpn.anycast_rp):
            path = ("vpns", name, "anycast_rp", at, "address")
            yield from _is_free(layout, path, rp.address, domain)


def _is_free(
    layout: Layout, path: FieldPath, address: IPv4Address, domain: Domain
) -> Iterator[Problem]:
    for router, loopback in layout.loopbacks.items():
        if loopback == address and layout.domains.of_node(router) == domain:
            yield Problem(path, f"{address} is the loopback of {router}")
    for link in layout.links:
        if address in link.subnet and link.domain == domain:
            yield Problem(path, f"{address} is in {link.subnet}, the subnet of {link.name}")
