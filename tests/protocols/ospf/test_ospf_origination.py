"""RFC 2328 12: what a router says of itself, when it says it again, and with which number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from controlplane.engine.engine import PacketReceived
from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.events import (
    ExternalRoute,
    ExternalRoutesReplaced,
    LdpSynchronised,
    OspfConfig,
    OspfEnabled,
    PathType,
    TrafficEngineering,
)
from controlplane.protocols.ospf.interface import ALL_SPF_ROUTERS
from controlplane.protocols.ospf.notices import SequenceNumberWraps
from controlplane.wire.ospf.bodies import LinkType, NetworkLsa, RouterLink, RouterLsa
from controlplane.wire.ospf.exchange import LinkStateUpdate
from controlplane.wire.ospf.lsa import (
    INITIAL_SEQUENCE_NUMBER,
    MAX_SEQUENCE_NUMBER,
    Lsa,
    LsaKey,
    LsType,
)
from controlplane.wire.ospf.message import OspfPacket
from controlplane.wire.ospf.options import Options
from tests.protocols.ospf.checks import (
    ages,
    assert_databases_are_equal,
    assert_nothing_is_pending,
    cost,
    instances,
)
from tests.protocols.ospf.network import LAN, P2P, Network

AREA = IPv4Address(0)
A, B = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")
OWN = LsaKey(LsType.ROUTER, A, A)
HOST = IPv4Address("255.255.255.255")
NET = IPv4Address("255.255.255.0")


def pair(config: OspfConfig | None = None) -> Network:
    network = Network()
    network.router("a", str(A), config)
    network.router("b", str(B), config)
    network.link("a", "b")
    return network


def body(network: Network, router: str, key: LsaKey) -> object:
    return next(
        lsa.body
        for view in network.engines[router].databases(network.now)
        for lsa in view.lsas
        if lsa.header.key == key
    )


def own_lsa(network: Network, router: str = "a") -> RouterLsa:
    found = body(network, router, OWN)
    assert isinstance(found, RouterLsa)
    return found


def link(kind: LinkType, link_id: str, link_data: object, metric: int) -> RouterLink:
    return RouterLink(
        type=kind,
        link_id=IPv4Address(link_id),
        link_data=IPv4Address(str(link_data)),
        metric=metric,
    )


def test_a_router_lsa_has_a_link_and_a_stub_for_a_point_to_point_link() -> None:
    """12.4.1.1, option 2; and a host route of cost 0 for a loopback."""
    network = pair()
    network.loopback("a", "192.0.2.1/32")
    network.run(20)
    assert own_lsa(network).links == (
        link(LinkType.POINT_TO_POINT, "192.0.2.2", "10.0.0.1", 10),
        link(LinkType.STUB, "10.0.0.0", NET, 10),
        link(LinkType.STUB, "192.0.2.1", HOST, 0),
    )


def test_the_first_router_lsa_waits_for_the_adjacencies_of_all_links() -> None:
    """12.4: the one after it would come no sooner than MinLSInterval."""
    network = pair()
    network.link("b", "a")
    network.run(0.04)
    assert not ages(network, "a")
    network.run(1)
    kinds = [link.type for link in own_lsa(network).links]
    assert kinds.count(LinkType.POINT_TO_POINT) == 2
    assert network.engines["a"].counters[Count.LSA_ORIGINATED] == 1


def test_a_router_that_hears_nobody_originates_its_router_lsa_all_the_same() -> None:
    network = Network()
    network.router("a", str(A))
    network.loopback("a", "192.0.2.1/32")
    network.run(0.1)
    assert own_lsa(network).links == (link(LinkType.STUB, "192.0.2.1", HOST, 0),)


def test_a_broadcast_network_is_a_stub_until_there_is_an_adjacency_and_transit_then() -> None:
    """12.4.1.2 and 12.4.2."""
    network = Network()
    network.router("a", str(A))
    network.router("b", str(B))
    network.link("a", "b", settings=LAN)
    network.run(20)
    stub = link(LinkType.STUB, "10.0.0.0", NET, 10)
    assert own_lsa(network).links == (stub,)
    network.run(50)
    assert own_lsa(network).links == (link(LinkType.TRANSIT, "10.0.0.2", "10.0.0.1", 10),)
    designated = LsaKey(LsType.NETWORK, IPv4Address("10.0.0.2"), B)
    assert body(network, "a", designated) == NetworkLsa(mask=NET, attached_routers=(B, A))
    network.stop("b")
    network.run(60)
    assert own_lsa(network).links == (stub,)


def test_a_change_after_a_quiet_time_is_told_at_once_the_next_one_after_min_ls_interval() -> None:
    network = pair()
    network.run(100)
    before = own_number(network)
    network.loopback("a", "192.0.2.1/32")
    network.run(0.01)
    assert own_number(network, "b") == before + 1
    network.loopback("a", "192.0.2.11/32")
    network.run(4.9)
    assert own_number(network, "b") == before + 1
    network.run(0.2)
    assert own_number(network, "b") == before + 2


def test_a_change_that_is_taken_back_within_min_ls_interval_costs_one_instance() -> None:
    network = pair()
    network.run(100)
    before = own_number(network)
    for step in (20, 30, 40, 50):
        network.tell("a", OspfEnabled(interface="a-b", settings=replace(P2P, cost=step)))
        network.run(1)
    network.run(60)
    assert own_number(network) == before + 2
    assert own_lsa(network, "b").links[0].metric == 50


def own_number(network: Network, router: str = "a") -> int:
    return instances(network, router)[AREA][OWN][0]


def test_a_changed_cost_does_not_cost_the_adjacency() -> None:
    network = pair()
    network.run(20)
    told = len(network.words("b"))
    network.tell("a", OspfEnabled(interface="a-b", settings=replace(P2P, cost=55)))
    network.run(20)
    assert own_lsa(network, "b").links[0].metric == 55
    assert all(words.startswith("SPF") for words in network.words("b")[told:])


def test_a_link_has_the_highest_cost_until_ldp_works_on_it() -> None:
    """RFC 5443 2; the stub link keeps its cost: the network can be reached."""
    network = Network()
    network.router("a", str(A))
    network.router("b", str(B))
    network.link("a", "b", a=replace(P2P, ldp_sync=True))
    network.run(20)
    assert [found.metric for found in own_lsa(network).links] == [65535, 10]
    assert network.engines["a"].interfaces(network.now)[0].waits_for_ldp
    network.tell("a", LdpSynchronised(interface="a-b", synchronised=True))
    network.run(10)
    assert [found.metric for found in own_lsa(network).links] == [10, 10]
    network.tell("a", LdpSynchronised(interface="a-b", synchronised=False))
    network.run(10)
    assert [found.metric for found in own_lsa(network).links] == [65535, 10]


def inject(network: Network, sequence_number: int) -> None:
    """An instance of a's router-LSA that a has not originated comes from b."""
    foreign = Lsa.make(
        options=Options.E,
        ls_type=LsType.ROUTER,
        link_state_id=A,
        advertising_router=A,
        sequence_number=sequence_number,
        body=RouterLsa(links=()),
    )
    packet = OspfPacket(router_id=B, area_id=AREA, body=LinkStateUpdate((foreign,)))
    event = PacketReceived(
        interface="a-b",
        source=network.links["a-b"].ends["b"].ip,
        destination=ALL_SPF_ROUTERS,
        payload=packet.encode(),
    )
    network.tell("a", event)


