"""BGP values with their octets, written by hand from the figures of the RFCs."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Final

from controlplane.net.label import Label
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.wire.bgp.attributes import (
    Aggregator,
    AsPath,
    Connector,
    ConnectorForm,
    Origin,
    PathAttributes,
    Segment,
    SegmentKind,
    UnknownAttribute,
)
from controlplane.wire.bgp.communities import (
    ExtendedCommunity,
    LargeCommunity,
    WellKnown,
    route_origin,
    route_target,
    source_as,
    vrf_route_import,
)
from controlplane.wire.bgp.nlri import (
    Family,
    InterAsIPmsi,
    IntraAsIPmsi,
    Leaf,
    MdtKey,
    NlriKey,
    OtherMcastVpn,
    RouteTargetPrefix,
    SharedTreeJoin,
    SourceActive,
    SourceTreeJoin,
    SPmsi,
    VpnPrefix,
)
from controlplane.wire.bgp.pmsi_tunnel import (
    BidirPimTree,
    IngressReplication,
    MldpMp2mp,
    MldpP2mp,
    NoTunnel,
    PimSmTree,
    PimSsmTree,
    PmsiTunnel,
    PTunnel,
    RsvpTeP2mp,
)

PE: Final = IPv4Address("10.9.0.1")
SOURCE: Final = IPv4Address("10.1.0.5")
GROUP: Final = IPv4Address("232.1.1.1")

RD_0: Final = RouteDistinguisher.parse("65000:100")
RD_1: Final = RouteDistinguisher.parse("10.9.0.1:7")
RD_2: Final = RouteDistinguisher.parse("4200000000:7")
RD_0_HEX: Final = "0000 fde8 00000064"

SEQUENCE: Final = SegmentKind.AS_SEQUENCE


def sequence(*ases: int) -> AsPath:
    return AsPath((Segment(SEQUENCE, ases),))


NLRI: Final[list[tuple[Family, NlriKey, Label | None, str]]] = [
    (Family.IPV4_UNICAST, IPv4Network("10.1.2.0/23"), None, "17 0a0102"),
    (Family.IPV4_UNICAST, IPv4Network("0.0.0.0/0"), None, "00"),
    (Family.IPV4_UNICAST, IPv4Network("10.9.0.1/32"), None, "20 0a090001"),
    (
        Family.VPNV4,
        VpnPrefix(RD_0, IPv4Network("10.1.2.0/24")),
        16,
        f"70 000101 {RD_0_HEX} 0a0102",
    ),
    (
        Family.VPNV4,
        VpnPrefix(RD_1, IPv4Network("0.0.0.0/0")),
        0xFFFFF,
        "58 fffff1 0001 0a090001 0007",
    ),
    (
        Family.VPNV4,
        VpnPrefix(RD_2, IPv4Network("10.1.2.3/32")),
        1000,
        "78 003e81 0002 fa56ea00 0007 0a010203",
    ),
    (
        Family.VPNV4_MULTICAST,
        VpnPrefix(RD_0, IPv4Network("10.1.2.0/24")),
        None,
        f"58 {RD_0_HEX} 0a0102",
    ),
    (Family.MDT, MdtKey(RD_0, PE, GROUP), None, f"80 {RD_0_HEX} 0a090001 e8010101"),
    (Family.ROUTE_TARGET, RouteTargetPrefix(0, b""), None, "00"),
    (Family.ROUTE_TARGET, RouteTargetPrefix(32, bytes.fromhex("0000fde8")), None, "20 0000fde8"),
    (
        Family.ROUTE_TARGET,
        RouteTargetPrefix(96, bytes.fromhex("0000fde8 0002fde800000064")),
        None,
        "60 0000fde8 0002fde800000064",
    ),
    (Family.MCAST_VPN, IntraAsIPmsi(RD_0, PE), None, f"01 0c {RD_0_HEX} 0a090001"),
    (Family.MCAST_VPN, InterAsIPmsi(RD_0, 65000), None, f"02 0c {RD_0_HEX} 0000fde8"),
    (
        Family.MCAST_VPN,
        SPmsi(RD_0, SOURCE, GROUP, PE),
        None,
        f"03 16 {RD_0_HEX} 20 0a010005 20 e8010101 0a090001",
    ),
    (
        Family.MCAST_VPN,
        SPmsi(RD_0, None, None, PE),
        None,
        f"03 0e {RD_0_HEX} 00 00 0a090001",
    ),
    (
        Family.MCAST_VPN,
        Leaf(bytes.fromhex(f"02 0c {RD_0_HEX} 0000fde8"), PE),
        None,
        f"04 12 02 0c {RD_0_HEX} 0000fde8 0a090001",
    ),
    (
        Family.MCAST_VPN,
        SourceActive(RD_0, SOURCE, GROUP),
        None,
        f"05 12 {RD_0_HEX} 20 0a010005 20 e8010101",
    ),
    (
        Family.MCAST_VPN,
        SharedTreeJoin(RD_0, 65000, IPv4Address("10.1.0.9"), IPv4Address("239.1.1.1")),
        None,
        f"06 16 {RD_0_HEX} 0000fde8 20 0a010009 20 ef010101",
    ),
    (
        Family.MCAST_VPN,
        SourceTreeJoin(RD_0, 4200000000, SOURCE, GROUP),
        None,
        f"07 16 {RD_0_HEX} fa56ea00 20 0a010005 20 e8010101",
    ),
    (Family.MCAST_VPN, OtherMcastVpn(9, b"\1\2\3"), None, "09 03 010203"),
]
"""A route of a family, its label, and its octets in an announcement."""

P2MP_FEC: Final = bytes.fromhex("06 0001 04 0a090001 0007 01 0004 00000001")
MP2MP_FEC: Final = bytes.fromhex("08 0001 04 0a090001 0007 01 0004 00000002")

TUNNELS: Final[list[tuple[PTunnel, str]]] = [
    (NoTunnel(), "00 000000"),
    (RsvpTeP2mp(PE, 7, 0x0A090001), "01 000000 0a090001 0000 0007 0a090001"),
    (MldpP2mp(P2MP_FEC), "02 000000 06 0001 04 0a090001 0007 01 0004 00000001"),
    (PimSsmTree(PE, GROUP), "03 000000 0a090001 e8010101"),
    (PimSmTree(PE, IPv4Address("239.1.1.1")), "04 000000 0a090001 ef010101"),
    (BidirPimTree(PE, IPv4Address("239.1.1.1")), "05 000000 0a090001 ef010101"),
    (IngressReplication(PE), "06 000000 0a090001"),
    (MldpMp2mp(MP2MP_FEC), "07 000000 08 0001 04 0a090001 0007 01 0004 00000002"),
]
"""A P-tunnel, and the octets of a PMSI Tunnel attribute with it behind the flags."""

TARGETS: Final = [RouteTarget.parse(text) for text in ("65000:100", "10.9.0.1:7", "4200000000:7")]
EXTENDED: Final[list[tuple[ExtendedCommunity, str]]] = [
    (route_target(TARGETS[0]), "0002 fde8 00000064"),
    (route_origin(TARGETS[0]), "0003 fde8 00000064"),
    (source_as(65000), "0009 fde8 00000000"),
    (route_target(TARGETS[1]), "0102 0a090001 0007"),
    (vrf_route_import(PE, 5), "010b 0a090001 0005"),
    (route_target(TARGETS[2]), "0202 fa56ea00 0007"),
    (source_as(4200000000), "0209 fa56ea00 0000"),
    (ExtendedCommunity(bytes.fromhex("4301 8001 00000064")), "4301 8001 00000064"),
]
"""In the order in which they are sent; the last one is nobody's here."""

