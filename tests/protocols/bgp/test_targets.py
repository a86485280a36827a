"""RFC 4684 and RFC 4364 4.3.2: VPN routes go to those who want them, and no others are kept."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from controlplane.net.vpn import RouteTarget
from controlplane.protocols.bgp.events import PeerConfig, TargetsWanted
from controlplane.protocols.bgp.targets import Membership
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.nlri import Family, MdtKey, RouteTargetPrefix
from controlplane.wire.bgp.refresh import RefreshSubtype
from tests.protocols.bgp.harness import Network
from tests.protocols.bgp.tabled import (
    BLUE,
    MEMBERS,
    RED,
    VPNV4,
    Far,
    Here,
    member,
    peer,
    targets,
    vpn,
)

BOTH = frozenset({VPNV4, MEMBERS})
OCTETS = route_target(RED).octets


def wants(here: Here, *wanted: RouteTarget) -> None:
    here.tell(TargetsWanted(targets=frozenset(wanted)))


@pytest.mark.parametrize(
    ("membership", "wanted"),
    [
        (Membership(), False),
        (Membership(everything=True), True),
        (Membership(targets=frozenset({OCTETS})), True),
        (Membership(targets=frozenset({route_target(BLUE).octets})), False),
        (Membership(beginnings=frozenset({(32, int.from_bytes(OCTETS[:4], "big"))})), True),
        (Membership(beginnings=frozenset({(16, 0x0102)})), False),
    ],
)
def test_a_membership_wants_what_it_names_or_begins_like(
    membership: Membership, wanted: bool
) -> None:
    assert membership.wants(VPNV4, frozenset({OCTETS})) is wanted


def test_mdt_routes_without_targets_are_wanted_by_their_group() -> None:
    """RFC 6037 4.4.1: they "do not carry RTs"."""
    assert Membership().wants(Family.MDT, frozenset())
    assert not Membership().wants(VPNV4, frozenset())


class TestWhatAPeIsTold:
    def pe(self, *config: PeerConfig) -> Here:
        """With a route of each of two VPNs."""
        here = Here(*config)
        for number, target in enumerate((RED, BLUE), start=1):
            attributes = {"extended_communities": targets(target)}
            here.originate(vpn(number), family=VPNV4, label=100, **attributes)
        return here

    def test_nothing_before_it_has_said_all_that_it_wants(self) -> None:
        config = peer(1, families=BOTH)
        far = self.pe(config).far(config)
        far.announces(member(RED), family=MEMBERS)
        assert [update.end_of_rib for update in far.hears()] == [MEMBERS]
        far.ends(MEMBERS)
        route, end = far.hears()
        assert [key for key, _ in route.reach[0].nlri] == [vpn(1)]
        assert end.end_of_rib is VPNV4

    def test_that_is_waited_for_a_minute(self) -> None:
        config = peer(1, families=BOTH)
        here = self.pe(config)
        far = here.far(config)
        far.announces(member(RED), family=MEMBERS)
        far.hears()
        here.run(59.9)
        assert far.hears() == []
        here.run(0.1)
        assert set(far.learns()) == {vpn(1)}

    def ready(self, *wanted: RouteTargetPrefix) -> Far:
        config = peer(1, families=BOTH)
        far = self.pe(config).far(config)
        if wanted:
            far.announces(*wanted, family=MEMBERS)
        far.ends(MEMBERS)
        return far

    def test_another_target_brings_its_routes_and_takes_them_away(self) -> None:
        far = self.ready(member(RED))
        assert set(far.learns()) == {vpn(1)}
        far.announces(member(BLUE), family=MEMBERS)
        assert set(far.learns()) == {vpn(2)}
        far.withdraws(member(RED), family=MEMBERS)
        assert far.learns() == {vpn(1): None}

    def test_the_default_target_wants_all(self) -> None:
        assert set(self.ready(RouteTargetPrefix(0, b"")).learns()) == {vpn(1), vpn(2)}

    def test_the_as_that_wants_a_target_does_not_matter(self) -> None:
        assert set(self.ready(member(BLUE, asn=7)).learns()) == {vpn(2)}

    def test_no_membership_wants_nothing(self) -> None:
        assert self.ready().learns() == {}

    def test_a_peer_without_memberships_is_told_all(self) -> None:
        config = peer(1, families=frozenset({VPNV4}))
        assert set(self.pe(config).far(config).learns()) == {vpn(1), vpn(2)}

    def test_a_route_that_comes_to_have_a_wanted_target_is_told(self) -> None:
        far = self.ready(member(RED))
        far.hears()
        both = {"extended_communities": targets(RED, BLUE)}
        far.here.originate(vpn(2), family=VPNV4, label=100, **both)
        assert set(far.learns()) == {vpn(2)}
        blue = {"extended_communities": targets(BLUE)}
        far.here.originate(vpn(2), family=VPNV4, label=100, **blue)
        assert far.learns() == {vpn(2): None}


class TestWhatAPeKeeps:
    def announces(self, far: Far) -> None:
        for number, target in enumerate((RED, BLUE), start=1):
            far.announces(vpn(number), family=VPNV4, extended_communities=targets(target))

    def test_only_what_some_vrf_imports(self) -> None:
        config = peer(1, families=frozenset({VPNV4}))
        here = Here(config)
        wants(here, RED)
        self.announces(here.far(config))
        assert set(here.best) == {vpn(1)}
        assert here.engine.peers(here.now)[0].families[0].received == 1

    def test_a_route_that_loses_its_target_is_gone(self) -> None:
        config = peer(1, families=frozenset({VPNV4}))
        here = Here(config)
        wants(here, RED)
        far = here.far(config)
        self.announces(far)
        far.announces(vpn(1), family=VPNV4, extended_communities=targets(BLUE))
        assert here.best == {}

    def test_a_new_target_asks_for_all_again_and_an_old_one_drops_its_routes(self) -> None:
        config = peer(1, families=frozenset({VPNV4}))
        here = Here(config)
        wants(here, RED)
        far = here.far(config)
        self.announces(far)
        wants(here, BLUE)
        assert here.best == {}
        assert far.hears_of_refreshes() == [(VPNV4, RefreshSubtype.REQUEST)]
        self.announces(far)
        assert set(here.best) == {vpn(2)}
        wants(here)
        assert len(far.hears_of_refreshes()) == 1

    @pytest.mark.parametrize("settings", [{"reflector_client": True}, {"asn": 65001}])
    def test_who_has_others_to_serve_keeps_all(self, settings: dict[str, Any]) -> None:
        config = peer(1, families=frozenset({VPNV4}), **settings)
        here = Here(config)
        self.announces(here.far(config))
        assert set(here.best) == {vpn(1), vpn(2)}

    def test_mdt_routes_without_targets_are_kept(self) -> None:
        config = peer(1, families=frozenset({Family.MDT}))
        here = Here(config)
        key = MdtKey(vpn(1).rd, IPv4Address("10.0.0.9"), IPv4Address("239.1.1.1"))
        here.far(config).announces(key, family=Family.MDT)
        assert set(here.best) == {key}

    def test_what_it_wants_is_told_as_memberships(self) -> None:
        config = peer(1, families=BOTH)
        here = Here(config)
        wants(here, RED)
        far = here.far(config)
        assert set(far.learns()) == {member(RED)}
        wants(here, BLUE)
        learnt = far.learns()
        assert learnt.pop(member(RED)) is None
        assert set(learnt) == {member(BLUE)}
        assert far.hears_of_refreshes() == []


class TestReflectors:
    """RFC 4684 3.2."""

    def network(self, *pes: str) -> Network:
        network = Network()
        for name in (*pes, "rr1", "rr2"):
            network.router(name)
        for pe in pes:
            reflector = "rr1" if pe != pes[-1] else "rr2"
            network.session(reflector, pe, families=BOTH, of_one={"reflector_client": True})
        network.session("rr1", "rr2", families=BOTH)
        network.start()
        return network

    def test_two_clients_of_a_reflector_find_each_other(self) -> None:
        """Both tell the same membership; each has to hear of the other's all the same."""
        network = self.network("pe1", "pe2", "pe3")
        for pe in ("pe1", "pe2"):
            network.tell(pe, TargetsWanted(targets=frozenset({RED})))
            number = int(pe[-1])
            communities = {"extended_communities": targets(RED)}
            network.originate(pe, VPNV4, vpn(number), **communities)
        network.run(90.0)
        for pe in ("pe1", "pe2"):
            assert set(network.best(pe, VPNV4)) == {vpn(1), vpn(2)}
        assert network.best("pe3", VPNV4) == {}
        assert network.best("rr2", VPNV4) == {}

    def test_a_client_behind_another_reflector_is_found(self) -> None:
        network = self.network("pe1", "pe2", "pe3")
        network.run(90.0)
        for pe in ("pe1", "pe3"):
            network.tell(pe, TargetsWanted(targets=frozenset({RED})))
        network.originate("pe1", VPNV4, vpn(1), extended_communities=targets(RED))
        network.run(1.0)
        assert set(network.best("pe3", VPNV4)) == {vpn(1)}
        network.tell("pe3", TargetsWanted(targets=frozenset()))
        network.run(1.0)
        assert network.best("pe3", VPNV4) == {}
        assert network.best("rr2", VPNV4) == {}
        assert set(network.best("rr1", VPNV4)) == {vpn(1)}

    def test_a_clients_membership_comes_before_that_of_another_reflector(self) -> None:
        """RFC 4684 3.2 ii: rr2 must hear that rr1's client wants it, even if rr1 prefers rr2's."""
        network = self.network("pe1", "pe2", "pe3")
        network.run(90.0)
        network.metric = lambda router, hop: 1 if hop == network.routers["pe3"].loopback else 9
        for pe in ("pe3", "pe1"):
            network.tell(pe, TargetsWanted(targets=frozenset({RED})))
            network.run(1.0)
        network.originate("pe3", VPNV4, vpn(3), extended_communities=targets(RED))
        network.run(1.0)
        assert set(network.best("pe1", VPNV4)) == {vpn(3)}
