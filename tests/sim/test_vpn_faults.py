"""Sessions that fail or are refused: who is hurt by it, and what `show bgp` says."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.bgp.events import PeerConfig
from controlplane.rib.route import Blackhole, Route, RouteProtocol
from controlplane.router.config import RouterConfig
from controlplane.wire.bgp.framing import encode
from controlplane.wire.bgp.numbers import MessageType
from tests.sim.fault_world import Configure
from tests.sim.vpn_world import (
    AT_CE1,
    AT_PE1,
    LAB,
    LAN1,
    LAN2,
    PE1,
    PE2,
    RATE,
    RR,
    VpnWorld,
    as_path,
)

UP = f"session with {AT_CE1} in AS 65101 up"
SITES = (("red-h1", "red-h2"), ("blue-h1", "blue-h2"))


def with_peers(router: str, vrf: str, **change: Any) -> Configure:
    """All peers in a VRF of a router are configured otherwise."""

    def changed(peers: tuple[PeerConfig, ...]) -> tuple[PeerConfig, ...]:
        return tuple(replace(peer, **change) for peer in peers)

    def configure(config: RouterConfig) -> RouterConfig:
        if config.name != router:
            return config
        if vrf == DEFAULT_VRF:
            assert config.bgp is not None
            return replace(config, bgp=replace(config.bgp, peers=changed(config.bgp.peers)))
        vrfs = (
            replace(one, bgp=replace(one.bgp, peers=changed(one.bgp.peers)))
            if one.name == vrf and one.bgp is not None
            else one
            for one in config.vrfs
        )
        return replace(config, vrfs=tuple(vrfs))

    return configure


def test_of_two_connections_that_both_ends_opened_one_stays(tmp_path: Path) -> None:
    """RFC 4271 6.8: that of the higher identifier, which is pe1's. No session is lost by it."""
    faults = VpnWorld(tmp_path, LAB)
    for router, vrf in (("pe1", "red"), ("red-ce1", DEFAULT_VRF)):
        assert faults.counted(router, "bgp", "connection closed: collision", vrf) == 1
    assert faults.stream_to("pe1", AT_CE1, "red").startswith("bgp red")
    assert faults.stream_to("red-ce1", AT_PE1).endswith(f" > {AT_CE1}:179")
    assert faults.log("pe1", "bgp", "red") == [UP]
    assert faults.log("red-ce1", "bgp") == [f"session with {AT_PE1} in AS 65000 up"]


class TestLinkThatEatsPackets:
    """Neither end of red1 is told that the link is broken."""

    SILENCE = "nothing heard for 9 s (hold timer)"

    def test_both_ends_find_it_when_the_hold_timer_expires(self, tmp_path: Path) -> None:
        faults = VpnWorld(tmp_path, LAB)
        stream, other = faults.stream("red-h2", "red-h1", 30), faults.stream(*SITES[1], 30)
        faults.world.cut_link("red1", cut=True)
        faults.run(15)
        for router, peer, vrf in (("pe1", AT_CE1, "red"), ("red-ce1", AT_PE1, DEFAULT_VRF)):
            assert faults.peer(router, peer, vrf)["last_error"] == self.SILENCE
            assert faults.log(router, "bgp", vrf)[-1] == f"session with {peer} down: {self.SILENCE}"
        assert faults.via("pe2", LAN1, "red") is None, "withdrawn by pe1"
        assert faults.via("red-ce2", LAN1) is None
        faults.world.cut_link("red1", cut=False)
        faults.run(20)
        assert faults.log("pe1", "bgp", "red")[-1] == UP
        assert max(stream.lost()) < 20 * RATE
        assert other.lost() == []

    def test_a_shorter_fault_costs_packets_and_no_session(self, tmp_path: Path) -> None:
        faults = VpnWorld(tmp_path, LAB)
        faults.world.cut_link("red1", cut=True)
        faults.run(4)
        faults.world.cut_link("red1", cut=False)
        faults.run(20)
        assert faults.log("pe1", "bgp", "red") == [UP]
        assert faults.hears("red-h1", "red-h2")


def test_a_session_that_the_ce_has_forgotten_is_found_and_made_anew(tmp_path: Path) -> None:
    """RFC 9293 3.5.1: a segment of no connection is answered with RST."""
    faults = VpnWorld(tmp_path, LAB)
    faults.vanish("red-ce1")
    faults.run(20)
    assert faults.log("pe1", "bgp", "red") == [
        UP,
        f"session with {AT_CE1} down: connection lost: the peer reset it",
        UP,
    ]
    assert faults.hears(*SITES[0])


