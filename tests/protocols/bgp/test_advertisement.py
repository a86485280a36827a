"""RFC 4271 5.1, 9.2: which attributes a path has for whom, and who is not told it at all."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from controlplane.net.vpn import RouteTarget
from controlplane.protocols.bgp.advertisement import Audience, audience, exported
from controlplane.protocols.bgp.events import BgpConfig, PathSource, PeerConfig, Rule
from controlplane.protocols.bgp.path import Announcement
from controlplane.protocols.bgp.peer import Peer
from controlplane.wire.bgp.attributes import AsPath, Connector, PathAttributes
from controlplane.wire.bgp.communities import (
    ExtendedCommunity,
    WellKnown,
    route_origin,
    route_target,
    source_as,
    vrf_route_import,
)
from controlplane.wire.bgp.nlri import Family
from tests.protocols.bgp.paths import as_path, imported, path

OWN_AS, ROUTER_ID = 65000, IPv4Address("10.0.0.1")
HERE, HOP = IPv4Address("10.1.1.1"), IPv4Address("10.9.9.9")
PE = IPv4Address("10.0.0.2")
CONFIG = BgpConfig(asn=OWN_AS, router_id=ROUTER_ID)
SITE = RouteTarget(0, 65000, 77)
NON_TRANSITIVE = ExtendedCommunity(bytes.fromhex("4004000000000001"))
COLOUR = ExtendedCommunity(bytes.fromhex("030b000000000005"))
EBGP, IBGP, LOCAL = PathSource.EBGP, PathSource.IBGP, PathSource.LOCAL


def peer_config(asn: int = OWN_AS, **settings: Any) -> PeerConfig:
    return PeerConfig(address=IPv4Address("10.1.1.2"), local=HERE, remote_as=asn, **settings)


def to(asn: int = OWN_AS, family: Family = Family.IPV4_UNICAST, **settings: Any) -> Audience:
    return audience(peer_config(asn, **settings), family, asn == OWN_AS)


def said(source: PathSource = EBGP, *, client: bool = False, **attributes: Any) -> Announcement:
    attributes.setdefault("as_path", as_path(65001) if source is EBGP else AsPath())
    made = path(source=source, router_id="10.0.0.5", **attributes).announcement
    internal = source is IBGP
    config = peer_config(OWN_AS if internal else 65001, reflector_client=client)
    made.peer = Peer(config, internal) if source in (EBGP, IBGP) else None
    return made


def export(
    announcement: Announcement, audience: Audience, rule: Rule | None = None, **config: Any
) -> PathAttributes | None:
    return exported(announcement, rule, audience, replace(CONFIG, **config))


def told(
    announcement: Announcement, audience: Audience, rule: Rule | None = None, **config: Any
) -> PathAttributes:
    attributes = export(announcement, audience, rule, **config)
    assert attributes is not None
    return attributes


class TestToAnInternalPeer:
    def test_an_external_route_keeps_all_and_gets_a_local_preference(self) -> None:
        attributes = told(said(med=5), to())
        expected = PathAttributes(as_path=as_path(65001), next_hop=HOP, med=5, local_pref=100)
        assert attributes == expected

    def test_next_hop_self_puts_the_own_address_in(self) -> None:
        assert told(said(), to(next_hop_self=True)).next_hop == HERE
        assert told(said(), to(family=Family.VPNV4, next_hop_self=True)).next_hop == HOP

    def test_an_own_route_has_the_own_address_of_the_session(self) -> None:
        assert told(said(LOCAL, next_hop=None), to()).next_hop == HERE
        assert told(said(LOCAL), to()).next_hop == HOP

    def test_an_internal_route_is_not_told(self) -> None:
        assert export(said(IBGP), to()) is None

    @pytest.mark.parametrize(("from_client", "to_client"), [(True, False), (False, True)])
    def test_a_reflector_adds_originator_and_cluster(
        self, from_client: bool, to_client: bool
    ) -> None:
        attributes = told(
            said(IBGP, client=from_client, local_pref=7),
            to(reflector_client=to_client, next_hop_self=True),
        )
        assert attributes == PathAttributes(
            next_hop=HOP,
            local_pref=7,
            originator_id=IPv4Address("10.0.0.5"),
            cluster_list=(ROUTER_ID,),
        )

    def test_a_second_reflector_keeps_the_originator(self) -> None:
        first, cluster = IPv4Address("10.0.0.6"), IPv4Address("10.0.0.7")
        once = said(IBGP, client=True, originator_id=first, cluster_list=(cluster,))
        attributes = told(once, to(), cluster_id=IPv4Address("1.1.1.1"))
        assert attributes.originator_id == first
        assert attributes.cluster_list == (IPv4Address("1.1.1.1"), cluster)

    def test_no_export_does_not_concern_it(self) -> None:
        communities = frozenset({WellKnown.NO_EXPORT})
        assert told(said(communities=communities), to()).communities == communities


class TestToAnExternalPeer:
    def test_what_is_internal_stays_here(self) -> None:
        attributes = told(
            said(
                IBGP,
                as_path=as_path(65002),
                local_pref=300,
                med=5,
                originator_id=PE,
                cluster_list=(PE,),
                extended_communities=frozenset({NON_TRANSITIVE, COLOUR}),
            ),
            to(65003),
        )
        assert attributes == PathAttributes(
            as_path=as_path(OWN_AS, 65002),
            next_hop=HERE,
            extended_communities=frozenset({COLOUR}),
        )

    def test_the_med_of_a_route_of_this_as_goes_out(self) -> None:
        assert told(said(LOCAL, med=5), to(65003)).med == 5
        assert told(said(IBGP, med=5), to(65003)).med == 5

    def test_a_med_set_by_policy_goes_out(self) -> None:
        assert told(said(med=5), to(65003), Rule(set_med=6)).med == 6

    def test_a_local_preference_set_by_policy_does_not(self) -> None:
        assert told(said(), to(65003), Rule(set_local_pref=6)).local_pref is None

    def test_policy_may_lengthen_the_path(self) -> None:
        attributes = told(said(), to(65003), Rule(prepend=2))
        assert attributes.as_path == as_path(OWN_AS, OWN_AS, OWN_AS, 65001)

    def test_as_override_hides_the_customers_as(self) -> None:
        announcement = said(as_path=as_path(65003, 65001, 65003))
        attributes = told(announcement, to(65003, override=True))
        assert attributes.as_path == as_path(OWN_AS, OWN_AS, 65001, OWN_AS)

    @pytest.mark.parametrize("community", [WellKnown.NO_EXPORT, WellKnown.NO_EXPORT_SUBCONFED])
    def test_what_is_not_to_leave_the_as_does_not(self, community: WellKnown) -> None:
        assert export(said(communities=frozenset({community})), to(65003)) is None

    @pytest.mark.parametrize("family", [Family.VPNV4, Family.MCAST_VPN, Family.MDT])
    def test_routes_of_vpns_keep_their_next_hop(self, family: Family) -> None:
        assert told(said(IBGP), to(65003, family)).next_hop == HOP
        assert told(said(LOCAL, next_hop=None), to(65003, family)).next_hop == HERE


class TestImportedRoutes:
    VPN = frozenset(
        {
            route_target(RouteTarget(0, 65000, 1)),
            route_origin(SITE),
            source_as(65000),
            vrf_route_import(PE, 1),
        }
    )

    def announcement(self, **attributes: Any) -> Announcement:
        return imported(
            as_path=as_path(65002),
            next_hop=PE,
            local_pref=100,
            originator_id=PE,
            cluster_list=(PE,),
            connector=Connector(PE),
            extended_communities=self.VPN | {COLOUR},
            **attributes,
        ).announcement

    def test_a_ce_sees_nothing_of_the_providers(self) -> None:
        assert told(self.announcement(), to(65003)) == PathAttributes(
            as_path=as_path(OWN_AS, 65002),
            next_hop=HERE,
            extended_communities=frozenset({COLOUR}),
        )

    def test_they_are_not_told_inside_the_as(self) -> None:
        assert export(self.announcement(), to()) is None

    def test_an_internal_ce_that_is_a_client_is_told_them(self) -> None:
        attributes = told(self.announcement(), to(reflector_client=True))
        assert attributes == PathAttributes(
            as_path=as_path(65002),
            next_hop=HERE,
            local_pref=100,
            extended_communities=frozenset({COLOUR}),
        )

    def test_they_are_not_told_to_the_site_that_they_are_from(self) -> None:
        assert export(self.announcement(), to(65003, site=SITE)) is None
        assert export(self.announcement(), to(65003, site=RouteTarget(0, 65000, 78)))


@pytest.mark.parametrize("asn", [OWN_AS, 65003])
def test_what_is_for_nobody_is_told_to_nobody(asn: int) -> None:
    announcement = said(communities=frozenset({WellKnown.NO_ADVERTISE}))
    assert export(announcement, to(asn)) is None


def test_a_rule_that_denies_is_final() -> None:
    assert export(said(), to(65003), Rule(accept=False)) is None


def test_memberships_reflected_to_a_client_name_the_reflector() -> None:
    """RFC 4684 3.2 i."""
    announcement = said(IBGP, client=True)
    attributes = told(announcement, to(family=Family.ROUTE_TARGET, reflector_client=True))
    assert attributes.originator_id == ROUTER_ID
    assert attributes.next_hop == HERE
