"""The unicast half of the desired state: routes, labels, and what they lead to.

What changed is marked, and only that is computed again. Behind it stand next hop groups and VPN
paths, which routes share and which change without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network

from controlplane.fib.labels import (
    EXPLICIT_NULL_ROUTE,
    fec_label_route,
    incoming_label,
    prefix_label_route,
)
from controlplane.fib.model import ForwardVpn, LabelRoute, PopAndLookUp, UnicastRoute
from controlplane.fib.next_hops import NextHopGroups
from controlplane.fib.sources import Mpls, Prefix, VrfTables
from controlplane.fib.subnets import Subnets
from controlplane.fib.table import Table, VrfTable
from controlplane.fib.unicast import (
    Goal,
    Neighbor,
    Neighbors,
    action_of,
    attached_neighbor,
    forward,
    goal_of,
    neighbor_goal,
    popping_goal,
)
from controlplane.fib.vpn_paths import VpnPaths, path_list
from controlplane.net.interface import DEFAULT_VRF, Interface
from controlplane.net.interned import host
from controlplane.net.label import EXPLICIT_NULL, Label
from controlplane.protocols.ldp.events import FecBinding
from controlplane.rib.route import Attached, Route


class UnicastBuilder:
    """The tables and `neighbors` are the router's own: they change under the builder."""

    def __init__(
        self,
        interfaces: Mapping[str, Interface],
        vrfs: Mapping[str, VrfTables],
        neighbors: Neighbors,
        mpls: Mpls,
    ) -> None:
        self._vrfs = vrfs
        self._neighbors = neighbors
        self._mpls = mpls
        self._subnets = Subnets(interfaces)
        self.groups = NextHopGroups(interfaces, neighbors)
        self.paths = VpnPaths(self._goal_to_pe, self.groups)
        self.routes: VrfTable[IPv4Network, UnicastRoute] = VrfTable()
        self.labels: Table[IPv4Network | Label, LabelRoute] = Table()
        """By FEC, or by the label itself where it is no FEC's."""
        self._label_of: dict[Prefix, Label] = {}
        self._labelled: dict[Label, Prefix] = {}
        self._vrf_labels: dict[Label, str] = {}
        self._stale: set[Prefix] = set()
        if mpls.interfaces:
            self.labels.put(EXPLICIT_NULL, EXPLICIT_NULL_ROUTE)

    def routes_changed(self, vrf: str, prefixes: Iterable[IPv4Network]) -> None:
        """The installed routes of these prefixes are others now, or gone."""
        self._stale.update((vrf, prefix) for prefix in prefixes)
        self._stale.update(
            _host(vrf, neighbor)
            for neighbor in self._neighbors
            if vrf in self._subnets.vrfs(neighbor[0])
        )

    def neighbor_changed(self, neighbor: Neighbor) -> None:
        """A neighbour's MAC address is another now, or unknown."""
        self._stale.update(_host(vrf, neighbor) for vrf in self._subnets.vrfs(neighbor[0]))
        self.groups.neighbor_changed(neighbor)

    def bindings_changed(self, fecs: Iterable[IPv4Network]) -> None:
        """The labels of these FECs are others now."""
        self._stale.update((DEFAULT_VRF, fec) for fec in fecs)

    def vpn_labels_changed(self, labels: Iterable[Label]) -> None:
        """These labels have got a meaning, perhaps another one than before."""
        assert self._mpls.vpn_labels is not None
        for label in labels:
            meaning = self._mpls.vpn_labels.meanings[label]
            if (former := self._labelled.pop(label, None)) is not None:
                del self._label_of[former]
            if meaning.prefix is None:
                self._vrf_labels[label] = meaning.vrf
            else:
                key = self._labelled[label] = meaning.vrf, meaning.prefix
                self._label_of[key] = label
                self._stale.add(key)

    def goal_to(self, vrf: str, address: IPv4Address) -> tuple[Goal | None, tuple[Label, ...]]:
        """Where a VRF's table leads packets to an address, and the label below that of the way."""
        route = self._vrfs[vrf].rib.lookup(address)
        if route is None:
            return None, ()
        if paths := path_list(route):
            label, goal = self.paths.best(paths)
            return goal, (label,)
        for hop in route.next_hops:
            if isinstance(hop, Attached):
                return neighbor_goal((hop.interface, address)), ()
        binding = self._mpls.labels.of(route.prefix) if vrf == DEFAULT_VRF else None
        return goal_of(vrf, route, binding), ()

    @property
    def stale(self) -> bool:
        """Whether something is other than after the last `refresh`."""
        return bool(self._stale or self._vrf_labels or self.groups.stale)

    def refresh(self) -> None:
        """Compute what is stale; the neighbours of a subnet that came or went follow it."""
        while self._stale:
            stale, self._stale = self._stale, set()
            self.paths.provider_changed([p for vrf, p in stale if vrf == DEFAULT_VRF])
            for vrf, prefix in stale:
                self._build(vrf, prefix)
        self.paths.refresh()
        for label, vrf in self._vrf_labels.items():
            self.labels.put(label, LabelRoute(label, PopAndLookUp(self._vrfs[vrf].id)))
        self._vrf_labels.clear()

    def _build(self, vrf: str, prefix: IPv4Network) -> None:
        key = vrf, prefix
        route = self._vrfs[vrf].rib.installed(prefix)
        binding = self._mpls.labels.of(prefix) if vrf == DEFAULT_VRF else None
        goal = self._goal(vrf, prefix, route, binding)
        paths = path_list(route) if route else None
        moved = self.groups.use(key, goal)
        if moved or goal is None or paths is not None:
            through_vpn = self.paths.use(self._path(key), paths)
            self.routes.put(vrf, prefix, self._route(key, route, goal, through_vpn))
        if vrf == DEFAULT_VRF:
            self._build_fec_label(prefix, incoming_label(binding), goal, moved)
        elif (label := self._label_of.get(key)) is not None:
            self._build_vpn_label(label, vrf, route, goal)
        for interface in self._subnets.put(key, route):
            self._stale.update(_host(vrf, n) for n in self._neighbors if n[0] == interface)

    def _goal(
        self, vrf: str, prefix: IPv4Network, route: Route | None, binding: FecBinding | None
    ) -> Goal | None:
        if route is not None:
            return goal_of(vrf, route, binding)
        neighbor = attached_neighbor(self._vrfs[vrf].rib, prefix)
        return neighbor_goal(neighbor) if neighbor and neighbor in self._neighbors else None

    def _goal_to_pe(self, pe: IPv4Address) -> Goal | None:
        """Where the provider's table leads packets to another PE, by its longest prefix."""
        route = self._vrfs[DEFAULT_VRF].rib.lookup(pe)
        return goal_of(DEFAULT_VRF, route, self._mpls.labels.of(route.prefix)) if route else None

    def _path(self, key: Prefix) -> ForwardVpn | None:
        """What the entry of a prefix names so far, if that is a VPN path."""
        entry = self.routes.get(*key)
        return entry.action if entry and isinstance(entry.action, ForwardVpn) else None

    def _route(
        self,
        key: Prefix,
        route: Route | None,
        goal: Goal | None,
        through_vpn: ForwardVpn | None,
    ) -> UnicastRoute | None:
        """An entry is that of an installed route or, inside an attached subnet, of a neighbour."""
        vrf, prefix = self._vrfs[key[0]].id, key[1]
        if through_vpn is not None:
            return UnicastRoute(vrf, prefix, through_vpn)
        if route is not None:
            return UnicastRoute(vrf, prefix, action_of(route.next_hops[0], goal))
        return UnicastRoute(vrf, prefix, forward(goal.way)) if goal else None

    def _build_fec_label(
        self, prefix: IPv4Network, label: Label | None, goal: Goal | None, moved: bool
    ) -> None:
        """Other next hops of the same way are no business of its label."""
        entry = self.labels.get(prefix)
        if moved or label != (entry.label if entry else None):
            self.labels.put(prefix, fec_label_route(label, goal))

    def _build_vpn_label(
        self, label: Label, vrf: str, route: Route | None, goal: Goal | None
    ) -> None:
        """The label of one prefix; while there is no route to it, it leads nowhere."""
        popped = popping_goal(goal) if goal else None
        self.groups.use(label, popped)
        entry = prefix_label_route(label, self._vrfs[vrf].id, popped) if route else None
        self.labels.put(label, entry)


def _host(vrf: str, neighbor: Neighbor) -> Prefix:
    return vrf, host(neighbor[1])