LIMITED = LAB.replace("pe1: {}, red-ce1", "pe1: {bgp: {maximum_prefixes: 10}}, red-ce1")


class TestMaximumPrefix:
    """RFC 4271 6.7, RFC 4486 4."""

    MANY = tuple(f"10.{number}.0.0/16" for number in range(100, 110))

    @pytest.fixture
    def faults(self, tmp_path: Path) -> VpnWorld:
        faults = VpnWorld(tmp_path, LIMITED)
        faults.announce("red-ce1", *self.MANY)
        faults.run(3)
        return faults

    def test_the_session_ends_and_both_ends_say_why(self, faults: VpnWorld) -> None:
        reason = "more than 10 prefixes of IPv4 unicast"
        row = faults.peer("pe1", AT_CE1, "red")
        assert (row["state"], row["last_error"]) == ("Idle", reason)
        assert row["next_try"] > 200
        assert faults.peer("red-ce1", AT_PE1)["last_error"] == (
            "the peer says: Cease: Maximum number of prefixes reached"
        )
        assert len(faults.log("red-ce1", "bgp")) == 2, "up and down, however often it tries again"

    def test_its_routes_are_gone_and_others_are_not(self, faults: VpnWorld) -> None:
        assert faults.via("pe2", LAN1, "red") is None
        assert faults.via("pe1", LAN2, "red") == PE2
        assert faults.hears(*SITES[1])

    def test_it_may_try_again_later(self, faults: VpnWorld) -> None:
        faults.run(400)
        assert faults.log("pe1", "bgp", "red")[-1] == UP
        assert faults.hears(*SITES[0])


STORM = LAB.replace("hold: 9,", "hold: 90,").replace(
    "vpns:\n",
    "  - {name: red3, ends: [pe1, red-ce3], vpn: red, subnet: 10.9.3.0/24}\nvpns:\n",
)
STORM = STORM.replace("hosts:\n", "  red-ce3: {role: ce, asn: 65103}\nhosts:\n")
NETWORKS = [IPv4Network((0x0A400000 + 256 * number, 24)) for number in range(2000)]


def discarded(prefixes: list[IPv4Network]) -> list[Route]:
    return [
        Route(prefix=prefix, protocol=RouteProtocol.STATIC, next_hops=(Blackhole(),))
        for prefix in prefixes
    ]


def test_a_peer_that_reads_slowly_in_an_update_storm_delays_itself_alone(tmp_path: Path) -> None:
    """Routes change under way many times; what it has not read waits as routes, not as octets."""
    faults = VpnWorld(tmp_path, STORM)
    ce1, pe1 = faults.stack("red-ce1"), faults.stack("pe1", "red")
    slow, towards_it = faults.stream_to("red-ce1", AT_PE1), faults.stream_to("pe1", AT_CE1, "red")
    ce1.set_reading(slow, False)
    for number in range(6):
        told = NETWORKS[number % 2 :: 2]
        faults.world.replace_routes("red-ce2", DEFAULT_VRF, discarded(told))
        faults.run(3)
        assert faults.peer("pe1", AT_CE1, "red")["waits"]
        assert len(pe1._named[towards_it]._queue) < 70_000, "octets: a portion and a message"
        assert faults.via("red-ce3", str(told[-1])), "who reads hears all"
    assert faults.hears(*SITES[1])
    ce1.set_reading(slow, True)
    faults.run(20)
    heard = {row["prefix"] for row in faults.rows("red-ce1", "route")}
    assert {str(prefix) for prefix in NETWORKS} & heard == set(map(str, told)), "the last state"
    assert faults.log("pe1", "bgp", "red").count(UP) == 1
    assert not faults.peer("pe1", AT_CE1, "red")["waits"]


def test_a_peer_in_another_as_is_refused_by_number(tmp_path: Path) -> None:
    """RFC 4271 6.2; said once, however often they meet."""
    faults = VpnWorld(tmp_path, LAB, with_peers("pe1", "red", remote_as=65109))
    faults.run(60)
    reason = "OPEN message: Bad peer AS: the peer is in AS 65101, not in AS 65109"
    assert faults.peer("pe1", AT_CE1, "red")["last_error"] == reason
    assert faults.log("pe1", "bgp", "red") == [f"no session with {AT_CE1}: {reason}"]
    assert faults.peer("red-ce1", AT_PE1)["last_error"] == (
        "the peer says: OPEN message: Bad peer AS"
    )
    assert not faults.hears(*SITES[0])
    assert faults.hears(*SITES[1])