PLAIN: Final = PathAttributes(as_path=sequence(65001), next_hop=PE)
PLAIN_HEX: Final = "40 01 01 00  40 02 06 02 01 0000fde9"

ATTRIBUTES: Final[list[tuple[str, PathAttributes, str]]] = [
    ("plain", PLAIN, PLAIN_HEX),
    (
        "empty path",
        PathAttributes(origin=Origin.INCOMPLETE, next_hop=PE),
        "40 01 01 02  40 02 00",
    ),
    (
        "set",
        PathAttributes(
            origin=Origin.EGP,
            as_path=AsPath(
                (Segment(SEQUENCE, (4200000000, 1)), Segment(SegmentKind.AS_SET, (2, 3)))
            ),
            next_hop=PE,
        ),
        "40 01 01 01  40 02 14 02 02 fa56ea00 00000001 01 02 00000002 00000003",
    ),
    (
        "numbers",
        PathAttributes(as_path=sequence(65001), next_hop=PE, med=20, local_pref=100),
        f"{PLAIN_HEX}  80 04 04 00000014  40 05 04 00000064",
    ),
    (
        "aggregate",
        PathAttributes(
            as_path=sequence(65001),
            next_hop=PE,
            atomic_aggregate=True,
            aggregator=Aggregator(65001, PE),
        ),
        f"{PLAIN_HEX}  40 06 00  c0 07 08 0000fde9 0a090001",
    ),
    (
        "communities",
        PathAttributes(
            as_path=sequence(65001),
            next_hop=PE,
            communities=frozenset({0xFDE80001, WellKnown.NO_EXPORT}),
            extended_communities=frozenset(one for one, _ in EXTENDED),
            large_communities=frozenset({LargeCommunity(4200000000, 1, 2)}),
        ),
        f"{PLAIN_HEX}  c0 08 08 fde80001 ffffff01"
        f"  c0 10 40 {' '.join(octets for _, octets in EXTENDED)}"
        "  c0 20 0c fa56ea00 00000001 00000002",
    ),
    (
        "reflected",
        PathAttributes(
            as_path=sequence(65001),
            next_hop=PE,
            originator_id=IPv4Address("10.9.0.2"),
            cluster_list=(IPv4Address("10.9.0.3"), IPv4Address("10.9.0.4")),
        ),
        f"{PLAIN_HEX}  80 09 04 0a090002  80 0a 08 0a090003 0a090004",
    ),
    (
        "connector of RFC 6037",
        PathAttributes(as_path=sequence(65001), next_hop=PE, connector=Connector(PE)),
        f"{PLAIN_HEX}  c0 14 06 0001 0a090001",
    ),
    (
        "connector of eight octets",
        PathAttributes(
            as_path=sequence(65001), next_hop=PE, connector=Connector(PE, ConnectorForm.FREERTR)
        ),
        f"{PLAIN_HEX}  c0 14 08 00000001 0a090001",
    ),
    (
        "connector of IOS",
        PathAttributes(
            as_path=sequence(65001), next_hop=PE, connector=Connector(PE, ConnectorForm.IOS, RD_0)
        ),
        f"{PLAIN_HEX}  c0 14 10 0001 000c {RD_0_HEX} 0a090001",
    ),
    (
        "partial and unknown",
        PathAttributes(
            as_path=sequence(65001),
            next_hop=PE,
            communities=frozenset({0xFDE80001}),
            unknown=(UnknownAttribute(0xE0, 213, b"\1\2"),),
            partial=frozenset({8}),
        ),
        f"{PLAIN_HEX}  e0 08 04 fde80001  e0 d5 02 0102",
    ),
]
"""Attributes as an internal peer with AS numbers of four octets is sent them, without next hop."""

for _tunnel, _octets in TUNNELS:
    ATTRIBUTES.append(
        (
            type(_tunnel).__name__,
            PathAttributes(
                as_path=sequence(65001), next_hop=PE, pmsi_tunnel=PmsiTunnel(tunnel=_tunnel)
            ),
            f"{PLAIN_HEX}  c0 16 {1 + len(bytes.fromhex(_octets)):02x} 00 {_octets}",
        )
    )
