"""Random VPNs from seeds: links that flap or fall silent, restarts, and in the end all sites gone.

Whatever happened, when the network has come to rest every table knows exactly the LANs that the
oracle says, hosts that should reach each other do and no others, receivers get each multicast
packet once, a network that is whole again forwards as it did at first, and of sites that are gone
nothing is left. A seed that fails fails again: `random_vpn_lab(seed)` is the whole lab.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from controlplane.engine.time import Duration
from controlplane.lab.file.expect import Routes
from controlplane.lab.judge.routes import RouteJudge
from controlplane.lab.load import Lab, load
from controlplane.lab.probes.ping import Ping, PingProbe
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.tables import Tables
from controlplane.lab.world import Stream
from controlplane.p4rt.memory import MemoryTarget
from controlplane.sim.direct import DirectTarget
from tests.sim.random_vpn_labs import GROUP, random_vpn_lab
from tests.sim.vpn_checks import Forwarding, forwarding, leftovers, switch_faults, table_faults
from tests.sim.vpn_oracle import Oracle, Routing

SEEDS: Final = range(8)

Deliveries: TypeAlias = dict[tuple[str, str, str], list[int]]
"""Numbers of packets by source, destination and receiver."""

LIMIT: Final[Duration] = 200.0
"""Sessions of LDP are tried again after 15 s to 120 s (RFC 5036 2.5.3)."""
REST: Final[Duration] = 12.0
"""Longer than a join takes through all that has to be heard first."""
_COUNT: Final = 3


class Play:
    """One random lab in the simulator, with the random choices of what happens to it."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.spec = random_vpn_lab(seed)
        path = folder / "vpns.yaml"
        path.write_text(self.spec.text)
        self.rng = random.Random(seed)
        self.lab: Lab = load(path)
        self.senders = [one for one in self.spec.customers if one.sender]
        # Only the pipeline carries streams through P-tunnels.
        target = MemoryTarget if self.senders or self.rng.random() < 0.3 else DirectTarget
        self.world = SimWorld(self.lab.plan, make_target=target)
        self.down: set[str] = set()
        self.cut: set[str] = set()
        self._sent = 0

    def close(self) -> None:
        self.world.stop()

    def rest(self, seconds: Duration) -> None:
        self.world.advance_to(self.world.now() + seconds)

    # -- what happens

    def join(self) -> None:
        for customer in self.senders:
            assert customer.sender is not None
            source = self.lab.plan.hosts[customer.sender].address.ip
            for host in customer.receivers:
                self.world.join(host, IPv4Address(GROUP), source)

    def set_link(self, link: str, *, up: bool) -> None:
        """The link changes, and the sites' own routing and static routes follow."""
        self.world.set_link(link, up)
        (self.down.discard if up else self.down.add)(link)
        routes = self.lab.routes.given(self.lab.routes.routes(frozenset(self.down)))
        for (router, vrf), of_it in routes.items():
            self.world.replace_routes(router, vrf, of_it)

    def flap(self) -> None:
        """Links go down and up, customers' more often; some stay down."""
        links = [link.name for link in self.lab.plan.links]
        customers = [link.name for link in self.lab.plan.links if not link.core]
        for link in self.rng.choices(links + customers, k=self.rng.randint(3, 8)):
            self.set_link(link, up=link in self.down)
            self.rest(self.rng.choice((0.01, 0.1, 0.5, 2.0)))

    def cut_link(self) -> str:
        """A link of the core or of BGP with a site falls silent, which its ends are not told."""
        sites = [site for customer in self.spec.customers for site in customer.sites]
        links = [link.name for link in self.lab.plan.links if link.core]
        links += [
            one.link for site in sites if site.routing is Routing.BGP for one in site.accesses
        ]
        link = self.rng.choice(links)
        self.world.cut_link(link, cut=True)
        self.cut.add(link)
        return link

    def repair(self) -> None:
        for link in self.cut:
            self.world.cut_link(link, cut=False)
        self.cut.clear()
        for link in sorted(self.down):
            self.set_link(link, up=True)

    def restart(self) -> list[str]:
        """One router or two, at once or one after the other."""
        routers = self.rng.sample(sorted(self.lab.plan.routers), self.rng.randint(1, 2))
        for router in routers:
            self.rest(self.rng.choice((0.0, 0.3, 5.0)))
            self.world.restart(router)
        return routers

    def cut_customers_off(self) -> None:
        for link in self.lab.plan.links:
            if not link.core and link.name not in self.down:
                self.set_link(link.name, up=False)

    # -- how it has come out

    def settle(self, after: str) -> None:
        """Rest until all is as it should be, and on, and find it so."""
        end = self.world.now() + LIMIT
        self.rest(2.0)
        while any(self._faults()):
            assert self.world.now() < end, f"after {after}: {list(self._faults())[:5]}"
            self.rest(3.0)
        self.rest(REST)
        faults = list(self._faults())
        assert not faults, f"after {after}: {faults[:5]}"
        got, expected = self._deliveries(), self._expected()
        assert got == expected, f"after {after}: {_differing(got, expected)}"
        self._check_pings(after)

    @property
    def _broken(self) -> frozenset[str]:
        return frozenset(self.down | self.cut)

    def _faults(self) -> Iterator[str]:
        oracle = Oracle(self.spec, self._broken)
        for customer in self.spec.customers:
            yield from table_faults(self.world, oracle, customer)
        judge = RouteJudge(self.lab.layout, self.lab.routes, self._broken)
        seen = judge.routes(Routes.model_validate({"routes": "all"}), Tables(self.world))
        if not seen.ok:
            yield seen.words
        yield from switch_faults(self.world, self.lab.plan)

    def _expected(self) -> Deliveries:
        oracle, numbers = Oracle(self.spec, self._broken), list(range(_COUNT))
        found: Deliveries = {}
        for customer in self.spec.customers:
            pairs = set(oracle.reaches(customer))
            found |= {(host, other, other): numbers for host, other in pairs}
            sender = customer.sender
            # Joins go the way of packets to the sender.
            heard = (host for host in customer.receivers if (host, sender) in pairs)
            found |= {(str(sender), GROUP, host): numbers for host in heard}
        return found

    def _deliveries(self) -> Deliveries:
        """What each host gets when each sends to each other one of its customer, and to groups."""
        pairs = [
            (site.host, other.host)
            for customer in self.spec.customers
            for site in customer.sites
            for other in customer.sites
            if other is not site
        ]
        pairs += [(customer.sender, GROUP) for customer in self.senders if customer.sender]
        streams = [(pair, self._send(*pair)) for pair in pairs]
        self.rest(2.0)
        return {
            (*pair, host): list(numbers)
            for pair, stream in streams
            for host in self.lab.plan.hosts
            if (numbers := self.world.received(host, stream.name).numbers)
        }

    def _send(self, host: str, goal: str) -> Stream:
        self._sent += 1
        address = self.lab.plan.hosts[goal].address.ip if goal != GROUP else IPv4Address(GROUP)
        stream = Stream(
            name=f"{self._sent}",
            number=self._sent,
            host=host,
            destination=address,
            port=5000,
            rate=10,
            count=_COUNT,
            size=100,
        )
        self.world.send(stream)
        return stream

    def _check_pings(self, after: str) -> None:
        """A few pairs of hosts: who reaches each other gets answers."""
        oracle = Oracle(self.spec, self._broken)
        pairs = {pair for one in self.spec.customers for pair in oracle.reaches(one)}
        both = sorted(pair for pair in pairs if pair[::-1] in pairs)
        for host, other in self.rng.sample(both, min(2, len(both))):
            own, goal = (self.lab.plan.hosts[name].address.ip for name in (host, other))
            probe = PingProbe(Ping(destination=goal, count=2, interval=0.1), own, self._sent)
            self.world.probe(host, probe)
            self.rest(1.5)
            assert probe.result.replies == 2, f"after {after}: {other} does not answer {host}"

    def forwarding(self) -> dict[str, Forwarding]:
        return forwarding(self.world, self.lab.plan)

    def check_nothing_is_left(self) -> None:
        end = self.world.now() + LIMIT
        while left := list(leftovers(self.world, self.lab.plan)):
            assert self.world.now() < end, f"without customers: {left[:5]}"
            self.rest(3.0)


def _differing(got: Deliveries, expected: Deliveries) -> Deliveries:
    return {key: got.get(key, []) for key in got | expected if got.get(key) != expected.get(key)}


def play(seed: int, folder: Path) -> None:
    with closing(Play(seed, folder)) as vpns:
        vpns.world.start()
        vpns.join()
        vpns.settle("a cold start")
        at_first = vpns.forwarding()

        vpns.flap()
        vpns.settle(f"flaps, without {sorted(vpns.down)}")
        link, routers = vpns.cut_link(), vpns.restart()
        vpns.settle(f"{link} was cut and {routers} restarted, without {sorted(vpns.down)}")

        vpns.repair()
        vpns.settle(f"repairs, and {routers} had restarted")
        for name, forwards in vpns.forwarding().items():
            differing = sorted(forwards ^ at_first[name], key=str)
            assert not differing, f"{name} forwards otherwise than at first: {differing}"

        vpns.cut_customers_off()
        vpns.check_nothing_is_left()


@pytest.mark.parametrize("seed", SEEDS)
def test_vpns_that_have_come_to_rest_are_as_the_sets_say(seed: int, tmp_path: Path) -> None:
    play(seed, tmp_path)
