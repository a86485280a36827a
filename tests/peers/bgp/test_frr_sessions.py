"""Sessions with FRR's bgpd: capabilities, keys, TTLs, and what either says when it leaves."""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Network
from typing import Any

import pytest

from controlplane.protocols.bgp.events import BgpConfig
from controlplane.protocols.bgp.notices import SessionDown, SessionRefused
from controlplane.wire.bgp.nlri import Family
from tests.peers.bgp.lan import WE, FrrLan, Neighbor, bgpd, towards_frr
from tests.peers.bgp.speaker import own, routes, speaker_config
from tests.peers.wire import eventually

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights", "frr")]

WIDE_AS = 4_200_000_001
KEY = "secret"
PREFIX = IPv4Network("10.77.0.0/24")
BOTH = (Family.IPV4_UNICAST, Family.VPNV4)

both_roles = pytest.mark.parametrize("passive", [False, True], ids=["active", "passive"])


def ours(asn: int = 65000, frr_as: int = 65001, **settings: Any) -> BgpConfig:
    return speaker_config(asn, WE, towards_frr(frr_as, **settings))


def downs(lan: FrrLan) -> list[str]:
    return [notice.reason for notice in lan.wire.notices if isinstance(notice, SessionDown)]


def refusals(lan: FrrLan) -> list[str]:
    return [notice.reason for notice in lan.wire.notices if isinstance(notice, SessionRefused)]


class TestCapabilities:
    """RFC 5492, 4760, 6793, 2918, 7313."""

    @both_roles
    def test_both_ends_agree_on_what_both_have(self, stack: ExitStack, passive: bool) -> None:
        neighbor = Neighbor(WE, 65000, families=BOTH)
        config = ours(65000, 65000, families=frozenset(BOTH), passive=passive)
        lan = FrrLan(stack, bgpd(65000, neighbor), [config])
        lan.comes_up()
        capabilities = lan.their_view()["neighborCapabilities"]
        assert capabilities["4byteAs"] == "advertisedAndReceived"
        assert capabilities["routeRefresh"].startswith("advertisedAndReceived")
        assert capabilities["enhancedRouteRefresh"] == "advertisedAndReceived"
        families = capabilities["multiprotocolExtensions"]
        assert families["ipv4Unicast"] == {"advertisedAndReceived": True}
        assert families["ipv4Vpn"] == {"advertisedAndReceived": True}

    def test_a_family_that_one_has_not_is_left_out(self, stack: ExitStack) -> None:
        config = ours(65000, 65000, families=frozenset(BOTH))
        lan = FrrLan(stack, bgpd(65000, Neighbor(WE, 65000)), [config])
        lan.comes_up()
        families = lan.their_view()["neighborCapabilities"]["multiprotocolExtensions"]
        assert families["ipv4Vpn"] == {"received": True}
        assert families["ipv4Unicast"] == {"advertisedAndReceived": True}

    def test_as_numbers_of_four_octets_go_both_ways(self, stack: ExitStack) -> None:
        configuration = bgpd(WIDE_AS, Neighbor(WE, WIDE_AS + 1), unicast=[f"network {PREFIX}"])
        lan = FrrLan(stack, configuration, [ours(WIDE_AS + 1, WIDE_AS)])
        lan.comes_up()
        lan.wire.tell(routes(own("10.1.0.0/16")))
        lan.eventually(lambda: PREFIX in lan.speaker.best())
        lan.eventually(lambda: lan.their_path("10.1.0.0/16"))
        (segment,) = lan.speaker.attributes(PREFIX).as_path.segments
        assert segment.ases == (WIDE_AS,)
        path = lan.their_path("10.1.0.0/16")
        assert path and path["aspath"]["string"] == str(WIDE_AS + 1)

    def test_a_peer_without_capabilities_is_spoken_to_as_in_1995(self, stack: ExitStack) -> None:
        """RFC 6793 4.2.2: the AS that has no room stands in AS4_PATH."""
        neighbor = Neighbor(WE, 65000, lines=("dont-capability-negotiate",))
        lan = FrrLan(stack, bgpd(65001, neighbor, unicast=[f"network {PREFIX}"]), [ours()])
        lan.comes_up()
        lan.wire.tell(routes(own("10.1.0.0/16")))
        lan.eventually(lambda: PREFIX in lan.speaker.best())
        lan.eventually(lambda: lan.their_path("10.1.0.0/16"))


