"""How long OSPF calculates: 1,000 routers and 4,000 links in one area.

The network is random, connected, and of point-to-point links, each with a subnet of its own; every
router has a loopback address.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from statistics import median

from bench.figure import Figure
from controlplane.protocols.ospf.attached import AreaView
from controlplane.protocols.ospf.calculation import RouteCalculation
from controlplane.protocols.ospf.events import BACKBONE, AreaSettings, OspfConfig
from controlplane.protocols.ospf.lsdb import Lsdb
from controlplane.wire.ospf.bodies import LinkType, RouterLink, RouterLsa
from controlplane.wire.ospf.lsa import INITIAL_SEQUENCE_NUMBER, Lsa, LsaKey, LsType

_ROUTERS, _LINKS = 1_000, 4_000
_FAR = _ROUTERS - 1
_RUNS = 5
_HOST, _SLASH_31 = IPv4Address("255.255.255.255"), IPv4Address("255.255.255.254")
_LOOPBACKS, _SUBNETS = int(IPv4Address("10.255.0.0")), int(IPv4Address("10.0.0.0"))
_CONFIG = OspfConfig(router_id=IPv4Address(_LOOPBACKS))
_NO_EXTERNALS = Lsdb()


class _Area:
    """The routers' LSAs, as router 0 has them in its database."""

    def __init__(self, seed: int) -> None:
        self._links: list[list[RouterLink]] = [[_loopback(number)] for number in range(_ROUTERS)]
        self._edges: list[tuple[int, int]] = []
        self.lsdb = Lsdb()
        self._wire(random.Random(seed))
        for number in range(_ROUTERS):
            self.originate(number)

    def _wire(self, rng: random.Random) -> None:
        for number in range(1, _ROUTERS):
            self._connect(number, rng.randrange(number), rng.randint(1, 20))
        while len(self._edges) < _LINKS:
            one, other = rng.sample(range(_ROUTERS), 2)
            self._connect(one, other, rng.randint(1, 20))

    def _connect(self, one: int, other: int, metric: int) -> None:
        subnet = _SUBNETS + 2 * len(self._edges)
        self._edges.append((one, other))
        for end, far, address in ((one, other, subnet), (other, one, subnet + 1)):
            self._links[end] += [
                _link(LinkType.POINT_TO_POINT, _router_id(far), IPv4Address(address), metric),
                _link(LinkType.STUB, IPv4Address(subnet), _SLASH_31, metric),
            ]

    def view(self) -> AreaView:
        local = {link.link_data: f"eth{at}" for at, link in enumerate(self._links[0])}
        return AreaView(AreaSettings(id=BACKBONE), self.lsdb, local)

    def originate(self, number: int) -> LsaKey:
        """Put a router's LSA into the database; returns its key."""
        lsa = Lsa.make(
            options=0,
            ls_type=LsType.ROUTER,
            link_state_id=_router_id(number),
            advertising_router=_router_id(number),
            sequence_number=INITIAL_SEQUENCE_NUMBER,
            body=RouterLsa(links=tuple(self._links[number])),
        )
        self.lsdb.install(lsa, 0.0)
        return lsa.key

    def renumber_loopback(self, number: int) -> LsaKey:
        loopback = self._links[number][0]
        moved = IPv4Address(int(loopback.link_id) ^ 1 << 16)
        self._links[number][0] = replace(loopback, link_id=moved)
        return self.originate(number)

    def change_cost(self, number: int, by: int) -> LsaKey:
        """Change the cost of a router's first link to another one."""
        link = self._links[number][1]
        self._links[number][1] = replace(link, metric=link.metric + by)
        return self.originate(number)


def ospf_figures() -> Iterator[Figure]:
    area = _Area(seed=1)
    view, calculation = area.view(), RouteCalculation(_CONFIG)
    size = f"{_ROUTERS:,} routers, {_LINKS:,} links"
    full = (_timed(RouteCalculation(_CONFIG), view, set()) for _ in range(_RUNS))
    yield Figure(f"OSPF routes of {size}: in full", median(full), "s", 0.5)

    _timed(calculation, view, set())
    leaf = (_timed(calculation, view, {area.renumber_loopback(_FAR)}) for _ in range(_RUNS))
    yield Figure("  a prefix changes at a leaf", 1e3 * median(leaf), "ms", 50)

    for where, number in (("far away", _FAR), ("of this router", 0)):
        costs = (area.change_cost(number, by) for by in (20, -20) * _RUNS)
        changed = median(_timed(calculation, view, {key}) for key in costs)
        yield Figure(f"  a link's cost changes, {where}", 1e3 * changed, "ms")


def _timed(calculation: RouteCalculation, view: AreaView, changed: set[LsaKey]) -> float:
    keys = {(BACKBONE, key) for key in changed}
    started = time.perf_counter()
    calculation.run({BACKBONE: view}, _NO_EXTERNALS, keys)
    return time.perf_counter() - started


def _router_id(number: int) -> IPv4Address:
    return IPv4Address(_LOOPBACKS + number)


def _loopback(number: int) -> RouterLink:
    return _link(LinkType.STUB, _router_id(number), _HOST, 0)


def _link(kind: LinkType, link_id: IPv4Address, link_data: IPv4Address, metric: int) -> RouterLink:
    return RouterLink(type=kind, link_id=link_id, link_data=link_data, metric=metric)
