"""FRR as a customer's router: IPv4 unicast over eBGP, in every way that sites share ASes.

Ours is the engine of the PE's VRF, in AS 65000. FRR is in AS 65001.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from ipaddress import IPv4Address, IPv4Network
from typing import Any, ClassVar

import pytest

from controlplane.net.vpn import RouteTarget
from controlplane.protocols.bgp.events import Imported, Policy, RoutesImported, Rule
from controlplane.wire.bgp.attributes import (
    AsPath,
    Origin,
    PathAttributes,
    Segment,
    SegmentKind,
    UnknownAttribute,
)
from controlplane.wire.bgp.communities import (
    ExtendedCommunity,
    LargeCommunity,
    WellKnown,
    route_origin,
    route_target,
)
from tests.peers.bgp.lan import FRR, WE, FrrLan, Neighbor, bgpd, towards_frr
from tests.peers.bgp.speaker import own, routes, speaker_config, vpn_prefix, withdrawn

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights", "frr")]

OUR_AS, FRR_AS = 65000, 65001
THEIRS = IPv4Network("10.77.0.0/24")
OURS = "10.1.0.0/16"
PE = IPv4Address("192.0.2.9")
SITE = RouteTarget.parse("65000:7")
NETWORK = f"network {THEIRS}"
COLOUR = LargeCommunity(65000, 1, 2)

MARKS = """
route-map OUT permit 10
 set community 65001:5 no-export
 set large-community 65000:1:2
 set metric 77
 set origin egp
exit
"""


def ce(
    stack: ExitStack,
    *lines: str,
    unicast: Sequence[str] = (NETWORK,),
    before: str = "",
    **settings: Any,
) -> FrrLan:
    """`lines` are FRR's for us, in the family; `settings` are ours for FRR."""
    neighbor = Neighbor(WE, OUR_AS, family_lines=lines)
    configuration = bgpd(FRR_AS, neighbor, unicast=unicast, before=before)
    config = speaker_config(OUR_AS, WE, towards_frr(FRR_AS, **settings))
    lan = FrrLan(stack, configuration, [config])
    lan.comes_up()
    return lan


def sequence(*ases: int) -> AsPath:
    return AsPath((Segment(SegmentKind.AS_SEQUENCE, ases),))


def imported(prefix: str, **attributes: Any) -> RoutesImported:
    """A route of another site, as the VRF has imported it."""
    route = Imported(
        prefix=IPv4Network(prefix),
        key=vpn_prefix("65000:1", prefix),
        attributes=PathAttributes(next_hop=PE, local_pref=100, **attributes),
        pe=PE,
        label=16,
    )
    return RoutesImported(changed=(route,))


def is_told(lan: FrrLan, prefix: str = OURS) -> bool:
    """Whether FRR has a best path to a prefix."""
    return lan.their_path(prefix) is not None


