"""The provider's core in the simulator: how long it takes to start, to exchange labels, to heal.

Control packets are handed over directly where there are hundreds of routers (`sim/direct.py`); all
else is as in any lab. The core is random and connected, of point-to-point links.

It starts twice: with labels for all subnets, as LDP gives them unless told otherwise, and with
those for loopbacks alone (`host_routes_only`): all that VPNs need, and a third of the FECs.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import networkx as nx
import yaml

from bench.figure import Figure
from controlplane.fib.model import Fib
from controlplane.lab.load import Lab, load
from controlplane.lab.routes import Routes
from controlplane.lab.run import Run
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.timeline.model import Phase, Timeline
from controlplane.lab.worlds import SIMULATOR, make_world
from controlplane.net.interface import DEFAULT_VRF
from controlplane.rib.route import Blackhole, Gateway, NextHop, Route, RouteProtocol
from controlplane.sim.direct import DirectTarget

FAILURE = Path(__file__).parent.parent / "mininet" / "labs" / "core-failure.yaml"

_ROUTERS, _LINKS = 200, 400
_LOOPBACKS_ALONE = "provider: {ldp: {host_routes_only: true}}\n"
_FECS = 10_000
_COLD_START, _EXCHANGE, _HEALED = 30.0, 10.0, 1.0
_LIMIT, _STEP = 120.0, 1.0
"""Simulated seconds: until a core must have converged, and between two looks at it."""
_TWO = """\
provider: {ospf: {min_ls_interval: 0.2, min_ls_arrival: 0.1}}
routers: {p1: {role: p}, p2: {role: p}}
links: [{ends: [p1, p2]}]
"""


def core_figures() -> Iterator[Figure]:
    yield from _cold_start("labels for all subnets")
    yield from _cold_start("labels for loopbacks", _LOOPBACKS_ALONE)
    yield from _exchange()
    yield from failure_figures(SIMULATOR)


# -- a cold start


def _cold_start(labels: str, settings: str = "") -> Iterator[Figure]:
    lab = _loaded(_random_core(random.Random(1)) + settings)
    begun = time.perf_counter()
    world = SimWorld(lab.plan, make_target=DirectTarget)
    world.start()
    took = time.perf_counter() - begun
    cheapest = lab.routes.routes()
    while not _is_converged(lab, world, cheapest):
        assert world.now() < _LIMIT, f"the core has not converged in {_LIMIT:g} s"
        begun = time.perf_counter()
        world.advance_to(world.now() + _STEP)
        took += time.perf_counter() - begun
    what = f"{_ROUTERS} routers, {_LINKS} links: cold start, {labels}"
    yield Figure(what, took, "s", _COLD_START)
    yield Figure("  simulated: until then", world.now(), "s")
    world.stop()


def _random_core(rng: random.Random) -> str:
    graph = nx.gnm_random_graph(_ROUTERS, _LINKS, seed=1)
    for part in list(nx.connected_components(graph))[1:]:
        graph.add_edge(0, min(part))
    links = [
        {"ends": {f"p{end}": {"cost": rng.randint(1, 20)} for end in edge}} for edge in graph.edges
    ]
    routers = {f"p{number}": {"role": "p"} for number in graph}
    return yaml.safe_dump({"routers": routers, "links": links})


def _is_converged(lab: Lab, world: SimWorld, cheapest: Routes) -> bool:
    """Every router has all labels, and then by the cheapest ways: OSPF avoids links until LDP has
    labels for them."""
    if not all(_has_all_labels(lab, world.fib(router)) for router in lab.plan.routers):
        return False
    return all(
        _has_cheapest_ways(world, router, cheapest[router, DEFAULT_VRF])
        for router in lab.plan.routers
    )


def _has_all_labels(lab: Lab, fib: Fib) -> bool:
    loopbacks = {f"{address}/32" for address in lab.layout.loopbacks.values()}
    ways = [group for group in fib.groups if group.way in loopbacks]
    labelled = all(member.label is not None for group in ways for member in group.members)
    return len(ways) == len(loopbacks) - 1 and labelled


def _has_cheapest_ways(world: SimWorld, router: str, cheapest: Iterable[Route]) -> bool:
    found = {row["prefix"]: row["metric"] for row in world.show(router, "route", DEFAULT_VRF)}
    return all(found.get(str(route.prefix)) == route.metric for route in cheapest)


def _loaded(text: str) -> Lab:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "core.yaml")
        path.write_text(text)
        return load(path)


# -- many FECs


def _exchange() -> Iterator[Figure]:
    """Both routers get routes to the same networks, which end at the second one."""
    lab = _loaded(_TWO)
    world = SimWorld(lab.plan)
    world.start()
    world.advance_to(_STEP * 10)
    link = lab.layout.links[0]
    here, there = link.end("p1"), link.end("p2")
    begun = time.perf_counter()
    world.replace_routes("p2", DEFAULT_VRF, _routes(Blackhole()))
    world.replace_routes("p1", DEFAULT_VRF, _routes(Gateway(here.interface, there.address.ip)))
    while _labelled(world.fib("p1")) < _FECS:
        world.advance_to(world.now() + 0.01)
    took = time.perf_counter() - begun
    world.stop()
    yield Figure(f"{_FECS:,} FECs over one LDP session, and into the switch", took, "s", _EXCHANGE)


def _routes(next_hop: NextHop) -> list[Route]:
    first = int(IPv4Address("172.16.0.0"))
    networks = (IPv4Network((first + (number << 8), 24)) for number in range(_FECS))
    return [
        Route(prefix=network, protocol=RouteProtocol.STATIC, next_hops=(next_hop,))
        for network in networks
    ]


def _labelled(fib: Fib) -> int:
    """How many ways have labels on all of their next hops."""
    return sum(all(hop.label is not None for hop in group.members) for group in fib.groups)


# -- a failure


def failure_figures(target: str) -> Iterator[Figure]:
    """How long traffic is interrupted when a link of the core falls silent, and when it breaks."""
    lab = load(FAILURE)
    run = Run(lab, make_world(lab.plan, target, None, None), target, lambda _: None)
    verdict = run.play()
    if not verdict.ok:
        raise RuntimeError(f"the lab of failures failed:\n{verdict.as_text(colour=False)}")
    for timeline in run.timelines:
        yield from _healed(timeline, "simulated: " if target == SIMULATOR else "")


def _healed(timeline: Timeline, clock: str) -> Iterator[Figure]:
    if not timeline.gaps:
        return
    longest = max(gap.length for gap in timeline.gaps)
    yield Figure(f"{clock}{timeline.event}: no traffic for", longest, "s", _HEALED)
    for phase in Phase:
        if (ended := timeline.ended(phase)) is not None:
            yield Figure(f"  {phase.value}, until", ended, "s")
