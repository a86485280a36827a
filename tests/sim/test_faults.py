"""Faults of whole routers: each ends as its RFC says, and `show` has the reason in words."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from random import Random

import pytest

from controlplane.engine.labels import LabelSpace
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.label import FIRST_LABEL
from controlplane.protocols.ospf.events import BACKBONE
from controlplane.rib.route import Blackhole, Route, RouteProtocol
from controlplane.router import router as whole_router
from controlplane.router.config import RouterConfig
from controlplane.wire.ospf.exchange import LinkStateUpdate
from controlplane.wire.ospf.lsa import MAX_SEQUENCE_NUMBER, Lsa, LsaKey, LsType
from controlplane.wire.ospf.message import OspfPacket, OspfType, decode_packet
from tests.sim.fault_world import (
    BFD,
    CONVERGED,
    LAB,
    P1,
    PE1,
    PE2,
    Configure,
    FaultWorld,
    of_ospf,
)

LAN2 = "10.1.2.0/24"
BY_P1, DIRECT = 30, 110
"""What pe1's way to h2 costs."""


def only(router: str, change: Configure) -> Configure:
    return lambda config: change(config) if config.name == router else config


def lost(_: bytes) -> None:
    return None


class TestFlappingLink:
    @pytest.fixture
    def faults(self, tmp_path: Path) -> FaultWorld:
        """At the end the link is down."""
        faults = FaultWorld(tmp_path, BFD)
        for _ in range(20):
            faults.world.set_link("near", up=False)
            faults.run(0.2)
            faults.world.set_link("near", up=True)
            faults.run(0.3)
        faults.world.set_link("near", up=False)
        return faults

    def test_it_ends_with_the_ways_that_there_are(self, faults: FaultWorld) -> None:
        faults.run(6)
        assert (faults.cost("pe1", LAN2), faults.hears()) == (DIRECT, True)
        faults.world.set_link("near", up=True)
        faults.run(10)
        assert (faults.cost("pe1", LAN2), faults.hears()) == (BY_P1, True)

    def test_neither_lsas_nor_calculations_follow_each_flap(self, faults: FaultWorld) -> None:
        """RFC 2328 12.4: between two instances of an LSA are MinLSInterval, 5 s."""
        (own,) = (
            row
            for row in faults.rows("pe2", "ospf database")
            if (row["type"], row["advertising_router"]) == ("router", PE1)
        )
        count = int(own["sequence_number"], 16) - 0x80000000
        assert count <= 1 + (CONVERGED + 10) / 5
        calculations = [row for row in faults.rows("pe2", "ospf spf") if row["age"] < 10]
        assert len(calculations) <= 10

    def test_each_protocol_says_why_it_gave_the_neighbour_up(self, faults: FaultWorld) -> None:
        down = "neighbor 10.0.1.2 down on eth1: the interface is down"
        assert faults.log("pe1", "ospf").count(down) > 10
        down = "session with 10.0.1.2 down on eth1: the interface went down"
        assert faults.log("pe1", "bfd").count(down) > 10
        gone = "hears 192.0.2.3:0 no longer: 10.0.1.2 on eth1: eth1 is down"
        assert faults.log("pe1", "ldp").count(gone) > 10


class TestOneWayLink:
    """Nothing that pe1 sends on the link arrives."""

    def test_ospf_alone_finds_it_after_the_dead_interval(self, tmp_path: Path) -> None:
        faults = FaultWorld(tmp_path)
        mend = faults.tamper("pe1", "near", lost)
        faults.run(10)
        assert faults.neighbors("pe1") == {P1: "Init", PE2: "Full"}
        assert faults.troubles("pe1") == [
            "it is heard, but does not hear us: its Hellos do not list our router id"
        ]
        silence = "neighbor 10.0.1.1 down on eth1: no Hello within its dead interval"
        assert silence in faults.log("p1", "ospf")
        assert (faults.cost("pe1", LAN2), faults.hears()) == (DIRECT, True)
        mend()
        faults.run(CONVERGED)
        assert faults.neighbors("pe1") == {P1: "Full", PE2: "Full"}
        assert (faults.cost("pe1", LAN2), faults.troubles("pe1")) == (BY_P1, [])

    def test_bfd_finds_it_at_once_and_tells_both_ends(self, tmp_path: Path) -> None:
        """RFC 5880 4.1: diagnostics 1 and 3."""
        faults = FaultWorld(tmp_path, BFD)
        faults.tamper("pe1", "near", lost)
        faults.run(1)
        assert faults.diagnostic("p1", "pe1") == "control detection time expired"
        assert faults.diagnostic("pe1", "p1") == "neighbor signaled session down"
        expired = "control detection time expired: nothing heard for 300 ms"
        assert faults.log("p1", "bfd")[-1] == f"session with 10.0.1.1 down on eth1: {expired}"
        assert f"neighbor 10.0.1.1 down on eth1: BFD: {expired}" in faults.log("p1", "ospf")
        assert faults.log("p1", "ldp")[-1] == (
            f"session with 192.0.2.1:0 down: no adjacency is left: BFD: {expired}"
        )
        assert (faults.cost("pe1", LAN2), faults.hears()) == (DIRECT, True)


