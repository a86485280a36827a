"""Auto-discovery routes: what a PE says of itself, and what it makes of what others say."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from controlplane.mvpn.claims import Claim, Judgement, Refusal
from controlplane.mvpn.config import DiscoveredPe
from controlplane.mvpn.discovery import Discovery, IntraAs, MdtSafi, NoDiscovery, StaticList
from controlplane.mvpn.tunnel import PimSsm
from controlplane.protocols.bgp.events import BestPath
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import WellKnown, route_target
from controlplane.wire.bgp.nlri import IntraAsIPmsi, MdtKey, SourceActive
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
from tests.mvpn.values import (
    BLUE,
    C_GROUP,
    GREEN,
    GROUP,
    GROUP2,
    ME,
    PE2,
    PE3,
    RD1,
    RD2,
    RD3,
    RED,
    SOURCE,
    ad,
    local,
    mdt,
    path,
    pe,
)

LOCAL = local(imports=(RED, BLUE), exports=(RED, GREEN))
TUNNEL = PimSsm(LOCAL)


def told(judgement: Judgement | None) -> DiscoveredPe | str | None:
    """The PE of a claim, the reason of a refusal."""
    match judgement:
        case Claim(pe=found):
            return found
        case Refusal(why=why):
            return why
    return None


class TestIntraAsIPmsi:
    """RFC 6514 4.1, 9.1."""

    def test_a_pe_tells_its_tree_with_the_export_targets_and_keeps_it_in_the_as(self) -> None:
        originated = IntraAs(LOCAL, TUNNEL).originated()
        assert originated.key == IntraAsIPmsi(RD1, ME)
        assert originated.label is None
        assert originated.attributes == PathAttributes(
            next_hop=ME,
            communities=frozenset({WellKnown.NO_EXPORT}),
            extended_communities=frozenset({route_target(RED), route_target(GREEN)}),
            pmsi_tunnel=PmsiTunnel(
                tunnel=PimSsmTree(ME, GROUP), label=0, leaf_information_required=False
            ),
        )

    @pytest.mark.parametrize(
        ("route", "expected"),
        [
            pytest.param(ad(PE2), pe(PE2), id="a PE of the VPN"),
            pytest.param(ad(PE2, GROUP2), pe(PE2, GROUP2), id="a group of its own"),
            pytest.param(ad(PE2, rd=RD1), pe(PE2), id="two PEs with one RD"),
            pytest.param(ad(PE2, targets=(GREEN, BLUE)), pe(PE2), id="one target is enough"),
            pytest.param(ad(PE2, targets=(GREEN,)), None, id="a target that is only exported"),
            pytest.param(ad(PE2, targets=()), None, id="no target"),
            pytest.param(ad(ME, rd=RD1), None, id="the own route"),
            pytest.param(ad(ME, rd=RD3), None, id="another VRF of this PE"),
        ],
    )
    def test_targets_say_which_pes_are_in_the_vpn(
        self, route: BestPath, expected: DiscoveredPe | None
    ) -> None:
        assert told(IntraAs(LOCAL, TUNNEL).judge(route)) == expected

    @pytest.mark.parametrize(
        ("tunnel", "reason"),
        [
            (NoTunnel(), "its tunnel is no tunnel, not a PIM-SSM tree"),
            (RsvpTeP2mp(PE2, 1, 1), "its tunnel is an RSVP-TE P2MP LSP, not a PIM-SSM tree"),
            (MldpP2mp(b""), "its tunnel is an mLDP P2MP LSP, not a PIM-SSM tree"),
            (MldpMp2mp(b""), "its tunnel is an mLDP MP2MP LSP, not a PIM-SSM tree"),
            (PimSmTree(PE2, GROUP), "its tunnel is a PIM-SM tree, not a PIM-SSM tree"),
            (BidirPimTree(PE2, GROUP), "its tunnel is a BIDIR-PIM tree, not a PIM-SSM tree"),
            (IngressReplication(PE2), "its tunnel is ingress replication, not a PIM-SSM tree"),
            (PimSsmTree(PE3, GROUP), "its tunnel has the root 10.255.0.3, which is not the PE"),
            (
                PimSsmTree(PE2, IPv4Address("239.0.0.1")),
                "its tunnel's group 239.0.0.1 is not in 232.0.0.0/8",
            ),
        ],
        ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
    )
    def test_a_tunnel_that_cannot_be_joined_is_refused_in_words(
        self, tunnel: PTunnel, reason: str
    ) -> None:
        route = ad(PE2, tunnel=PmsiTunnel(tunnel=tunnel))
        assert told(IntraAs(LOCAL, TUNNEL).judge(route)) == reason

    def test_a_tree_that_several_mvpns_share_is_refused(self) -> None:
        shared = PmsiTunnel(tunnel=PimSsmTree(PE2, GROUP), label=17)
        judgement = IntraAs(LOCAL, TUNNEL).judge(ad(PE2, tunnel=shared))
        assert told(judgement) == "its tunnel is shared with other MVPNs, by label 17"

    def test_a_route_without_a_tunnel_is_of_a_pe_that_cannot_be_heard(self) -> None:
        route = ad(PE2)
        bare = replace(route, attributes=replace(route.attributes, pmsi_tunnel=None))
        assert IntraAs(LOCAL, TUNNEL).judge(bare) == Refusal(
            PE2, "Intra-AS I-PMSI A-D route, RD 65000:2", "it announces no P-tunnel"
        )

    def test_the_leaf_information_flag_is_ignored(self) -> None:
        flagged = PmsiTunnel(tunnel=PimSsmTree(PE2, GROUP), leaf_information_required=True)
        assert told(IntraAs(LOCAL, TUNNEL).judge(ad(PE2, tunnel=flagged))) == pe(PE2)

    def test_other_routes_of_the_family_say_nothing_of_pes(self) -> None:
        attributes = ad(PE2).attributes
        route = path(SourceActive(RD2, SOURCE, C_GROUP), attributes)
        assert IntraAs(LOCAL, TUNNEL).judge(route) is None


class TestMdtSafi:
    """RFC 6037 4.4, draft-rosen-l3vpn-mvpn-profiles-00 2.8.2."""

    def test_a_pe_tells_its_group_without_targets(self) -> None:
        originated = MdtSafi(LOCAL, TUNNEL).originated()
        assert originated.key == MdtKey(RD1, ME, GROUP)
        assert originated.attributes == PathAttributes(next_hop=ME)

    @pytest.mark.parametrize(
        ("route", "expected"),
        [
            pytest.param(mdt(PE2), pe(PE2), id="without targets, by the group"),
            pytest.param(mdt(PE2, GROUP2), None, id="without targets, another group"),
            pytest.param(mdt(PE2, targets=(BLUE,)), pe(PE2), id="with a target"),
            pytest.param(mdt(PE2, targets=(GREEN,)), None, id="with others' targets, our group"),
            pytest.param(
                mdt(PE2, GROUP2, targets=(RED,)),
                "its group 232.0.0.2 is not our 232.0.0.1, as MDT-SAFI demands",
                id="with a target, another group",
            ),
            pytest.param(mdt(PE2, rd=RD1), pe(PE2), id="two PEs with one RD"),
            pytest.param(mdt(ME, rd=RD1), None, id="the own route"),
        ],
    )
    def test_targets_or_else_the_group_say_which_pes_are_in_the_vpn(
        self, route: BestPath, expected: DiscoveredPe | str | None
    ) -> None:
        assert told(MdtSafi(LOCAL, TUNNEL).judge(route)) == expected

    def test_routes_of_another_family_say_nothing(self) -> None:
        assert MdtSafi(LOCAL, TUNNEL).judge(ad(PE2)) is None


class TestWithoutBgp:
    def test_the_list_has_every_pe_but_this_one(self) -> None:
        listed = local(discovered=(pe(ME), pe(PE2), pe(PE3, GROUP2)))
        claims = StaticList(listed, TUNNEL).configured()
        assert [told(claim) for claim in claims] == [pe(PE2), pe(PE3, GROUP2)]

    @pytest.mark.parametrize("option", [StaticList, NoDiscovery])
    def test_nothing_is_told_and_nothing_heard(self, option: type[Discovery]) -> None:
        discovery = option(LOCAL, TUNNEL)
        assert discovery.originated() is None
        assert discovery.judge(ad(PE2)) is None
        assert discovery.family is None
