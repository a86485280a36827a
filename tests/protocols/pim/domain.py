"""A domain of routers on links of two or more, all with the shortest ways to the source and the RP.

Links are cables between two routers, LANs of several, or a PMSI; each router has a LAN of hosts
too.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from random import Random

from controlplane.engine.engine import InterfaceDown
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig, SptPolicy, StaticRp
from controlplane.protocols.pim.events import RoutesChanged, Rpf
from tests.protocols.pim.lan import Lan
from tests.protocols.pim.router import ip

RP = ip("192.0.2.99")
G = ip("239.1.1.1")


@dataclass(frozen=True)
class Map:
    """Which routers are on which link, where the RP is, and who never leaves the shared tree."""

    links: Mapping[str, frozenset[int]]
    routers: int
    rp: int
    never: frozenset[int]

    @classmethod
    def drawn(cls, rng: Random) -> Map:
        """A tree of routers, and some links more."""
        routers = rng.randint(2, 6)
        links = {f"t{n}": frozenset({n, rng.randrange(n)}) for n in range(1, routers)}
        for number in range(rng.randint(0, 3)):
            ends = frozenset(rng.sample(range(routers), min(routers, rng.choice([2, 2, 3]))))
            links[f"x{number}"] = ends
        if rng.random() < 0.4:
            links["pmsi"] = frozenset(rng.sample(range(routers), rng.randint(2, routers)))
        never = frozenset(n for n in range(routers) if rng.random() < 0.3)
        return cls(links, routers, rng.randrange(routers), never)

    def without(self, link: str) -> Map:
        return replace(self, links={n: ends for n, ends in self.links.items() if n != link})

    @property
    def is_connected(self) -> bool:
        return len(self.hops(0)) == self.routers

    def way(self, start: int, goal: int) -> tuple[str, int] | None:
        """The first link of a shortest way and the router behind it."""
        hops = self.hops(goal)
        ways = (
            (hops[other], -other, link)
            for link, ends in self.links.items()
            if start in ends
            for other in ends - {start}
            if other in hops
        )
        best = min(ways, default=None)
        return (best[2], -best[1]) if best is not None and start != goal else None

    def hops(self, goal: int) -> dict[int, int]:
        hops, waiting = {goal: 0}, deque([goal])
        while waiting:
            here = waiting.popleft()
            for ends in self.links.values():
                for other in sorted(ends - hops.keys()) if here in ends else ():
                    hops[other] = hops[here] + 1
                    waiting.append(other)
        return hops


class Domain:
    """The routers of a map, acquainted. Router n has hosts on hN, where 10.N.0.2 is a source."""

    def __init__(self, drawn: Map) -> None:
        self.map = drawn
        self._numbers = {link: number for number, link in enumerate(sorted(drawn.links))}
        self.network = Lan()
        for number in range(drawn.routers):
            self._start(number)
        self.network.owners[RP] = _name(drawn.rp)
        for number in range(drawn.routers):
            self.find_ways(number)
        self.network.run(until=40.0)

    def _start(self, number: int) -> None:
        spt = SptPolicy.NEVER if number in self.map.never else SptPolicy.IMMEDIATE
        config = PimConfig(rps=(StaticRp(address=RP),), spt=spt)
        mine = [link for link, ends in self.map.links.items() if number in ends]
        addresses = {link: f"{self.address(link, number)}/{_length(link)}" for link in mine}
        hosts = {f"h{number}": f"10.{number}.0.1/24"}
        self.network.router(_name(number), config, **addresses, **hosts)

    def cut(self, link: str) -> bool:
        """A link goes down, unless that parts the domain."""
        if not self.map.without(link).is_connected:
            return False
        ends = self.map.links[link]
        self.map = self.map.without(link)
        for number in sorted(ends):
            self.network.tell(_name(number), InterfaceDown(name=link))
        for number in range(self.map.routers):
            self.find_ways(number)
        return True

    def find_ways(self, number: int) -> None:
        """Fill in a router's table."""
        table = self.network.rpf[_name(number)]
        for source in range(self.map.routers):
            self._put(table, source_of(source), number, source, Rpf(f"h{source}", None))
        self._put(table, RP, number, self.map.rp, Rpf("lo0", None, is_local=True))
        self.network.tell(_name(number), RoutesChanged())

    def _put(
        self, table: dict[IPv4Address, Rpf], root: IPv4Address, start: int, goal: int, here: Rpf
    ) -> None:
        way = self.map.way(start, goal)
        if way is None:
            table[root] = here
        else:
            link, behind = way
            hops = self.map.hops(goal)[start]
            table[root] = Rpf(link, self.address(link, behind), preference=110, metric=hops)

    def address(self, link: str, router: int) -> IPv4Address:
        return ip(f"172.16.{self._numbers[link]}.{router + 1}")

    def member(self, router: int, *, joined: bool) -> None:
        event = MembershipChanged(interface=f"h{router}", group=G, source=None, joined=joined)
        self.network.tell(_name(router), event)

    def send(self, router: int) -> Counter[str]:
        """A packet of the source on a router's LAN; how often it was on each LAN of hosts."""
        seen = self.network.send(SourceGroup(source_of(router), G), f"h{router}")
        return Counter({lan: count for lan, count in seen.items() if lan.startswith("h")})

    def stream(self, routers: Iterable[int], seconds: int) -> None:
        for _ in range(seconds):
            for router in routers:
                self.send(router)
            self.network.run(self.network.now + 1.0)


def source_of(router: int) -> IPv4Address:
    return ip(f"10.{router}.0.2")


def _length(link: str) -> int:
    return 32 if link == "pmsi" else 24


def _name(number: int) -> str:
    return f"r{number}"
