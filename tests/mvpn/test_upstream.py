"""Upstream multicast hop selection (RFC 6513 5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.options import DiscoveryOption, UpstreamOption
from controlplane.mvpn.selection import Selection
from controlplane.mvpn.upstream import UmhCandidate, UmhChoice
from controlplane.mvpn.upstream_names import UpstreamNames, upstream_names, upstream_pe
from controlplane.net.label import Label
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bgp.events import BestPath, Imported, PathSource
from controlplane.protocols.pim.events import RoutesChanged, Rpf
from controlplane.rib.route import Attached, Route, RouteProtocol, VpnNextHop
from controlplane.wire.bgp.attributes import (
    AsPath,
    Connector,
    ConnectorForm,
    Origin,
    PathAttributes,
    Segment,
    SegmentKind,
)
from controlplane.wire.bgp.communities import (
    ExtendedCommunity,
    route_target,
    source_as,
    vrf_route_import,
)
from controlplane.wire.bgp.nlri import VpnPrefix
from tests.mvpn.values import (
    BLUE,
    BOTH,
    C_GROUP,
    ME,
    PE2,
    PE3,
    PE4,
    RD1,
    RD2,
    RD3,
    RED,
    SOURCE,
    gone,
    learnt,
    local,
    mvpn,
    path,
)

PREFIX = IPv4Network("10.9.0.0/16")
ASBR = IPv4Address("10.255.0.99")
LABEL: Label = 24


def imported(
    pe: IPv4Address,
    rd: RouteDistinguisher,
    *communities: ExtendedCommunity,
    prefix: IPv4Network = PREFIX,
    connector: Connector | None = None,
) -> Imported:
    attributes = PathAttributes(
        next_hop=pe,
        extended_communities=frozenset({route_target(RED), *communities}),
        connector=connector,
    )
    return Imported(
        prefix=prefix, key=VpnPrefix(rd, prefix), attributes=attributes, pe=pe, label=LABEL
    )


def installed(pe: IPv4Address, rd: RouteDistinguisher) -> Route:
    """The unicast route to the source's prefix."""
    next_hop = VpnNextHop(pe, rd, LABEL)
    return Route(prefix=PREFIX, protocol=RouteProtocol.IBGP, next_hops=(next_hop,))


def with_routes(option: UpstreamOption, routes: Iterable[Imported]) -> Mvpn:
    def of_prefix(prefix: IPv4Network) -> Iterable[Imported]:
        return [route for route in routes if route.prefix == prefix]

    return mvpn(local(upstream=option), imported=of_prefix)


THREE = (imported(PE3, RD3), imported(PE2, RD2), imported(PE4, RD1))


def as_path(*ases: int) -> AsPath:
    return AsPath((Segment(SegmentKind.AS_SEQUENCE, ases),))


def saying(route: Imported, attributes: Mapping[str, Any]) -> Imported:
    """The route with these attributes."""
    return replace(route, attributes=replace(route.attributes, **attributes))


