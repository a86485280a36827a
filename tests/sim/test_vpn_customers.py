"""What customers may tell a provider, by mistake or on purpose, and what comes of it.

Whatever it is, it is the matter of their own VPN: no other customer's packets and none of the
provider's own go another way for it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from controlplane.engine.labels import LabelSpace
from controlplane.net.label import FIRST_LABEL
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.router import router as whole_router
from controlplane.router.config import RouterConfig
from controlplane.wire.bgp.communities import (
    ExtendedCommunity,
    route_origin,
    route_target,
    source_as,
    vrf_route_import,
)
from tests.sim.vpn_world import (
    AT_CE1,
    AT_PE1,
    DUAL,
    LAB,
    LAN1,
    LAN2,
    PE1,
    PE2,
    RR,
    VpnWorld,
    as_path,
)

SITES = (("red-h1", "red-h2"), ("blue-h1", "blue-h2"))


@pytest.fixture
def faults(tmp_path: Path) -> VpnWorld:
    return VpnWorld(tmp_path, LAB)


def told(faults: VpnWorld, *routes: str, **attributes: Any) -> None:
    """red-ce1 tells pe1 these routes, and they have gone as far as they go."""
    faults.announce("red-ce1", *routes, **attributes)
    faults.run(3)


def provider_routes(faults: VpnWorld) -> dict[str, list[tuple[str, str]]]:
    return {
        router: [(row["prefix"], row["via"]) for row in faults.rows(router, "route")]
        for router in ("pe1", "pe2", "p1", "rr")
    }


class TestLoops:
    """RFC 4271 9.1.2: a path with the own AS in it is not used."""

    def test_a_path_with_the_providers_as_is_kept_out(self, faults: VpnWorld) -> None:
        told(faults, "10.50.0.0/16", as_path=as_path(65101, 65000, 65102))
        (path,) = faults.paths("pe1", "10.50.0.0/16", "red")
        assert (path["best"], path["why_not"]) == (False, "AS loop: 65000 is in the AS path")
        assert faults.via("pe1", "10.50.0.0/16", "red") is None
        assert faults.paths("rr", "65000:1:10.50.0.0/16") == []

    def test_a_path_with_the_customers_own_as_twice_is_not_the_providers_matter(
        self, faults: VpnWorld
    ) -> None:
        told(faults, "10.50.0.0/16", as_path=as_path(65101, 65102, 65101))
        assert faults.via("pe2", "10.50.0.0/16", "red") == PE1
        (path,) = faults.paths("red-ce2", "10.50.0.0/16")
        assert path["why_not"] == "AS loop: 65102 is in the AS path", "its own AS"


ONE_AS = LAB.replace("asn: 65102", "asn: 65101")
OVERRIDE = ONE_AS.replace("pe1: {}, red-ce1", "pe1: {bgp: {as_override: true}}, red-ce1").replace(
    "pe2: {}, red-ce2", "pe2: {bgp: {as_override: true}}, red-ce2"
)
ALLOWED = ONE_AS.replace("red-ce1: {}}", "red-ce1: {bgp: {allow_as_in: 1}}}").replace(
    "red-ce2: {}}", "red-ce2: {bgp: {allow_as_in: 1}}}"
)


class TestOneAsAtAllSites:
    def test_ces_take_each_others_routes_for_loops_and_say_so(self, tmp_path: Path) -> None:
        faults = VpnWorld(tmp_path, ONE_AS)
        (path,) = faults.paths("red-ce1", LAN2)
        assert path["why_not"] == "AS loop: 65101 is in the AS path"
        assert not faults.hears(*SITES[0])
        assert faults.via("pe1", LAN2, "red") == PE2

    @pytest.mark.parametrize(
        ("text", "path"), [(OVERRIDE, "65000 65000"), (ALLOWED, "65000 65101")]
    )
    def test_override_at_the_pes_or_leave_at_the_ces_joins_them(
        self, tmp_path: Path, text: str, path: str
    ) -> None:
        faults = VpnWorld(tmp_path, text)
        assert [one["as_path"] for one in faults.paths("red-ce1", LAN2)] == [path]
        assert faults.hears(*SITES[0])

    def test_leave_for_one_is_no_leave_for_two(self, tmp_path: Path) -> None:
        faults = VpnWorld(tmp_path, ALLOWED)
        told(faults, "10.50.0.0/16", as_path=as_path(65101, 65101))
        (path,) = faults.paths("red-ce2", "10.50.0.0/16")
        assert path["why_not"] == "AS loop: 65101 is in the AS path 2 times"


def of_site(text: str, *routers: str) -> str:
    """Override at the PEs hides loops; with a Site of Origin for site 1 at some of them."""
    for number, router in ((1, "pe1"), (2, "pe2"), (3, "pe3")):
        site = ", soo: 65101:1" if router in routers else ""
        text = text.replace(
            f"{router}: {{}}, ce{number}",
            f"{router}: {{bgp: {{as_override: true{site}}}}}, ce{number}",
        )
    return text


class TestSiteOfOrigin:
    """RFC 4364 7: a route does not come back to the site that it is of by another PE.

    The CEs of site 1 have lost their link. What ce1 tells pe1, pe2 could tell ce2; and what ce2 has
    heard of ce1 itself it tells pe2 in turn.
    """

    def world(self, tmp_path: Path, *marking: str) -> VpnWorld:
        faults = VpnWorld(tmp_path, of_site(DUAL.replace("rd: 65000:1", "rd: auto"), *marking))
        faults.world.set_link("site", up=False)
        faults.run(3)
        return faults

    def test_without_it_packets_go_round_between_pe_and_ce(self, tmp_path: Path) -> None:
        """The session between the CEs goes on through the provider, and each trusts the other."""
        faults = self.world(tmp_path)
        assert (faults.via("pe2", LAN1, "red"), faults.via("ce2", LAN1)) == ("10.9.2.2", "10.9.2.1")
        assert not faults.hears("h2", "h1")

    def test_with_it_routes_stay_away_from_where_they_come_from(self, tmp_path: Path) -> None:
        faults = self.world(tmp_path, "pe1", "pe2")
        assert faults.via("pe2", LAN1, "red") == PE1
        assert faults.via("ce2", LAN1) is faults.via("ce1", LAN2) is None
        (path,) = faults.paths("pe2", LAN1, "red")
        assert "SoO:65101:1" in path["communities"]
        assert not faults.hears("h1", "h2"), "the provider does not put the site together"
        assert faults.hears("h1", "h3")
        assert faults.hears("h2", "h3")

    def test_a_ce_cannot_say_that_its_routes_are_of_another_site(self, tmp_path: Path) -> None:
        """It would keep them from where they are wanted, or bring them where they must not go."""
        faults = self.world(tmp_path, "pe1", "pe2")
        mark = frozenset({route_origin(RouteTarget.parse("65101:1"))})
        faults.announce("ce3", "10.50.0.0/16", extended_communities=mark, to="10.9.3.1")
        faults.run(3)
        (path,) = faults.paths("pe1", "10.50.0.0/16", "red")
        assert path["communities"] == ["RT:65000:1"]
        assert faults.paths("ce1", "10.50.0.0/16") != []


class TestRoutesThatAreNotTheCustomers:
    def test_a_default_route_is_for_its_vpn_alone(self, faults: VpnWorld) -> None:
        before = provider_routes(faults)
        told(faults, "0.0.0.0/0")
        assert faults.via("pe2", "0.0.0.0/0", "red") == PE1
        assert faults.via("pe1", "0.0.0.0/0", "blue") is faults.via("blue-ce1", "0.0.0.0/0") is None
        assert provider_routes(faults) == before
        assert all(faults.hears(*hosts) for hosts in SITES)

    @pytest.mark.parametrize("loopback", [PE1, PE2, RR])
    def test_a_loopback_of_the_provider_stays_in_the_vrf(
        self, faults: VpnWorld, loopback: str
    ) -> None:
        """Among the provider's own routes it would draw the sessions and LSPs to itself."""
        before = provider_routes(faults)
        told(faults, f"{loopback}/32")
        assert faults.via("pe1", f"{loopback}/32", "red") == AT_CE1
        assert provider_routes(faults) == before
        faults.run(20)
        assert all(faults.hears(*hosts) for hosts in SITES)
        assert [faults.peer("rr", pe)["sessions"] for pe in (PE1, PE2)] == [1, 1]

    @pytest.mark.parametrize("address", [AT_PE1, AT_CE1])
    def test_the_addresses_of_the_session_are_not_routed_away(
        self, faults: VpnWorld, address: str
    ) -> None:
        told(faults, f"{address}/32")
        local = {"local": AT_PE1, "gateway": AT_CE1}
        rows = faults.rows("pe1", "route", "red")
        (row,) = (row for row in rows if row["prefix"] == f"{address}/32")
        assert local[row["type"]] == address
        faults.run(20)
        assert faults.peer("pe1", AT_CE1, "red")["sessions"] == 1
        assert faults.hears(*SITES[0])

    def test_the_subnet_of_the_link_is_the_pes_own(self, faults: VpnWorld) -> None:
        told(faults, "10.9.1.0/24")
        own, heard = faults.paths("pe1", "10.9.1.0/24", "red")
        assert (own["source"], own["best"]) == ("local", True)
        assert heard["why_not"] == "not originated by this router"

    def test_multicast_addresses_are_no_routes(self, faults: VpnWorld) -> None:
        told(faults, "224.0.0.0/4", "10.50.0.0/16")
        assert faults.paths("pe1", "224.0.0.0/4", "red") == []
        assert faults.log("pe1", "bgp", "red")[-1] == (
            f"faulty UPDATE of {AT_CE1}: a prefix of multicast addresses, 224.0.0.0/4; "
            "routes treated as withdrawn"
        )

    def test_a_more_specific_route_hijacks_in_its_own_vpn_alone(self, faults: VpnWorld) -> None:
        told(faults, "10.1.2.10/32")
        assert faults.via("pe2", "10.1.2.10/32", "red") == PE1
        assert faults.hears(*SITES[1])
        assert faults.paths("pe2", "10.1.2.10/32", "blue") == []


