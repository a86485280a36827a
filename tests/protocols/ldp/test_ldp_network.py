"""Whole networks: whatever happened before, at quiescence labels match the routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from random import Random

import pytest

from controlplane.engine.engine import DatagramReceived
from controlplane.net.label import IMPLICIT_NULL
from controlplane.protocols.ldp.events import Control, FecNextHop, FecRoute, LdpConfig
from controlplane.protocols.ldp.notices import SessionUp
from tests.protocols.ldp.network import SPACING, Network, Node, assert_labels_match_routes

QUIESCENCE = 400.0
"""Longer than any timer: KeepAlive 180 s, backoff 120 s, stale labels 120 s."""

Configure = Callable[[LdpConfig], LdpConfig]


def as_it_is(config: LdpConfig) -> LdpConfig:
    return config


def ordered(config: LdpConfig) -> LdpConfig:
    return replace(config, control=Control.ORDERED)


def restarting(config: LdpConfig) -> LdpConfig:
    return replace(config, reconnect_time=60.0, recovery_time=60.0)


def square(network: Network, configure: Configure = as_it_is) -> None:
    for name in "abcd":
        network.router(name, configure=configure)
    for ends in ("ab", "bc", "cd", "da"):
        network.link(*ends)
    network.route()


def a_random_network(seed: int, configure: Configure) -> Network:
    network, rng = Network(seed), Random(seed)
    names = [f"r{number}" for number in range(rng.randint(4, 7))]
    for name in names:
        network.router(name, configure=configure)
    for number, name in enumerate(names[1:], start=1):
        network.link(rng.choice(names[:number]), name)
    for _ in range(rng.randint(0, 4)):
        network.link(*rng.sample(names, rng.randint(2, 3)))
    network.route()
    return network


def with_outgoing(node: Node) -> int:
    """How many FECs have the label of a next hop."""
    return sum(bool(binding.outgoing) for binding in node.bindings.values())


def disturb(network: Network, rng: Random) -> None:
    """Something goes wrong, and time passes or not."""
    link = rng.choice(sorted(network.links))
    one, other = rng.sample(sorted(network.nodes), 2)
    match rng.randrange(5):
        case 0 if link not in network.down:
            network.cut(link)
            network.route()
        case 1 if link in network.down:
            network.mend(link)
            network.route()
        case 2:
            network.reset(one, other)
        case 3:
            network.silence(one, other)
        case 4:
            network.crash(one)
            network.nodes[one].routes.clear()
            network.route()
    network.run(rng.choice([0.0, 0.005, 1.0, 20.0]))


@pytest.mark.parametrize("configure", [as_it_is, ordered, restarting])
@pytest.mark.parametrize("seed", range(8))
def test_labels_match_the_routes_after_any_history(seed: int, configure: Configure) -> None:
    network, rng = a_random_network(seed, configure), Random(seed)
    network.loses = lambda router, datagram: rng.random() < 0.2
    network.run(rng.choice([0.0, 3.0, 60.0]))
    for _ in range(12):
        disturb(network, rng)
    for link in sorted(network.down):
        network.mend(link)
    network.route()
    network.loses = lambda router, datagram: False
    network.run(QUIESCENCE)
    assert_labels_match_routes(network)


@pytest.mark.parametrize("configure", [as_it_is, ordered])
def test_a_square_has_its_labels_within_a_second(configure: Configure) -> None:
    network = Network()
    square(network, configure)
    network.run(1.0)
    assert_labels_match_routes(network)


def test_both_ways_of_equal_cost_have_labels() -> None:
    network = Network()
    square(network)
    network.run(1.0)
    binding = network.nodes["a"].bindings[IPv4Network(network.nodes["c"].loopback)]
    assert set(binding.outgoing) == {network.next_hop("b", "a-b"), network.next_hop("d", "d-a")}


def test_the_hop_before_the_egress_pops() -> None:
    network = Network()
    square(network)
    network.run(1.0)
    binding = network.nodes["a"].bindings[IPv4Network(network.nodes["b"].loopback)]
    assert binding.outgoing == {network.next_hop("b", "a-b"): IMPLICIT_NULL}


def test_another_next_hop_has_its_label_at_once_as_it_is_kept() -> None:
    network = Network()
    square(network)
    network.run(1.0)
    to_b = IPv4Network(network.nodes["b"].loopback)
    a = network.nodes["a"]
    d = network.next_hop("d", "d-a")
    network.fecs("a", FecRoute(prefix=to_b, next_hops=frozenset({d})))
    assert a.bindings[to_b].outgoing == {d: network.nodes["d"].bindings[to_b].local}


def test_a_session_outlives_one_of_two_links() -> None:
    network = Network()
    network.router("a")
    network.router("b")
    first = network.link("a", "b")
    network.link("a", "b")
    network.route()
    network.run(1.0)
    network.cut(first)
    network.route()
    network.run(100.0)
    assert len(network.nodes["a"].notices(SessionUp)) == 1
    assert_labels_match_routes(network)


def test_three_routers_on_one_link_have_a_session_each_with_each() -> None:
    network = Network()
    for name in "abc":
        network.router(name)
    network.link("a", "b", "c")
    network.route()
    network.run(1.0)
    assert {network.state(one, two) for one in "abc" for two in "abc" if one != two} == {
        "operational"
    }
    assert_labels_match_routes(network)


def test_hellos_lost_delay_a_session_and_do_not_prevent_it() -> None:
    network = Network()
    lost: list[DatagramReceived] = []

    def first_ten(router: str, datagram: DatagramReceived) -> bool:
        lost.append(datagram)
        return len(lost) <= 10

    network.loses = first_ten
    square(network)
    network.run(60.0)
    assert_labels_match_routes(network)


def test_a_withdrawn_label_is_free_when_the_last_peer_has_released_it() -> None:
    network = Network()
    for name in "abc":
        network.router(name)
    network.link("a", "b")
    network.link("b", "c")
    network.route()
    network.run(1.0)
    b, far = network.nodes["b"], IPv4Network("192.0.2.1/32")
    before = b.labels.used
    network.fecs("b", FecRoute(prefix=far, next_hops=frozenset({network.next_hop("a", "a-b")})))
    network.run(1.0)
    network.silence("b", "c")
    network.fecs("b", withdrawn=[far])
    network.run(1.0)
    assert b.labels.used == before + 1
    network.run(180.0)
    assert b.labels.used == before


def test_a_reset_in_the_middle_of_ten_thousand_labels_leaves_nothing_behind() -> None:
    network = Network()
    network.router("a")
    network.router("b")
    link = network.link("a", "b")
    network.route()
    network.run(1.0)
    via_b = frozenset({network.next_hop("b", link)})
    far = [IPv4Network((int(IPv4Address("20.0.0.0")) + n, 32)) for n in range(10_000)]
    network.fecs("b", *(FecRoute(prefix=p, next_hops=frozenset()) for p in far))
    network.fecs("a", *(FecRoute(prefix=p, next_hops=via_b) for p in far))
    while not (known := with_outgoing(network.nodes["a"])):
        network.run(SPACING)
    assert known < 10_000
    network.reset("a", "b")
    assert with_outgoing(network.nodes["a"]) == 0
    network.run(30.0)
    assert with_outgoing(network.nodes["a"]) > 10_000
    assert_labels_match_routes(network)


def test_the_next_hop_of_a_link_without_ldp_makes_an_egress() -> None:
    network = Network()
    network.router("a")
    network.router("b")
    network.link("a", "b")
    network.route()
    outside = IPv4Network("203.0.113.0/24")
    beyond = frozenset({FecNextHop("to-customer", IPv4Address("192.0.2.2"))})
    network.fecs("b", FecRoute(prefix=outside, next_hops=beyond))
    network.run(1.0)
    assert network.nodes["b"].bindings[outside].local == IMPLICIT_NULL
