"""What fails in a provider's network, what it costs customers, and what they are told of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.net.interface import DEFAULT_VRF
from controlplane.wire.bgp.attributes import Origin
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.ldp.numbers import LDP_PORT
from controlplane.wire.reader import Reader
from controlplane.wire.udp import UdpDatagram
from tests.sim.vpn_world import AT_CE1, DUAL, LAB, LAN1, LAN2, PE1, PE2, RATE, RR, VpnWorld

SITES = (("red-h1", "red-h2"), ("blue-h1", "blue-h2"))
GRACEFUL = LAB.replace("reflectors: [rr]", "reflectors: [rr], restart_time: 30")
UP = f"session with {RR} in AS 65000 up"
RESET = f"session with {RR} down: connection lost: the peer reset it"


class TestReflectorThatRestarts:
    """No packet goes through it: its clients' routes are what is at stake."""

    def test_gracefully_no_packet_is_lost(self, tmp_path: Path) -> None:
        """RFC 4724 4.2: routes are kept as stale until it has told them again."""
        faults = VpnWorld(tmp_path, GRACEFUL)
        streams = [faults.stream(*hosts, 20) for hosts in (*SITES, SITES[0][::-1])]
        faults.run(2)
        faults.world.restart("rr")
        faults.run(0.5)
        (path,) = faults.paths("pe1", f"65000:1:{LAN2}")
        assert (path["best"], path["stale"]) == (True, True)
        faults.run(25)
        assert [stream.lost() for stream in streams] == [[], [], []]
        (path,) = faults.paths("pe1", f"65000:1:{LAN2}")
        assert (path["best"], path["stale"]) == (True, False)
        assert faults.log("pe1", "bgp")[-5:] == [
            RESET,
            f"graceful restart of {RR}: its routes of VPNv4 are kept for 30 s",
            UP,
            f"graceful restart of {RR}: back, its routes of VPNv4 are to come again",
            f"graceful restart of {RR}: all its routes came again",
        ]

    def test_otherwise_its_routes_are_gone_until_it_is_back(self, tmp_path: Path) -> None:
        faults = VpnWorld(tmp_path, LAB)
        stream = faults.stream(*SITES[0], 20)
        faults.run(2)
        faults.world.restart("rr")
        faults.run(0.5)
        assert faults.via("pe1", LAN2, "red") is None
        faults.run(25)
        assert 0 < len(stream.lost()) < 3 * RATE
        assert faults.log("pe1", "bgp")[-2:] == [RESET, UP]
        assert faults.hears(*SITES[0])

    def test_one_that_does_not_come_back_is_waited_for_as_long_as_it_said(
        self, tmp_path: Path
    ) -> None:
        faults = VpnWorld(tmp_path, GRACEFUL)
        stream = faults.stream(*SITES[0], 60)
        faults.world.restart("rr")
        faults.run(0.1)
        faults.world.set_link("up", up=False)
        faults.run(60)
        assert faults.via("pe1", LAN2, "red") is None
        assert faults.log("pe1", "bgp")[-3:] == [
            RESET,
            f"graceful restart of {RR}: its routes of VPNv4 are kept for 30 s",
            f"graceful restart of {RR}: time is up; stale routes of VPNv4 deleted",
        ]
        assert 29 * RATE < min(stream.lost()) < 31 * RATE

    def test_one_that_is_missed_by_the_hold_timer_is_waited_for_too(self, tmp_path: Path) -> None:
        """RFC 8538 4: where both ends have said so, an expired hold timer is no end of routes."""
        faults = VpnWorld(tmp_path, GRACEFUL)
        stream = faults.stream(*SITES[0], 30)
        faults.world.cut_link("up", cut=True)
        faults.run(30)
        silence = f"session with {RR} down: nothing heard for 9 s (hold timer)"
        waits = f"graceful restart of {RR}: its routes of VPNv4 are kept for 30 s"
        assert faults.log("pe1", "bgp")[-2:] == [silence, waits]
        assert stream.lost() == []

    def test_two_reflectors_do_not_depend_on_each_other(self, tmp_path: Path) -> None:
        text = LAB.replace("reflectors: [rr]", "reflectors: [rr, p1]")
        faults = VpnWorld(tmp_path, text)
        stream = faults.stream(*SITES[0], 20)
        faults.run(2)
        faults.world.restart("rr")
        faults.run(25)
        assert stream.lost() == []