class TestAttributes:
    def test_those_of_frr_are_read(self, stack: ExitStack) -> None:
        lan = ce(stack, "route-map OUT out", "send-community all", before=MARKS)
        lan.eventually(lambda: THEIRS in lan.speaker.best())
        path = lan.speaker.best()[THEIRS]
        had = path.attributes
        assert (path.peer, had.next_hop, had.as_path) == (FRR, FRR, sequence(FRR_AS))
        assert (had.origin, had.med) == (Origin.EGP, 77)
        assert had.communities == {65001 << 16 | 5, WellKnown.NO_EXPORT}
        assert had.large_communities == {COLOUR}

    def test_ours_are_read_by_frr(self, stack: ExitStack) -> None:
        lan = ce(stack)
        attributes: dict[str, Any] = {
            "origin": Origin.EGP,
            "med": 5,
            "communities": frozenset({65000 << 16 | 9}),
            "large_communities": frozenset({COLOUR}),
        }
        lan.wire.tell(routes(own(OURS, **attributes)))
        lan.eventually(lambda: is_told(lan))
        path = lan.their_path(OURS)
        assert path is not None
        assert (path["origin"], path["metric"]) == ("EGP", 5)
        assert path["aspath"]["string"] == str(OUR_AS)
        assert path["nexthops"][0]["ip"] == str(WE)
        assert path["community"]["string"] == "65000:9"
        assert path["largeCommunity"]["string"] == "65000:1:2"

    def test_what_is_told_again_and_withdrawn_is_so_at_frr(self, stack: ExitStack) -> None:
        lan = ce(stack)
        lan.wire.tell(routes(own(OURS, med=5)))
        lan.eventually(lambda: (lan.their_path(OURS) or {}).get("metric") == 5)
        lan.wire.tell(routes(own(OURS, med=6)))
        lan.eventually(lambda: (lan.their_path(OURS) or {}).get("metric") == 6)
        lan.wire.tell(withdrawn(IPv4Network(OURS)))
        lan.eventually(lambda: not is_told(lan))

    def test_what_frr_withdraws_is_gone(self, stack: ExitStack) -> None:
        lan = ce(stack)
        lan.eventually(lambda: THEIRS in lan.speaker.best())
        family = (f"router bgp {FRR_AS}", "address-family ipv4 unicast")
        lan.frr.configure(*family, f"no {NETWORK}")
        lan.eventually(lambda: THEIRS not in lan.speaker.best())

    def test_an_aggregate_of_frr_is_read(self, stack: ExitStack) -> None:
        """ATOMIC_AGGREGATE, AGGREGATOR, and an AS_SET of what was summed up."""
        summed = ["aggregate-address 10.76.0.0/15 as-set", NETWORK]
        lan = ce(stack, unicast=summed)
        whole = IPv4Network("10.76.0.0/15")
        lan.eventually(lambda: whole in lan.speaker.best())
        aggregator = lan.speaker.attributes(whole).aggregator
        assert aggregator is not None
        assert (aggregator.asn, aggregator.address) == (FRR_AS, FRR)

    def test_of_an_imported_route_frr_learns_nothing_that_is_the_providers(
        self, stack: ExitStack
    ) -> None:
        """RFC 4364 7: route targets are for PEs; the community of the site goes on."""
        lan = ce(stack)
        communities = frozenset({route_target(RouteTarget.parse("65000:1"))})
        told = imported(OURS, extended_communities=communities, communities=frozenset({7}))
        lan.wire.tell(told)
        lan.eventually(lambda: is_told(lan))
        path = lan.their_path(OURS)
        assert path is not None
        assert "extendedCommunity" not in path
        assert path["community"]["string"] == "0:7"
        assert path["nexthops"][0]["ip"] == str(WE)

    def test_a_route_with_an_attribute_that_nobody_knows_is_taken(self, stack: ExitStack) -> None:
        """RFC 4271 9."""
        lan = ce(stack, allow_own_as=1)
        unknown = UnknownAttribute(flags=0xC0, type=99, value=b"abc")
        lan.wire.tell(routes(own(OURS, unknown=(unknown,))))
        lan.eventually(lambda: is_told(lan))
        assert lan.view().state == "Established"

    def test_as_paths_longer_than_a_segment_are_understood(self, stack: ExitStack) -> None:
        path = AsPath(
            (
                Segment(SegmentKind.AS_SEQUENCE, tuple(range(1, 256))),
                Segment(SegmentKind.AS_SEQUENCE, tuple(range(300, 320))),
            )
        )
        lan = ce(stack)
        lan.wire.tell(imported(OURS, as_path=path))
        lan.eventually(lambda: is_told(lan))
        told = lan.their_path(OURS)
        assert told is not None and told["aspath"]["length"] == 1 + 255 + 20


class TestSitesThatShareAnAs:
    """RFC 4364 7; the other site's routes have FRR's own AS in their path."""

    OTHER_SITE: ClassVar = {"as_path": sequence(FRR_AS)}

    def test_without_more_frr_takes_them_for_a_loop(self, stack: ExitStack) -> None:
        lan = ce(stack)
        lan.wire.tell(imported(OURS, **self.OTHER_SITE))
        lan.wire.tell(imported("10.2.0.0/16", as_path=sequence(65002)))
        lan.eventually(lambda: is_told(lan, "10.2.0.0/16"))
        assert not is_told(lan)

    def test_with_as_override_it_takes_them(self, stack: ExitStack) -> None:
        lan = ce(stack, override=True)
        lan.wire.tell(imported(OURS, **self.OTHER_SITE))
        lan.eventually(lambda: is_told(lan))
        path = lan.their_path(OURS)
        assert path and path["aspath"]["string"] == f"{OUR_AS} {OUR_AS}"

    def test_with_allowas_in_at_frr_it_takes_them(self, stack: ExitStack) -> None:
        lan = ce(stack, "allowas-in 1")
        lan.wire.tell(imported(OURS, **self.OTHER_SITE))
        lan.eventually(lambda: is_told(lan))
        path = lan.their_path(OURS)
        assert path and path["aspath"]["string"] == f"{OUR_AS} {FRR_AS}"

    def test_our_own_as_is_a_loop_unless_allowed(self, stack: ExitStack) -> None:
        before = "\n".join(
            [
                "ip prefix-list ONE permit 10.77.0.0/24",
                "route-map OUT permit 10",
                " match ip address prefix-list ONE",
                f" set as-path prepend {OUR_AS}",
                "exit",
                "route-map OUT permit 20",
                "exit",
            ]
        )
        networks = (NETWORK, "network 10.78.0.0/24")
        lan = ce(stack, "route-map OUT out", unicast=networks, before=before)
        lan.eventually(lambda: IPv4Network("10.78.0.0/24") in lan.speaker.best())
        assert THEIRS not in lan.speaker.best()

        allowed = ce(stack, "route-map OUT out", unicast=networks, before=before, allow_own_as=1)
        allowed.eventually(lambda: THEIRS in allowed.speaker.best())
        assert allowed.speaker.attributes(THEIRS).as_path.count(OUR_AS) == 1