class TestOptions:
    """RFC 6513 5.1.3; the unicast route is PE3's."""

    @pytest.mark.parametrize(
        ("option", "source", "group", "pe", "reason"),
        [
            (UpstreamOption.INSTALLED_ROUTE, "10.9.0.1", "232.1.1.1", PE3, "the installed route"),
            (
                UpstreamOption.HIGHEST_ADDRESS,
                "10.9.0.1",
                "232.1.1.1",
                PE4,
                "the highest address of 3 PEs",
            ),
            # 10^9^0^1 = 2, 232^1^1^1 = 233, together 235 = 3 * 78 + 1
            (
                UpstreamOption.HASH,
                "10.9.0.1",
                "232.1.1.1",
                PE3,
                "hash 235 modulo 3: number 1 of 3 PEs",
            ),
            # The next source: 10^9^0^2 = 1, together 232 = 3 * 77 + 1
            (
                UpstreamOption.HASH,
                "10.9.0.2",
                "232.1.1.1",
                PE3,
                "hash 232 modulo 3: number 1 of 3 PEs",
            ),
            # Another group: 232^1^1^3 = 235, together 233 = 3 * 77 + 2
            (
                UpstreamOption.HASH,
                "10.9.0.1",
                "232.1.1.3",
                PE4,
                "hash 233 modulo 3: number 2 of 3 PEs",
            ),
        ],
    )
    def test_each_option_picks_its_pe_and_says_why(
        self, option: UpstreamOption, source: str, group: str, pe: IPv4Address, reason: str
    ) -> None:
        red = with_routes(option, THREE)
        found = red.select(installed(PE3, RD3), IPv4Address(source), IPv4Address(group))
        assert found is not None
        assert (found.choice.candidate.pe, found.choice.reason) == (pe, reason)

    def test_two_sources_behind_the_same_two_pes_can_use_different_ones(self) -> None:
        red = with_routes(UpstreamOption.HASH, THREE[:2])
        route = installed(PE3, RD3)
        pes = [red.reverse_path(route, SOURCE + n, C_GROUP) for n in range(2)]
        assert pes == [Rpf("mdt-red", PE3), Rpf("mdt-red", PE2)]

    @pytest.mark.parametrize("option", [UpstreamOption.HIGHEST_ADDRESS, UpstreamOption.HASH])
    def test_every_pe_chooses_alike_whatever_its_installed_route_is(
        self, option: UpstreamOption
    ) -> None:
        routes = {
            PE2: installed(PE2, RD2),
            PE3: installed(PE3, RD3),
            PE4: installed(PE4, RD1),
        }
        choices = {
            with_routes(option, order).reverse_path(route, SOURCE, C_GROUP)
            for route in routes.values()
            for order in (THREE, THREE[::-1])
        }
        assert len(choices) == 1

    @pytest.mark.parametrize("option", UpstreamOption)
    def test_a_single_pe_is_the_one(self, option: UpstreamOption) -> None:
        red = with_routes(option, THREE[:1])
        assert red.reverse_path(installed(PE3, RD3), SOURCE, C_GROUP) == Rpf("mdt-red", PE3)


class TestCandidateSet:
    def test_it_has_all_imported_routes_to_just_the_installed_prefix(self) -> None:
        longer = imported(PE4, RD1, prefix=IPv4Network("10.9.0.0/24"))
        red = with_routes(UpstreamOption.HIGHEST_ADDRESS, [*THREE[:2], longer])
        found = red.select(installed(PE3, RD3), SOURCE, C_GROUP)
        assert found == Selection(
            prefix=PREFIX,
            is_multicast_route=False,
            candidates=(UmhCandidate(PE2, RD2), UmhCandidate(PE3, RD3)),
            choice=UmhChoice(UmhCandidate(PE3, RD3), "the highest address of 2 PEs"),
        )

    def test_a_candidate_has_the_pe_the_rd_and_the_source_as_of_its_route(self) -> None:
        route = imported(ASBR, RD2, vrf_route_import(PE2, 7), source_as(65001))
        red = with_routes(UpstreamOption.INSTALLED_ROUTE, [route])
        found = red.select(installed(ASBR, RD2), SOURCE, C_GROUP)
        assert found is not None
        assert found.choice.candidate == UmhCandidate(PE2, RD2, 65001)

    @pytest.mark.parametrize(
        "worse",
        [
            {"local_pref": 90},
            {"as_path": as_path(65001, 65002)},
            {"origin": Origin.INCOMPLETE},
            {"med": 20},
        ],
        ids=str,
    )
    def test_a_pe_that_itself_goes_by_another_one_is_no_candidate(
        self, worse: dict[str, Any]
    ) -> None:
        """Its route is told to stand by: a join would not come to the source through it."""
        said = {"local_pref": 100, "as_path": as_path(65001), "origin": Origin.IGP, "med": 10}
        routes = [saying(THREE[0], said), saying(THREE[2], said | worse)]
        red = with_routes(UpstreamOption.HIGHEST_ADDRESS, routes)
        found = red.select(installed(PE3, RD3), SOURCE, C_GROUP)
        assert found is not None
        assert found.candidates == (UmhCandidate(PE3, RD3),)

    def test_meds_of_different_neighbouring_ases_say_nothing(self) -> None:
        routes = [
            saying(route, {"as_path": as_path(asn), "med": asn})
            for route, asn in ((THREE[0], 65001), (THREE[2], 65002))
        ]
        red = with_routes(UpstreamOption.HIGHEST_ADDRESS, routes)
        found = red.select(installed(PE3, RD3), SOURCE, C_GROUP)
        assert found is not None
        assert found.choice.candidate.pe == PE4

    def test_another_vrf_of_this_pe_is_no_candidate(self) -> None:
        red = with_routes(UpstreamOption.HIGHEST_ADDRESS, [imported(PE2, RD2), imported(ME, RD3)])
        found = red.select(installed(PE2, RD2), SOURCE, C_GROUP)
        assert found is not None
        assert found.candidates == (UmhCandidate(PE2, RD2),)

    def test_a_route_that_was_given_names_its_pe_by_its_next_hop(self) -> None:
        red = with_routes(UpstreamOption.HIGHEST_ADDRESS, [])
        assert red.reverse_path(installed(PE2, RD2), SOURCE, C_GROUP) == Rpf("mdt-red", PE2)

    def test_of_two_vrfs_of_the_chosen_pe_the_lower_rd_counts(self) -> None:
        red = with_routes(UpstreamOption.HIGHEST_ADDRESS, [imported(PE3, RD3), imported(PE3, RD2)])
        found = red.select(installed(PE3, RD3), SOURCE, C_GROUP)
        assert found is not None
        assert found.choice.candidate.rd == RD2

    def test_a_route_to_a_link_of_the_vrf_is_not_the_mvpns_business(self) -> None:
        attached = Route(
            prefix=PREFIX, protocol=RouteProtocol.CONNECTED, next_hops=(Attached("e1"),)
        )
        red = with_routes(UpstreamOption.HIGHEST_ADDRESS, THREE)
        assert red.select(attached, SOURCE, C_GROUP) is None


