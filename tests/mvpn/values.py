"""PEs of one MVPN, and the routes by which they hear of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network

from controlplane.mvpn.config import DiscoveredPe, LocalMvpn, MvpnConfig
from controlplane.mvpn.indices import IndexAllocator, Place
from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.options import DiscoveryOption, UpstreamOption
from controlplane.net.multicast import SourceGroup
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bgp.events import (
    BestPath,
    BestPathsChanged,
    Imported,
    PathSource,
)
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.wire.bgp.attributes import ConnectorForm, PathAttributes
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.nlri import Family, IntraAsIPmsi, MdtKey, NlriKey, VpnPrefix
from controlplane.wire.bgp.pmsi_tunnel import PimSsmTree, PmsiTunnel

ME, PE2, PE3, PE4 = (IPv4Address(f"10.255.0.{n}") for n in (1, 2, 3, 4))
GROUP, GROUP2, GROUP3 = (IPv4Address(f"232.0.0.{n}") for n in (1, 2, 3))
SOURCE, C_GROUP = IPv4Address("10.9.0.1"), IPv4Address("232.1.1.1")
RD1, RD2, RD3 = (RouteDistinguisher.parse(f"65000:{n}") for n in (1, 2, 3))
RED, BLUE, GREEN = (RouteTarget.parse(f"65000:{n}") for n in (11, 12, 13))
BOTH = frozenset({DiscoveryOption.INTRA_AS, DiscoveryOption.MDT_SAFI})


def local(
    profile: str = "3",
    *,
    vrf: str = "red",
    me: IPv4Address = ME,
    asn: int | None = 65000,
    rd: RouteDistinguisher = RD1,
    group: IPv4Address = GROUP,
    imports: Iterable[RouteTarget] = (RED,),
    exports: Iterable[RouteTarget] = (RED,),
    discovered: tuple[DiscoveredPe, ...] = (),
    discovery: frozenset[DiscoveryOption] = frozenset(),
    upstream: UpstreamOption | None = None,
    connector: ConnectorForm | None = ConnectorForm.RFC6037,
) -> LocalMvpn:
    return LocalMvpn(
        vrf=vrf,
        number=7,
        me=me,
        loopback="lo0",
        asn=asn,
        rd=rd,
        import_targets=frozenset(imports),
        export_targets=frozenset(exports),
        core_mtu=1500,
        config=MvpnConfig(
            profile=profile,
            default_group=group,
            discovered=discovered,
            discovery=discovery,
            upstream=upstream,
            connector=connector,
        ),
    )


def nothing_imported(_: IPv4Network) -> tuple[Imported, ...]:
    return ()


def mvpn(
    of: LocalMvpn | None = None,
    indices: IndexAllocator[Place] | None = None,
    imported: Callable[[IPv4Network], Iterable[Imported]] = nothing_imported,
) -> Mvpn:
    return Mvpn(of or local(), indices or IndexAllocator(), imported)


def pe(address: IPv4Address, group: IPv4Address = GROUP) -> DiscoveredPe:
    return DiscoveredPe(address=address, group=group)


def path(
    key: NlriKey,
    attributes: PathAttributes,
    source: PathSource = PathSource.IBGP,
    metric: int = 0,
) -> BestPath:
    return BestPath(key=key, source=source, attributes=attributes, metric=metric)


def ad(
    originator: IPv4Address,
    group: IPv4Address = GROUP,
    *,
    rd: RouteDistinguisher = RD2,
    targets: Iterable[RouteTarget] = (RED,),
    tunnel: PmsiTunnel | None = None,
) -> BestPath:
    """An Intra-AS I-PMSI A-D route, with a PIM-SSM tree of the originator unless told otherwise."""
    attributes = PathAttributes(
        next_hop=originator,
        extended_communities=frozenset(map(route_target, targets)),
        pmsi_tunnel=tunnel or PmsiTunnel(tunnel=PimSsmTree(originator, group)),
    )
    return path(IntraAsIPmsi(rd, originator), attributes)


def mdt(
    originator: IPv4Address,
    group: IPv4Address = GROUP,
    *,
    rd: RouteDistinguisher = RD2,
    targets: Iterable[RouteTarget] = (),
) -> BestPath:
    """An MDT-SAFI route."""
    communities = frozenset(map(route_target, targets))
    attributes = PathAttributes(next_hop=originator, extended_communities=communities)
    return path(MdtKey(rd, originator, group), attributes)


_FAMILIES = {IntraAsIPmsi: Family.MCAST_VPN, MdtKey: Family.MDT, VpnPrefix: Family.VPNV4_MULTICAST}


def learnt(*paths: BestPath) -> BestPathsChanged:
    """These paths of one family are the best now."""
    return BestPathsChanged(family=_FAMILIES[type(paths[0].key)], changed=paths)


def gone(*paths: BestPath) -> BestPathsChanged:
    keys = tuple(one.key for one in paths)
    return BestPathsChanged(family=_FAMILIES[type(keys[0])], withdrawn=keys)


def join(tree: SourceGroup, vrf: str = "red", *, joined: bool = True) -> MembershipChanged:
    return MembershipChanged(
        interface=f"mdt-{vrf}", group=tree.group, source=tree.source, joined=joined
    )


def leave(tree: SourceGroup) -> MembershipChanged:
    return join(tree, joined=False)