@pytest.mark.parametrize("theirs", [None, b"theirs"])
def test_with_another_key_there_is_no_answer(tmp_path: Path, theirs: bytes | None) -> None:
    """RFC 2385 2.0: segments with another signature, or none, are dropped without a word."""

    def keyed(config: RouterConfig) -> RouterConfig:
        ours = with_peers("pe1", "red", md5_key=b"ours")
        return with_peers("red-ce1", DEFAULT_VRF, md5_key=theirs)(ours(config))

    faults = VpnWorld(tmp_path, LAB, keyed)
    reason = "no connection: no answer from the peer"
    for router, peer, vrf in (("pe1", AT_CE1, "red"), ("red-ce1", AT_PE1, DEFAULT_VRF)):
        row = faults.peer(router, peer, vrf)
        assert (row["sessions"], row["last_error"]) == (0, reason)
        assert faults.log(router, "bgp", vrf) == [f"no session with {peer}: {reason}"]
    assert faults.stack("pe1", "red").dropped["wrong or no signature"] > 10
    assert faults.hears(*SITES[1])


def identified(router: str) -> Configure:
    """A router with pe1's BGP identifier."""

    def configure(config: RouterConfig) -> RouterConfig:
        if config.name != router or config.bgp is None:
            return config
        return replace(config, bgp=replace(config.bgp, router_id=IPv4Address(PE1)))

    return configure


class TestTwoRoutersWithOneBgpIdentifier:
    def test_in_one_as_they_have_no_session(self, tmp_path: Path) -> None:
        """RFC 6286 2.2."""
        mesh = LAB.replace(", reflectors: [rr]", "")
        faults = VpnWorld(tmp_path, mesh, identified("pe2"))
        faults.run(10)
        reason = f"the peer has this router's BGP identifier {PE1}"
        for router, peer in (("pe1", PE2), ("pe2", PE1)):
            last_error = faults.peer(router, peer)["last_error"]
            assert last_error == f"OPEN message: Bad BGP identifier: {reason}"

    def test_behind_a_reflector_they_take_each_others_routes_for_their_own(
        self, tmp_path: Path
    ) -> None:
        """RFC 4456 8: "A router that recognizes the ORIGINATOR_ID attribute SHOULD ignore a route
        received with its BGP Identifier as the ORIGINATOR_ID"."""
        faults = VpnWorld(tmp_path, LAB, identified("pe2"))
        for router, lan in (("pe1", LAN2), ("pe2", LAN1)):
            (path,) = faults.paths(router, f"65000:1:{lan}")
            assert path["why_not"] == "reflected back: this router is its originator"
            assert faults.via(router, lan, "red") is None

    def test_in_different_ases_nothing_comes_of_it(self, tmp_path: Path) -> None:
        """RFC 6286 2.1: identifiers are unique within an AS."""
        faults = VpnWorld(tmp_path, LAB, identified("red-ce1"))
        assert faults.log("pe1", "bgp", "red") == [UP]
        assert faults.hears(*SITES[0])


