"""One router's forwarding state, indexed for look-ups, and whom its ports lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address
from operator import itemgetter

from controlplane.fib.lookup import (
    Prefixes,
    Trees,
    by_label,
    by_name,
    by_prefix,
    by_root,
    by_tree,
    by_way,
    longest_match,
)
from controlplane.fib.model import (
    GLOBAL_VRF,
    REGISTERS,
    Fib,
    LabelRoute,
    MulticastRoute,
    Nhlfe,
    Port,
    Tail,
    TunnelRoot,
    UnicastRoute,
    VpnPath,
)
from controlplane.lab.plan import NetworkPlan
from controlplane.lab.trace.model import Packet
from controlplane.net.interface import DEFAULT_VRF, Interface
from controlplane.net.label import Label
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import SourceGroup
from controlplane.router.config import RouterConfig


@dataclass(frozen=True, slots=True)
class Reached:
    """The other end of a link: a router's interface, or a host's, of which `interface` is None."""

    node: str
    mac: MacAddress | None
    interface: Interface | None


@dataclass(frozen=True)
class RouterTables:
    config: RouterConfig
    fib: Fib

    @cached_property
    def unicast(self) -> Prefixes:
        return by_prefix(self.fib.unicast)

    @cached_property
    def groups(self) -> Mapping[str, tuple[Nhlfe, ...]]:
        return by_way(self.fib.groups)

    @cached_property
    def vpn_paths(self) -> Mapping[str, VpnPath]:
        return by_name(self.fib.vpn_paths)

    @cached_property
    def labels(self) -> Mapping[Label, LabelRoute]:
        return by_label(self.fib.labels)

    @cached_property
    def multicast(self) -> Trees:
        return by_tree(self.fib.multicast)

    @cached_property
    def roots(self) -> Mapping[tuple[int, IPv4Address], int]:
        return by_root(self.fib.tunnel_roots)

    def route(self, vrf: int, address: IPv4Address) -> UnicastRoute | None:
        return longest_match(self.unicast, vrf, int(address))

    def at(self, port: Port) -> Interface:
        """The interface on a port."""
        return next(
            item.interface
            for item in self.config.interfaces
            if (item.interface.port, item.interface.vlan) == (port.port, port.vlan)
        )

    def named(self, index: int) -> str:
        """The name of an interface index; of a tunnel, its tree."""
        if index == REGISTERS:
            return "Registers"
        names = (i.interface.name for i in self.config.interfaces if i.interface.index == index)
        tunnel = self.tunnel(index)
        return next(names, f"tunnel {tunnel}" if tunnel else f"interface {index}")

    def tunnel(self, index: int) -> SourceGroup | None:
        """The outer addresses of what comes in on this index out of a P-tunnel."""
        tails = (
            (route.tail.vrf, route.tree)
            for route in self.fib.multicast
            if route.tail is not None and route.tail.iif == index
        )
        # Of a PE's trees the inclusive one stands for all: its tail has the VRF's own number.
        inclusive = min(tails, key=itemgetter(0), default=None)
        if inclusive is not None:
            return inclusive[1] if isinstance(inclusive[1], SourceGroup) else None
        return next(
            (self._shared(root) for root in self.fib.tunnel_roots if root.iif == index), None
        )

    def _shared(self, root: TunnelRoot) -> SourceGroup | None:
        tails = (route for route in self.fib.multicast if route.tail == Tail(root.vrf, None))
        return next((SourceGroup(root.pe, route.tree.group) for route in tails), None)

    def out_of(self, tail: Tail, tunnel: SourceGroup) -> int | None:
        """What packets come in on in the VRF where a tunnel ends."""
        return self.roots.get((tail.vrf, tunnel.source)) if tail.iif is None else tail.iif

    def inside(self, outer: MulticastRoute, packet: Packet) -> MulticastRoute | None:
        """The C-route that takes a packet from the tunnel that it is in."""
        if outer.tail is None or packet.gre is None or not isinstance(packet.inner, SourceGroup):
            return None
        found = self.multicast.of(outer.tail.vrf, packet.inner)
        accepts = found is not None and self.out_of(outer.tail, packet.gre) in found.iifs
        return found if accepts else None

    @cached_property
    def vrfs(self) -> dict[str, int]:
        """The numbers of the VRFs by name."""
        return {DEFAULT_VRF: GLOBAL_VRF} | {vrf.name: vrf.id for vrf in self.config.vrfs}

    def vrf_name(self, number: int) -> str:
        owners = {table.number: table.vrf for table in self.fib.tail_tables}
        wanted = owners.get(number, number)
        return next(name for name, known in self.vrfs.items() if known == wanted)

    def vrf_of(self, interface: Interface) -> int:
        return next(entry.vrf for entry in self.fib.interfaces if entry.index == interface.index)


class Topology:
    """Who is at the other ends of each link."""

    def __init__(self, plan: NetworkPlan) -> None:
        self._plan = plan
        self._links = {(end.node, end.port): link for link in plan.links for end in link.ends}

    def across(self, router: str, interface: Interface) -> list[Reached]:
        """The other ends, in the VLAN of the interface."""
        link = self._links.get((router, interface.port))
        ends = link.ends if link else ()
        return [
            reached
            for end in ends
            if end.node != router and (reached := self._end(end.node, end.port, interface.vlan))
        ]

    def _end(self, node: str, port: int | None, vlan: int) -> Reached | None:
        if node in self._plan.hosts:
            return Reached(node, self._plan.hosts[node].mac, None)
        interfaces = (item.interface for item in self._plan.routers[node].interfaces)
        found = next((i for i in interfaces if (i.port, i.vlan) == (port, vlan)), None)
        return Reached(node, found.mac, found) if found else None