class TestPeThatRestarts:
    """Its switch forgets all: packets of its customers wait for that, and of no others."""

    def test_its_customers_are_back_soon(self, tmp_path: Path) -> None:
        faults = VpnWorld(tmp_path, LAB)
        stream = faults.stream(*SITES[0], 20)
        faults.run(2)
        faults.world.restart("pe2")
        faults.run(0.5)
        assert faults.via("pe1", LAN2, "red") is None, "rr has withdrawn it"
        faults.run(25)
        assert max(stream.lost()) < 8 * RATE
        assert all(faults.hears(*hosts) for hosts in SITES)
        for router, peer, vrf in (("rr", PE2, DEFAULT_VRF), ("red-ce2", "10.9.2.1", DEFAULT_VRF)):
            row = faults.peer(router, peer, vrf)
            assert (row["state"], row["sessions"]) == ("Established", 2)
            assert row["last_error"] == "connection lost: the peer reset it"

    def test_a_site_with_another_pe_goes_in_there_meanwhile(self, tmp_path: Path) -> None:
        faults = VpnWorld(tmp_path, DUAL)
        streams = [
            faults.stream(*hosts, 15) for hosts in (("h3", "h1"), ("h1", "h3"), ("h3", "h2"))
        ]
        faults.run(2)
        faults.world.restart("pe1")
        faults.run(15)
        assert all(len(stream.lost()) < RATE / 10 for stream in streams)
        assert streams[2].lost() == [], "which went by pe2 all the time"


def test_two_pes_with_one_rd_tell_one_route_and_the_other_says_why_not(tmp_path: Path) -> None:
    faults = VpnWorld(tmp_path, DUAL)
    best, own = faults.paths("pe2", f"65000:1:{LAN1}")
    assert (best["next_hop"], best["source"]) == (PE1, "ibgp")
    assert (own["source"], own["why_not"]) == ("local", "MED 20 > 0")
    assert [path["next_hop"] for path in faults.paths("rr", f"65000:1:{LAN1}")] == [PE1]
    assert [path["next_hop"] for path in faults.paths("rr", f"65000:1:{LAN2}")] == [PE2]


@pytest.mark.parametrize("rd", ["65000:1", "auto"])
class TestSiteOnTwoPes:
    """With one RD, others learn of the second way when the first one is gone; else they know both.

    Either way the customer does not notice much of it, and nothing where the other PE was better.
    """

    def world(self, tmp_path: Path, rd: str) -> VpnWorld:
        return VpnWorld(tmp_path, DUAL.replace("rd: 65000:1", f"rd: {rd}"))

    def test_when_one_access_breaks_the_other_pe_takes_over(self, tmp_path: Path, rd: str) -> None:
        faults = self.world(tmp_path, rd)
        streams = [
            faults.stream(*hosts, 15) for hosts in (("h3", "h1"), ("h1", "h3"), ("h3", "h2"))
        ]
        faults.run(2)
        faults.world.set_link("red1", up=False)
        faults.run(15)
        assert faults.via("pe3", LAN1, "red") == PE2
        assert all(len(stream.lost()) < RATE / 5 for stream in streams[:2])
        assert streams[2].lost() == [], "the other PE's routes stay"
        faults.world.set_link("red1", up=True)
        faults.run(10)
        assert faults.via("pe3", LAN1, "red") == PE1

    def test_when_the_core_loses_one_pe_the_other_takes_over(self, tmp_path: Path, rd: str) -> None:
        faults = self.world(tmp_path, rd)
        streams = [
            faults.stream(*hosts, 25) for hosts in (("h3", "h1"), ("h1", "h3"), ("h3", "h2"))
        ]
        faults.run(2)
        faults.world.set_link("near", up=False)
        faults.run(25)
        assert faults.via("pe3", LAN1, "red") == PE2
        assert all(len(stream.lost()) < RATE for stream in streams[:2])
        assert streams[2].lost() == []