class TestNextHops:
    """RFC 4271 6.3."""

    def test_a_next_hop_beyond_the_link_is_not_followed(self, faults: VpnWorld) -> None:
        told(faults, "10.50.0.0/16", next_hop=IPv4Address(PE2))
        (path,) = faults.paths("pe1", "10.50.0.0/16", "red")
        assert path["why_not"] == "its next hop is not on the link to the peer, eth2"

    def test_routes_do_not_carry_each_other(self, faults: VpnWorld) -> None:
        """Of two that lead to each other's next hops, a default route is no excuse for either."""
        told(faults, "0.0.0.0/0")
        told(faults, "10.70.0.0/16", next_hop=IPv4Address("10.71.0.1"))
        told(faults, "10.71.0.0/16", next_hop=IPv4Address("10.70.0.1"))
        for prefix in ("10.70.0.0/16", "10.71.0.0/16"):
            assert faults.via("pe1", prefix, "red") is faults.via("pe2", prefix, "red") is None

    def test_the_pe_itself_is_no_next_hop(self, faults: VpnWorld) -> None:
        told(faults, "10.50.0.0/16", next_hop=IPv4Address(AT_PE1))
        (path,) = faults.paths("pe1", "10.50.0.0/16", "red")
        assert path["why_not"] == "its next hop is this router"


