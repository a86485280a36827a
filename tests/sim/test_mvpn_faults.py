"""Multicast VPNs whose discovery fails: P-tunnels live and die with the routes of BGP."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

from controlplane.net.vpn import RouteTarget
from controlplane.router.config import RouterConfig
from tests.sim.vpn_world import LAB, LAN1, LAN2, PE1, PE2, RATE, Streamed, VpnWorld

GROUP = "232.1.1.1"
PIM = (
    "{hello_period: 5, triggered_hello_delay: 0.2, override_interval: 0.4, propagation_delay: 0.8}"
)
MVPN = LAB.replace("timers:\n", f"timers:\n  pim: {PIM}\n").replace(
    "red: {rd: 65000:1}", "red: {rd: 65000:1, profile: 3, default_mdt: 232.10.0.1}"
)
GRACEFUL = MVPN.replace("reflectors: [rr]", "reflectors: [rr], restart_time: 30")

TUNNEL = f"({PE1}, 232.10.0.1)"
FOUND = f"PE {PE1} found (Intra-AS I-PMSI A-D route, RD 65000:1): its tunnel {TUNNEL} is joined"
GONE = f"PE {PE1} is gone: no route speaks of it, its tunnel {TUNNEL} is left"


def watched(tmp_path: Path, text: str) -> tuple[VpnWorld, Streamed]:
    """red-h1 sends to a group, which red-h2 has been in for a while."""
    faults = VpnWorld(tmp_path, text)
    faults.world.join("red-h2", IPv4Address(GROUP), faults.lab.layout.address("red-h1"))
    faults.run(3)
    stream = faults.stream("red-h1", "red-h2", 25, GROUP)
    faults.run(2)
    assert stream.lost() == []
    return faults, stream


def known(faults: VpnWorld) -> list[tuple[str, str]]:
    """The PEs that pe2 knows in red, and what it makes of them."""
    return [(row["pe"], row["verdict"]) for row in faults.rows("pe2", "mvpn discovery", "red")]


class TestReflectorThatRestarts:
    def test_gracefully_tunnels_stay(self, tmp_path: Path) -> None:
        faults, stream = watched(tmp_path, GRACEFUL)
        faults.world.restart("rr")
        faults.run(0.5)
        assert known(faults) == [(PE1, "joined")]
        faults.run(25)
        assert stream.lost() == []
        assert faults.log("pe2", "mvpn", "red") == [FOUND]

    def test_otherwise_they_are_left_and_joined_again(self, tmp_path: Path) -> None:
        faults, stream = watched(tmp_path, MVPN)
        faults.world.restart("rr")
        faults.run(0.5)
        assert known(faults) == []
        faults.run(25)
        assert 0 < len(stream.lost()) < 3 * RATE
        assert faults.log("pe2", "mvpn", "red") == [FOUND, GONE, FOUND]


def test_a_pe_that_restarts_is_left_and_found_again(tmp_path: Path) -> None:
    """Its generation ID tells neighbours that it has forgotten their Joins (RFC 7761 4.3.1)."""
    faults, stream = watched(tmp_path, MVPN)
    faults.world.restart("pe1")
    faults.run(0.5)
    assert known(faults) == []
    faults.run(25)
    assert max(stream.lost()) < 8 * RATE
    assert faults.log("pe2", "mvpn", "red") == [FOUND, GONE, FOUND]
    restarted = f"neighbor {PE1} on mdt-red restarted: new generation ID"
    assert faults.log("pe2", "pim", "red").count(restarted) == 1


def test_a_pe_that_the_core_has_lost_is_forgotten_by_the_hold_timer(tmp_path: Path) -> None:
    """Nothing withdraws its routes but the reflector that hears it no longer."""
    faults, stream = watched(tmp_path, MVPN)
    faults.world.set_link("near", up=False)
    faults.run(12)
    assert known(faults) == []
    assert faults.log("pe2", "mvpn", "red") == [FOUND, GONE]
    silence = f"session with {PE1} down: nothing heard for 9 s (hold timer)"
    assert silence in faults.log("rr", "bgp")
    assert faults.rows("pe2", "umh", "red") == []
    faults.world.set_link("near", up=True)
    faults.run(30)
    assert known(faults) == [(PE1, "joined")]
    again = faults.stream("red-h1", "red-h2", 5, GROUP)
    faults.run(6)
    assert again.lost() == []
    assert 0 < len(stream.lost())


def with_other_target(config: RouterConfig) -> RouterConfig:
    """pe1 exports red under a target that nobody imports."""
    if config.name != "pe1":
        return config
    target = frozenset({RouteTarget.parse("65000:7")})
    vrfs = (
        replace(one, export_targets=target) if one.name == "red" else one for one in config.vrfs
    )
    return replace(config, vrfs=tuple(vrfs))


def test_a_pe_with_another_target_is_heard_of_by_nobody(tmp_path: Path) -> None:
    """RFC 6514 9.1.1: A-D routes are imported by their targets, as unicast routes are."""
    faults = VpnWorld(tmp_path, MVPN, with_other_target)
    assert known(faults) == []
    (tunnel,) = faults.rows("pe2", "mvpn tunnel", "red")
    assert tunnel["pes"] == []
    assert len(faults.rows("rr", "bgp mvpn")) == 2, "the reflector has the routes of both"
    assert faults.via("pe2", LAN1, "red") is None
    assert faults.via("pe1", LAN2, "red") == PE2
    assert faults.hears("blue-h1", "blue-h2")