def with_mtu(config: RouterConfig) -> RouterConfig:
    """All its links take larger packets."""
    items = (
        replace(item, interface=replace(item.interface, mtu=9000)) for item in config.interfaces
    )
    return replace(config, interfaces=tuple(items))


def test_neighbours_of_different_mtu_are_not_adjacent_and_say_so(tmp_path: Path) -> None:
    """RFC 2328 10.6."""
    faults = FaultWorld(tmp_path, configure=only("p1", with_mtu))
    assert faults.neighbors("pe1")[P1] in ("ExStart", "Exchange")
    assert "MTU mismatch: the neighbor's is 9000, ours is 1500" in faults.troubles("pe1")
    silence = "does not answer our Database Descriptions (is its MTU smaller than ours?)"
    assert faults.troubles("p1") == [silence, silence]
    assert (faults.cost("pe1", LAN2), faults.hears()) == (DIRECT, True)


def named(router_id: str) -> Configure:
    address = IPv4Address(router_id)

    def change(config: RouterConfig) -> RouterConfig:
        assert config.ospf is not None and config.ldp is not None
        ospf = replace(config.ospf, router_id=address)
        return replace(config, ospf=ospf, ldp=replace(config.ldp, router_id=address))

    return change


class TestTwoRoutersWithOneId:
    def test_neighbours_are_not_adjacent_and_each_names_the_other(self, tmp_path: Path) -> None:
        faults = FaultWorld(tmp_path, configure=only("p1", named(PE1)))
        assert faults.neighbors("pe1") == {PE2: "Full"}
        assert f"it has the router id of this router, {PE1}" in faults.troubles("pe1")
        assert faults.sessions("pe1").keys() == {PE2}  # up while pe2's way to their address is here
        assert "10.0.1.2 on eth1 has this router's LDP identifier" in faults.log("pe1", "ldp")

    def test_elsewhere_in_the_area_they_contest_each_others_lsas(self, tmp_path: Path) -> None:
        text = "".join(line for line in LAB.splitlines(keepends=True) if "dear" not in line)
        faults = FaultWorld(tmp_path, text, only("pe2", named(PE1)))
        faults.run(60)
        reason = f"another router of the area has the router id {PE1}"
        assert faults.troubles("pe1") == faults.troubles("pe2") == [reason]


class TestWrongKey:
    def test_ospf_believes_nothing_and_says_why(self, tmp_path: Path) -> None:
        keys = "pe1: {ospf: {key: ours}}, p1: {ospf: {key: theirs}}"
        faults = FaultWorld(tmp_path, LAB.replace("pe1: {}, p1: {}", keys))
        assert faults.neighbors("pe1") == {PE2: "Full"}
        assert faults.troubles("pe1") == faults.troubles("p1") == ["wrong MD5 key (id 1)"]
        assert faults.counted("pe1", "ospf", "drop: authentication") > 10
        assert (faults.cost("pe1", LAN2), faults.hears()) == (DIRECT, True)

    def test_ldp_has_no_session_and_avoids_the_link(self, tmp_path: Path) -> None:
        """RFC 2385 2.0: segments with another signature are dropped without a word.

        So who opens the connection hears nothing, and who waits for it hears nothing either.
        """

        def signed(config: RouterConfig) -> RouterConfig:
            peer = {"pe1": P1, "p1": PE1}.get(config.name)
            if peer is None or config.ldp is None:
                return config
            keys = {IPv4Address(peer): config.name.encode()}
            return replace(config, ldp=replace(config.ldp, md5_keys=keys))

        faults = FaultWorld(tmp_path, configure=signed)
        assert faults.sessions("pe1") == {P1: "No session", PE2: "Operational"}
        assert faults.last_failure("p1", PE1) == (
            "connection closed: no answer from the peer for 10 s"
        )
        assert faults.cost("pe1", LAN2) == DIRECT
        assert faults.hears()


