"""What must hold of routers and switches: plans are carried out, and nothing is left over.

Each function yields what is wrong, in words; docs/testing.md says each invariant in a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from controlplane.fib.build import FibBuilder
from controlplane.fib.model import Fib
from controlplane.lab.sim_world import SimWorld
from controlplane.net.interface import DEFAULT_VRF
from controlplane.p4rt.memory import MemoryTarget
from controlplane.router.config import Role
from controlplane.router.router import Router
from tests.p4rt.meaning import anonymous, behind_tunnels, meaning
from tests.sim.seeds.network import DATA_MDTS

_PARTS: Final = (
    "interfaces",
    "unicast",
    "groups",
    "vpn_paths",
    "labels",
    "multicast",
    "tunnel_roots",
)
"""Of a Fib, the sets that entries of tables mean."""
_CUSTOMER_NOUNS: Final = ("mroute", "igmp groups", "pim assert", "pim register", "mvpn data-mdt")


def switches(world: SimWorld, routers: Iterable[str]) -> Iterator[str]:
    """A switch holds what its router has planned, which is what its tables say."""
    for name in routers:
        switch = world._switches[name]
        fib, target = switch.router.fib, switch.target
        assert isinstance(target, MemoryTarget)
        if fib != _built_afresh(switch.router):
            yield f"{name}: the plan is not what its tables say"
        held = _held(target)
        if held != {entity.key: entity for entity in target._programmer.installed}:
            yield f"{name}: the switch does not hold what was written to it"
        if wrong := _differing(target, fib):
            yield f"{name}: the switch does otherwise than planned: {wrong}"


def _held(target: MemoryTarget) -> dict[object, object]:
    codec = target._codec
    return {e.key: e for e in codec.decode(target._switch.read(codec.read_all()))}


def _differing(target: MemoryTarget, fib: Fib) -> str:
    """The first part of the Fib that the switch's entries do not mean."""
    means, wanted = meaning(target._programmer.installed), anonymous(fib)
    behind = {table.number for table in fib.tail_tables}
    at_links = frozenset(route for route in wanted.multicast if route.vrf not in behind)
    wanted = replace(wanted, multicast=at_links)
    for part in _PARTS:
        if (seen := getattr(means.fib, part)) != getattr(wanted, part):
            return f"{part}: {seen ^ getattr(wanted, part)}"
    if means.behind_tunnels != set(behind_tunnels(fib)):
        return f"behind tunnels: {means.behind_tunnels ^ set(behind_tunnels(fib))}"
    return ""


def _built_afresh(router: Router) -> Fib:
    old = router._builder
    builder = FibBuilder(router.links.interfaces, old._vrfs, router._outbound._neighbors, old._mpls)
    builder.vpn_labels_changed(router.vpn_labels.meanings)
    for name, vrf in router.vrfs.items():
        builder.routes_changed(name, [route.prefix for route in vrf.rib.routes()])
        for tree in vrf.mrib.trees:
            builder.tree_changed(name, tree)
        for tunnels in [vrf.mvpn.tunnels] if vrf.mvpn else []:
            for flow in tunnels.selective:
                builder.flow_moved(name, flow)
            for leaf in tunnels.leaves:
                builder.leaf_changed(name, leaf)
    return builder.build()


# -- when all have left


def plans(world: SimWorld, routers: Iterable[str]) -> dict[str, Fib]:
    """What switches shall do, but for trees that lead nowhere: a source that nobody listens to is
    forgotten when its Keepalive Timer ends."""
    return {name: _without_dead_ends(world.fib(name)) for name in routers}


def _without_dead_ends(fib: Fib) -> Fib:
    alive = (route for route in fib.multicast if route.replicas or route.tail)
    return replace(fib, multicast=frozenset(alive))


def leftovers(world: SimWorld, routers: Iterable[str]) -> Iterator[str]:
    """What CEs and VRFs still know of groups, and the core of data MDTs."""
    for name in routers:
        router = world._switches[name].router
        for vrf in router.vrfs:
            if vrf == DEFAULT_VRF and router.config.role is not Role.CE:
                yield from _data_mdts(world, name)
                continue
            for noun in _CUSTOMER_NOUNS:
                for row in world.show(name, noun, vrf):
                    yield f"{name} {vrf} {noun}: {row}"


def _data_mdts(world: SimWorld, router: str) -> Iterator[str]:
    for row in world.show(router, "mroute", DEFAULT_VRF):
        if row["group"].startswith(DATA_MDTS):
            yield f"{router}: {row}"