MUTUAL = (
    LAB.replace("blue-h1: {address: 10.1.1.10}", "blue-h1: {address: 10.2.1.10}")
    .replace("blue-h2: {address: 10.1.2.10}", "blue-h2: {address: 10.2.2.10}")
    .replace("blue-h1], subnet: 10.1.1", "blue-h1], subnet: 10.2.1")
    .replace("blue-h2], subnet: 10.1.2", "blue-h2], subnet: 10.2.2")
    .replace("vpn: blue, subnet: 10.9.", "vpn: blue, subnet: 10.8.")
    .replace("{rd: 65000:1}", "{rd: 65000:1, import: [65000:1, 65000:2]}")
    .replace("{rd: 65000:2}", "{rd: 65000:2, import: [65000:1, 65000:2]}")
    .replace("import: [65000:1, 65000:2]", "import: [65000:1, 65000:2], export: [65000:1, 65000:2]")
)
"""Red and blue import each other's routes at both PEs, and their addresses differ."""
AT_BLUE_PE1, AT_BLUE_CE1 = "10.8.1.1", "10.8.1.2"


class TestRouteTargetLoops:
    """Two VRFs that import each other: what one has of the other it does not tell again."""

    def is_quiet(self, faults: VpnWorld) -> bool:
        before = faults.told()
        faults.run(60)
        return faults.told() == before

    def test_routes_go_from_vrf_to_vrf_once(self, tmp_path: Path) -> None:
        faults = VpnWorld(tmp_path, MUTUAL)
        for vrf in ("red", "blue"):
            (path,) = faults.paths("pe2", LAN1, vrf)
            assert path["imported"] == f"65000:1:{LAN1}"
            assert faults.paths("pe1", f"65000:2:{LAN1}") == []
        pairs = [("red-h1", "blue-h1"), ("red-h1", "blue-h2"), ("red-h2", "blue-h1")]
        assert all(faults.hears(*hosts) for hosts in (*pairs, *SITES))
        assert self.is_quiet(faults)

    def test_what_is_gone_does_not_live_on_between_them(self, tmp_path: Path) -> None:
        faults = VpnWorld(tmp_path, MUTUAL)
        faults.world.set_link("red1", up=False)
        faults.run(3)
        for router in ("pe1", "pe2"):
            for vrf in ("red", "blue"):
                assert faults.paths(router, LAN1, vrf) == []
        assert self.is_quiet(faults)
        faults.world.set_link("red1", up=True)
        faults.run(8)
        assert faults.hears("red-h1", "blue-h1")
        assert faults.hears("red-h1", "blue-h2")

    def test_a_prefix_that_both_have_is_not_fought_for(self, tmp_path: Path) -> None:
        """Each VRF prefers what its own CE tells; when that goes, what the other has is there."""
        faults = VpnWorld(tmp_path, MUTUAL)
        faults.announce("blue-ce1", LAN1, to=AT_BLUE_PE1, origin=Origin.INCOMPLETE)
        faults.run(3)
        assert faults.via("pe1", LAN1, "red") == AT_CE1
        assert faults.via("pe1", LAN1, "blue") == AT_BLUE_CE1
        own, other = faults.paths("pe1", LAN1, "red")
        assert (own["source"], other["from_vrf"]) == ("ebgp", "blue")
        assert other["why_not"] == "not heard from another AS"
        assert self.is_quiet(faults)
        faults.world.set_link("red1", up=False)
        faults.run(3)
        assert faults.via("pe1", LAN1, "red") == AT_BLUE_CE1
        assert self.is_quiet(faults)

    def test_one_that_both_have_and_both_like_better_from_one_is_used_by_both(
        self, tmp_path: Path
    ) -> None:
        """RFC 4271 9.1.2.2, the same in each VRF: what red has of its own wins nowhere."""
        faults = VpnWorld(tmp_path, MUTUAL)
        faults.announce("blue-ce1", LAN1, to=AT_BLUE_PE1, origin=Origin.IGP)
        faults.run(3)
        for vrf in ("red", "blue"):
            assert faults.via("pe1", LAN1, vrf) == AT_BLUE_CE1
            assert faults.via("pe2", LAN1, vrf) == PE1
        assert faults.paths("pe1", LAN1, "red")[1]["why_not"] == "origin incomplete > igp"
        assert self.is_quiet(faults)


def without_hellos(data: bytes) -> bytes | None:
    """Lose LDP's Hellos, and nothing else."""
    frame = EthernetFrame.decode(Reader(data))
    if frame.ethertype != EtherType.IPV4:
        return data
    packet = Ipv4Packet.decode(Reader(frame.payload))
    if packet.protocol != IpProtocol.UDP:
        return data
    datagram = UdpDatagram.decode(Reader(packet.payload), packet.source, packet.destination)
    return None if datagram.destination_port == LDP_PORT else data


