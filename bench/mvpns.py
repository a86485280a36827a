"""100 VPNs with 100 C-groups each on 20 PEs, in the simulator, from nothing to every tree.

Each VPN has a site with a source on one PE, and sites with a receiver on three others, where hosts
on the PE's own link join all groups of the source, one after the other. All VPNs have the same
addresses and groups. PEs find each other by A-D routes through a reflector (profile 3), and every
packet goes through the pipeline, C-PIM in GRE too.

At the end each source sends some packets to one of its groups: the figures are those of a network
in which each receiver got them once, and nobody another VPN's.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

import yaml

from bench.figure import Figure
from controlplane.lab.load import Lab, load
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.world import Stream

VPNS, GROUPS, PES = 100, 100, 20
_SITES, _PS = 4, 4
_FIRST_GROUP: Final = IPv4Address("232.1.1.0")
_SOURCE: Final = IPv4Address("10.0.0.10")
_PORT, _RATE, _COUNT, _SIZE = 5000, 10.0, 3, 100
_READY, _BETWEEN, _STEP, _LIMIT = 30.0, 0.1, 1.0, 120.0
"""Simulated seconds: until hosts begin to join, between two groups, between two looks at what is
there, and until all must be there."""
_WALL = 60.0


def mvpn_figures() -> Iterator[Figure]:
    lab = _lab()
    begun, cpu = time.perf_counter(), time.process_time()
    world = SimWorld(lab.plan)
    world.start()
    world.advance_to(_READY)
    found = time.process_time() - cpu
    _join(world)
    while (trees := _programmed(world)) < VPNS * GROUPS * _SITES:
        assert world.now() < _LIMIT, f"{trees} trees after {_LIMIT:g} s"
        world.advance_to(world.now() + _STEP)
    took, used = time.perf_counter() - begun, time.process_time() - cpu
    what = f"{VPNS} VPNs x {GROUPS} C-groups on {PES} PEs, simulated: all trees there"
    yield Figure(what, took, "s", _WALL)
    yield Figure("  of CPU", used, "s")
    yield Figure("  until PEs had found each other", found, "s")
    _check_streams(world)
    world.stop()


def _join(world: SimWorld) -> None:
    for number in range(GROUPS):
        for vpn in range(VPNS):
            for site in range(1, _SITES):
                world.join(_host(vpn, site), _FIRST_GROUP + number, _SOURCE)
        world.advance_to(world.now() + _BETWEEN)


def _programmed(world: SimWorld) -> int:
    """How many C-routes of all PEs lead somewhere: one at the source's, one at each receiver's."""
    fibs = (world.fib(f"pe{pe}") for pe in range(PES))
    return sum(bool(route.vrf and route.replicas) for fib in fibs for route in fib.multicast)


def _check_streams(world: SimWorld) -> None:
    for vpn in range(VPNS):
        world.send(_stream(vpn))
    world.advance_to(world.now() + _COUNT / _RATE + _STEP)
    for vpn in range(VPNS):
        for other in range(VPNS):
            for site in range(1, _SITES):
                got = list(world.received(_host(other, site), f"v{vpn}").numbers)
                expected = list(range(_COUNT)) if other == vpn else []
                assert got == expected, f"{_host(other, site)} got {got} of v{vpn}"


def _stream(vpn: int) -> Stream:
    return Stream(
        name=f"v{vpn}",
        number=vpn,
        host=_host(vpn, 0),
        destination=_FIRST_GROUP + vpn % GROUPS,
        port=_PORT,
        rate=_RATE,
        count=_COUNT,
        size=_SIZE,
    )


# -- the network


def _host(vpn: int, site: int) -> str:
    return f"v{vpn}-{site}"


def _pe(vpn: int, site: int) -> str:
    """Four different PEs for the sites of a VPN, others for the next VPN."""
    return f"pe{(7 * vpn + site * (1 + vpn % 5)) % PES}"


def _lab() -> Lab:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mvpns.yaml")
        path.write_text(yaml.safe_dump(_network()))
        return load(path)


def _network() -> dict[str, object]:
    ps = [f"p{number}" for number in range(_PS)]
    routers = {f"pe{number}": {"role": "pe"} for number in range(PES)}
    routers |= {p: {"role": "p"} for p in ps}
    sites = [(vpn, site) for vpn in range(VPNS) for site in range(_SITES)]
    return {
        "provider": {"bgp": {"reflectors": ["p0"]}},
        "routers": routers,
        "hosts": {_host(*site): {"address": f"10.0.{site[1]}.10"} for site in sites},
        "links": [*_core(ps), *(_lan(*site) for site in sites)],
        "vpns": {f"v{vpn}": _vpn(vpn) for vpn in range(VPNS)},
    }


def _core(ps: list[str]) -> Iterator[Mapping[str, object]]:
    """P routers in full mesh; two of them for each PE."""
    yield from ({"ends": [one, other]} for one in ps for other in ps if one < other)
    for pe in range(PES):
        yield from ({"ends": [f"pe{pe}", ps[(pe + next_) % _PS]]} for next_ in range(2))


def _lan(vpn: int, site: int) -> dict[str, object]:
    ends = [_pe(vpn, site), _host(vpn, site)]
    return {
        "name": f"{_host(vpn, site)}-lan",
        "ends": ends,
        "vpn": f"v{vpn}",
        "subnet": f"10.0.{site}.0/24",
    }


def _vpn(vpn: int) -> dict[str, object]:
    return {"rd": f"65000:{vpn + 1}", "profile": 3, "default_mdt": f"232.10.0.{vpn + 1}"}
