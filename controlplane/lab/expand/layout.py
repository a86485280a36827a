"""Every end of every link with nothing left open: interface, port, MAC address, address, cost.

Ports of a router count from 1 in the order of the links, interfaces are named after them (`eth3`,
on a VLAN `eth3.100`), MAC addresses hold the node's number and the port. Links that name the same
ports are VLANs of one wire.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Final

from controlplane.lab.expand import addressing
from controlplane.lab.expand.domains import PROVIDER, Domain, Domains
from controlplane.lab.expand.sites import as_numbers, sites
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.network import End, Link
from controlplane.lab.file.timers import Timers
from controlplane.net.interface import DEFAULT_VRF, ETHERNET_MTU
from controlplane.net.mac import MacAddress

HOST_INTERFACE: Final = "eth0"
_LOCALLY_ADMINISTERED: Final = 0x02 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEnd:
    """One end of a link. `wire` is the interface without its VLAN; `spec` what the file says."""

    link: str
    node: str
    interface: str
    wire: str
    port: int | None
    vlan: int
    mac: MacAddress
    address: IPv4Interface
    mtu: int
    cost: int
    vrf: str
    spec: End


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLink:
    """A link of the file: its subnet, its ends, and whose it is."""

    name: str
    spec: Link
    domain: Domain
    vpn: str | None
    core: bool
    subnet: IPv4Network
    ends: tuple[PlacedEnd, ...]

    def end(self, node: str) -> PlacedEnd:
        return next(end for end in self.ends if end.node == node)


@dataclass(frozen=True)
class Layout:
    """The topology of a lab file, worked out."""

    file: LabFile
    domains: Domains
    loopbacks: Mapping[str, IPv4Address]
    links: tuple[PlacedLink, ...]

    @cached_property
    def ends(self) -> Mapping[str, tuple[PlacedEnd, ...]]:
        """The ends at each node, in the order of the links."""
        found: dict[str, list[PlacedEnd]] = {
            name: [] for name in (*self.file.routers, *self.file.hosts)
        }
        for link in self.links:
            for end in link.ends:
                found[end.node].append(end)
        return {node: tuple(ends) for node, ends in found.items()}

    @cached_property
    def link(self) -> Mapping[str, PlacedLink]:
        """Links by name."""
        return {link.name: link for link in self.links}

    def runs_pim(self, end: PlacedEnd) -> bool:
        """On every link, as its own members need it too: RFC 7761 4.1.6 asks for the DR."""
        is_router = end.node in self.file.routers
        return is_router and (end.spec.pim is None or end.spec.pim.enabled)

    def neighbors(self, end: PlacedEnd) -> Iterator[PlacedEnd]:
        """The other routers' ends of the link."""
        return (
            other
            for other in self.link[end.link].ends
            if other.node != end.node and other.node in self.file.routers
        )

    def hops(self, router: str, via: str, vrf: str) -> Iterator[tuple[PlacedEnd, PlacedEnd]]:
        """Where a neighbour, by name or address, is: the router's own end, and the other's."""
        for own in self.ends[router]:
            for other in self.neighbors(own):
                if own.vrf == vrf and via in (other.node, str(other.address.ip)):
                    yield own, other

    def address(self, name: str) -> IPv4Address:
        """A router's loopback, a host's address, or the address itself."""
        if name in self.file.hosts:
            return self.ends[name][0].address.ip
        return self.loopbacks[name] if name in self.loopbacks else IPv4Address(name)

    def vpn(self, name: str) -> str | None:
        """The VPN that a host or CE is in, the first one where its site is in several."""
        return self.domains.vpn_of_node(name)

    def asn(self, router: str) -> int:
        """The AS that a router is in."""
        return self._customers_ases.get(router, self.file.provider.asn)

    @cached_property
    def _customers_ases(self) -> Mapping[str, int]:
        return as_numbers(self.file)

    def site(self, ce: str) -> tuple[str, ...]:
        """All CEs of the site that a CE is in; nobody's for a router of the core."""
        return next((tuple(site) for site in self._sites if ce in site), ())

    @cached_property
    def _sites(self) -> list[list[str]]:
        return sites(self.file)

    def timers(self, domain: Domain, vpn: str | None) -> tuple[Timers, ...]:
        """What holds for all of a domain, or of a VPN, from the general to the special."""
        file = self.file
        if domain == PROVIDER:
            return file.timers, file.provider.timers
        return (file.timers, file.vpns[vpn].timers) if vpn else (file.timers,)

    def pes(self, vpn: str) -> tuple[str, ...]:
        """The PEs with a VRF of a VPN, in the order of the file."""
        return tuple(name for name in self.file.routers if vpn in self.vrfs(name))

    def vrfs(self, router: str) -> tuple[str, ...]:
        """The VPNs that a router has a VRF of, in the order of the file."""
        present = {end.vrf for end in self.ends[router]}
        return tuple(name for name in self.file.vpns if name in present)


