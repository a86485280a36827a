"""Labels of the core (see `core.py`): which routes get some, and what packets meet on their way."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.fib.labels import EXPLICIT_NULL_ROUTE
from controlplane.fib.model import Forward, LabelRoute, NextHopGroup, TtlMode, UnicastRoute
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL, Label
from controlplane.protocols.ldp.events import EgressLabel
from controlplane.protocols.ospf.events import AreaKind, AreaRange, AreaSettings
from controlplane.rib.route import Blackhole, RouteProtocol
from controlplane.router.config import RouterConfig
from controlplane.wire.icmp import IcmpTimeExceeded, decode
from controlplane.wire.reader import Reader
from tests.router.core import (
    AT_HOST1,
    AT_HOST2,
    HOST1,
    HOST2,
    LAN1,
    LAN2,
    LOOPBACKS,
    bindings,
    core_up,
    router,
    with_area,
)
from tests.router.core_packets import frame, hosts_are_known, packet, received, seen, stack
from tests.router.lab import gateway, route
from tests.router.wire import Network

LINKS = [IPv4Network(f"10.0.{number}.0/30") for number in (1, 2, 3)]
LOOPBACK_PREFIXES = [IPv4Network(address) for address in LOOPBACKS.values()]
ALONG = ("pe1", "p1", "p2", "pe2")
SIDEWAYS = LAN2
"""The FEC of host 2, whose LSP from pe1 is as long as can be."""


@pytest.fixture(scope="module")
def network() -> Network:
    """To be looked at, not changed."""
    return core_up()


@pytest.fixture
def fresh() -> Network:
    return core_up()


def local(network: Network, node: str, fec: IPv4Network) -> Label | None:
    return bindings(network, node)[fec].local


def group(network: Network, node: str, way: str) -> NextHopGroup:
    (found,) = (one for one in router(network, node).fib.groups if one.way == way)
    return found


def outgoing(network: Network, node: str, fec: IPv4Network) -> Label | None:
    """The label that a router's one next hop of a FEC wants."""
    (member,) = group(network, node, str(fec)).members
    return member.label


# -- which routes are FECs (RFC 5036 2.1)


@pytest.mark.parametrize("node", ALONG)
def test_fecs_are_subnets_and_loopbacks_and_not_the_addresses_inside_subnets(
    network: Network, node: str
) -> None:
    assert sorted(bindings(network, node)) == sorted([*LINKS, *LOOPBACK_PREFIXES, LAN1, LAN2])


def test_what_ends_here_is_given_implicit_null(network: Network) -> None:
    own = {prefix for prefix, view in bindings(network, "pe1").items() if view.local == 3}
    assert own == {LINKS[0], IPv4Network(LOOPBACKS["pe1"]), LAN1}


@pytest.mark.parametrize(
    ("prefix", "protocol", "is_fec"),
    [
        ("10.9.0.0/16", RouteProtocol.STATIC, True),
        ("10.9.0.0/16", RouteProtocol.IBGP, False),
        ("10.9.0.0/16", RouteProtocol.EBGP, False),
        ("10.9.0.0/16", RouteProtocol.COMPUTED, False),
        ("0.0.0.0/0", RouteProtocol.STATIC, False),
    ],
)
def test_routes_of_bgp_carry_their_own_labels_and_a_default_route_ends_nowhere(
    fresh: Network, prefix: str, protocol: RouteProtocol, is_fec: bool
) -> None:
    fresh.routes("p1", DEFAULT_VRF, protocol, route(prefix, protocol, gateway(1, "10.0.1.1")))
    assert (IPv4Network(prefix) in bindings(fresh, "p1")) is is_fec


def test_the_lsp_to_a_discard_route_ends_where_the_packets_do(fresh: Network) -> None:
    discard = route("10.9.0.0/16", RouteProtocol.STATIC, Blackhole())
    fresh.routes("p1", DEFAULT_VRF, RouteProtocol.STATIC, discard)
    assert local(fresh, "p1", discard.prefix) == IMPLICIT_NULL
    fresh.routes("p1", DEFAULT_VRF, RouteProtocol.STATIC)
    assert discard.prefix not in bindings(fresh, "p1")


def test_an_area_range_ends_the_lsps_to_the_networks_that_it_stands_for() -> None:
    aggregate = IPv4Network("10.2.0.0/16")
    stub = AreaSettings(
        id=IPv4Address("0.0.0.1"), kind=AreaKind.STUB, ranges=(AreaRange(prefix=aggregate),)
    )
    network = core_up(p2=with_area("0.0.0.1", stub, 2), pe2=with_area("0.0.0.1", stub, 0, 1, 2))
    assert local(network, "p2", aggregate) == IMPLICIT_NULL
    assert LAN2 not in bindings(network, "pe1")
    assert outgoing(network, "p1", aggregate) == IMPLICIT_NULL
    assert IPv4Network("0.0.0.0/0") not in bindings(network, "pe2")
    assert router(network, "pe2").vrfs[DEFAULT_VRF].rib.lookup(HOST1) is not None


# -- from bindings to the Fib


@pytest.mark.parametrize(("node", "towards"), [("pe1", "p1"), ("p1", "p2"), ("p2", "pe2")])
def test_every_next_hop_gets_the_label_that_it_gave(
    network: Network, node: str, towards: str
) -> None:
    for fec in (*LOOPBACK_PREFIXES[ALONG.index(towards) :], LAN2):
        assert outgoing(network, node, fec) == local(network, towards, fec)


def test_a_labels_packets_go_the_way_of_their_fec(network: Network) -> None:
    fib = router(network, "p1").fib
    label = local(network, "p1", SIDEWAYS)
    assert label is not None
    assert LabelRoute(label, Forward(str(SIDEWAYS))) in fib.labels
    assert UnicastRoute(0, SIDEWAYS, Forward(str(SIDEWAYS))) in fib.unicast


