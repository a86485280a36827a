"""Random cores from seeds: a cold start, then links that flap or fall silent, loss, a restart.

Whatever happened, when the core has come to rest all tables are those of the oracle, every LSP
leads where it should, hosts get each packet once, and nothing is left of what is gone. A seed that
fails fails again: `random_core(seed)` is the whole lab.
"""

from __future__ import annotations

import random
from collections import defaultdict
from contextlib import closing
from itertools import permutations, product
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from controlplane.engine.time import Duration
from controlplane.lab.load import Lab, load
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.world import Stream
from tests.sim.core_checks import Checks
from tests.sim.core_oracle import Oracle
from tests.sim.random_cores import random_core

SEEDS: Final = range(10)

Deliveries: TypeAlias = dict[tuple[str, str], list[int]]
"""Numbers of packets by source and receiver."""

REST: Final[Duration] = 6.0
"""Longer than any calculation of routes is put off."""
LIMIT: Final[Duration] = 300.0
"""Sessions of LDP are tried again after 15 s to 120 s (RFC 5036 2.5.3)."""
_COUNT: Final = 20


class Play:
    """One random core in the simulator, with the random choices of what happens to it."""

    def __init__(self, seed: int, folder: Path) -> None:
        path = folder / "core.yaml"
        path.write_text(random_core(seed))
        self.rng = random.Random(seed)
        self.lab: Lab = load(path)
        self.world = SimWorld(self.lab.plan)
        self.core = [link.name for link in self.lab.plan.links if link.core]
        self.down: set[str] = set()
        self.cut: set[str] = set()
        self._sent = 0

    def close(self) -> None:
        self.world.stop()

    def oracle(self) -> Oracle:
        return Oracle(self.lab.layout, self.down, self.cut)

    def rest(self, seconds: Duration) -> None:
        self.world.advance_to(self.world.now() + seconds)

    # -- what happens

    def set_link(self, link: str, *, up: bool) -> None:
        self.world.set_link(link, up)
        (self.down.discard if up else self.down.add)(link)
        self._tell_routes()

    def cut_link(self, link: str, *, cut: bool) -> None:
        self.world.cut_link(link, cut=cut)
        (self.cut.add if cut else self.cut.discard)(link)
        self._tell_routes()

    def _tell_routes(self) -> None:
        """Static routes hang on links."""
        broken = frozenset(self.down | self.cut)
        for (router, vrf), routes in self.lab.routes.given(self.lab.routes.routes(broken)).items():
            self.world.replace_routes(router, vrf, routes)

    def lose(self, most: float) -> None:
        """From now on the links of the core lose a share of their frames."""
        for link in self.core:
            self.world.set_loss(link, self.rng.uniform(most / 4, most))

    def flap(self) -> None:
        """Some links go down and up, again and again, and some of them stay down."""
        for link in self.rng.choices(self.core, k=self.rng.randint(3, 9)):
            self.set_link(link, up=link in self.down)
            self.rest(self.rng.choice((0.01, 0.1, 0.3, 1.0)))
        while not self._is_sound(self.oracle()):
            self.set_link(min(self.down), up=True)

    def _is_sound(self, oracle: Oracle) -> bool:
        """With several areas each must hold together: OSPF leads around no gap in the backbone, and
        then neighbours on a link of another area may not reach each other's loopbacks."""
        return oracle.is_whole or len(oracle.areas) == 1

    def spare_link(self) -> str | None:
        """A link that may break, if there is one."""
        links = self.rng.sample(self.core, len(self.core))
        sound = (link for link in links if self._is_sound(Oracle(self.lab.layout, {link})))
        return next(sound, None)

    # -- how it has come out

    def settle(self, after: str) -> None:
        """Rest until all is as it should be, and on, and find it so."""
        checks, end = Checks(self.world, self.lab.plan, self.oracle()), self.world.now() + LIMIT
        self.rest(1.0)
        while any(checks.routes()) or any(checks.sessions()):
            assert self.world.now() < end, f"after {after}: {checks.faults()[:5]}"
            self.rest(2.0)
        self.rest(REST)
        faults = checks.faults()
        assert not faults, f"after {after}: {faults[:5]}"
        expected = self._expected()
        got = {pair: numbers for pair, numbers in self._deliveries().items() if pair in expected}
        assert got == expected, f"after {after}: {_differing(got, expected)}"

    def _deliveries(self) -> Deliveries:
        """What each host gets when each sends a stream to each other one."""
        streams = [self._send(*pair) for pair in permutations(self.lab.plan.hosts, 2)]
        self.rest(1.0)
        got: Deliveries = defaultdict(list)
        for stream, host in product(streams, self.lab.plan.hosts):
            got[stream.host, host] += self.world.received(host, stream.name).numbers
        return {pair: numbers for pair, numbers in got.items() if numbers}

    def _send(self, source: str, destination: str) -> Stream:
        self._sent += 1
        stream = Stream(
            name=f"{self._sent}",
            number=self._sent,
            host=source,
            destination=self.lab.plan.hosts[destination].address.ip,
            port=5000 + self._sent,
            rate=100,
            count=_COUNT,
            size=100,
        )
        self.world.send(stream)
        return stream

    def _expected(self) -> Deliveries:
        numbers = list(range(_COUNT))
        pairs = permutations(self.lab.plan.hosts, 2)
        return {(source, host): numbers for source, host in pairs if self._is_known(source, host)}

    def _is_known(self, source: str, host: str) -> bool:
        """Whether the source's router has a route to the host's network (a default route may do
        where there is none)."""
        oracle, layout = self.oracle(), self.lab.layout
        link = layout.link[layout.ends[host][0].link]
        routers = {end.node for end in link.ends} - {host}
        (at,) = {end.node for end in layout.link[layout.ends[source][0].link].ends} - {source}
        if at in routers:
            return True
        known = link.subnet in oracle.tellers or any(
            link.subnet in oracle.routes(router) for router in routers
        )
        return known and all(oracle.reaches(at, router) for router in routers)


def _differing(got: Deliveries, expected: Deliveries) -> Deliveries:
    return {
        pair: got.get(pair, []) for pair in got | expected if got.get(pair) != expected.get(pair)
    }


def play(seed: int, folder: Path) -> None:
    with closing(Play(seed, folder)) as core:
        rng = core.rng
        is_lossy = rng.random() < 0.4
        core.lose(0.2 if is_lossy else 0.0)
        core.world.start()
        core.rest(10.0 if is_lossy else 1.0)
        core.lose(0.0)
        core.settle("a cold start")

        core.flap()
        core.settle(f"flaps, without {core.down}")
        for link in sorted(core.down):
            core.set_link(link, up=True)

        if silent := core.spare_link():
            core.cut_link(silent, cut=True)
            core.settle(f"{silent} was cut")
            core.cut_link(silent, cut=False)

        router = rng.choice(sorted(core.lab.plan.routers))
        core.rest(rng.choice((0.0, 10.0)))
        core.world.restart(router)
        core.settle(f"a restart of {router}")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_core_that_has_come_to_rest_is_as_the_graph_says(seed: int, tmp_path: Path) -> None:
    play(seed, tmp_path)
