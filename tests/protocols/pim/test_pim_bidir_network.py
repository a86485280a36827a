"""RFC 5015 3.3: on any network each member gets each packet once, wherever it is sent."""

from __future__ import annotations

from collections import Counter, deque
from ipaddress import IPv4Address
from random import Random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.engine.engine import InterfaceDown
from controlplane.net.multicast import AnySource, TreeName
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig, StaticRp
from controlplane.protocols.pim.events import PimOutput, RoutesChanged, Rpf, TreeRemoved, TreeUpdate
from tests.protocols.pim.network import Network
from tests.protocols.pim.router import ip

RPA, G = ip("10.9.0.1"), ip("239.1.1.1")
CONFIG = PimConfig(rps=(StaticRp(address=RPA, bidirectional=True),))


class Domain(Network):
    """Routers r0, r1, ... on LANs, r0 with the RP address; it keeps what switches are told."""

    def __init__(self, lans: list[tuple[int, ...]]) -> None:
        super().__init__()
        self.routes: dict[str, dict[TreeName, TreeUpdate]] = {}
        self.members: dict[str, list[int]] = {f"l{n}": list(of) for n, of in enumerate(lans)}
        for number in sorted({router for of in lans for router in of}):
            on = {f"l{n}": f"10.0.{n}.{number + 1}/24" for n, of in enumerate(lans) if number in of}
            self.rpf[f"r{number}"] = {}
            self.routes[f"r{number}"] = {}
            self.router(f"r{number}", CONFIG, **on)
        self.find_routes()

    def find_routes(self) -> None:
        """The fewest hops to r0; of equal ones over the lowest LAN and router."""
        hops = nx.single_source_shortest_path_length(self._graph(), "r0")
        for name in self.engines:
            self.rpf[name].pop(RPA, None)
            if name == "r0":
                self.rpf[name][RPA] = Rpf("lo", None, is_local=True)
            elif name in hops:
                lan = min(n for n in self._graph()[name] if hops[n] == hops[name] - 1)
                next_hop = min(r for r in self._graph()[lan] if hops[r] == hops[name] - 2)
                via = self._address(lan, next_hop)
                self.rpf[name][RPA] = Rpf(lan, via, preference=110, metric=hops[name] // 2)
            self.tell(name, RoutesChanged())

    def cut(self, lan: str, name: str) -> None:
        """A router's interface goes down; routes follow."""
        self.tell(name, InterfaceDown(name=lan))
        self.lans[lan].remove(name)
        self.members[lan].remove(int(name[1:]))
        self.find_routes()

    def keep_reached(self, wanted: list[str]) -> list[str]:
        """Forget LANs that r0 is cut off from; those left of the wanted ones."""
        reached = nx.node_connected_component(self._graph(), "r0")
        self.lans = {name: routers for name, routers in self.lans.items() if name in reached}
        return [lan for lan in wanted if lan in reached]

    def join(self, lan: str) -> None:
        """A host joins; all routers of its LAN hear that."""
        for name in self.lans[lan]:
            event = MembershipChanged(interface=lan, group=G, source=None, joined=True)
            self.tell(name, event)

    def send(self, lan: str) -> Counter[str]:
        """How often a packet that a host sends passes each LAN."""
        passed: Counter[str] = Counter({lan: 1})
        waiting = deque([(lan, "host")])
        while waiting:
            lan, sender = waiting.popleft()
            for name in self.lans[lan]:
                for onto in self._onto(name, lan) if name != sender else ():
                    passed[onto] += 1
                    assert passed[onto] < 50, "a loop"
                    waiting.append((onto, name))
        return passed

    def _onto(self, name: str, lan: str) -> frozenset[str]:
        known = self.routes[name]
        matching = (u for t, u in known.items() if isinstance(t, AnySource) and G in t.groups)
        route = max(matching, key=_prefix_length, default=None)
        if route is None or lan not in route.accepted:
            return frozenset()
        return route.outgoing - {lan}

    def _graph(self) -> nx.Graph[str]:
        pairs = [(lan, f"r{number}") for lan, of in self.members.items() for number in of]
        return nx.Graph(pairs)

    def _address(self, lan: str, name: str) -> IPv4Address:
        return ip(f"10.0.{lan[1:]}.{int(name[1:]) + 1}")

    def _write(self, name: str, output: PimOutput) -> None:
        super()._write(name, output)
        if isinstance(output, TreeUpdate):
            self.routes[name][output.tree] = output
        elif isinstance(output, TreeRemoved):
            del self.routes[name][output.tree]


def _prefix_length(update: TreeUpdate) -> int:
    assert isinstance(update.tree, AnySource)
    return update.tree.groups.prefixlen


def each_once(domain: Domain, wanted: list[str]) -> None:
    """From every LAN to every LAN with members; and nowhere twice."""
    for lan in domain.lans:
        passed = domain.send(lan)
        assert {name: passed[name] for name in wanted} == dict.fromkeys(wanted, 1)
        assert set(passed.values()) == {1}


def test_a_conversation_of_a_chain_is_as_in_the_golden_file() -> None:
    domain = Domain([(0, 1), (1, 2), (2,)])
    domain.run(until=10.0)
    domain.lines.clear()
    domain.say("a host on l2, behind r2, joins")
    domain.join("l2")
    domain.run(until=12.0)
    domain.check("bidir-join")


@pytest.mark.parametrize(
    "lans",
    [
        [(0, 1), (1, 2), (2,)],
        [(0, 1, 2), (1, 3), (2, 3), (3,)],
        [(0,), (0, 1), (0, 2), (1, 2, 3), (3,)],
    ],
    ids=["a chain", "two ways up", "a LAN with two ways to the RP"],
)
def test_each_member_gets_each_packet_once(lans: list[tuple[int, ...]]) -> None:
    domain = Domain(lans)
    wanted = [f"l{number}" for number in range(0, len(lans), 2)]
    for lan in wanted:
        domain.join(lan)
    domain.run(until=70.0)
    each_once(domain, wanted)


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), loss=st.sampled_from([0.0, 0.2]))
def test_on_any_network_each_member_gets_each_packet_once(seed: int, loss: float) -> None:
    rng = Random(seed)
    domain = Domain(random_lans(rng))
    domain.loses = lambda router, packet: rng.random() < loss
    wanted = sorted(rng.sample(sorted(domain.lans), rng.randint(1, len(domain.lans))))
    domain.run(until=rng.uniform(0, 20))
    for lan in wanted:
        domain.join(lan)
    domain.run(until=50.0)
    domain.loses = lambda router, packet: False
    domain.run(until=180.0)
    each_once(domain, wanted)


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32))
def test_also_after_a_link_is_cut(seed: int) -> None:
    rng = Random(seed)
    lans = random_lans(rng)
    lans += [(0, len({r for of in lans for r in of}) - 1)]
    domain = Domain(lans)
    wanted = sorted(rng.sample(sorted(domain.lans), rng.randint(1, len(domain.lans))))
    for lan in wanted:
        domain.join(lan)
    domain.run(until=20.0)
    cut = next((lan, f"r{of[-1]}") for lan, of in domain.members.items() if len(of) > 1)
    domain.cut(*cut)
    domain.run(until=150.0)
    each_once(domain, domain.keep_reached(wanted))


def random_lans(rng: Random) -> list[tuple[int, ...]]:
    """A tree of LANs over up to six routers, some more LANs, and some with one router alone."""
    routers = rng.randint(2, 6)
    lans: list[tuple[int, ...]] = [(rng.randrange(n), n) for n in range(1, routers)]
    for _ in range(rng.randint(0, 2)):
        size = rng.randint(2, min(3, routers))
        lans.append(tuple(sorted(rng.sample(range(routers), size))))
    lans += [(rng.randrange(routers),) for _ in range(rng.randint(0, 3))]
    return lans