class TestForgedCommunities:
    """Which VPNs a route is in, and where it came from, is the provider's to say."""

    @pytest.mark.parametrize(
        "forged",
        [
            route_target(RouteTarget.parse("65000:2")),
            route_origin(RouteTarget.parse("65201:1")),
            source_as(65201),
            vrf_route_import(IPv4Address(PE2), 1),
        ],
        ids=str,
    )
    def test_they_are_taken_off(self, faults: VpnWorld, forged: ExtendedCommunity) -> None:
        told(faults, "10.50.0.0/16", extended_communities=frozenset({forged}))
        (path,) = faults.paths("rr", "65000:1:10.50.0.0/16")
        assert path["communities"] == ["RT:65000:1"]
        assert faults.via("pe2", "10.50.0.0/16", "red") == PE1
        assert faults.via("pe2", "10.50.0.0/16", "blue") is None
        assert faults.paths("pe1", "10.50.0.0/16", "blue") == []

    def test_no_export_keeps_a_route_from_other_ces(self, faults: VpnWorld) -> None:
        """RFC 1997: other communities are the customer's to give, and go all the way."""
        told(faults, "10.50.0.0/16", communities=frozenset({0xFFFFFF01}))
        told(faults, "10.51.0.0/16", communities=frozenset({65101 << 16 | 7}))
        assert faults.via("pe2", "10.50.0.0/16", "red") == PE1
        assert faults.paths("red-ce2", "10.50.0.0/16") == []
        (path,) = faults.paths("red-ce2", "10.51.0.0/16")
        assert path["communities"] == ["65101:7"]


