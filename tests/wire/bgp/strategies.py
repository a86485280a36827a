"""Any BGP value that can be sent, for hypothesis."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Final

from hypothesis import strategies as st

from controlplane.net.vpn import RouteDistinguisher
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
from controlplane.wire.bgp.communities import ExtendedCommunity, LargeCommunity
from controlplane.wire.bgp.nlri import (
    Announced,
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
    RsvpTeP2mp,
)
from controlplane.wire.bgp.update import Reach
from tests.wire.bgp.samples import MP2MP_FEC, P2MP_FEC

u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
asns = st.integers(1, 0xFFFFFFFF)
labels = st.integers(0, 0xFFFFF)
addresses = u32.map(IPv4Address)
hosts = st.integers(1, 0xDFFFFFFF).map(IPv4Address)
prefixes = st.tuples(st.integers(0, 0xDFFFFFFF), st.integers(0, 32)).map(
    lambda pair: IPv4Network(pair, strict=False)
)
rds = st.one_of(
    st.builds(RouteDistinguisher, st.just(0), u16, u32),
    st.builds(RouteDistinguisher, st.sampled_from([1, 2]), u32, u16),
)


@st.composite
def route_target_prefixes(draw: st.DrawFn) -> RouteTargetPrefix:
    bits = draw(st.sampled_from([0, *range(32, 97)]))
    number = draw(st.integers(0, (1 << bits) - 1)) << -bits % 8
    return RouteTargetPrefix(bits, number.to_bytes((bits + 7) // 8, "big"))


route_keys = st.binary(max_size=40).map(lambda value: bytes((3, len(value))) + value)
KEYS: Final[dict[Family, st.SearchStrategy[NlriKey]]] = {
    Family.IPV4_UNICAST: prefixes,
    Family.VPNV4: st.builds(VpnPrefix, rds, prefixes),
    Family.VPNV4_MULTICAST: st.builds(VpnPrefix, rds, prefixes),
    Family.MDT: st.builds(MdtKey, rds, addresses, addresses),
    Family.ROUTE_TARGET: route_target_prefixes(),
    Family.MCAST_VPN: st.one_of(
        st.builds(IntraAsIPmsi, rds, addresses),
        st.builds(InterAsIPmsi, rds, u32),
        st.builds(SPmsi, rds, st.none() | addresses, st.none() | addresses, addresses),
        st.builds(Leaf, route_keys, addresses),
        st.builds(SourceActive, rds, addresses, addresses),
        st.builds(SharedTreeJoin, rds, u32, addresses, addresses),
        st.builds(SourceTreeJoin, rds, u32, addresses, addresses),
        st.builds(OtherMcastVpn, st.integers(8, 255), st.binary(max_size=255)),
    ),
}

segments = st.builds(
    Segment,
    st.sampled_from([SegmentKind.AS_SEQUENCE, SegmentKind.AS_SET]),
    st.lists(asns, min_size=1, max_size=5).map(tuple),
)
tunnels = st.one_of(
    st.just(NoTunnel()),
    st.builds(RsvpTeP2mp, addresses, u16, u32),
    st.just(MldpP2mp(P2MP_FEC)),
    st.builds(PimSsmTree, addresses, addresses),
    st.builds(PimSmTree, addresses, addresses),
    st.builds(BidirPimTree, addresses, addresses),
    st.builds(IngressReplication, addresses),
    st.just(MldpMp2mp(MP2MP_FEC)),
)
connectors = st.builds(Connector, addresses, st.sampled_from(ConnectorForm))
unknown = st.lists(
    st.builds(UnknownAttribute, st.just(0xE0), st.integers(64, 255), st.binary(max_size=300)),
    max_size=2,
    unique_by=lambda one: one.type,
)

attributes = st.builds(
    PathAttributes,
    origin=st.sampled_from(Origin),
    as_path=st.lists(segments, max_size=3).map(tuple).map(AsPath),
    next_hop=hosts,
    med=st.none() | u32,
    local_pref=st.none() | u32,
    atomic_aggregate=st.booleans(),
    aggregator=st.none() | st.builds(Aggregator, asns, addresses),
    communities=st.frozensets(u32, max_size=100),
    extended_communities=st.frozensets(
        st.binary(min_size=8, max_size=8).map(ExtendedCommunity), max_size=5
    ),
    large_communities=st.frozensets(st.builds(LargeCommunity, u32, u32, u32), max_size=5),
    originator_id=st.none() | addresses,
    cluster_list=st.lists(addresses, max_size=3).map(tuple),
    pmsi_tunnel=st.none()
    | st.builds(PmsiTunnel, tunnel=tunnels, label=labels, leaf_information_required=st.booleans()),
    connector=st.none() | connectors,
    unknown=unknown.map(lambda found: tuple(sorted(found, key=lambda one: one.type))),
)


@st.composite
def reaches(draw: st.DrawFn) -> Reach:
    family = draw(st.sampled_from(Family))
    keys = draw(st.lists(KEYS[family], min_size=1, max_size=3))
    nlri: list[Announced] = [
        (key, draw(labels) if family is Family.VPNV4 else None) for key in keys
    ]
    return Reach(family, draw(attributes), tuple(nlri))
