"""BGP in a lab file: what routers are told of it."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from controlplane.lab.load import Lab, load
from controlplane.mvpn.options import DiscoveryOption, UpstreamOption
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.vpn import RouteTarget
from controlplane.protocols.bfd.events import BfdSettings
from controlplane.protocols.bgp.events import BgpConfig, PeerConfig, Policy, Rule
from controlplane.rib.route import RouteProtocol
from controlplane.router.config import VpnLabels, VrfConfig
from controlplane.wire.bgp.attributes import ConnectorForm
from controlplane.wire.bgp.communities import LargeCommunity, WellKnown
from controlplane.wire.bgp.nlri import Family

LoadText = Callable[[str], Lab]
LABS = Path(__file__).parents[2] / "mininet" / "labs"

TO_CE1 = "{ends: [pe1, ce1], vpn: red}"


def bgp(lab: Lab, router: str, vrf: str = DEFAULT_VRF) -> BgpConfig:
    found = lab.plan.routers[router].bgp if vrf == DEFAULT_VRF else vrf_of(lab, router, vrf).bgp
    assert found is not None
    return found


def vrf_of(lab: Lab, router: str, name: str) -> VrfConfig:
    return next(vrf for vrf in lab.plan.routers[router].vrfs if vrf.name == name)


def peer(lab: Lab, router: str, name: str, vrf: str = DEFAULT_VRF) -> PeerConfig:
    """The session of a router with the only neighbour that has this AS or loopback."""
    return next(
        one
        for one in bgp(lab, router, vrf).peers
        if one.address in {lab.layout.loopbacks[name], *_addresses(lab, name)}
    )


def _addresses(lab: Lab, name: str) -> set[IPv4Address]:
    return {end.address.ip for end in lab.layout.ends[name]}


class TestCore:
    def test_pes_speak_with_each_other_for_the_families_of_vpns(
        self, load_text: LoadText, small: str
    ) -> None:
        lab = load_text(small)
        one = peer(lab, "pe1", "pe2")
        assert (one.remote_as, one.local) == (65000, lab.layout.loopbacks["pe1"])
        assert one.families == {Family.VPNV4, Family.VPNV4_MULTICAST, Family.MDT}
        assert lab.plan.routers["p1"].bgp is None

    def test_the_families_are_those_that_discovery_needs(
        self, load_text: LoadText, small: str
    ) -> None:
        lab = load_text(small.replace("profile: 0", "profile: 3"))
        assert Family.MCAST_VPN in peer(lab, "pe1", "pe2").families
        lab = load_text(small.replace("profile: 0, default_mdt: 232.10.0.1", "labels: per-vrf"))
        assert peer(lab, "pe1", "pe2").families == {Family.VPNV4}

    def test_with_reflectors_each_pe_speaks_with_them_alone(
        self, load_text: LoadText, small: str
    ) -> None:
        text = "provider: {bgp: {reflectors: [p1, r2], route_target_constraint: true}}\n"
        text += small.replace("p1: {role: p}", "p1: {role: p}\n  r2: {role: p}")
        lab = load_text(text.replace("vpns:", "  - {ends: [p1, r2]}\nvpns:"))
        assert {one.address for one in bgp(lab, "pe1").peers} == {
            lab.layout.loopbacks["p1"],
            lab.layout.loopbacks["r2"],
        }
        assert not peer(lab, "pe1", "p1").reflector_client
        assert peer(lab, "p1", "pe1").reflector_client
        assert not peer(lab, "p1", "r2").reflector_client
        assert Family.ROUTE_TARGET in peer(lab, "p1", "pe1").families

    def test_what_all_sessions_of_the_core_have(self, load_text: LoadText, small: str) -> None:
        text = (
            "provider:\n"
            "  asn: 4200000000\n"
            "  bgp: {key: secret, restart_time: 60, next_hop_delay: 0.5}\n"
            "  timers: {bgp: {hold: 9, connect_retry: 2}}\n"
        )
        lab = load_text(text + small)
        one = peer(lab, "pe1", "pe2")
        assert (one.remote_as, one.md5_key, one.restart_time) == (4200000000, b"secret", 60)
        assert (one.timers.hold, one.timers.keepalive, one.timers.connect_retry) == (9, 3, 2)
        assert bgp(lab, "pe1").next_hop_delay == 0.5
        assert peer(lab, "pe1", "ce1", "red").timers.hold == 90

    def test_without_vpns_nobody_speaks_bgp(self, load_text: LoadText) -> None:
        lab = load_text("routers: {pe1: {role: pe}, p1: {role: p}}\nlinks: [{ends: [pe1, p1]}]\n")
        assert lab.plan.routers["pe1"].bgp is None


class TestSites:
    def test_a_ce_and_its_pe_speak_on_their_link(self, load_text: LoadText, small: str) -> None:
        lab = load_text(small)
        one, other = peer(lab, "pe1", "ce1", "red"), peer(lab, "ce1", "pe1")
        assert (one.address, one.local) == (other.local, other.address)
        assert (one.remote_as, other.remote_as) == (64512, 65000)
        assert (one.interface, other.interface) == ("eth2", "eth1")
        assert one.families == {Family.IPV4_UNICAST}

    def test_pes_tell_of_connected_and_static_routes_and_ces_of_their_igps_too(
        self, load_text: LoadText, small: str
    ) -> None:
        lab = load_text(small)
        own = {RouteProtocol.CONNECTED, RouteProtocol.STATIC}
        assert vrf_of(lab, "pe1", "red").redistribute == own
        assert lab.plan.routers["ce1"].bgp_redistribute == own | {RouteProtocol.COMPUTED}

    def test_sites_get_private_ases_around_those_that_are_taken(
        self, load_text: LoadText, small: str
    ) -> None:
        text = small.replace("ce1: {role: ce}", "ce1: {role: ce, asn: 64513}\n  ce3: {role: ce}")
        text = text.replace("vpns:", "  - {ends: [pe1, ce3], vpn: red}\nvpns:")
        lab = load_text("provider: {asn: 64512}\n" + text)
        assert [lab.layout.asn(name) for name in ("pe1", "ce1", "ce3", "ce2")] == [
            64512,
            64513,
            64514,
            64515,
        ]

    def test_ces_that_their_own_routing_joins_are_one_as_and_speak_with_each_other(self) -> None:
        lab = load(LABS / "multihomed-site.yaml")
        assert lab.layout.asn("ce1") == lab.layout.asn("ce2") == 65100
        inside = peer(lab, "ce1", "ce2")
        assert inside.address == lab.layout.loopbacks["ce2"]
        assert (inside.next_hop_self, inside.interface) == (True, None)

    @pytest.mark.parametrize("routing", ["static", "connected"])
    def test_without_bgp_a_vrf_has_its_bgp_and_no_peers(
        self, load_text: LoadText, small: str, routing: str
    ) -> None:
        text = small.replace(TO_CE1, f"{{ends: [pe1, ce1], vpn: red, routing: {routing}}}")
        text = text.replace(
            "pe1: {role: pe}",
            "pe1: {role: pe, routes: [{to: 10.0.1.0/24, via: ce1, vpn: red}]}",
        )
        lab = load_text(text)
        assert bgp(lab, "pe1", "red").peers == ()
        assert lab.plan.routers["ce1"].bgp is None

    def test_a_backdoor_is_a_session_of_two_ces(self, load_text: LoadText, small: str) -> None:
        lab = load_text(small.replace("vpns:", "  - {ends: [ce1, ce2], routing: bgp}\nvpns:"))
        assert (peer(lab, "ce1", "ce2").remote_as, lab.layout.asn("ce1")) == (64513, 64512)

    def test_what_a_session_on_a_link_has(self, load_text: LoadText, small: str) -> None:
        lab = load_text(
            small.replace(
                TO_CE1,
                """{ends: {pe1: {bgp: {as_override: true, allow_as_in: 2, soo: 65100:7, hold: 30,
        maximum_prefixes: 50, local_pref: 200}}, ce1: {bgp: {med: 5}}}, vpn: red,
        bgp: {key: k, gtsm: true, bfd: {interval: 0.1}, restart_time: 9}}""",
            )
        )
        at_pe, at_ce = peer(lab, "pe1", "ce1", "red"), peer(lab, "ce1", "pe1")
        for one in (at_pe, at_ce):
            assert (one.md5_key, one.gtsm, one.bfd, one.restart_time) == (b"k", True, True, 9)
        assert (at_pe.override, at_pe.allow_own_as, at_pe.maximum_prefixes) == (True, 2, 50)
        assert (at_pe.site, at_pe.timers.hold) == (RouteTarget.parse("65100:7"), 30)
        assert (at_ce.override, at_ce.site, at_ce.timers.hold) == (False, None, 90)
        assert at_pe.import_policy == Policy(rules=(Rule(set_local_pref=200),))
        assert at_ce.export_policy == Policy(rules=(Rule(set_med=5),))
        watched = {
            router: [item.bfd for item in lab.plan.routers[router].interfaces if item.bfd]
            for router in ("pe1", "ce1", "p1")
        }
        settings = BfdSettings(desired_min_tx=0.1, required_min_rx=0.1, detect_mult=3)
        assert watched == {"pe1": [settings], "ce1": [settings], "p1": []}


class TestPolicies:
    def test_a_policy_is_what_the_file_says(self, load_text: LoadText, small: str) -> None:
        text = small.replace(TO_CE1, "{ends: {pe1: {bgp: {import: in}}, ce1: {}}, vpn: red}")
        lab = load_text(
            text
            + """\