class TestLspLost:
    """LDP ends between p1 and pe2: p1 has no label any more for what is for pe2.

    RFC 3031 3.22: a labelled packet without outgoing label is discarded. What is below the label
    would be read as something else by whoever gets it.
    """

    def test_where_there_is_no_other_way_packets_stop(self, tmp_path: Path) -> None:
        faults = VpnWorld(tmp_path, LAB)
        stream = faults.stream(*SITES[0], 30)
        mend = [faults.tamper(router, "far", without_hellos) for router in ("p1", "pe2")]
        faults.run(10)
        reason = f"session with {PE2}:0 down: no adjacency is left: nothing heard for its hold time"
        assert faults.log("p1", "ldp")[-1] == reason
        assert faults.paths("pe1", LAN2, "red")[0]["igp_metric"] > 65535, "RFC 5443"
        assert stream.lost()[-1] > 9 * RATE
        for site in SITES:
            name = stream.stream.name
            received = faults.world.received(site[1], name).numbers
            assert list(received) == ([] if site[1] != stream.to else sorted(received))
        for end in mend:
            end()
        faults.run(25)
        assert max(stream.lost()) < 20 * RATE
        assert all(faults.hears(*hosts) for hosts in SITES)

    def test_where_there_is_another_way_they_take_it(self, tmp_path: Path) -> None:
        """RFC 5443: a link without labels is the last resort of OSPF."""
        dear = "  - {name: dear, ends: [pe1, pe2], cost: 100}\n"
        faults = VpnWorld(tmp_path, LAB.replace("links:\n", f"links:\n{dear}"))
        stream = faults.stream(*SITES[0], 20)
        for router in ("p1", "pe2"):
            faults.tamper(router, "far", without_hellos)
        faults.run(25)
        assert len(stream.lost()) < RATE / 2
        assert faults.paths("pe1", LAN2, "red")[0]["igp_metric"] == 100
        assert faults.hears(*SITES[1])

    def test_a_pe_that_it_has_cut_off_is_given_up_by_the_hold_timer(self, tmp_path: Path) -> None:
        """Labels on the way to it stay: BGP's own packets are what finds that nothing arrives."""
        faults = VpnWorld(tmp_path, DUAL)
        streams = [faults.stream(*hosts, 30) for hosts in (("h3", "h1"), ("h3", "h2"))]
        for router in ("pe1", "p1"):
            faults.tamper(router, "near", without_hellos)
        faults.run(30)
        silence = f"session with {RR} down: nothing heard for 9 s (hold timer)"
        assert faults.log("pe1", "bgp")[-1] == silence
        assert faults.via("pe3", LAN1, "red") == PE2
        assert max(streams[0].lost()) < (4 + 9 + 2) * RATE
        assert streams[1].lost() == []
        assert faults.via("pe1", "10.1.3.0/24", "red") is None


class TestVrfWithoutInterface:
    """The only link of blue at pe1 goes down."""

    @pytest.fixture
    def faults(self, tmp_path: Path) -> VpnWorld:
        faults = VpnWorld(tmp_path, LAB)
        faults.world.set_link("blue1", up=False)
        faults.run(2)
        return faults

    def test_the_session_says_so(self, faults: VpnWorld) -> None:
        row = faults.peer("pe1", AT_CE1, "blue")
        assert (row["state"], row["last_error"]) == ("Idle", "interface eth3 went down")
        assert row["next_try"] is None, "not before the interface is back"

    def test_its_routes_are_withdrawn_and_those_of_others_kept(self, faults: VpnWorld) -> None:
        assert faults.via("pe2", LAN1, "blue") is faults.via("blue-ce2", LAN1) is None
        assert faults.via("pe1", LAN2, "blue") == PE2
        assert faults.via("pe2", LAN1, "red") == PE1
        assert faults.hears(*SITES[0])

    def test_it_comes_back_with_the_link(self, faults: VpnWorld) -> None:
        faults.world.set_link("blue1", up=True)
        faults.run(8)
        assert faults.hears(*SITES[1])
        assert faults.peer("pe1", AT_CE1, "blue")["sessions"] == 2