def test_an_own_lsa_that_comes_back_newer_is_originated_with_a_higher_number() -> None:
    """13.4."""
    network = pair()
    network.run(30)
    inject(network, 1000)
    network.run(30)
    assert own_number(network, "b") == 1001
    assert len(own_lsa(network, "b").links) == 2
    assert_databases_are_equal(network)


def test_an_own_lsa_at_the_last_sequence_number_is_flushed_and_begins_anew() -> None:
    """12.1.6: "the current instance of the LSA must first be flushed"."""
    network = pair()
    network.run(30)
    inject(network, MAX_SEQUENCE_NUMBER)
    network.run(30)
    assert own_number(network, "b") == INITIAL_SEQUENCE_NUMBER
    assert [n.words() for n in network.notices(SequenceNumberWraps)] == [
        f"router LSA {A} of {A} is at the last sequence number: flushed first, then originated anew"
    ]
    assert_databases_are_equal(network)
    assert_nothing_is_pending(network)
    assert cost(network, "b", "10.0.0.0/24") == 10


def test_a_router_that_is_only_a_number_behind_counts_up_to_the_end() -> None:
    network = pair()
    network.run(30)
    inject(network, MAX_SEQUENCE_NUMBER - 1)
    network.run(10)
    assert own_number(network, "b") == MAX_SEQUENCE_NUMBER
    assert network.notices(SequenceNumberWraps) == []
    network.run(1810)
    assert own_number(network, "b") == INITIAL_SEQUENCE_NUMBER
    assert_databases_are_equal(network)