def place(file: LabFile) -> Layout:
    """Work out the topology; the file has passed its checks."""
    domains = Domains(file)
    ports = _Ports(file)
    subnets = addressing.subnets(file, domains)
    links = tuple(
        PlacedLink(
            name=link.title,
            spec=link,
            domain=domains.of_link(at),
            vpn=domains.vpn_of_link(at),
            core=domains.is_core_link(link),
            subnet=subnet,
            ends=tuple(_ends(file, link, subnet, _mtu(file, domains, link), ports)),
        )
        for at, (link, subnet) in enumerate(zip(file.links, subnets, strict=True))
    )
    return Layout(file, domains, addressing.loopbacks(file, domains), links)


def _mtu(file: LabFile, domains: Domains, link: Link) -> int:
    return link.mtu or (file.provider.mtu if domains.is_core_link(link) else ETHERNET_MTU)


def _ends(
    file: LabFile, link: Link, subnet: IPv4Network, mtu: int, ports: _Ports
) -> Iterator[PlacedEnd]:
    for node, address in addressing.addresses(file, link, subnet).items():
        spec = link.ends[node]
        port = ports.take(node, spec) if node in file.routers else None
        wire = spec.interface or (HOST_INTERFACE if port is None else f"eth{port}")
        yield PlacedEnd(
            link=link.title,
            node=node,
            interface=f"{wire}.{link.vlan}" if link.vlan else wire,
            wire=wire,
            port=port,
            vlan=link.vlan,
            mac=_mac(file, node, spec, port),
            address=IPv4Interface((address, subnet.prefixlen)),
            mtu=mtu,
            cost=spec.cost or link.cost,
            vrf=_vrf(file, link, node),
            spec=spec,
        )


def _vrf(file: LabFile, link: Link, node: str) -> str:
    """A `vpn` is the business of PEs: at other ends of the link it says nothing."""
    router = file.routers.get(node)
    return link.vpn if link.vpn and router and router.role == "pe" else DEFAULT_VRF


def _mac(file: LabFile, node: str, spec: End, port: int | None) -> MacAddress:
    given = file.hosts[node].mac if node in file.hosts else spec.mac
    number = [*file.routers, *file.hosts].index(node) + 1
    return given or MacAddress(_LOCALLY_ADMINISTERED | number << 16 | (port or 0))


class _Ports:
    """Hands out the ports of each router, around those that the file gives."""

    def __init__(self, file: LabFile) -> None:
        self._used: dict[str, set[int]] = {name: set() for name in file.routers}
        for link in file.links:
            for node, end in link.ends.items():
                if end.port is not None:
                    self._used[node].add(end.port)

    def take(self, node: str, spec: End) -> int:
        if spec.port is not None:
            return spec.port
        used = self._used[node]
        port = next(number for number in range(1, len(used) + 2) if number not in used)
        used.add(port)
        return port
