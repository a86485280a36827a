"""Random larger networks from seeds: joins, a broken link, a restarted router, leaves.

Whatever happened, when the network has come to rest every receiver gets each packet exactly once,
nothing crosses from VPN to VPN, and when all have left nothing is left. A seed that fails fails
again: `random_lab(seed)` is the whole lab.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from controlplane.lab.load import Lab, load
from controlplane.lab.plan import LinkPlan
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.world import Stream
from tests.sim.random_labs import GROUP, random_lab

SEEDS = range(10)
CONVERGENCE = 20.0
AFTER_RESTART = 30.0
"""The IGMP querier that starts anew hears of its members within its Query Response Interval."""


class Play:
    """One random lab in the simulator, with the random choices of what happens to it."""

    def __init__(self, seed: int, folder: Path) -> None:
        path = folder / "random.yaml"
        path.write_text(random_lab(seed))
        self.rng = random.Random(seed)
        self.lab: Lab = load(path)
        self.world = SimWorld(self.lab.plan)
        self.world.start()
        self.rest(CONVERGENCE)
        self.sources = {name: spec.from_ for name, spec in self.lab.file.streams.items()}
        self.joined = {vpn: self._some_receivers(vpn) for vpn in self.sources}
        self._number = 0

    def close(self) -> None:
        self.world.stop()

    def rest(self, seconds: float) -> None:
        self.world.advance_to(self.world.now() + seconds)

    def _some_receivers(self, vpn: str) -> list[str]:
        hosts = [
            name
            for name in self.lab.plan.hosts
            if name.startswith(f"{vpn}-") and name != self.sources[vpn]
        ]
        return self.rng.sample(hosts, self.rng.randint(1, len(hosts)))

    def _membership(self) -> Iterator[tuple[str, IPv4Address]]:
        """Each receiver, and the source that it asks for."""
        for vpn, hosts in self.joined.items():
            for host in hosts:
                yield host, self.lab.plan.hosts[self.sources[vpn]].address.ip

    def join(self) -> None:
        for host, source in self._membership():
            self.world.join(host, IPv4Address(GROUP), source)
        self.rest(CONVERGENCE)

    def leave(self) -> None:
        for host, source in self._membership():
            self.world.leave(host, IPv4Address(GROUP), source)
        self.rest(10.0)

    def set_link(self, link: str, up: bool) -> None:
        """The link changes, and the route provider says what follows."""
        self.world.set_link(link, up)
        down = frozenset() if up else frozenset({link})
        routes_now = self.lab.routes.given(self.lab.routes.routes(down))
        for (router, vrf), routes in routes_now.items():
            self.world.replace_routes(router, vrf, routes)
        self.rest(CONVERGENCE)

    def spare_link(self) -> str | None:
        """A core link without which all P and PE routers still reach each other."""
        core = [link for link in self.lab.plan.links if link.core]
        return next(
            (link.name for link in self.rng.sample(core, len(core)) if _spare(core, link)), None
        )

    def deliveries(self) -> dict[tuple[str, str], list[int]]:
        """Send a stream in each VPN; what hosts got, by (host, VPN), where it is anything."""
        streams = []
        for vpn, source in self.sources.items():
            self._number += 1
            stream = Stream(
                name=f"{vpn} {self._number}",
                number=self._number,
                host=source,
                destination=IPv4Address(GROUP),
                port=5000,
                rate=1000,
                count=20,
                size=100,
            )
            self.world.send(stream)
            streams.append((vpn, stream))
        self.rest(1.0)
        got = {
            (host, vpn): list(self.world.received(host, stream.name).numbers)
            for host in self.lab.plan.hosts
            for vpn, stream in streams
        }
        return {key: numbers for key, numbers in got.items() if numbers}

    def expected(self) -> dict[tuple[str, str], list[int]]:
        return {
            (host, vpn): list(range(20)) for vpn, hosts in self.joined.items() for host in hosts
        }

    def multicast_state(self) -> dict[str, list[dict[str, Any]]]:
        """What the switches forward, without what they have counted."""
        return {
            router: [
                row
                for row in self.world.show(router, "forwarding", None)
                if row["table"] == "multicast"
            ]
            for router in self.lab.plan.routers
        }


def _spare(core: list[LinkPlan], without: LinkPlan) -> bool:
    graph: nx.Graph[str] = nx.Graph()
    for link in core:
        graph.add_nodes_from(end.node for end in link.ends)
        if link is not without:
            graph.add_edge(*(end.node for end in link.ends))
    return nx.is_connected(graph)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_receiver_gets_each_packet_once_and_nothing_is_left(
    seed: int, tmp_path: Path
) -> None:
    with closing(Play(seed, tmp_path)) as play:
        before = play.multicast_state()
        play.join()
        assert play.deliveries() == play.expected()
        if link := play.spare_link():
            play.set_link(link, up=False)
            assert play.deliveries() == play.expected(), f"without {link}"
            play.set_link(link, up=True)
            assert play.deliveries() == play.expected(), f"with {link} again"
        router = play.rng.choice(sorted(play.lab.plan.routers))
        link = play.spare_link()
        if link:
            play.set_link(link, up=False)
        play.world.restart(router)
        play.rest(AFTER_RESTART)
        assert play.deliveries() == play.expected(), f"after a restart of {router}, without {link}"
        if link:
            play.set_link(link, up=True)
        play.leave()
        assert play.deliveries() == {}
        assert play.multicast_state() == before
