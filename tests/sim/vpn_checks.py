"""What is wrong with a network of VPNs that has come to rest, in words; and what it forwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from controlplane.fib.model import Fib, Forward, ForwardVpn, UnicastAction
from controlplane.lab.plan import NetworkPlan
from controlplane.lab.sim_world import SimWorld
from controlplane.net.interface import DEFAULT_VRF
from controlplane.router.config import Role
from tests.sim.vpn_oracle import Customer, Oracle, Routing

Forwarding: TypeAlias = frozenset[tuple[object, ...]]
"""A Fib without what depends on history: numbers of labels and tunnels, and whose MAC is known."""


def table_faults(world: SimWorld, oracle: Oracle, customer: Customer) -> Iterator[str]:
    """VRFs and CEs know exactly the LANs that they should."""
    lans = {site.subnet for site in customer.sites}
    for (pe, vpn), known in oracle.tables(customer).items():
        yield from _differing(f"{pe} in {vpn}", _prefixes(world, pe, vpn) & lans, known)
    for site in customer.sites:
        if site.routing is Routing.BGP:
            seen = _prefixes(world, site.ces[0], DEFAULT_VRF) & (lans - {site.subnet})
            yield from _differing(site.ces[0], seen, oracle.known_at(customer, site))


def _prefixes(world: SimWorld, router: str, vrf: str) -> set[str]:
    return {row["prefix"] for row in world.show(router, "route", vrf)}


def _differing(where: str, seen: set[str], wanted: set[str]) -> Iterator[str]:
    if seen != wanted:
        yield f"{where} knows {sorted(seen)}, not {sorted(wanted)}"


def switch_faults(world: SimWorld, plan: NetworkPlan) -> Iterator[str]:
    """Switches hold all routes of VRFs, and exactly the VPN paths that these use."""
    for router in plan.routers:
        fib = world.fib(router)
        used = {one.action.path for one in fib.unicast if isinstance(one.action, ForwardVpn)}
        held = {path.name for path in fib.vpn_paths}
        if used != held:
            yield f"{router}: VPN paths {held ^ used} are only held, or only used"
        for vrf in plan.routers[router].vrfs:
            prefixes = {str(one.prefix) for one in fib.unicast if one.vrf == vrf.id}
            if missing := _prefixes(world, router, vrf.name) - prefixes:
                yield f"{router}: the switch misses {missing} of {vrf.name}"


def leftovers(world: SimWorld, plan: NetworkPlan) -> Iterator[str]:
    """What the core still knows of customers when all of their links are down."""
    for router, config in plan.routers.items():
        if config.role is Role.CE:
            continue
        for row in world.show(router, "bgp vpnv4", DEFAULT_VRF):
            yield f"{router}: VPN route {row['route']}"
        fib = world.fib(router)
        of_vrfs = [*(r for r in fib.unicast if r.vrf), *(r for r in fib.multicast if r.vrf)]
        for left in (*of_vrfs, *fib.vpn_paths):
            yield f"{router}: {left}"


def forwarding(world: SimWorld, plan: NetworkPlan) -> dict[str, Forwarding]:
    """By router."""
    return {router: _forwarding(world, router) for router in plan.routers}


def _forwarding(world: SimWorld, router: str) -> Forwarding:
    fib = world.fib(router)
    neighbors = {f"{row['address']}/32" for row in world.show(router, "arp", None)}
    unicast = {
        ("unicast", one.vrf, str(one.prefix), _goal(fib, one.action))
        for one in fib.unicast
        if str(one.prefix) not in neighbors
    }
    interfaces = {one.index for one in fib.interfaces}
    multicast = {
        (
            "multicast",
            one.vrf,
            str(one.tree),
            frozenset(iif if iif in interfaces else "tunnel" for iif in one.iifs),
            one.replicas,
            one.tail is None,
        )
        for one in fib.multicast
    }
    return frozenset(unicast | multicast)


def _goal(fib: Fib, action: UnicastAction) -> object:
    match action:
        case ForwardVpn(name):
            return next(path.way for path in fib.vpn_paths if path.name == name)
        case Forward(way):
            return way
        case _:
            return type(action).__name__