def put(value: Any, old: object, new: object) -> Any:
    """One value in the place of another, anywhere in a configuration."""
    if value == old:
        return new
    if isinstance(value, tuple):
        return tuple(put(item, old, new) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    given = {field.name: getattr(value, field.name) for field in fields(value)}
    changes = {name: put(item, old, new) for name, item in given.items()}
    return replace(value, **{name: item for name, item in changes.items() if item != given[name]})


def with_loopback_of_pe1(config: RouterConfig) -> RouterConfig:
    """pe2 with pe1's loopback, and an OSPF router id of its own."""
    if config.name != "pe2":
        return config
    changed = put(config, IPv4Address(PE2), IPv4Address(PE1))
    changed = put(changed, IPv4Interface(f"{PE2}/32"), IPv4Interface(f"{PE1}/32"))
    assert isinstance(changed, RouterConfig)
    return replace(changed, ospf=config.ospf)


def test_of_two_pes_with_one_loopback_one_is_left_out_and_says_so(tmp_path: Path) -> None:
    """The core has one way to the address; what is for the other PE never comes there."""
    faults = VpnWorld(tmp_path, LAB, with_loopback_of_pe1)
    faults.run(60)
    states = {router: faults.peer(router, RR) for router in ("pe1", "pe2")}
    (out,) = (router for router, row in states.items() if row["state"] != "Established")
    assert states[out]["last_error"] == "no connection: no answer from the peer"
    assert faults.peer("rr", PE2)["last_error"] == "no connection: no answer from the peer"
    assert len([text for text in faults.log("rr", "bgp") if text.endswith("up")]) == 1
    assert not faults.hears(*SITES[0])


def update_of(attributes: str) -> bytes:
    """An UPDATE message with these path attributes, and nothing else."""
    octets = bytes.fromhex(attributes)
    return encode(MessageType.UPDATE, bytes(2) + len(octets).to_bytes(2, "big") + octets)


class TestHostileUpdates:
    """RFC 7606, from a CE: what it costs, it costs that CE."""

    @pytest.fixture
    def faults(self, tmp_path: Path) -> VpnWorld:
        return VpnWorld(tmp_path, LAB)

    def others_are_well(self, faults: VpnWorld) -> bool:
        logs = (("pe1", "blue"), ("pe2", "red"), ("red-ce2", DEFAULT_VRF), ("rr", DEFAULT_VRF))
        is_quiet = all(
            "down" not in text for one in logs for text in faults.log(one[0], "bgp", one[1])
        )
        return is_quiet and faults.hears(*SITES[1])

    def test_routes_with_a_wrong_attribute_are_withdrawn_and_the_session_goes_on(
        self, faults: VpnWorld
    ) -> None:
        """RFC 7606 7.2: here of a network that the CE has told well before."""
        assert faults.hears(*SITES[0])
        faults.announce("red-ce1", LAN1, as_path=as_path(65999))
        faults.run(2)
        assert faults.log("pe1", "bgp", "red") == [
            UP,
            f"faulty UPDATE of {AT_CE1}: AS_PATH: AS 65999 is first, from a peer in AS 65101; "
            "routes treated as withdrawn",
        ]
        assert faults.via("pe1", LAN1, "red") is faults.via("pe2", LAN1, "red") is None
        assert self.others_are_well(faults)

    def test_an_attribute_that_must_not_come_from_another_as_is_discarded(
        self, faults: VpnWorld
    ) -> None:
        """RFC 7606 7.5."""
        faults.announce("red-ce1", "10.50.0.0/16", local_pref=1_000_000)
        faults.run(2)
        (path,) = faults.paths("pe2", "10.50.0.0/16", "red")
        assert path["local_pref"] == 100
        assert faults.log("pe1", "bgp", "red")[-1].endswith("attribute discarded")
        assert self.others_are_well(faults)

    @pytest.mark.parametrize(
        ("octets", "reason"),
        [
            (
                bytes(19),
                "Message header: Connection not synchronized: a marker that is not all ones",
            ),
            (
                encode(MessageType.UPDATE, b"\xff\xff\0\0"),
                "UPDATE message: Malformed attribute list: 65535 octets of withdrawn routes, "
                "with 2 left",
            ),
            (
                encode(MessageType.OPEN, bytes(10)),
                "Finite state machine: In established: OPEN in state Established",
            ),
            (
                update_of("800e 0e 0001 01 04 0a090102 00 40 0a320000"),
                "UPDATE message: Optional attribute error: MP_REACH_NLRI: an IPv4 prefix of "
                "64 bits, with 4 octets behind its length; the session has no other family",
            ),
        ],
    )
    def test_what_cannot_be_read_costs_the_session_with_that_ce(
        self, faults: VpnWorld, octets: bytes, reason: str
    ) -> None:
        stream = faults.stream(*SITES[1], 10)
        faults.say("red-ce1", AT_PE1, octets)
        faults.run(0.5)
        assert faults.peer("pe1", AT_CE1, "red")["last_error"] == reason
        assert faults.log("pe1", "bgp", "red")[1] == f"session with {AT_CE1} down: {reason}"
        assert faults.via("pe2", LAN1, "red") is None
        faults.run(10)
        assert (stream.lost(), self.others_are_well(faults)) == ([], True)
        assert faults.hears(*SITES[0]), "it may behave from now on"
