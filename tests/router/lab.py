"""The network that the router's tests run on.

    source -[1]CE1[2]-[2]PE1[1]-[1]P[2]-[1]PE2[2]-[2]CE2[1]- receiver
                                          [3]
                                           |
                                          [1]PE3[2]- receiver 3

VRF red on all PEs, a static list of PEs, default MDT group 232.0.0.1. PE3 hangs on PE2, so PE2 is a
leaf of PE1's tunnel and a branching point at once. Hosts are at 10.N.0.2 behind edge N.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.net.mac import MacAddress, multicast_mac
from controlplane.net.multicast import ALL_IGMPV3_ROUTERS, SourceGroup
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.protocols.pim.events import PimSettings
from controlplane.rib.route import Gateway, NextHop, Route, RouteProtocol, VpnNextHop
from controlplane.router.config import (
    DiscoveredPe,
    InterfaceConfig,
    MvpnConfig,
    Role,
    RouterConfig,
    VrfConfig,
)
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.igmp import GroupRecord, RecordType, ReportV3
from controlplane.wire.ipv4 import ROUTER_ALERT, IpProtocol, Ipv4Packet
from controlplane.wire.udp import UdpDatagram
from tests.router.wire import End, Network

GROUP = IPv4Address("232.0.0.1")
STREAM = SourceGroup(IPv4Address("10.1.0.2"), IPv4Address("232.1.1.1"))
PES = {name: IPv4Address(f"10.255.0.{n}") for n, name in enumerate(("pe1", "pe2", "pe3"), 1)}
LOOPBACKS = PES | {
    name: IPv4Address(f"10.255.0.{n}") for n, name in enumerate(("p", "ce1", "ce2"), 4)
}
PIM = PimSettings(hello_period=2.0, triggered_hello_delay=0.2, join_prune_period=10.0)
IGMP = IgmpSettings(last_member_query_interval=0.25)
RD = RouteDistinguisher.parse("65000:1")
TARGETS = frozenset({RouteTarget.parse("65000:1")})

SOURCE, RECEIVER, RECEIVER3 = End("ce1", 1), End("ce2", 1), End("pe3", 2)
HOST_MAC = MacAddress.parse("02:aa:00:00:00:01")


def ethernet(
    node: int, port: int, address: str, *, vrf: str = DEFAULT_VRF, hosts: bool = False
) -> InterfaceConfig:
    interface = Interface(
        name=f"eth{port}",
        index=port,
        kind=InterfaceKind.ETHERNET,
        address=IPv4Interface(address),
        vrf=vrf,
        port=port,
        mac=MacAddress(0x020000000000 + (node << 8) + port),
    )
    return InterfaceConfig(interface=interface, pim=PIM, igmp=IGMP if hosts else None)


def loopback(address: IPv4Address) -> InterfaceConfig:
    interface = Interface(
        name="lo0", index=100, kind=InterfaceKind.LOOPBACK, address=IPv4Interface(address)
    )
    return InterfaceConfig(interface=interface)


def router(
    name: str, role: Role, *interfaces: InterfaceConfig, vrf: VrfConfig | None = None
) -> RouterConfig:
    return RouterConfig(
        name=name,
        role=role,
        router_id=LOOPBACKS[name],
        interfaces=(loopback(LOOPBACKS[name]), *interfaces),
        vrfs=(vrf,) if vrf else (),
    )


def red() -> VrfConfig:
    discovered = tuple(DiscoveredPe(address=pe, group=GROUP) for pe in PES.values())
    mvpn = MvpnConfig(
        profile="pim-gre-ssm-static", default_group=GROUP, discovered=discovered, pim=PIM
    )
    return VrfConfig(
        name="red", id=1, rd=RD, import_targets=TARGETS, export_targets=TARGETS, mvpn=mvpn
    )


def configs() -> list[RouterConfig]:
    return [
        router(
            "ce1",
            Role.CE,
            ethernet(1, 1, "10.1.0.1/24", hosts=True),
            ethernet(1, 2, "10.1.9.2/30"),
        ),
        router(
            "pe1",
            Role.PE,
            ethernet(2, 1, "192.0.2.1/30"),
            ethernet(2, 2, "10.1.9.1/30", vrf="red"),
            vrf=red(),
        ),
        router("p", Role.P, ethernet(3, 1, "192.0.2.2/30"), ethernet(3, 2, "192.0.2.5/30")),
        router(
            "pe2",
            Role.PE,
            ethernet(4, 1, "192.0.2.6/30"),
            ethernet(4, 2, "10.2.9.1/30", vrf="red"),
            ethernet(4, 3, "192.0.2.9/30"),
            vrf=red(),
        ),
        router(
            "ce2",
            Role.CE,
            ethernet(5, 1, "10.2.0.1/24", hosts=True),
            ethernet(5, 2, "10.2.9.2/30"),
        ),
        router(
            "pe3",
            Role.PE,
            ethernet(6, 1, "192.0.2.10/30"),
            ethernet(6, 2, "10.3.0.1/24", vrf="red", hosts=True),
            vrf=red(),
        ),
    ]


WIRES = [
    (End("ce1", 2), End("pe1", 2)),
    (End("pe1", 1), End("p", 1)),
    (End("p", 2), End("pe2", 1)),
    (End("pe2", 2), End("ce2", 2)),
    (End("pe2", 3), End("pe3", 1)),
]


def route(prefix: str | IPv4Address, protocol: RouteProtocol, next_hop: NextHop) -> Route:
    return Route(prefix=IPv4Network(prefix), protocol=protocol, next_hops=(next_hop,))


def gateway(port: int, address: str) -> Gateway:
    return Gateway(f"eth{port}", IPv4Address(address))


EAST = {
    "pe1": gateway(1, "192.0.2.2"),
    "p": gateway(2, "192.0.2.6"),
    "pe2": gateway(3, "192.0.2.10"),
}
WEST = {
    "p": gateway(1, "192.0.2.1"),
    "pe2": gateway(1, "192.0.2.5"),
    "pe3": gateway(1, "192.0.2.9"),
}
ORDER = ("pe1", "p", "pe2", "pe3")


def core_routes(node: str) -> list[Route]:
    """The loopbacks of the core, which is a chain."""
    place = ORDER.index(node)
    ways = [(name, WEST[node]) for name in ORDER[:place]]
    ways += [(name, EAST[node]) for name in ORDER[place + 1 :]]
    return [route(LOOPBACKS[name], RouteProtocol.COMPUTED, way) for name, way in ways]


SITES = {
    "pe1": ("10.1.0.0/16", gateway(2, "10.1.9.2")),
    "pe2": ("10.2.0.0/16", gateway(2, "10.2.9.2")),
    "pe3": ("10.3.0.0/24", None),
}


def give_routes(network: Network) -> None:
    for node in ORDER:
        network.routes(node, DEFAULT_VRF, RouteProtocol.COMPUTED, *core_routes(node))
    for node, (prefix, way) in SITES.items():
        if way:
            static = route(prefix, RouteProtocol.STATIC, way)
            network.routes(node, "red", RouteProtocol.STATIC, static)
        others = [
            route(site, RouteProtocol.IBGP, VpnNextHop(PES[pe], RD))
            for pe, (site, _) in SITES.items()
            if pe != node
        ]
        network.routes(node, "red", RouteProtocol.IBGP, *others)
    for node, address in (("ce1", "10.1.9.1"), ("ce2", "10.2.9.1")):
        default = route("0.0.0.0/0", RouteProtocol.STATIC, gateway(2, address))
        network.routes(node, DEFAULT_VRF, RouteProtocol.STATIC, default)


def started() -> Network:
    """The network, up for long enough that every adjacency stands."""
    network = Network(configs(), WIRES)
    network.start()
    give_routes(network)
    network.run(until=5.0)
    return network


def report(host: str, kind: RecordType, sg: SourceGroup = STREAM) -> bytes:
    """An IGMPv3 report about one source of one group."""
    record = GroupRecord(kind=kind, group=sg.group, sources=(sg.source,))
    return ipv4_frame(
        Ipv4Packet(
            source=IPv4Address(host),
            destination=ALL_IGMPV3_ROUTERS,
            protocol=IpProtocol.IGMP,
            payload=ReportV3(records=(record,)).encode(),
            ttl=1,
            options=ROUTER_ALERT,
        )
    )


def join(network: Network, end: End, host: str) -> None:
    network.host_sends(end, report(host, RecordType.ALLOW_NEW_SOURCES))


def leave(network: Network, end: End, host: str) -> None:
    network.host_sends(end, report(host, RecordType.BLOCK_OLD_SOURCES))


def data(number: int, sg: SourceGroup = STREAM) -> bytes:
    """A packet of a stream, with its number as the payload."""
    datagram = UdpDatagram(
        source_port=5000, destination_port=5001, payload=number.to_bytes(8, "big")
    )
    return ipv4_frame(
        Ipv4Packet(
            source=sg.source,
            destination=sg.group,
            protocol=IpProtocol.UDP,
            payload=datagram.encode(sg.source, sg.group),
            ttl=16,
        )
    )


def ipv4_frame(packet: Ipv4Packet) -> bytes:
    frame = EthernetFrame(
        destination=multicast_mac(packet.destination),
        source=HOST_MAC,
        ethertype=EtherType.IPV4,
        payload=packet.encode(),
    )
    return frame.encode()
