"""FRR as the reflector of two live PEs of ours (frr-reflector.yaml): it runs on a host of p1's.

All that the PEs know of each other's customers comes through it, and through their own switches.
There is no graceful restart: FRR 8.4 selects no VPN route any more after one of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, Final

import pytest

from controlplane.lab.live_world import LiveWorld
from controlplane.lab.load import load
from controlplane.lab.plan import NetworkPlan
from controlplane.router.config import RouterConfig
from tests.live.paths import arrives_whole, open_path
from tests.live.plans import stream
from tests.peers.frr import Frr, missing_frr
from tests.peers.namespace import Namespace

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

REFLECTOR = IPv4Address("10.8.0.10")
PES = {"pe1": IPv4Address("10.9.0.1"), "pe2": IPv4Address("10.9.0.2")}
SITES = {"pe1": IPv4Network("10.1.1.0/24"), "pe2": IPv4Network("10.1.2.0/24")}
H2 = IPv4Address("10.1.2.10")
LIMIT: Final = 60

_ZEBRA: Final = "ip nht resolve-via-default\n"
_BGPD: Final = """
router bgp 65000
 bgp router-id 10.8.0.10
 no bgp default ipv4-unicast
 neighbor PES peer-group
 neighbor PES remote-as 65000
 neighbor PES timers connect 1
 neighbor 10.9.0.1 peer-group PES
 neighbor 10.9.0.2 peer-group PES
 address-family ipv4 vpn
  neighbor PES activate
  neighbor PES route-reflector-client
 exit-address-family
exit
"""


class Reflected:
    """The lab, running, and FRR's bgpd on `rr`."""

    def __init__(self, stack: ExitStack) -> None:
        lab = load(Path(__file__).with_name("frr-reflector.yaml")).plan
        self.world = LiveWorld(_with_reflector(lab), target="softswitch")
        stack.callback(self.world.stop)
        self.world.start()
        self.world.set_zero()
        network, _ = self.world._running()
        rr = stack.enter_context(Namespace(network_of=network.namespace("rr")))
        self.frr = Frr(rr, {"zebra": _ZEBRA, "bgpd": _BGPD})

    def sessions(self) -> dict[str, str]:
        """The state of each PE's session, as the PE says."""
        return {pe: self._show(pe, "bgp neighbor")[0]["state"] for pe in PES}

    def knows(self, pe: str, site: IPv4Network) -> bool:
        """Whether a PE has a route to the other's site."""
        return str(site) in [row["prefix"] for row in self._show(pe, "route", "red")]

    def is_whole(self) -> bool:
        return self.knows("pe1", SITES["pe2"]) and self.knows("pe2", SITES["pe1"])

    def is_apart(self) -> bool:
        return not self.knows("pe1", SITES["pe2"]) and not self.knows("pe2", SITES["pe1"])

    def is_up(self) -> bool:
        return {*self.sessions().values()} == {"Established"} and self.is_whole()

    def _show(self, pe: str, noun: str, vrf: str | None = None) -> list[dict[str, Any]]:
        return self.world.show(pe, noun, vrf)


@pytest.fixture
def lab() -> Iterator[Reflected]:
    if (reason := missing_frr("bgpd")) is not None:
        pytest.skip(reason)
    with ExitStack() as stack:
        reflected = Reflected(stack)
        assert reflected.world.wait(reflected.is_up, LIMIT)
        yield reflected


def _with_reflector(plan: NetworkPlan) -> NetworkPlan:
    """The PEs of the lab speak with the reflector, not with each other."""
    routers = {
        name: _reflected(config) if name in PES else config for name, config in plan.routers.items()
    }
    return replace(plan, name=f"{plan.name}-{os.getpid()}", routers=routers)


def _reflected(config: RouterConfig) -> RouterConfig:
    assert config.bgp is not None
    (peer,) = config.bgp.peers
    reflector = replace(peer, address=REFLECTOR)
    return replace(config, bgp=replace(config.bgp, peers=(reflector,)))


def test_customers_reach_each_other_by_routes_that_frr_reflects(lab: Reflected) -> None:
    open_path(lab.world, "h2", H2)
    sent = stream(destination=H2, count=100)
    lab.world.send(sent)
    assert arrives_whole(lab.world, "h2", sent)


def test_after_a_crash_of_frr_everything_comes_again(lab: Reflected) -> None:
    lab.frr.kill("bgpd")
    assert lab.world.wait(lab.is_apart, LIMIT)
    lab.frr.start("bgpd")
    assert lab.world.wait(lab.is_up, LIMIT)


def test_while_frr_is_shut_down_the_sites_are_apart(lab: Reflected) -> None:
    lab.frr.configure("router bgp 65000", "neighbor PES shutdown")
    assert lab.world.wait(lab.is_apart, LIMIT)
    assert lab.knows("pe1", SITES["pe1"])
    lab.frr.configure("router bgp 65000", "no neighbor PES shutdown")
    assert lab.world.wait(lab.is_up, LIMIT)
