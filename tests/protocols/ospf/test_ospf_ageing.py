"""RFC 2328 14: LSAs grow old, are refreshed while their router lives, and go when it does not."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.events import ExternalRoute, ExternalRoutesReplaced
from controlplane.wire.ospf.lsa import INITIAL_SEQUENCE_NUMBER, MAX_AGE, LsaKey, LsType
from tests.protocols.ospf.checks import (
    ages,
    assert_databases_are_equal,
    assert_nothing_is_pending,
    instances,
)
from tests.protocols.ospf.network import LAN, P2P, Faults, Network

DAY = 86400.0
REFRESH = 1800

A, B, C = (IPv4Address(f"192.0.2.{number}") for number in (1, 2, 3))


def router_key(router_id: IPv4Address) -> LsaKey:
    return LsaKey(LsType.ROUTER, router_id, router_id)


def line(faults: Faults | None = None) -> Network:
    """a, b and c in a row."""
    network = Network(faults=faults)
    for name, router_id in (("a", A), ("b", B), ("c", C)):
        network.router(name, str(router_id))
    network.link("a", "b")
    network.link("b", "c")
    return network


def test_in_a_day_each_lsa_is_refreshed_each_half_hour_and_none_gets_older() -> None:
    network = Network(faults=Faults(loss=0.02))
    for number in range(1, 5):
        network.router(f"r{number}", f"192.0.2.{number}")
    network.link("r1", "r2")
    network.link("r2", "r3", "r4", settings=LAN)
    network.run(300)
    before = instances(network, "r1")[IPv4Address(0)]
    originated = network.engines["r1"].counters[Count.LSA_ORIGINATED]
    oldest = 0
    for _ in range(900):
        network.run(DAY / 900)
        oldest = max(oldest, *ages(network, "r1").values())
    assert REFRESH - 100 < oldest <= REFRESH + 10
    again = network.engines["r1"].counters[Count.LSA_ORIGINATED] - originated
    assert again == DAY // REFRESH
    for key, (sequence_number, _) in instances(network, "r1")[IPv4Address(0)].items():
        assert sequence_number - before[key][0] in (DAY // REFRESH - 1, DAY // REFRESH)
    assert network.engines["r1"].counters[Count.LSA_AGED_OUT] == 0
    network.faults = Faults()
    network.run(60)
    assert_databases_are_equal(network)


def test_an_lsa_is_refreshed_when_it_is_1800_s_old() -> None:
    network = line()
    network.run(10)
    (age, (first, _)) = (
        ages(network, "a")[router_key(A)],
        instances(network, "a")[IPv4Address(0)][router_key(A)],
    )
    network.run(REFRESH - age - 2)
    assert instances(network, "c")[IPv4Address(0)][router_key(A)][0] == first
    network.run(4)
    assert instances(network, "c")[IPv4Address(0)][router_key(A)][0] == first + 1
    assert ages(network, "c")[router_key(A)] < 10


def test_the_lsas_of_a_router_that_is_gone_are_flushed_when_they_reach_max_age() -> None:
    network = line()
    network.run(10)
    network.stop("c")
    network.run(MAX_AGE - 15)
    assert router_key(C) in ages(network, "a")
    network.run(20)
    assert router_key(C) not in ages(network, "a")
    assert router_key(C) not in ages(network, "b")
    counters = [network.engines[name].counters[Count.LSA_AGED_OUT] for name in "ab"]
    assert sum(counters) >= 1
    assert_nothing_is_pending(network)


def test_an_lsa_that_is_withdrawn_goes_everywhere_within_a_moment() -> None:
    network = line()
    route = ExternalRoute(prefix=next(iter(network.links.values())).prefix, metric=5)
    network.tell("a", ExternalRoutesReplaced(routes=(route,)))
    network.run(20)
    key = LsaKey(LsType.AS_EXTERNAL, route.prefix.network_address, A)
    assert all(key in ages(network, name) for name in "abc")
    network.tell("a", ExternalRoutesReplaced(routes=()))
    network.run(3)
    assert not any(key in ages(network, name) for name in "abc")
    assert_nothing_is_pending(network)


def test_an_lsa_of_max_age_waits_for_the_neighbor_that_has_not_acknowledged_it() -> None:
    network = line()
    network.run(10)
    route = ExternalRoute(prefix=next(iter(network.links.values())).prefix)
    network.tell("a", ExternalRoutesReplaced(routes=(route,)))
    network.run(20)
    key = LsaKey(LsType.AS_EXTERNAL, route.prefix.network_address, A)
    link = network.links["b-c"]
    link.blocked.add(("b", "c"))
    network.tell("a", ExternalRoutesReplaced(routes=()))
    network.run(10)
    assert ages(network, "b")[key] == MAX_AGE
    assert key not in ages(network, "a")
    link.blocked.clear()
    network.run(10)
    assert not any(key in ages(network, name) for name in "abc")


def test_a_stale_lsa_of_a_router_that_came_back_is_replaced() -> None:
    """RFC 2328 13.4: after a restart the old sequence numbers are still around."""
    network = line()
    network.run(REFRESH + 30)
    link = network.links["a-b"]
    before, _ = instances(network, "c")[IPv4Address(0)][router_key(A)]
    network.router("a", str(A))
    network.attach("a", link, replace(P2P, cost=77))
    network.run(20)
    number, _ = instances(network, "c")[IPv4Address(0)][router_key(A)]
    assert number > before > INITIAL_SEQUENCE_NUMBER
    assert_databases_are_equal(network)
    costs = {route.cost for route in network.routes["a"].values()}
    assert 77 in costs


def test_a_network_lsa_of_a_former_life_is_flushed() -> None:
    """13.4: its Link State ID is an address of ours, and the router id is another one."""
    network = Network()
    network.router("a", str(A))
    network.router("b", str(B))
    network.router("c", str(C))
    lan = network.link("a", "b", settings=LAN)
    network.link("a", "c")
    network.run(60)
    old = LsaKey(LsType.NETWORK, lan.ends["b"].ip, B)
    assert old in ages(network, "c")
    network.router("b", "192.0.2.22")
    network.attach("b", lan, LAN)
    network.run(120)
    assert old not in ages(network, "a")
    assert old not in ages(network, "c")
    assert_databases_are_equal(network)