def own_lsa(faults: FaultWorld, router: str, router_id: str) -> Lsa:
    """A router's router-LSA, as it has it itself."""
    ospf = faults.switches[router].router.vrfs[DEFAULT_VRF].ospf
    assert ospf is not None
    address = IPv4Address(router_id)
    stored = ospf._instance.areas[BACKBONE].lsdb.get(LsaKey(LsType.ROUTER, address, address))
    assert stored is not None
    return stored.lsa


def test_an_lsa_at_the_last_sequence_number_is_flushed_and_begins_anew(tmp_path: Path) -> None:
    """RFC 2328 12.1.6; somebody has sent pe1's LSA with that number."""
    faults = FaultWorld(tmp_path)
    lsa = own_lsa(faults, "pe1", PE1)
    last = Lsa.make(
        options=lsa.header.options,
        ls_type=LsType.ROUTER,
        link_state_id=lsa.header.link_state_id,
        advertising_router=lsa.header.advertising_router,
        sequence_number=MAX_SEQUENCE_NUMBER,
        body=lsa.body,
    )
    update = LinkStateUpdate((last,))
    packet = OspfPacket(router_id=IPv4Address(P1), area_id=BACKBONE, body=update)
    faults.inject("pe1", "near", "p1", packet.encode())
    faults.run(15)
    for router in ("pe1", "p1", "pe2"):
        (row,) = (
            row
            for row in faults.rows(router, "ospf database")
            if (row["type"], row["advertising_router"]) == ("router", PE1)
        )
        assert row["sequence_number"] == "0x80000001"
    assert (
        f"router LSA {PE1} of {PE1} is at the last sequence number: flushed first, then originated "
        "anew" in faults.log("pe1", "ospf")
    )
    assert (faults.cost("pe2", "10.1.1.0/24"), faults.hears()) == (BY_P1, True)


class TestCorruption:
    def test_packets_corrupted_in_flight_are_counted_and_sent_again(self, tmp_path: Path) -> None:
        """RFC 2328 8.2: the checksum of the packet sees it."""
        faults = FaultWorld(tmp_path)
        rng = Random(1)

        def corrupt(payload: bytes) -> bytes:
            if payload[1] != OspfType.LINK_STATE_UPDATE or rng.random() < 0.5:
                return payload
            at = rng.randrange(24, len(payload))
            return payload[:at] + bytes((payload[at] ^ 1 << rng.randrange(8),)) + payload[at + 1 :]

        faults.tamper("p1", "near", of_ospf(corrupt))
        faults.world.set_link("dear", up=False)
        for _ in range(6):
            faults.world.set_link("far", up=False)
            faults.run(10)
            faults.world.set_link("far", up=True)
            faults.run(10)
        faults.run(CONVERGED)
        assert faults.counted("pe1", "ospf", "drop: malformed: wrong checksum") > 0
        assert (faults.cost("pe1", LAN2), faults.hears()) == (BY_P1, True)

    def test_lsas_corrupted_inside_a_router_are_refused_by_name(self, tmp_path: Path) -> None:
        """RFC 2328 12.1.7: that is what LSAs have a checksum of their own for."""
        faults = FaultWorld(tmp_path)

        def corrupt(payload: bytes) -> bytes:
            if payload[1] != OspfType.LINK_STATE_UPDATE:
                return payload
            packet = decode_packet(payload)
            assert isinstance(packet.body, LinkStateUpdate)
            lsas = (replace(lsa, octets=lsa.octets[:-1] + b"\x77") for lsa in packet.body.lsas)
            return replace(packet, body=LinkStateUpdate(tuple(lsas))).encode()

        mend = faults.tamper("p1", "near", of_ospf(corrupt))
        faults.world.set_link("dear", up=False)
        faults.run(5)
        assert faults.troubles("pe1") == [f"wrong checksum in router LSA {PE2} of {PE2}"]
        assert faults.counted("pe1", "ospf", "drop LSA: wrong checksum") > 0
        mend()
        faults.run(CONVERGED)
        assert faults.troubles("pe1") == []
        assert (faults.cost("pe1", LAN2), faults.hears()) == (BY_P1, True)