policies:
  in:
    rules:
      - {deny: true, prefixes: 10.1.0.0/16, up_to: 24, communities: [65000:1, no-export]}
      - {targets: 65000:1, large_communities: "65000:1:2", set_med: 3, prepend: 2}
      - {set_local_pref: 10, add_communities: 65000:9, add_large_communities: "1:2:3"}
    otherwise: deny
"""
        )
        policy = peer(lab, "pe1", "ce1", "red").import_policy
        first, second, third = policy.rules
        assert (policy.name, policy.otherwise) == ("in", False)
        assert (first.accept, first.up_to) == (False, 24)
        assert first.communities == {65000 << 16 | 1, WellKnown.NO_EXPORT}
        assert second.targets == {RouteTarget.parse("65000:1")}
        assert second.large_communities == {LargeCommunity(65000, 1, 2)}
        assert (second.accept, second.set_med, second.prepend) == (True, 3, 2)
        assert third.set_local_pref == 10
        assert third.add_communities == {65000 << 16 | 9}
        assert third.add_large_communities == {LargeCommunity(1, 2, 3)}


class TestVpns:
    def test_an_rd_may_be_the_same_at_all_pes_or_their_own(
        self, load_text: LoadText, small: str
    ) -> None:
        for rd, found in (
            ("65000:1", ["65000:1", "65000:1"]),
            ("auto", ["10.255.0.1:1", "10.255.0.2:1"]),
            ("{pe1: 65000:11, pe2: 65000:12}", ["65000:11", "65000:12"]),
        ):
            lab = load_text(small.replace("rd: 65000:1", f"rd: {rd}"))
            vrfs = [vrf_of(lab, pe, "red") for pe in ("pe1", "pe2")]
            assert [str(vrf.rd) for vrf in vrfs] == found
            assert {vrf.import_targets for vrf in vrfs} == {
                frozenset({RouteTarget.parse("65000:1")})
            }

    def test_labels_are_per_vrf_unless_the_file_says_otherwise(
        self, load_text: LoadText, small: str
    ) -> None:
        assert vrf_of(load_text(small), "pe1", "red").labels is VpnLabels.PER_VRF
        lab = load_text(small.replace("rd: 65000:1", "rd: 65000:1, labels: per-prefix"))
        assert vrf_of(lab, "pe1", "red").labels is VpnLabels.PER_PREFIX

    def test_discovery_and_upstream_hop_may_differ_from_the_profiles(
        self, load_text: LoadText, small: str
    ) -> None:
        given = "umh: hash, connector: ios, discovery: {pe1: [mdt-safi, intra-as], pe2: mdt-safi}"
        lab = load_text(small.replace("rd: 65000:1", f"rd: 65000:1, {given}"))
        at_pe1, at_pe2 = (vrf_of(lab, pe, "red").mvpn for pe in ("pe1", "pe2"))
        assert at_pe1 is not None
        assert at_pe2 is not None
        assert at_pe1.discovery == {DiscoveryOption.MDT_SAFI, DiscoveryOption.INTRA_AS}
        assert at_pe2.discovery == {DiscoveryOption.MDT_SAFI}
        assert (at_pe1.upstream, at_pe1.connector) == (UpstreamOption.HASH, ConnectorForm.IOS)
        assert at_pe1.discovered == ()
        assert {Family.MDT, Family.MCAST_VPN} < peer(lab, "pe1", "pe2").families

    def test_a_pe_offers_the_families_that_its_own_vrfs_need(
        self, load_text: LoadText, small: str
    ) -> None:
        given = "discovery: {pe1: [mdt-safi, intra-as], pe2: mdt-safi}"
        lab = load_text(small.replace("rd: 65000:1", f"rd: 65000:1, {given}"))
        offered = peer(lab, "pe2", "pe1").families
        assert Family.MDT in offered
        assert Family.MCAST_VPN not in offered

    def test_a_connector_may_have_another_form_at_each_pe(
        self, load_text: LoadText, small: str
    ) -> None:
        given = "connector: {pe1: none, pe2: freertr}"
        lab = load_text(small.replace("rd: 65000:1", f"rd: 65000:1, {given}"))
        forms = [of.connector for pe in ("pe1", "pe2") if (of := vrf_of(lab, pe, "red").mvpn)]
        assert forms == [None, ConnectorForm.FREERTR]

    def test_vpns_that_exchange_routes_share_their_addresses(self) -> None:
        layout = load(LABS / "extranet.yaml").layout
        assert {layout.link[name].domain for name in ("red-lan1", "blue-lan2", "srv-lan")} == {
            "red"
        }
        assert [layout.vpn(name) for name in ("red-h1", "blue-h2", "server")] == [
            "red",
            "blue",
            "services",
        ]

    def test_a_site_may_be_in_several_vpns_that_meet(self) -> None:
        lab = load(LABS / "hub-and-spoke.yaml")
        assert lab.layout.vrfs("pe1") == ("collect", "distribute")
        assert [one.remote_as for one in bgp(lab, "hub-ce").peers] == [65000, 65000]