def test_there_is_an_entry_for_each_fec_that_does_not_end_here_and_for_explicit_null(
    network: Network,
) -> None:
    given = {view.local for view in bindings(network, "p1").values()} - {IMPLICIT_NULL}
    fib = router(network, "p1").fib
    assert {entry.label for entry in fib.labels} == given | {EXPLICIT_NULL}
    assert EXPLICIT_NULL_ROUTE in fib.labels


def test_labels_are_believed_where_ldp_runs_and_nowhere_else(network: Network) -> None:
    interfaces = router(network, "pe1").fib.interfaces
    assert {interface.at.port: interface.mpls for interface in interfaces} == {1: True, 2: False}


def test_next_hops_are_known_before_the_first_packet(network: Network) -> None:
    for node in ALONG:
        assert all(one.members for one in router(network, node).fib.groups)


def test_without_labels_of_a_neighbour_packets_go_as_they_are() -> None:
    def without(config: RouterConfig) -> RouterConfig:
        items = (replace(item, ldp=False) for item in config.interfaces)
        return replace(config, ldp=None, interfaces=tuple(items))

    network = core_up(p1=without)
    assert outgoing(network, "pe1", SIDEWAYS) is None
    assert outgoing(network, "p2", LAN1) is None
    assert router(network, "p1").fib.labels == frozenset()


def test_with_host_routes_only_loopbacks_alone_have_labels() -> None:
    def host_routes(config: RouterConfig) -> RouterConfig:
        assert config.ldp is not None
        return replace(config, ldp=replace(config.ldp, host_routes_only=True))

    network = core_up(**dict.fromkeys(ALONG, host_routes))
    assert sorted(bindings(network, "p1")) == LOOPBACK_PREFIXES
    assert "10.2.0.0/24" not in {one.way for one in router(network, "pe1").fib.groups}


def test_the_ttl_mode_is_the_switchs() -> None:
    def pipe(config: RouterConfig) -> RouterConfig:
        return replace(config, ttl_mode=TtlMode.PIPE)

    assert router(core_up(pe1=pipe), "pe1").fib.ttl_mode is TtlMode.PIPE


# -- a packet's way


def test_a_packet_has_its_label_pushed_swapped_and_popped_before_the_last_router(
    fresh: Network,
) -> None:
    hosts_are_known(fresh)
    given = {node: local(fresh, node, SIDEWAYS) for node in ALONG}
    fresh.host_sends(AT_HOST1, frame("pe1", packet(HOST1, HOST2, 9)))
    fresh.run(until=fresh.now + 0.1)
    assert list(seen(fresh, HOST1, HOST2)) == [
        ("pe1-p1", stack(given["p1"], 8), 8),
        ("p1-p2", stack(given["p2"], 7), 8),
        ("p2-pe2", None, 6),
    ]
    assert received(fresh, AT_HOST2) == [packet(HOST1, HOST2, 5)]


def test_with_explicit_null_the_label_comes_to_the_last_router_and_ends_there() -> None:
    def explicit(config: RouterConfig) -> RouterConfig:
        assert config.ldp is not None
        return replace(config, ldp=replace(config.ldp, egress_label=EgressLabel.EXPLICIT_NULL))

    network = core_up(pe2=explicit)
    hosts_are_known(network)
    network.host_sends(AT_HOST1, frame("pe1", packet(HOST1, HOST2, 9)))
    network.run(until=network.now + 0.1)
    assert list(seen(network, HOST1, HOST2))[-1] == ("p2-pe2", stack(EXPLICIT_NULL, 6), 8)
    assert received(network, AT_HOST2) == [packet(HOST1, HOST2, 5)]


def test_an_expired_label_is_told_to_the_sender_by_way_of_the_lsps_end(fresh: Network) -> None:
    """RFC 3032 2.3.2, RFC 4950: p1's answer goes on to pe2, which knows the way to the sender."""
    hosts_are_known(fresh)
    label = {node: local(fresh, node, SIDEWAYS) for node in ALONG}
    dying = packet(HOST1, HOST2, 2)
    fresh.host_sends(AT_HOST1, frame("pe1", dying))
    fresh.run(until=fresh.now + 0.1)
    (answer,) = received(fresh, AT_HOST1)
    p1 = IPv4Address("10.0.1.2")
    assert (answer.source, answer.destination) == (p1, HOST1)
    message = decode(Reader(answer.payload))
    assert isinstance(message, IcmpTimeExceeded)
    assert message.labels == stack(label["p1"], 1)
    assert message.quoted[:8] == replace(dying, ttl=1).encode()[:8]
    way = [(wire, labels) for wire, labels, _ in seen(fresh, p1, HOST1)]
    # Unlabelled from p2 on: the label is popped, and pe2 sends back by its own labels.
    assert way[:2] == [("p1-p2", stack(label["p2"], 64)), ("p2-pe2", None)]
    assert [wire for wire, _ in way[2:]] == ["pe2-p2", "p2-p1", "p1-pe1"]


def test_a_packet_that_expires_without_labels_is_answered_from_where_it_came_in(
    fresh: Network,
) -> None:
    hosts_are_known(fresh)
    fresh.host_sends(AT_HOST1, frame("pe1", packet(HOST1, HOST2, 1)))
    fresh.run(until=fresh.now + 0.1)
    (answer,) = received(fresh, AT_HOST1)
    message = decode(Reader(answer.payload))
    assert isinstance(message, IcmpTimeExceeded)
    assert (answer.source, message.labels) == (IPv4Address("10.1.0.1"), None)