def test_a_peer_that_stops_reading_costs_its_own_session_alone(tmp_path: Path) -> None:
    """RFC 5036 3.5.1.2.1: it does not get to read that the other is alive."""
    faults = FaultWorld(tmp_path)
    stack = faults.switches["p1"].tcp(DEFAULT_VRF)
    (stream,) = (name for name in stack._named if PE1 in name)
    stack.set_reading(stream, False)
    faults.run(CONVERGED)
    assert f"session with {PE1}:0 down: nothing heard for 15 s (KeepAlive timer)" in faults.log(
        "p1", "ldp"
    )
    assert f"session with {P1}:0 down: the peer says: KeepAlive Timer Expired" in faults.log(
        "pe1", "ldp"
    )
    assert faults.log("pe2", "ldp").count(f"session with {P1}:0 up") == 1
    assert faults.sessions("pe1")[P1] == "Operational", "with a connection that is read"


class TestHalfOpenConnections:
    @pytest.mark.parametrize(
        ("router", "peer", "peers_id"), [("pe1", "p1", PE1), ("p1", "pe1", P1)]
    )
    def test_sessions_that_one_end_has_forgotten_are_found_and_made_anew(
        self, tmp_path: Path, router: str, peer: str, peers_id: str
    ) -> None:
        """RFC 9293 3.5.1: a segment of no connection is answered with RST."""
        faults = FaultWorld(tmp_path)
        faults.vanish(router)
        faults.run(CONVERGED)
        assert set(faults.sessions(router).values()) == {"Operational"}
        reset = f"session with {peers_id}:0 down: connection closed: the peer reset it"
        assert reset in faults.log(peer, "ldp")
        assert (faults.cost("pe1", LAN2), faults.hears()) == (BY_P1, True)


FECS = 500


def test_sessions_that_break_under_load_leave_nothing_behind(tmp_path: Path) -> None:
    """Labels of many FECs are on their way each time that the link goes."""
    text = LAB.replace("pe2: {role: pe}", "pe2: {role: pe, redistribute: [static]}")
    faults = FaultWorld(tmp_path, text)
    prefixes = [IPv4Network((0x0A400000 + 256 * number, 24)) for number in range(FECS)]
    routes = [
        Route(prefix=prefix, protocol=RouteProtocol.STATIC, next_hops=(Blackhole(),))
        for prefix in prefixes
    ]
    faults.world.replace_routes("pe2", DEFAULT_VRF, routes)
    for _ in range(5):
        faults.run(1.5)
        faults.world.set_link("near", up=False)
        faults.run(0.01)
        faults.world.set_link("near", up=True)
    faults.run(2 * CONVERGED)
    for router in ("pe1", "p1"):
        bindings = {row["prefix"]: row for row in faults.rows(router, "ldp binding")}
        assert all(len(bindings[str(prefix)]["remote"]) == 2 for prefix in prefixes)
        labels = [row["local"] for row in bindings.values() if row["local"] >= FIRST_LABEL]
        engine = faults.switches[router].router.vrfs[DEFAULT_VRF].ldp
        assert engine is not None
        assert len(labels) == len(set(labels)) == engine._instance.labels.used
    assert (
        faults.log("pe1", "ldp").count(
            f"session with {P1}:0 down: no adjacency is left: eth1 is down"
        )
        == 5
    )
    assert faults.hears()


class TestLabelsThatRunOut:
    @pytest.fixture
    def faults(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaultWorld:
        """Each router has three."""
        monkeypatch.setattr(whole_router, "LabelSpace", partial(LabelSpace, last=FIRST_LABEL + 2))
        return FaultWorld(tmp_path)

    def without_label(self, faults: FaultWorld) -> list[str]:
        rows = faults.rows("p1", "ldp binding")
        return [row["prefix"] for row in rows if row["local"] is None]

    def test_it_is_told_once_and_shown_for_each_fec(self, faults: FaultWorld) -> None:
        reason = "FECs stay without label: all 3 labels of the router are in use"
        assert faults.log("p1", "ldp").count(reason) == 1
        assert len(self.without_label(faults)) == 2

    def test_packets_of_fecs_without_label_go_on_without(self, faults: FaultWorld) -> None:
        assert f"{PE2}/32" in self.without_label(faults)
        assert (faults.cost("pe1", f"{PE2}/32"), faults.hears("pe2")) == (BY_P1 - 10, True)

    def test_a_label_that_comes_free_is_given_to_one_that_waits(self, faults: FaultWorld) -> None:
        """RFC 5036 3.5.8.1."""
        _, *others = self.without_label(faults)
        faults.world.set_link("dear", up=False)
        faults.run(CONVERGED)
        assert self.without_label(faults) == others
