"""Random networks of engines with random faults: when all is quiet, all know what they should.

What they should know is worked out by a few lines that share nothing with the engine: every router
picks the best of what its neighbours picked, over and over, until nobody changes his mind. Paths
are compared by their length alone and then by what tells routers apart, so there is one answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from random import Random
from typing import Any, TypeAlias

import pytest

from controlplane.net.vpn import RouteTarget
from controlplane.protocols.bgp.engine import BgpEngine
from controlplane.protocols.bgp.events import TargetsWanted
from controlplane.wire.bgp.nlri import NlriKey
from tests.protocols.bgp.harness import Network
from tests.protocols.bgp.speaker import AS
from tests.protocols.bgp.tabled import MEMBERS, UNICAST, VPNV4, prefix, targets, vpn

QUIET = 1000.0
"""Long enough for every peer to leave Idle after its worst hold time."""

Ases: TypeAlias = tuple[int, ...]


@dataclass
class World:
    """Routers of several ASes; those of one are fully meshed, links join some of different ones."""

    rng: Random
    network: Network = field(default_factory=Network)
    asn: dict[str, int] = field(default_factory=dict)
    links: dict[frozenset[str], str] = field(default_factory=dict)
    mesh: set[frozenset[str]] = field(default_factory=set)
    cut: set[frozenset[str]] = field(default_factory=set)
    owners: dict[NlriKey, set[str]] = field(default_factory=dict)
    deaf: set[str] = field(default_factory=set)

    def build(self) -> None:
        settings: dict[str, Any] = {"restart_time": self.rng.choice((0.0, 60.0))}
        for number in range(self.rng.randint(3, 5)):
            names = [f"r{number}{letter}" for letter in "abc"[: self.rng.randint(1, 3)]]
            for name in names:
                self.asn[name] = 65000 + number
                self.network.router(name, 65000 + number)
            for at, name in enumerate(names):
                for other in names[at + 1 :]:
                    self.network.session(name, other, next_hop_self=True, **settings)
                    self.mesh.add(frozenset((name, other)))
        self._join_ases(settings)
        self.network.start()

    def happens(self) -> None:
        """Something, anywhere."""
        rng, network = self.rng, self.network
        key = prefix(rng.randrange(4))
        name = rng.choice(sorted(self.asn))
        pair = rng.choice(sorted(self.links, key=sorted))
        match rng.randrange(8):
            case 6:
                self._starts_anew(name)
            case 7:
                network.stop_reading(name)
                self.deaf.add(name)
            case 0 | 1:
                self.owners.setdefault(key, set()).add(name)
                network.originate(name, UNICAST, key)
            case 2:
                self.owners.get(key, set()).discard(name)
                network.withdraw(name, UNICAST, key)
            case 3 if pair not in self.cut:
                self.cut.add(pair)
                network.cut(self.links[pair])
            case 4 if self.cut:
                mended = rng.choice(sorted(self.cut, key=sorted))
                self.cut.discard(mended)
                network.mend(self.links[mended])
            case _:
                network.reset(*rng.choice(sorted(map(sorted, self.mesh | set(self.links)))))
        network.run(rng.choice((0.0, 0.02, 0.5, 5.0)))
        if rng.random() < 0.5:
            self.all_read()

    def all_read(self) -> None:
        while self.deaf:
            self.network.read_again(self.deaf.pop())

    def sessions(self) -> set[frozenset[str]]:
        return self.mesh | (set(self.links) - self.cut)

    def _starts_anew(self, name: str) -> None:
        """All that it knew is gone, and all that it owns is told to it again."""
        self.network.crash(name, is_heard=self.rng.random() < 0.5)
        self.network.run(self.rng.choice((0.1, 20.0)))
        self.network.start(name)
        for key, owners in self.owners.items():
            if name in owners:
                self.network.originate(name, UNICAST, key)

    def _join_ases(self, settings: dict[str, Any]) -> None:
        names = sorted(self.asn)
        for name in names:
            others = [other for other in names if self.asn[other] != self.asn[name]]
            other = self.rng.choice(others)
            if frozenset((name, other)) not in self.links:
                self.links[frozenset((name, other))] = self.network.link(name, other, **settings)


def expected(world: World, key: NlriKey) -> dict[str, Ases]:
    """The AS path by which each router reaches a key, () for its owners."""
    picked: dict[str, tuple[Ases, str | None]] = {}
    for _ in range(100):
        fresh = {name: pick for name in world.asn if (pick := _pick(world, key, name, picked))}
        if fresh == picked:
            return {name: ases for name, (ases, _) in picked.items()}
        picked = fresh
    raise AssertionError("no answer")


def _pick(
    world: World, key: NlriKey, name: str, picked: dict[str, tuple[Ases, str | None]]
) -> tuple[Ases, str | None] | None:
    if name in world.owners.get(key, ()):
        return ((), None)
    offers = []
    for other in world.asn:
        if other not in picked or frozenset((name, other)) not in world.sessions():
            continue
        ases, source = picked[other]
        is_inside = world.asn[name] == world.asn[other]
        if source == name or (is_inside and source and world.asn[source] == world.asn[other]):
            continue
        if not is_inside:
            ases = (world.asn[other], *ases)
        if world.asn[name] not in ases:
            router_id = world.network.routers[other].loopback
            offers.append((len(ases), is_inside, router_id, ases, other))
    return min(offers)[3:] if offers else None


@pytest.mark.parametrize("seed", range(25))
def test_every_router_ends_up_with_the_best_paths_that_there_are(seed: int) -> None:
    world = World(Random(seed))
    world.build()
    for _ in range(world.rng.randint(5, 40)):
        world.happens()
    world.all_read()
    world.network.run(QUIET)
    for key in map(prefix, range(4)):
        assert _known(world, key) == expected(world, key), key
    assert_both_ends_agree(world.network)


def _known(world: World, key: NlriKey) -> dict[str, Ases]:
    known = {}
    for name in world.asn:
        best = world.network.best(name, UNICAST).get(key)
        if best is not None:
            segments = best.attributes.as_path.segments
            known[name] = tuple(asn for segment in segments for asn in segment.ases)
    return known


def assert_both_ends_agree(network: Network) -> None:
    """What one end of a session has told is what the other one has."""
    for name, router in network.routers.items():
        for config in router.config.peers:
            owners = (one for one in network.routers.values() if config.address in one.addresses)
            other = next(owners)
            assert router.engine is not None
            assert other.engine is not None
            for family in config.families:
                told = router.engine.advertised(config.address, family)
                heard = set(_heard(other.engine, config.local))
                assert {view.key for view in told} == {
                    key for of_family, key in heard if of_family is family
                }, (name, other.name)


def _heard(engine: BgpEngine, peer: IPv4Address) -> Iterator[tuple[object, NlriKey]]:
    for family in (UNICAST, VPNV4, MEMBERS):
        for view in engine.routes(family):
            assert not any(path.is_stale for path in view.paths)
            if any(path.peer == peer for path in view.paths):
                yield family, view.key


# -- VPNs

VPNS = [RouteTarget(0, AS, number) for number in range(4)]


@pytest.mark.parametrize("memberships", [True, False], ids=["memberships", "no memberships"])
@pytest.mark.parametrize("seed", range(12))
def test_every_pe_ends_up_with_the_routes_of_its_vpns(seed: int, memberships: bool) -> None:
    """PEs behind two reflectors; what they import changes, sessions break, routes come and go."""
    rng, network = Random(seed), Network(seed)
    families = frozenset({VPNV4, MEMBERS} if memberships else {VPNV4})
    pes, reflectors = [f"pe{number}" for number in range(5)], ["rr1", "rr2"]
    for name in (*pes, *reflectors):
        network.router(name)
    for reflector in reflectors:
        for pe in pes:
            network.session(reflector, pe, families=families, of_one={"reflector_client": True})
    network.session(*reflectors, families=families)
    network.start()
    wanted: dict[str, frozenset[RouteTarget]] = {pe: frozenset() for pe in pes}
    routes: dict[NlriKey, tuple[str, RouteTarget]] = {}
    for _ in range(rng.randint(10, 40)):
        pe, number, target = rng.choice(pes), rng.randrange(8), rng.choice(VPNS)
        key = vpn(number, rd=pes.index(pe))
        match rng.randrange(5):
            case 0 | 1:
                routes[key] = (pe, target)
                network.originate(pe, VPNV4, key, extended_communities=targets(target))
            case 2:
                routes.pop(key, None)
                network.withdraw(pe, VPNV4, key)
            case 3:
                wanted[pe] ^= {target}
                network.tell(pe, TargetsWanted(targets=wanted[pe]))
            case _:
                network.reset(rng.choice(reflectors), pe)
        network.run(rng.choice((0.0, 0.02, 1.0, 30.0)))
    network.run(QUIET)
    for pe in pes:
        expected_here = {
            key for key, (owner, target) in routes.items() if owner == pe or target in wanted[pe]
        }
        assert set(network.best(pe, VPNV4)) == expected_here, pe
    assert_told_or_unwanted(network)


def assert_told_or_unwanted(network: Network) -> None:
    """Nobody has a route of a peer that the peer does not tell him."""
    for router in network.routers.values():
        for config in router.config.peers:
            other = next(one for one in network.routers.values() if one.loopback == config.address)
            assert router.engine is not None
            assert other.engine is not None
            told = {view.key for view in router.engine.advertised(config.address, VPNV4)}
            heard = {key for family, key in _heard(other.engine, config.local) if family is VPNV4}
            assert heard <= told