def test_a_route_that_flaps_is_told_once_an_interval(faults: VpnWorld) -> None:
    """RFC 4271 9.2.1.1; that is 0.1 s here, in 4 s of 400 changes."""
    before = faults.told()
    for _ in range(200):
        faults.announce("red-ce1", "10.50.0.0/16")
        faults.run(0.01)
        faults.withdraw("red-ce1", "10.50.0.0/16")
        faults.run(0.01)
    faults.run(2)
    after = faults.told()
    assert all(after[router] - before[router] <= 100 for router in after)
    assert faults.paths("pe2", "10.50.0.0/16", "red") == []
    assert all(faults.hears(*hosts) for hosts in SITES)


def test_more_prefixes_than_labels_are_kept_from_others_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a label for each prefix a CE takes of what all have; what has one keeps it."""
    space = partial(LabelSpace, last=FIRST_LABEL + 29)
    monkeypatch.setattr(whole_router, "LabelSpace", space)
    faults = VpnWorld(tmp_path, LAB.replace("65000:1}", "65000:1, labels: per-prefix}"))
    routes = [f"10.{number}.0.0/16" for number in range(100, 150)]
    told(faults, *routes)
    reason = "all 30 labels of the router are in use"
    without = [prefix for prefix in routes if faults.via("pe2", prefix, "red") is None]
    assert faults.log("pe1", "bgp", "red")[1:] == [
        f"no other PE is told of {prefix}: {reason}" for prefix in without
    ]
    assert 20 < len(without) < 40
    assert all(faults.via("pe1", prefix, "red") == AT_CE1 for prefix in routes)
    assert all(faults.hears(*hosts) for hosts in SITES)


def of_red(config: RouterConfig) -> RouterConfig:
    """pe2 with red's RD for blue, by mistake."""
    rds = {"red": RouteDistinguisher.parse("65000:22"), "blue": RouteDistinguisher.parse("65000:1")}
    if config.name != "pe2":
        return config
    return replace(config, vrfs=tuple(replace(one, rd=rds[one.name]) for one in config.vrfs))


def test_vpns_that_share_an_rd_by_mistake_lose_routes_and_leak_none(tmp_path: Path) -> None:
    """RFC 4364 4.1: routes of two VPNs are one route then, of which a reflector passes one on."""
    faults = VpnWorld(tmp_path, LAB, of_red)
    faults.announce("red-ce1", "10.50.0.0/16")
    faults.announce("blue-ce2", "10.50.0.0/16", to="10.9.2.1")
    faults.run(3)
    best, other = faults.paths("rr", "65000:1:10.50.0.0/16")
    assert (best["communities"], other["communities"]) == (["RT:65000:1"], ["RT:65000:2"])
    assert other["why_not"] == f"router id {PE2} > {PE1}"
    assert faults.via("pe1", "10.50.0.0/16", "blue") is None, "lost, and not red's"
    assert faults.via("pe2", "10.50.0.0/16", "red") is None, "lost, and not blue's"
    assert all(faults.hears(*hosts) for hosts in SITES), "whose routes are different ones"


def test_of_two_customers_with_the_same_addresses_each_gets_its_own_packets(
    faults: VpnWorld,
) -> None:
    for vrf in ("red", "blue"):
        assert faults.via("pe2", LAN1, vrf) == PE1
    stream = faults.stream(*SITES[0], 1)
    faults.run(2)
    assert stream.lost() == []
    assert list(faults.world.received("blue-h2", stream.stream.name).numbers) == []