class TestSiteOfOrigin:
    """RFC 4364 7: what comes from a site does not go back there by another way."""

    def test_it_is_put_on_what_the_site_tells(self, stack: ExitStack) -> None:
        lan = ce(stack, site=SITE)
        lan.eventually(lambda: THEIRS in lan.speaker.best())
        assert route_origin(SITE) in lan.speaker.attributes(THEIRS).extended_communities

    def test_what_has_it_does_not_go_back(self, stack: ExitStack) -> None:
        lan = ce(stack, site=SITE)
        own_site = frozenset({route_origin(SITE)})
        lan.wire.tell(imported(OURS, extended_communities=own_site))
        other_site = frozenset({route_origin(RouteTarget.parse("65000:8"))})
        lan.wire.tell(imported("10.2.0.0/16", extended_communities=other_site))
        lan.eventually(lambda: is_told(lan, "10.2.0.0/16"))
        assert not is_told(lan)

    def test_what_frr_says_of_vpns_is_not_believed(self, stack: ExitStack) -> None:
        """A customer could join another's VPN by a route target, or pass for another's site."""
        before = "\n".join(
            [
                "route-map OUT permit 10",
                " set extcommunity rt 65000:1",
                " set extcommunity soo 65000:3",
                " set extcommunity bandwidth 100",
                "exit",
            ]
        )
        lan = ce(stack, "route-map OUT out", "send-community all", before=before)
        lan.eventually(lambda: THEIRS in lan.speaker.best())
        (kept,) = lan.speaker.attributes(THEIRS).extended_communities
        assert kept.octets[:2] in (b"\x00\x04", b"\x40\x04")  # the link's bandwidth


class TestPolicies:
    def test_an_import_policy_drops_and_marks(self, stack: ExitStack) -> None:
        policy = Policy(
            rules=(
                Rule(
                    prefixes=frozenset({IPv4Network("10.77.0.0/16")}),
                    up_to=24,
                    set_local_pref=200,
                    add_communities=frozenset({3}),
                ),
            ),
            otherwise=False,
        )
        networks = (NETWORK, "network 10.79.0.0/24", "network 10.77.9.0/25")
        lan = ce(stack, unicast=networks, import_policy=policy)
        lan.eventually(lambda: THEIRS in lan.speaker.best())
        assert [*lan.speaker.best()] == [THEIRS]
        had = lan.speaker.attributes(THEIRS)
        assert (had.local_pref, had.communities) == (200, frozenset({3}))

    def test_an_export_policy_holds_back_and_prepends(self, stack: ExitStack) -> None:
        rules = (
            Rule(accept=False, communities=frozenset({3})),
            Rule(prepend=2, set_med=50, add_large_communities=frozenset({COLOUR})),
        )
        lan = ce(stack, export_policy=Policy(rules=rules))
        lan.wire.tell(routes(own("10.2.0.0/16", communities=frozenset({3})), own(OURS)))
        lan.eventually(lambda: is_told(lan))
        path = lan.their_path(OURS)
        assert path is not None
        assert path["aspath"]["string"] == f"{OUR_AS} {OUR_AS} {OUR_AS}"
        assert path["metric"] == 50
        assert path["largeCommunity"]["string"] == "65000:1:2"
        assert not is_told(lan, "10.2.0.0/16")

    def test_what_is_not_to_be_exported_is_not(self, stack: ExitStack) -> None:
        """RFC 1997 2."""
        lan = ce(stack)
        for number, community in enumerate((WellKnown.NO_EXPORT, WellKnown.NO_ADVERTISE), 2):
            held = frozenset({int(community)})
            lan.wire.tell(imported(f"10.{number}.0.0/16", communities=held))
        lan.wire.tell(imported(OURS))
        lan.eventually(lambda: is_told(lan))
        assert not is_told(lan, "10.2.0.0/16") and not is_told(lan, "10.3.0.0/16")

    def test_extended_communities_that_stay_within_an_as_do(self, stack: ExitStack) -> None:
        """RFC 4360 6: not across ASes what is not transitive."""
        lan = ce(stack)
        stays = ExtendedCommunity(b"\x43\x01" + bytes(6))
        lan.wire.tell(routes(own(OURS, extended_communities=frozenset({stays}))))
        lan.eventually(lambda: is_told(lan))
        path = lan.their_path(OURS)
        assert path is not None and "extendedCommunity" not in path
