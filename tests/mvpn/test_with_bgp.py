"""MVPNs of PEs that hear of each other through BGP and a reflector."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.options import DiscoveryOption
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bgp.events import BestPathsChanged, RoutesOriginated, TargetsWanted
from controlplane.wire.bgp.nlri import Family
from tests.mvpn.values import BLUE, BOTH, RED, local, mvpn
from tests.protocols.bgp.harness import Network

MDT = frozenset({DiscoveryOption.MDT_SAFI})
A_D = frozenset({DiscoveryOption.INTRA_AS})
MULTICAST = frozenset({Family.MCAST_VPN, Family.MDT})


class Provider:
    """A reflector and PEs; `families` are those of the sessions."""

    def __init__(self, families: frozenset[Family] = MULTICAST) -> None:
        self.network = Network()
        self.mvpns: dict[str, Mvpn] = {}
        self._families = families
        self._heard: dict[str, int] = {}
        self.network.router("rr")

    def pe(self, name: str, discovery: frozenset[DiscoveryOption], rd: str | None = None) -> None:
        """A PE with a VRF of VPN blue if its name says so, else red."""
        me = self.network.router(name)
        self.network.session("rr", name, families=self._families, of_one={"reflector_client": True})
        targets = _targets(name)
        of = local(
            "3",
            me=me,
            rd=RouteDistinguisher.parse(rd or f"{me}:1"),
            discovery=discovery,
            imports=targets,
            exports=targets,
        )
        self.mvpns[name] = mvpn(of)

    def start(self, *names: str) -> None:
        """All routers, or those that are named anew."""
        self.network.start(*names)
        for name in names or self.mvpns:
            self._heard[name] = len(self.network.routers[name].outputs)
            self.network.tell(name, TargetsWanted(targets=_targets(name)))
            for family, route in self.mvpns[name].originated():
                self.network.tell(name, RoutesOriginated(family=family, changed=(route,)))
        self.run(10.0)

    def run(self, duration: float) -> None:
        self.network.run(duration)
        for name, one in self.mvpns.items():
            outputs = self.network.routers[name].outputs
            for output in outputs[self._heard[name] :]:
                if isinstance(output, BestPathsChanged):
                    one.learn(output)
            self._heard[name] = len(outputs)

    def known(self) -> Mapping[str, set[str]]:
        """Which PEs each one has tunnels from."""
        names = {router.loopback: name for name, router in self.network.routers.items()}
        return {
            name: {names[address] for address in one.tunnels.remote}
            for name, one in self.mvpns.items()
        }


def _targets(name: str) -> frozenset[RouteTarget]:
    return frozenset({BLUE if name.startswith("blue") else RED})


ALL_THREE = {"pe1": {"pe2", "pe3"}, "pe2": {"pe1", "pe3"}, "pe3": {"pe1", "pe2"}}


@pytest.mark.parametrize("discovery", [MDT, A_D, BOTH], ids=["MDT-SAFI", "A-D", "both"])
@pytest.mark.parametrize(
    "families",
    [MULTICAST, MULTICAST | {Family.ROUTE_TARGET}],
    ids=["all routes", "by route target membership"],
)
def test_pes_find_each_other_through_a_reflector(
    discovery: frozenset[DiscoveryOption], families: frozenset[Family]
) -> None:
    provider = Provider(families)
    for name in ALL_THREE:
        provider.pe(name, discovery)
    provider.start()
    assert provider.known() == ALL_THREE


def test_pes_with_one_rd_find_each_other() -> None:
    provider = Provider()
    for name in ALL_THREE:
        provider.pe(name, A_D, "65000:1")
    provider.start()
    assert provider.known() == ALL_THREE


def test_pes_of_another_vpn_do_not() -> None:
    provider = Provider()
    for name in ("pe1", "pe2", "blue1", "blue2"):
        provider.pe(name, A_D)
    provider.start()
    assert provider.known() == {
        "pe1": {"pe2"},
        "pe2": {"pe1"},
        "blue1": {"blue2"},
        "blue2": {"blue1"},
    }


def test_a_network_in_the_middle_of_a_migration_is_whole() -> None:
    provider = Provider()
    for name, discovery in (("pe1", MDT), ("pe2", BOTH), ("pe3", BOTH)):
        provider.pe(name, discovery)
    provider.start()
    assert provider.known() == ALL_THREE


def test_the_tunnels_of_a_pe_that_dies_vanish_and_come_back_with_it() -> None:
    provider = Provider()
    for name in ALL_THREE:
        provider.pe(name, A_D)
    provider.start()
    before = dict(provider.mvpns["pe1"].tunnels.remote)
    provider.network.crash("pe3")
    provider.run(10.0)
    assert provider.known()["pe1"] == {"pe2"}
    provider.start("pe3")
    provider.run(200.0)
    assert provider.known()["pe1"] == {"pe2", "pe3"}
    assert provider.mvpns["pe1"].tunnels.remote == before
