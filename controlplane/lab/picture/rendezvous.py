"""Rendezvous points of the picture: the routers at which shared trees meet.

A bidirectional tree needs no router there, only an address that routes lead to (RFC 5015 1.1): its
RPA. So the legend has it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.lab.expand.layout import Layout
from controlplane.lab.expand.rendezvous import anycast_addresses, rp_address
from controlplane.lab.file.multicast import NetworkPim, PossibleRp
from controlplane.net.interface import DEFAULT_VRF


@dataclass(frozen=True, slots=True, order=True)
class Badge:
    """What a router is called; `vpn` is None in the provider's own network."""

    router: str
    vpn: str | None
    text: str


def badges(layout: Layout) -> list[Badge]:
    """One for each network that a router is a rendezvous point of, or a candidate to be one."""
    networks: list[tuple[str | None, NetworkPim]] = [(None, layout.file.provider)]
    networks += layout.file.vpns.items()
    found = {
        Badge(router, vpn, _title(rp))
        for vpn, network in networks
        for rp in network.rps
        for router in _routers(layout, vpn, rp_address(layout, vpn, rp.who))
    }
    return sorted(found, key=str)


def meeting_point(layout: Layout, group: IPv4Address) -> str:
    """Where the P-tunnel of a group meets, in words; none for a source's own trees."""
    covering = [rp for rp in layout.file.provider.rps if group in rp.groups]
    longest = max((rp.groups.prefixlen for rp in covering), default=0)
    best = [rp for rp in covering if rp.groups.prefixlen == longest]
    addresses = dict.fromkeys(str(rp_address(layout, None, rp.who)) for rp in best)
    return f", {_title(best[0])} {' or '.join(addresses)}" if best else ""


def _title(rp: PossibleRp) -> str:
    return "RPA" if rp.bidirectional else "RP"


def _routers(layout: Layout, vpn: str | None, address: IPv4Address) -> Iterator[str]:
    """Who has the address in this network; in another one it may be somebody else's."""
    return (name for name in layout.file.routers if address in _addresses(layout, vpn, name))


def _addresses(layout: Layout, vpn: str | None, router: str) -> set[IPv4Address]:
    """A PE has some in its own network and some in each VPN, others all in the one they are in."""
    ends, loopback = layout.ends[router], layout.loopbacks[router]
    if layout.domains.is_core(router):
        here = {end.address.ip for end in ends if end.vrf == (vpn or DEFAULT_VRF)}
        own = here | ({loopback} if vpn is None else set())
    elif layout.vpn(router) == vpn:
        own = {loopback, *(end.address.ip for end in ends)}
    else:
        return set()
    return own | set(anycast_addresses(layout, router, vpn))
