"""Sessions of whole networks, shaken at random: at rest all are up, each with one stream."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network
from random import Random

import networkx as nx
import pytest

from controlplane.protocols.bgp.notices import SessionDown, SessionUp
from controlplane.wire.bgp.nlri import Family
from tests.protocols.bgp.harness import Network

UNICAST = Family.IPV4_UNICAST


def build(seed: int) -> Network:
    """Routers in ASes of their own, with sessions over links and between loopbacks."""
    rng = Random(seed)
    graph = nx.connected_watts_strogatz_graph(rng.randint(3, 6), 2, 0.4, seed=seed)
    network = Network(seed)
    for number in graph:
        network.router(str(number), asn=65001 + number)
    for one, other in graph.edges:
        passive = rng.choice([{}, {}, {"passive": True}])
        restart = rng.choice([0.0, 0.0, 30.0])
        join = rng.choice([network.link, network.session])
        join(str(one), str(other), of_one=passive, restart_time=restart)
    return network


def pairs(network: Network) -> list[tuple[str, str]]:
    owners = {a: name for name, router in network.routers.items() for a in router.addresses}
    return [
        (name, owners[peer.address])
        for name, router in network.routers.items()
        for peer in router.config.peers
    ]


def shake(network: Network, rng: Random) -> Callable[[], None]:
    """Something goes wrong; what is returned mends it."""
    one, other = rng.choice(pairs(network))
    match rng.randrange(5):
        case 0:
            network.reset(one, other)
        case 1:
            network.crash(one, is_heard=rng.random() < 0.5)
            return lambda: network.start(one)
        case 2:
            network.silence(one, other)
            return lambda: network.join(one, other)
        case 3 if network.links:
            link = rng.choice(sorted(network.links))
            network.cut(link)
            return lambda: network.mend(link)
        case _:
            network.stop_reading(one)
            return lambda: network.read_again(one)
    return lambda: None


@pytest.mark.parametrize("seed", range(25))
def test_after_any_trouble_every_session_is_up_and_has_all_routes(seed: int) -> None:
    network, rng = build(seed), Random(seed)
    network.start()
    network.run(60.0)
    for number, name in enumerate(network.routers):
        network.originate(name, UNICAST, IPv4Network((0x0B000000 + (number << 16), 16)))
    for _ in range(12):
        mend = shake(network, rng)
        network.run(rng.choice([0.005, 0.02, 1.0, 10.0, 100.0]))
        mend()
        network.run(rng.choice([0.015, 0.5, 30.0]))
        for number, name in enumerate(network.routers):
            network.originate(name, UNICAST, IPv4Network((0x0B000000 + (number << 16), 16)))
    network.run(1000.0)
    for one, other in pairs(network):
        assert network.state(one, other) == "Established"
        assert network.streams(one, other) == 1
        view = network.view(one, other)
        assert not any(family.stale for family in view.families)
        assert not view.waits
    for name in network.routers:
        assert len(network.best(name, UNICAST)) == len(network.routers)


def test_a_router_whose_peer_starts_late_does_not_wait_long_for_it() -> None:
    network = Network()
    network.router("early")
    network.router("late")
    network.session("early", "late")
    network.start("early")
    network.run(200.0)
    network.start("late")
    network.run(1.0)
    assert network.state("late", "early") == "Established"


def test_a_crash_that_nobody_hears_of_ends_with_the_hold_timer() -> None:
    network = Network()
    network.router("a")
    network.router("b")
    network.session("a", "b")
    network.start()
    network.run(1.0)
    network.crash("b", is_heard=False)
    network.run(90.0)
    (down,) = network.routers["a"].notices(SessionDown)
    assert down.reason == "nothing heard for 90 s (hold timer)"
    network.start("b")
    network.run(200.0)
    assert network.state("a", "b") == "Established"


def test_sessions_that_live_are_never_touched_by_time() -> None:
    network = Network()
    for name in "abc":
        network.router(name)
    for one, other in ("ab", "bc", "ca"):
        network.session(one, other)
    network.start()
    network.run(20_000.0)
    for name in "abc":
        assert len(network.routers[name].notices(SessionUp)) == 2
        assert network.routers[name].notices(SessionDown) == []