class TestSecurity:
    @both_roles
    def test_with_one_key_there_is_a_session(self, stack: ExitStack, passive: bool) -> None:
        """RFC 2385."""
        neighbor = Neighbor(WE, 65000, lines=(f"password {KEY}",))
        lan = FrrLan(stack, bgpd(65001, neighbor), [ours(md5_key=KEY.encode(), passive=passive)])
        lan.comes_up()

    def test_with_two_keys_there_is_none_until_they_are_one(self, stack: ExitStack) -> None:
        neighbor = Neighbor(WE, 65000, lines=("password other",))
        lan = FrrLan(stack, bgpd(65001, neighbor), [ours(md5_key=KEY.encode())])
        lan.eventually(lambda: lan.theirs.counter("TcpExtTCPMD5Failure"))
        lan.eventually(lambda: lan.nodes[0].counter("TcpExtTCPMD5Failure"))
        assert lan.view().state != "Established"
        lan.frr.configure("router bgp 65001", f"neighbor {WE} password {KEY}")
        lan.comes_up()

    @both_roles
    def test_both_use_gtsm(self, stack: ExitStack, passive: bool) -> None:
        """RFC 5082."""
        neighbor = Neighbor(WE, 65000, lines=("ttl-security hops 1",))
        lan = FrrLan(stack, bgpd(65001, neighbor), [ours(gtsm=True, passive=passive)])
        lan.comes_up()

    def test_a_peer_that_wants_gtsm_hears_us_without_it(self, stack: ExitStack) -> None:
        neighbor = Neighbor(WE, 65000, lines=("ttl-security hops 1",))
        lan = FrrLan(stack, bgpd(65001, neighbor), [ours()])
        lan.comes_up()


class TestEnds:
    """RFC 4271 6.7, RFC 4486, RFC 9003."""

    def test_a_shutdown_is_told_with_its_words_and_the_session_comes_back(
        self, stack: ExitStack
    ) -> None:
        lan = FrrLan(stack, bgpd(65001, Neighbor(WE, 65000)), [ours()])
        lan.comes_up()
        lan.frr.configure("router bgp 65001", f"neighbor {WE} shutdown message back at noon")
        lan.eventually(lambda: downs(lan))
        (reason,) = downs(lan)
        assert reason == "the peer says: Cease: Administrative shutdown (back at noon)"
        assert lan.view().last_error == reason
        lan.frr.configure("router bgp 65001", f"no neighbor {WE} shutdown")
        lan.comes_up()

    def test_a_reset_is_told_and_the_session_comes_back(self, stack: ExitStack) -> None:
        lan = FrrLan(stack, bgpd(65001, Neighbor(WE, 65000)), [ours()])
        lan.comes_up()
        lan.frr.vtysh(f"clear bgp {WE}")
        lan.eventually(lambda: downs(lan))
        assert downs(lan) == ["the peer says: Cease: Administrative reset"]
        lan.comes_up()

    def test_too_many_prefixes_of_ours_end_the_session(self, stack: ExitStack) -> None:
        neighbor = Neighbor(WE, 65000, family_lines=("maximum-prefix 2",))
        lan = FrrLan(stack, bgpd(65001, neighbor), [ours()])
        lan.comes_up()
        lan.wire.tell(routes(*(own(f"10.{n}.0.0/16") for n in range(1, 4))))
        lan.eventually(lambda: lan.their_path("10.3.0.0/16"))
        lan.wire.tell(routes(own("10.4.0.0/16")))  # FRR counts those before an UPDATE
        lan.eventually(lambda: downs(lan))
        reason = "the peer says: Cease: Maximum number of prefixes reached"
        assert downs(lan)[0].startswith(reason)

    def test_too_many_prefixes_of_frr_end_the_session(self, stack: ExitStack) -> None:
        networks = [f"network 10.7{n}.0.0/16" for n in range(3)]
        configuration = bgpd(65001, Neighbor(WE, 65000), unicast=networks)
        lan = FrrLan(stack, configuration, [ours(maximum_prefixes=2)])
        lan.eventually(lambda: downs(lan))
        reason = "Cease/Maximum Number of Prefixes Reached"
        lan.eventually(lambda: lan.their_view().get("lastNotificationReason") == reason)
        assert not lan.speaker.best()

    def test_an_as_that_frr_does_not_expect_is_refused_in_words(self, stack: ExitStack) -> None:
        lan = FrrLan(stack, bgpd(65001, Neighbor(WE, 65009)), [ours()])
        lan.eventually(lambda: refusals(lan))
        assert {*refusals(lan)} == {"the peer says: OPEN message: Bad peer AS"}
        assert lan.view().last_error == refusals(lan)[0]

    def test_a_peer_that_hangs_is_missed_when_the_hold_time_is_over(self, stack: ExitStack) -> None:
        configuration = bgpd(65001, Neighbor(WE, 65000, lines=("timers 1 3",)))
        lan = FrrLan(stack, configuration, [ours()])
        lan.comes_up()
        lan.switch.link("frr", "down")
        lan.eventually(lambda: downs(lan))
        assert "hold" in downs(lan)[0].lower()
        lan.switch.link("frr", "up")
        lan.comes_up()

    def test_a_link_that_fails_ends_the_session_of_its_peer_at_once(self, stack: ExitStack) -> None:
        """Fast external failover."""
        lan = FrrLan(stack, bgpd(65001, Neighbor(WE, 65000)), [ours(interface="eth0")])
        lan.comes_up()
        lan.wire.fail("eth0")
        assert len(downs(lan)) == 1
        lan.wire.repair("eth0")
        lan.comes_up()

    def test_a_session_that_frr_resets_comes_back_each_time(self, stack: ExitStack) -> None:
        lan = FrrLan(stack, bgpd(65001, Neighbor(WE, 65000)), [ours()])
        for times in range(1, 4):
            lan.comes_up()
            lan.frr.vtysh(f"clear bgp {WE}")
            lan.eventually(lambda: len(downs(lan)) >= times)  # noqa: B023
        lan.comes_up()
        assert lan.their_view()["bgpState"] == "Established"


