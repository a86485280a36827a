"""ExaBGP tells and is told: A-D routes of types that FRR does not have, attributes of all kinds."""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Final

import pytest

from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bgp.events import Originated, TargetsWanted
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import LargeCommunity, route_target
from controlplane.wire.bgp.nlri import (
    Family,
    McastVpnKey,
    SharedTreeJoin,
    SourceActive,
    SourceTreeJoin,
)
from tests.peers.bgp.exabgp import ASN, EXABGP, WE, ExaBgp, missing_exabgp
from tests.peers.bgp.speaker import own, own_vpn, routes, vpn_prefix, withdrawn

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights", "exabgp")]

MVPN: Final = Family.MCAST_VPN
RD = RouteDistinguisher.parse("65000:9")
SOURCE, RP = IPv4Address("10.1.1.10"), IPv4Address("10.1.1.1")
GROUP = IPv4Address("232.1.1.1")
TARGET = RouteTarget.parse("192.0.2.1:5")
WITH_TARGET = PathAttributes(extended_communities=frozenset({route_target(TARGET)}))

C_MULTICAST: dict[str, tuple[McastVpnKey, str, dict[str, Any]]] = {
    "source active": (
        SourceActive(RD, SOURCE, GROUP),
        f"source-ad source {SOURCE} group {GROUP} rd {RD}",
        {"code": 5, "source": f"{SOURCE}", "group": f"{GROUP}"},
    ),
    "shared tree join": (
        SharedTreeJoin(RD, ASN, RP, GROUP),
        f"shared-join rp {RP} group {GROUP} rd {RD} source-as {ASN}",
        {"code": 6, "source-as": f"{ASN}", "source": f"{RP}", "group": f"{GROUP}"},
    ),
    "source tree join": (
        SourceTreeJoin(RD, ASN, SOURCE, GROUP),
        f"source-join source {SOURCE} group {GROUP} rd {RD} source-as {ASN}",
        {"code": 7, "source-as": f"{ASN}", "source": f"{SOURCE}", "group": f"{GROUP}"},
    ),
}
"""RFC 6514 4.5 and 4.6: as we have them, as ExaBGP is configured, and as it shows them."""

each_type = pytest.mark.parametrize("key, line, shown", C_MULTICAST.values(), ids=C_MULTICAST)


@pytest.fixture(scope="session")
def exabgp() -> None:
    """Skip, with the reason, where ExaBGP cannot run."""
    if (reason := missing_exabgp()) is not None:
        pytest.skip(reason)


class TestMulticastVpn:
    """RFC 6514 4."""

    @each_type
    def test_a_route_of_exabgp_is_read(
        self, stack: ExitStack, key: McastVpnKey, line: str, shown: dict[str, Any]
    ) -> None:
        more = f"next-hop {EXABGP} extended-community [ target:{TARGET} ]"
        peer = ExaBgp(stack, announce=[f"mcast-vpn {line} {more}"])
        peer.wire.tell(TargetsWanted(targets=frozenset({TARGET})))
        peer.eventually(lambda: key in peer.speaker.best(MVPN))
        had = peer.speaker.attributes(key, MVPN)
        assert had.next_hop == EXABGP
        assert had.extended_communities == {route_target(TARGET)}

    @each_type
    def test_a_route_of_ours_is_read_and_its_withdrawal(
        self, stack: ExitStack, key: McastVpnKey, line: str, shown: dict[str, Any]
    ) -> None:
        peer = ExaBgp(stack)
        peer.comes_up()
        peer.wire.tell(routes(Originated(key=key, attributes=WITH_TARGET), family=MVPN))
        peer.eventually(lambda: peer.announced("ipv4 mcast-vpn"))
        ((next_hop, nlri, _),) = peer.announced("ipv4 mcast-vpn")
        assert next_hop == str(WE)
        assert nlri.items() >= shown.items()
        peer.wire.tell(withdrawn(key, family=MVPN))
        peer.eventually(lambda: peer.withdrawn("ipv4 mcast-vpn"))
        (gone,) = peer.withdrawn("ipv4 mcast-vpn")
        assert gone.items() >= shown.items()


