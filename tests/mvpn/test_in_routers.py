"""Whole routers with nothing static: BGP finds the PEs, and the PE that each source is behind.

                        [2]PE1[1]-[1]
    sources -[1]CE1[2]-            P[3]-[1]PE3[2]- receiver
                   [3]-[2]PE2[1]-[2]

CE1's site hangs on PE1 and PE2. PE3 spreads its sources over the two by hash. BGP runs between all
PEs, and each has an RD of its own. Routes of the core are given; each PE has a static one to CE1.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from controlplane.mvpn.config import MvpnConfig
from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.options import DiscoveryOption, UpstreamOption
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.net.vpn import RouteDistinguisher
from controlplane.protocols.bgp.events import BgpConfig, PeerConfig, PeerTimers
from controlplane.rib.route import RouteProtocol
from controlplane.router.config import Role, RouterConfig, VrfConfig
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.ethernet import EthernetFrame
from controlplane.wire.igmp import RecordType
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import Reader
from tests.mvpn.values import BOTH
from tests.router.lab import (
    GROUP,
    LOOPBACKS,
    PES,
    PIM,
    TARGETS,
    data,
    ethernet,
    gateway,
    report,
    route,
    router,
)
from tests.router.wire import End, Network

SOURCES, RECEIVER = End("ce1", 1), End("pe3", 2)
# The octets of source and group XORed are 224 and 225: number 0 and number 1 of two PEs.
VIA_PE1, VIA_PE2 = (
    SourceGroup(IPv4Address(f"10.1.0.{n}"), IPv4Address("232.1.1.1")) for n in (2, 3)
)
SITE = "10.1.0.0/16"
TO_CE1 = {"pe1": gateway(2, "10.1.9.2"), "pe2": gateway(2, "10.1.8.2")}
WIRES = [
    (End("ce1", 2), End("pe1", 2)),
    (End("ce1", 3), End("pe2", 2)),
    (End("pe1", 1), End("p", 1)),
    (End("pe2", 1), End("p", 2)),
    (End("pe3", 1), End("p", 3)),
]
CORE = {"pe1": 1, "pe2": 2, "pe3": 3}
"""The P router's ports."""
FAMILIES = frozenset({Family.VPNV4, Family.MCAST_VPN, Family.MDT})


def red(pe: str, discovery: frozenset[DiscoveryOption], group: IPv4Address) -> VrfConfig:
    return VrfConfig(
        name="red",
        id=1,
        rd=RouteDistinguisher.parse(f"{PES[pe]}:1"),
        import_targets=TARGETS,
        export_targets=TARGETS,
        mvpn=MvpnConfig(
            profile="0",
            default_group=group,
            discovery=discovery,
            upstream=UpstreamOption.HASH,
            pim=PIM,
        ),
        bgp=BgpConfig(asn=65000, router_id=PES[pe]),
        redistribute=frozenset({RouteProtocol.STATIC}),
    )


def provider_bgp(pe: str) -> BgpConfig:
    timers = PeerTimers(connect_retry=1.0, min_advertisement=0.0)
    peers = tuple(
        PeerConfig(
            address=PES[other], local=PES[pe], remote_as=65000, families=FAMILIES, timers=timers
        )
        for other in PES
        if other != pe
    )
    return BgpConfig(asn=65000, router_id=PES[pe], peers=peers)


def pe_config(name: str, number: int, edge: str, vrf: VrfConfig) -> RouterConfig:
    core = ethernet(number, 1, f"192.0.{number}.1/30")
    customer = ethernet(number, 2, edge, vrf="red", hosts=name == "pe3")
    config = router(name, Role.PE, core, customer, vrf=vrf)
    return replace(config, bgp=provider_bgp(name))


def configs(
    discovery: frozenset[DiscoveryOption], groups: dict[str, IPv4Address]
) -> list[RouterConfig]:
    edges = {"pe1": "10.1.9.1/30", "pe2": "10.1.8.1/30", "pe3": "10.3.0.1/24"}
    pes = [
        pe_config(name, number, edges[name], red(name, discovery, groups.get(name, GROUP)))
        for name, number in CORE.items()
    ]
    core = [ethernet(4, port, f"192.0.{port}.2/30") for port in CORE.values()]
    ce1 = (
        ethernet(5, 1, "10.1.0.1/24"),
        ethernet(5, 2, "10.1.9.2/30"),
        ethernet(5, 3, "10.1.8.2/30"),
    )
    return [*pes, router("p", Role.P, *core), router("ce1", Role.CE, *ce1)]


def give_core_routes(network: Network) -> None:
    for pe, port in CORE.items():
        others = [name for name in (*CORE, "p") if name != pe]
        up = gateway(1, f"192.0.{port}.2")
        routes = [route(LOOPBACKS[name], RouteProtocol.COMPUTED, up) for name in others]
        network.routes(pe, DEFAULT_VRF, RouteProtocol.COMPUTED, *routes)
    down = [
        route(PES[pe], RouteProtocol.COMPUTED, gateway(port, f"192.0.{port}.1"))
        for pe, port in CORE.items()
    ]
    network.routes("p", DEFAULT_VRF, RouteProtocol.COMPUTED, *down)


