"""FRR as a PE, between an engine of ours that is a PE's and one that is a CE's.

    our CE, AS 65001  --- eBGP, IPv4 unicast --- FRR, AS 65000 --- VPNv4 --- our PE
    10.0.0.3                                     10.0.0.2                    10.0.0.1

FRR's one VRF is its default one, for a VRF of its own would need the kernel's. It imports nothing
of an internal peer without an LSP to there, which would need the kernel's too; of another
provider's PE (RFC 4364 10 b) on the same link it does. To an external peer on the LAN it names who
told it as the next hop (RFC 4271 5.1.3).
"""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.net.vpn import RouteTarget
from controlplane.protocols.bgp.events import TargetsWanted
from controlplane.wire.bgp.attributes import AsPath, Segment, SegmentKind
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.nlri import Family
from tests.peers.bgp.lan import FRR, OTHER, WE, FrrLan, Neighbor, bgpd, towards_frr
from tests.peers.bgp.speaker import own, own_vpn, routes, speaker_config, vpn_prefix, withdrawn

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights", "frr")]

ASN, CE_AS, OTHER_AS = 65000, 65001, 65100
VPN = Family.VPNV4
RD, TARGET = "65000:7", "65000:7"
SITE_1, SITE_2 = "10.1.0.0/16", "10.2.0.0/16"
VRF = (f"rd vpn export {RD}", f"rt vpn both {TARGET}", "label vpn export 700")


def vpn(stack: ExitStack, our_as: int) -> FrrLan:
    """Both sessions are up; the first of ours is the PE, the second the CE."""
    configuration = bgpd(
        ASN,
        Neighbor(WE, our_as, families=(VPN,)),
        Neighbor(OTHER, CE_AS),
        unicast=[*VRF, "export vpn", "import vpn"],
        before="interface eth0\n mpls bgp forwarding\nexit",
    )
    pe = speaker_config(our_as, WE, towards_frr(ASN, WE, families=frozenset({VPN})))
    ce = speaker_config(CE_AS, OTHER, towards_frr(ASN, OTHER))
    lan = FrrLan(stack, configuration, [pe, ce])
    lan.wire.tell(TargetsWanted(targets=frozenset({RouteTarget.parse(TARGET)})))
    lan.comes_up()
    return lan


@pytest.mark.parametrize(
    ("our_as", "next_hop", "local_pref", "path"),
    [(ASN, FRR, 100, (CE_AS,)), (OTHER_AS, OTHER, None, (ASN, CE_AS))],
    ids=["one provider", "two providers"],
)
def test_a_route_of_the_ce_arrives_as_a_vpn_route(
    stack: ExitStack,
    our_as: int,
    next_hop: IPv4Address,
    local_pref: int | None,
    path: tuple[int, ...],
) -> None:
    lan = vpn(stack, our_as)
    pe, ce = lan.wires
    ce.tell(routes(own(SITE_2, med=9, communities=frozenset({CE_AS << 16 | 1}))))
    key = vpn_prefix(RD, SITE_2)
    lan.eventually(lambda: key in pe.engine.best(VPN))
    had = pe.engine.attributes(key, VPN)
    assert pe.engine.best(VPN)[key].label == 700
    assert (had.next_hop, had.local_pref) == (next_hop, local_pref)
    assert had.as_path == AsPath((Segment(SegmentKind.AS_SEQUENCE, path),))
    assert had.communities == {CE_AS << 16 | 1}
    assert had.extended_communities == {route_target(RouteTarget.parse(TARGET))}
    ce.tell(withdrawn(IPv4Network(SITE_2)))
    lan.eventually(lambda: key not in pe.engine.best(VPN))


def test_a_vpn_route_of_ours_arrives_at_the_ce(stack: ExitStack) -> None:
    lan = vpn(stack, OTHER_AS)
    pe, ce = lan.wires
    site = AsPath((Segment(SegmentKind.AS_SEQUENCE, (65009,)),))
    key = vpn_prefix("65000:1", SITE_1)
    pe.tell(routes(own_vpn("65000:1", SITE_1, 77, TARGET, as_path=site), family=VPN))
    lan.eventually(lambda: IPv4Network(SITE_1) in ce.engine.best())
    had = ce.engine.attributes(IPv4Network(SITE_1))
    assert [segment.ases for segment in had.as_path.segments] == [(ASN, OTHER_AS, 65009)]
    assert had.next_hop == WE
    pe.tell(withdrawn(key, family=VPN))
    lan.eventually(lambda: IPv4Network(SITE_1) not in ce.engine.best())


def test_a_vpn_route_with_another_target_does_not(stack: ExitStack) -> None:
    lan = vpn(stack, OTHER_AS)
    pe, ce = lan.wires
    pe.tell(routes(own_vpn("65000:1", SITE_1, 77, "65000:8"), family=VPN))
    pe.tell(routes(own_vpn("65000:1", "10.3.0.0/16", 77, TARGET), family=VPN))
    lan.eventually(lambda: IPv4Network("10.3.0.0/16") in ce.engine.best())
    assert IPv4Network(SITE_1) not in ce.engine.best()