class TestRefresh:
    """RFC 2918, RFC 7313."""

    def test_frr_asks_for_all_routes_again(self, stack: ExitStack) -> None:
        lan = FrrLan(stack, bgpd(65001, Neighbor(WE, 65000)), [ours()])
        lan.comes_up()
        lan.wire.tell(routes(own("10.1.0.0/16", med=5)))
        lan.eventually(lambda: lan.their_path("10.1.0.0/16"))
        lan.frr.configure("route-map IN permit 10", "set metric 99")
        lan.frr.configure(
            "router bgp 65001", "address-family ipv4 unicast", f"neighbor {WE} route-map IN in"
        )
        lan.frr.vtysh(f"clear bgp ipv4 unicast {WE} soft in")
        lan.eventually(lambda: (lan.their_path("10.1.0.0/16") or {}).get("metric") == 99)
        lan.eventually(lambda: lan.view().received.get("route refresh"))
        assert downs(lan) == []


class TestGracefulRestart:
    """RFC 4724."""

    PROCESS = (
        "bgp graceful-restart",
        "bgp graceful-restart preserve-fw-state",
        "bgp graceful-restart restart-time 60",
    )

    def test_routes_of_frr_stay_while_it_restarts(self, stack: ExitStack) -> None:
        configuration = bgpd(
            65001,
            Neighbor(WE, 65000),
            process=self.PROCESS,
            unicast=[f"network {PREFIX}", "network 10.78.0.0/24"],
        )
        lan = FrrLan(stack, configuration, [ours(restart_time=60.0)])
        lan.comes_up()
        lan.eventually(lambda: len(lan.speaker.best()) == 2)
        before = len(lan.wire.outputs)
        lan.frr.kill("bgpd")
        lan.eventually(lambda: lan.view().state != "Established")
        assert len(lan.speaker.best()) == 2
        lan.frr.start("bgpd")
        lan.comes_up()
        lan.eventually(lambda: [family.stale for family in lan.view().families] == [False])
        assert len(lan.speaker.best()) == 2
        assert [o for o in lan.wire.outputs[before:] if getattr(o, "withdrawn", ())] == []

    def test_frr_keeps_our_routes_while_we_are_away(self, stack: ExitStack) -> None:
        config = ours(restart_time=60.0)
        lan = FrrLan(stack, bgpd(65001, Neighbor(WE, 65000)), [config])
        lan.comes_up()
        lan.wire.tell(routes(own("10.1.0.0/16")))
        lan.eventually(lambda: lan.their_path("10.1.0.0/16"))
        lan.wire.close()
        eventually(lambda: lan.their_view()["bgpState"] != "Established")
        path = lan.their_path("10.1.0.0/16")
        assert path and path["stale"]