class TestNamesOnRoutes:
    """RFC 6513 5.1.2, RFC 6514 6 and 7, RFC 6037 5.2."""

    IMPORT, AS = vrf_route_import(ME, 7), source_as(65000)
    CONNECTOR = Connector(ME, ConnectorForm.RFC6037)

    @pytest.mark.parametrize(
        ("discovery", "names"),
        [
            ({DiscoveryOption.INTRA_AS}, UpstreamNames(frozenset({IMPORT, AS}), None)),
            ({DiscoveryOption.MDT_SAFI}, UpstreamNames(frozenset(), CONNECTOR)),
            (BOTH, UpstreamNames(frozenset({IMPORT, AS}), CONNECTOR)),
            ({DiscoveryOption.STATIC_LIST}, UpstreamNames()),
        ],
        ids=["A-D routes", "MDT-SAFI", "both", "neither"],
    )
    def test_exported_routes_carry_what_the_way_of_discovery_goes_with(
        self, discovery: set[DiscoveryOption], names: UpstreamNames
    ) -> None:
        assert upstream_names(local(), discovery) == names
        assert mvpn(local(discovery=frozenset(discovery))).upstream_names == names

    def test_a_pe_may_leave_the_connector_out(self) -> None:
        assert mvpn(local("0", connector=None)).upstream_names == UpstreamNames()

    @pytest.mark.parametrize(
        ("form", "rd"),
        [(ConnectorForm.RFC6037, None), (ConnectorForm.FREERTR, None), (ConnectorForm.IOS, RD1)],
    )
    def test_the_connector_has_the_form_that_was_asked_for(
        self, form: ConnectorForm, rd: RouteDistinguisher | None
    ) -> None:
        red = mvpn(local("0", connector=form))
        assert red.upstream_names.connector == Connector(ME, form, rd)

    @pytest.mark.parametrize(
        ("attributes", "pe"),
        [
            pytest.param(PathAttributes(), ASBR, id="neither: the next hop"),
            pytest.param(PathAttributes(connector=Connector(PE2)), PE2, id="Connector"),
            pytest.param(
                PathAttributes(extended_communities=frozenset({vrf_route_import(PE3, 1)})),
                PE3,
                id="VRF Route Import",
            ),
            pytest.param(
                PathAttributes(
                    extended_communities=frozenset({route_target(RED), vrf_route_import(PE3, 1)}),
                    connector=Connector(PE2),
                ),
                PE3,
                id="VRF Route Import before Connector",
            ),
            pytest.param(
                PathAttributes(
                    extended_communities=frozenset(
                        {vrf_route_import(PE2, 1), vrf_route_import(PE3, 2)}
                    )
                ),
                PE3,
                id="of two, whatever their order, the same",
            ),
        ],
    )
    def test_the_upstream_pe_is_read_from_what_a_route_carries(
        self, attributes: PathAttributes, pe: IPv4Address
    ) -> None:
        assert upstream_pe(attributes, ASBR) == pe