class TestAttributes:
    def test_whatever_exabgp_sends_is_read(self, stack: ExitStack) -> None:
        line = (
            f"route 10.1.0.0/24 next-hop {EXABGP} origin egp med 7 local-preference 300 "
            "as-path [ 65001 4200000000 ] community [ 65000:1 no-export ] "
            "large-community [ 4200000000:1:2 ] atomic-aggregate "
            "aggregator ( 65001:192.0.2.1 ) "
            "extended-community [ origin:65000:3 ] attribute [ 0x63 0xc0 0x616263 ]"
        )
        peer = ExaBgp(stack, static=[line])
        prefix = IPv4Network("10.1.0.0/24")
        peer.eventually(lambda: prefix in peer.speaker.best())
        had = peer.speaker.attributes(prefix)
        assert (had.med, had.local_pref, had.atomic_aggregate) == (7, 300, True)
        assert [segment.ases for segment in had.as_path.segments] == [(65001, 4_200_000_000)]
        assert had.communities == {65000 << 16 | 1, 0xFFFFFF01}
        assert had.large_communities == {LargeCommunity(4_200_000_000, 1, 2)}
        assert had.aggregator and (had.aggregator.asn, f"{had.aggregator.address}") == (
            65001,
            "192.0.2.1",
        )
        (unknown,) = had.unknown
        assert (unknown.flags, unknown.type, unknown.value) == (0xE0, 0x63, b"abc")

    def test_a_vpn_route_is_read_and_its_label(self, stack: ExitStack) -> None:
        line = f"route 10.2.0.0/24 rd 65000:1 label 77 next-hop {EXABGP}"
        peer = ExaBgp(stack, static=[f"{line} extended-community [ target:{TARGET} ]"])
        key = vpn_prefix("65000:1", "10.2.0.0/24")
        peer.eventually(lambda: key in peer.speaker.best(Family.VPNV4))
        assert peer.speaker.best(Family.VPNV4)[key].label == 77

    def test_a_vpn_route_of_ours_is_read(self, stack: ExitStack) -> None:
        peer = ExaBgp(stack)
        peer.comes_up()
        told = own_vpn("65000:1", "10.2.0.0/24", 77, f"{TARGET}", med=4)
        peer.wire.tell(routes(told, family=Family.VPNV4))
        peer.eventually(lambda: peer.announced("ipv4 mpls-vpn"))
        ((next_hop, nlri, attributes),) = peer.announced("ipv4 mpls-vpn")
        assert next_hop == str(WE)
        assert (nlri["nlri"], nlri["rd"]) == ("10.2.0.0/24", "65000:1")
        assert nlri["label"][0][0] == 77
        assert attributes["med"] == 4

    def test_communities_of_ours_are_read(self, stack: ExitStack) -> None:
        peer = ExaBgp(stack)
        peer.comes_up()
        given = {
            "communities": frozenset({65000 << 16 | 1}),
            "large_communities": frozenset({LargeCommunity(1, 2, 3)}),
            "local_pref": 150,
        }
        peer.wire.tell(routes(own("10.3.0.0/16", **given)))
        peer.eventually(lambda: peer.announced("ipv4 unicast"))
        ((_, nlri, attributes),) = peer.announced("ipv4 unicast")
        assert nlri["nlri"] == "10.3.0.0/16"
        assert attributes["community"] == [[65000, 1]]
        assert attributes["large-community"] == [[1, 2, 3]]
        assert attributes["local-preference"] == 150


def test_exabgp_says_that_it_has_told_all(stack: ExitStack) -> None:
    """RFC 4724 2: End-of-RIB of each family; and ours arrives there as well."""
    peer = ExaBgp(stack)
    peer.comes_up()
    peer.eventually(lambda: [family.all_came for family in peer.view.families] == [True] * 3)
