"""What `show` reads from the engine."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.events import Md5Key
from controlplane.protocols.ospf.notices import RoutesCalculated
from controlplane.wire.ospf.lsa import LsType
from tests.protocols.ospf.network import LAN, P2P, Network


@pytest.fixture
def network() -> Network:
    network = Network()
    network.router("a", "192.0.2.1")
    network.router("b", "192.0.2.2")
    network.loopback("a", "192.0.2.1/32")
    network.link("a", "b", settings=LAN)
    settings = replace(P2P, cost=5, md5_keys=(Md5Key(id=3, key=b"k"),), ldp_sync=True)
    network.link("b", "a", settings=settings)
    network.run(100)
    return network


def test_interfaces_are_shown_by_name(network: Network) -> None:
    lan, p2p, loopback = network.engines["a"].interfaces(network.now)
    assert (lan.name, lan.state, lan.network, lan.cost) == ("a-b", "Backup", "broadcast", 10)
    assert (lan.dr, lan.bdr) == (IPv4Address("10.0.0.2"), IPv4Address("10.0.0.1"))
    assert (lan.neighbors, lan.adjacencies, lan.authentication) == (1, 1, "none")
    assert lan.waiting is None
    assert lan.next_hello is not None and 0 <= lan.next_hello <= 10
    assert (p2p.state, p2p.authentication) == ("Point-to-point", "MD5, key 3")
    assert (p2p.cost, p2p.waits_for_ldp) == (65535, True)
    assert (loopback.state, loopback.is_passive, loopback.next_hello) == ("Loopback", True, None)


def test_neighbors_are_shown_with_their_role_and_times(network: Network) -> None:
    lan, p2p = network.engines["a"].neighbors(network.now)
    assert (lan.interface, lan.state, lan.role) == ("a-b", "Full", "DR")
    assert (p2p.interface, p2p.state, p2p.role) == ("b-a", "Full", "-")
    assert (p2p.router_id, p2p.address) == (IPv4Address("192.0.2.2"), IPv4Address("10.0.1.1"))
    assert p2p.expires is not None and 30 <= p2p.expires <= 40
    assert 99 < p2p.since < 100
    assert (p2p.requests, p2p.retransmissions) == (0, 0)


def test_databases_are_shown_with_bodies_and_present_ages(network: Network) -> None:
    area, external = network.engines["a"].databases(network.now)
    assert (area.area, area.interface, external.area) == (IPv4Address(0), None, None)
    assert [(lsa.header.ls_type, lsa.is_own) for lsa in area.lsas] == [
        (LsType.ROUTER, True),
        (LsType.ROUTER, False),
        (LsType.NETWORK, False),
    ]
    before = area.lsas[0].header.age
    network.run(7)
    assert network.engines["a"].databases(network.now)[0].lsas[0].header.age == before + 7
    assert external.lsas == ()


def test_calculations_are_logged_with_what_they_changed(network: Network) -> None:
    log = network.engines["a"].spf_log
    assert log[0].changed == 3
    assert log[-1].at < network.now
    assert sum(run.changed for run in log) >= len(network.routes["a"])
    (first, *_) = network.notices(RoutesCalculated, "a")
    assert first.words() == ("SPF (area 0.0.0.0 full, 2 vertices): 3 routes changed, 0 withdrawn")


def test_packets_are_counted_by_type(network: Network) -> None:
    counters = network.engines["a"].counters
    for count in (Count.RX_HELLO, Count.TX_HELLO, Count.RX_UPDATE, Count.TX_ACK):
        assert counters[count] > 0