def special(
    pe: IPv4Address,
    rd: RouteDistinguisher,
    prefix: str = "10.9.0.0/24",
    *,
    target: RouteTarget = RED,
    metric: int = 0,
    source: PathSource = PathSource.IBGP,
) -> BestPath:
    """A route of SAFI 129."""
    communities = frozenset({route_target(target)})
    attributes = PathAttributes(next_hop=pe, extended_communities=communities)
    return path(VpnPrefix(rd, IPv4Network(prefix)), attributes, source, metric)


class TestMulticastVpnRoutes:
    """RFC 6513 5.1.1: routes that are used for upstream hop selection alone."""

    def red(self, option: UpstreamOption = UpstreamOption.HIGHEST_ADDRESS) -> Mvpn:
        return with_routes(option, THREE)

    def test_they_take_the_place_of_the_unicast_routes(self) -> None:
        red = self.red()
        change = red.learn(learnt(special(PE2, RD2)))
        assert change.customer == (RoutesChanged(),)
        found = red.select(installed(PE3, RD3), SOURCE, C_GROUP)
        assert found is not None
        assert (found.prefix, found.is_multicast_route) == (IPv4Network("10.9.0.0/24"), True)
        assert found.candidates == (UmhCandidate(PE2, RD2),)

    def test_they_do_so_where_there_is_no_unicast_route(self) -> None:
        red = self.red()
        red.learn(learnt(special(PE2, RD2)))
        assert red.reverse_path(None, SOURCE, C_GROUP) == Rpf("mdt-red", PE2)

    def test_roots_that_they_do_not_cover_go_by_unicast_routes(self) -> None:
        red = self.red()
        red.learn(learnt(special(PE2, RD2)))
        outside = IPv4Address("10.9.1.1")
        assert red.reverse_path(installed(PE3, RD3), outside, C_GROUP) == Rpf("mdt-red", PE4)

    def test_the_installed_one_is_the_nearest_pes(self) -> None:
        red = self.red(UpstreamOption.INSTALLED_ROUTE)
        red.learn(learnt(special(PE2, RD2, metric=10), special(PE3, RD3, metric=20)))
        assert red.reverse_path(None, SOURCE, C_GROUP) == Rpf("mdt-red", PE2)
        red.learn(learnt(special(PE2, RD2, metric=20)))
        assert red.reverse_path(None, SOURCE, C_GROUP) == Rpf("mdt-red", PE3)

    def test_a_source_of_the_vrf_itself_stays_there(self) -> None:
        red = self.red()
        red.learn(learnt(special(PE2, RD2)))
        attached = Route(
            prefix=PREFIX, protocol=RouteProtocol.CONNECTED, next_hops=(Attached("e1"),)
        )
        assert red.select(attached, SOURCE, C_GROUP) is None

    def test_the_longest_prefix_counts(self) -> None:
        red = self.red()
        red.learn(learnt(special(PE4, RD1, "10.9.0.0/16"), special(PE2, RD2)))
        assert red.reverse_path(None, SOURCE, C_GROUP) == Rpf("mdt-red", PE2)

    def test_one_that_goes_leaves_the_others(self) -> None:
        red = self.red()
        red.learn(learnt(special(PE2, RD2), special(PE3, RD3)))
        assert red.learn(gone(special(PE3, RD3))).customer == (RoutesChanged(),)
        assert red.reverse_path(None, SOURCE, C_GROUP) == Rpf("mdt-red", PE2)
        red.learn(gone(special(PE2, RD2)))
        assert red.reverse_path(None, SOURCE, C_GROUP) is None

    @pytest.mark.parametrize(
        "route",
        [special(PE2, RD2, target=BLUE), special(ME, RD1, source=PathSource.LOCAL)],
        ids=["of another VPN", "of this PE"],
    )
    def test_others_do_not_count(self, route: BestPath) -> None:
        red = self.red()
        assert red.learn(learnt(route)).customer == ()
        assert red.reverse_path(None, SOURCE, C_GROUP) is None