def has_site(network: Network, pe: str) -> None:
    """The PE's way to CE1 is there."""
    static = route(SITE, RouteProtocol.STATIC, TO_CE1[pe])
    network.routes(pe, "red", RouteProtocol.STATIC, static)


def loses_site(network: Network, pe: str) -> None:
    network.routes(pe, "red", RouteProtocol.STATIC)


def started(discovery: frozenset[DiscoveryOption] = BOTH, **groups: IPv4Address) -> Network:
    network = Network(configs(discovery, groups), WIRES)
    network.start()
    give_core_routes(network)
    for pe in TO_CE1:
        has_site(network, pe)
    network.run(until=10.0)
    return network


def red_of(network: Network, pe: str) -> Mvpn:
    found = network.nodes[pe].router.vrfs["red"].mvpn
    assert found is not None
    return found


def trees_known(network: Network) -> dict[str, set[TreeName]]:
    """The tunnels of others that each PE knows."""
    return {
        pe: {tunnel.tree for tunnel in red_of(network, pe).tunnels.remote.values()} for pe in PES
    }


def all_of(*trees: SourceGroup) -> dict[str, set[TreeName]]:
    """Every PE knows the trees of the others."""
    return {pe: {tree for tree in trees if tree.source != me} for pe, me in PES.items()}


DEFAULT_TREES = tuple(SourceGroup(me, GROUP) for me in PES.values())


def upstream_pes(network: Network) -> dict[IPv4Address, str | None]:
    """From which PE each source is joined at PE3."""
    trees = network.nodes["pe3"].router.vrfs["red"].pim.trees(network.now)
    names = {address: name for name, address in PES.items()}
    return {
        tree.sg.source: names.get(tree.rpf_neighbor) if tree.rpf_neighbor else None
        for tree in trees
    }


def join_both(network: Network) -> None:
    for sg in (VIA_PE1, VIA_PE2):
        network.host_sends(RECEIVER, report("10.3.0.2", RecordType.ALLOW_NEW_SOURCES, sg))
    network.run(until=network.now + 2.0)


def received(network: Network, first: int = 0) -> dict[IPv4Address, list[int]]:
    """Both sources send ten packets each; the numbers that the receiver gets of each."""
    network.received.clear()
    for number in range(first, first + 10):
        for sg in (VIA_PE1, VIA_PE2):
            network.host_sends(SOURCES, data(number, sg))
    network.run(until=network.now + 0.5)
    got: dict[IPv4Address, list[int]] = {VIA_PE1.source: [], VIA_PE2.source: []}
    for _, frame in network.received.get(RECEIVER, []):
        packet = Ipv4Packet.decode(Reader(EthernetFrame.decode(Reader(frame)).payload))
        if packet.protocol == IpProtocol.UDP:
            got[packet.source].append(int.from_bytes(packet.payload[8:], "big"))
    return got


ALL = {sg.source: list(range(10)) for sg in (VIA_PE1, VIA_PE2)}


@pytest.mark.parametrize(
    "discovery",
    [{DiscoveryOption.MDT_SAFI}, {DiscoveryOption.INTRA_AS}, BOTH],
    ids=["MDT-SAFI", "A-D routes", "both"],
)
def test_two_sources_of_one_site_come_through_different_pes_each_packet_once(
    discovery: set[DiscoveryOption],
) -> None:
    network = started(frozenset(discovery))
    assert trees_known(network) == all_of(*DEFAULT_TREES)
    join_both(network)
    assert upstream_pes(network) == {VIA_PE1.source: "pe1", VIA_PE2.source: "pe2"}
    assert received(network) == ALL


def test_pes_may_have_groups_of_their_own_with_a_d_routes() -> None:
    other = IPv4Address("232.0.0.7")
    network = started(frozenset({DiscoveryOption.INTRA_AS}), pe2=other)
    assert trees_known(network)["pe3"] == {DEFAULT_TREES[0], SourceGroup(PES["pe2"], other)}
    join_both(network)
    assert received(network) == ALL


def test_when_a_pe_loses_the_site_its_tree_moves_to_the_other_and_back() -> None:
    network = started()
    join_both(network)
    loses_site(network, "pe2")
    network.run(until=network.now + 5.0)
    assert set(upstream_pes(network).values()) == {"pe1"}
    assert received(network) == ALL
    has_site(network, "pe2")
    network.run(until=network.now + 5.0)
    assert upstream_pes(network) == {VIA_PE1.source: "pe1", VIA_PE2.source: "pe2"}
    assert received(network) == ALL


def test_a_pe_whose_sessions_break_loses_its_tunnel_and_has_it_again_as_it_was() -> None:
    network = started()
    join_both(network)
    before = dict(red_of(network, "pe3").tunnels.remote)
    network.streams.reset("pe2")
    network.run(until=network.now + 0.01)
    assert trees_known(network)["pe3"] == {DEFAULT_TREES[0]}
    assert set(upstream_pes(network).values()) == {"pe1"}
    network.run(until=network.now + 5.0)
    assert red_of(network, "pe3").tunnels.remote == before
    assert received(network) == ALL