def test_external_routes_are_told_and_taken_back() -> None:
    network = pair()
    prefix = IPv4Network("198.51.100.0/24")
    network.run(20)
    assert not own_lsa(network).as_boundary
    network.tell("a", ExternalRoutesReplaced(routes=(ExternalRoute(prefix=prefix, tag=7),)))
    network.run(20)
    assert own_lsa(network).as_boundary
    route = network.routes["b"][prefix]
    assert (route.path_type, route.cost2, route.tag) == (PathType.EXTERNAL_2, 20, 7)
    network.tell("a", ExternalRoutesReplaced(routes=()))
    network.run(20)
    assert prefix not in network.routes["b"]
    assert not own_lsa(network).as_boundary


def test_external_routes_that_come_before_the_interfaces_are_told_too() -> None:
    network = Network()
    prefix = IPv4Network("198.51.100.0/24")
    network.router("a", str(A))
    network.router("b", str(B))
    network.tell("a", ExternalRoutesReplaced(routes=(ExternalRoute(prefix=prefix),)))
    network.link("a", "b")
    network.run(20)
    assert prefix in network.routes["b"]


def test_traffic_engineering_links_are_flooded_as_opaque_lsas() -> None:
    """RFC 3630: the router address and one link each."""
    network = Network()
    network.router("a", str(A))
    network.router("b", str(B))
    network.loopback("a", "192.0.2.1/32")
    network.link("a", "b", settings=replace(P2P, traffic_engineering=TrafficEngineering()))
    network.run(30)
    opaque = [key for key in ages(network, "b") if key.ls_type == LsType.OPAQUE_AREA]
    assert [key.advertising_router for key in sorted(opaque)].count(A) == 2
    assert_databases_are_equal(network)
    assert_nothing_is_pending(network)


def change_twice(network: Network) -> None:
    network.loopback("a", "192.0.2.1/32")
    network.run(0.2)
    network.loopback("a", "192.0.2.11/32")
    network.run(0.2)


def numbers_after(config: OspfConfig | None, act: Callable[[Network], None]) -> int:
    network = pair(config)
    network.run(60)
    before = own_number(network)
    act(network)
    return own_number(network, "b") - before


def test_min_ls_interval_can_be_short() -> None:
    quick = OspfConfig(router_id=A, min_ls_interval=0.05, min_ls_arrival=0.02)
    assert numbers_after(None, change_twice) == 1
    assert numbers_after(quick, change_twice) == 2


def test_what_is_the_same_is_not_originated_again() -> None:
    network = pair()
    network.run(60)
    before = network.engines["a"].counters[Count.LSA_ORIGINATED]
    network.tell("a", OspfEnabled(interface="a-b", settings=P2P))
    network.run(600)
    assert network.engines["a"].counters[Count.LSA_ORIGINATED] == before
