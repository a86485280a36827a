"""1,000 PEs find each other by A-D routes through two reflectors, in the simulator.

Each PE is in two of 100 VPNs, 20 PEs in each, with PIM-SSM default MDTs announced by Intra-AS
I-PMSI A-D routes (RFC 6514). It has a session with each of two reflectors, each over a link of its
own that it shares with one other PE; static routes lead to all loopbacks. Control packets are
handed over directly (`sim/direct.py`), TCP, ARP and all. There is no IGP and no PIM in the core, so
trees are named but not built: what is measured is BGP, and what a PE makes of the routes.

It is done when every PE has exactly the other PEs of its VPNs as roots of P-tunnels.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Final

from bench.figure import Figure
from controlplane.lab.plan import LinkEnd, LinkPlan, NetworkPlan
from controlplane.lab.sim_world import SimWorld
from controlplane.mvpn.config import MvpnConfig
from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.net.mac import MacAddress
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bgp.events import BgpConfig, PeerConfig, PeerTimers
from controlplane.rib.route import Gateway, Route, RouteProtocol
from controlplane.router.config import InterfaceConfig, Role, RouterConfig, VrfConfig
from controlplane.sim.direct import DirectTarget
from controlplane.wire.bgp.nlri import Family

_PES, _VPNS, _REFLECTORS, _ON_LINK = 1000, 100, 2, 2
_AS: Final = 65000
_PE_LOOPBACKS: Final = IPv4Network("10.1.0.0/16")
_FIRST_REFLECTOR: Final = IPv4Address("10.0.0.1")
_LINKS: Final = (IPv4Network("10.16.0.0/16"), IPv4Network("10.17.0.0/16"))
_SUBNET: Final = 8
_PROFILE: Final = "pim-gre-ssm-ad"
_MAC: Final = 0x02_00_00_00_00_00
_TIMERS: Final = PeerTimers(connect_retry=5.0)
_WALL, _LIMIT, _STEP = 60.0, 120.0, 1.0
"""Seconds: the goal, and simulated ones until all must be there, and between two looks."""


def reflector_figures() -> Iterator[Figure]:
    """With route target constraint (RFC 4684); without it every PE is told all routes and drops
    most, which takes time by the square of their number, so there are a quarter of them."""
    with_rtc, without = {Family.MCAST_VPN, Family.ROUTE_TARGET}, {Family.MCAST_VPN}
    yield from _figures(_PES, with_rtc, "RTC", _WALL)
    yield from _figures(_PES // 4, with_rtc, "RTC")
    yield from _figures(_PES // 4, without, "no RTC")


def _figures(
    pes: int, families: set[Family], how: str, goal: float | None = None
) -> Iterator[Figure]:
    world = SimWorld(_plan(pes, frozenset(families)), make_target=DirectTarget)
    begun, cpu = time.perf_counter(), time.process_time()
    world.start()
    took, used = time.perf_counter() - begun, time.process_time() - cpu
    while not _is_complete(world, pes):
        assert world.now() < _LIMIT, f"PEs have not found each other in {_LIMIT:g} s"
        begun, cpu = time.perf_counter(), time.process_time()
        world.advance_to(world.now() + _STEP)
        took += time.perf_counter() - begun
        used += time.process_time() - cpu
    yield Figure(f"{pes:,} PEs with A-D routes, two reflectors, {how}", took, "s", goal)
    yield Figure("  of CPU", used, "s")
    yield Figure("  simulated: until then", world.now(), "s")
    world.stop()


def _is_complete(world: SimWorld, pes: int) -> bool:
    """Every PE has exactly the other PEs of its VPNs as roots."""
    members: dict[int, set[str]] = {vpn: set() for vpn in range(_VPNS)}
    for pe in range(pes):
        for vpn in _vpns(pe):
            members[vpn].add(str(_loopback(pe)))
    return all(
        _roots(world, pe, vpn) == members[vpn] - {str(_loopback(pe))}
        for pe in range(pes)
        for vpn in _vpns(pe)
    )


def _roots(world: SimWorld, pe: int, vpn: int) -> set[str]:
    (row,) = world.show(f"pe{pe}", "mvpn tunnel", f"vpn{vpn}")
    return {root["pe"] for root in row["pes"]}


# -- the network


def _plan(pes: int, families: frozenset[Family]) -> NetworkPlan:
    routers = {f"pe{pe}": _pe(pe, families) for pe in range(pes)}
    routers |= {f"rr{rr}": _reflector(rr, pes, families) for rr in range(_REFLECTORS)}
    links = tuple(_link(rr, link) for rr in range(_REFLECTORS) for link in range(pes // _ON_LINK))
    routes = {(f"pe{pe}", DEFAULT_VRF): tuple(_routes_of_pe(pe)) for pe in range(pes)}
    for rr in range(_REFLECTORS):
        routes[f"rr{rr}", DEFAULT_VRF] = tuple(_routes_of_reflector(rr, pes))
    return NetworkPlan(name="reflectors", routers=routers, hosts={}, links=links, routes=routes)


def _link(rr: int, link: int) -> LinkPlan:
    pes = range(link * _ON_LINK, (link + 1) * _ON_LINK)
    return LinkPlan(
        name=f"rr{rr}-{link}",
        ends=(
            LinkEnd(node=f"rr{rr}", interface=f"to-{link}", port=link + 1),
            *(LinkEnd(node=f"pe{pe}", interface=f"to-rr{rr}", port=rr + 1) for pe in pes),
        ),
        core=True,
    )


def _pe(pe: int, families: frozenset[Family]) -> RouterConfig:
    loopback = _loopback(pe)
    peers = (_peer(loopback, _FIRST_REFLECTOR + rr, families) for rr in range(_REFLECTORS))
    links = (_to_reflector(pe, rr) for rr in range(_REFLECTORS))
    return RouterConfig(
        name=f"pe{pe}",
        role=Role.PE,
        router_id=loopback,
        interfaces=(_loopback_interface(loopback), *links),
        vrfs=tuple(_vrf(pe, vpn, number) for number, vpn in enumerate(_vpns(pe), 1)),
        bgp=BgpConfig(asn=_AS, router_id=loopback, peers=tuple(peers)),
    )


def _reflector(rr: int, pes: int, families: frozenset[Family]) -> RouterConfig:
    loopback = _FIRST_REFLECTOR + rr
    peers = (_peer(loopback, _loopback(pe), families, client=True) for pe in range(pes))
    links = (_to_pes(rr, link, pes) for link in range(pes // _ON_LINK))
    return RouterConfig(
        name=f"rr{rr}",
        role=Role.P,
        router_id=loopback,
        interfaces=(_loopback_interface(loopback), *links),
        bgp=BgpConfig(asn=_AS, router_id=loopback, peers=tuple(peers)),
    )


def _peer(
    local: IPv4Address, address: IPv4Address, families: frozenset[Family], *, client: bool = False
) -> PeerConfig:
    return PeerConfig(
        address=address,
        local=local,
        remote_as=_AS,
        families=families,
        timers=_TIMERS,
        reflector_client=client,
    )


def _vrf(pe: int, vpn: int, number: int) -> VrfConfig:
    targets = frozenset({RouteTarget(0, _AS, vpn)})
    mvpn = MvpnConfig(profile=_PROFILE, default_group=IPv4Address("232.0.1.0") + vpn)
    return VrfConfig(
        name=f"vpn{vpn}",
        id=number,
        rd=RouteDistinguisher(1, int(_loopback(pe)), vpn),
        import_targets=targets,
        export_targets=targets,
        mvpn=mvpn,
        bgp=BgpConfig(asn=_AS, router_id=_loopback(pe)),
    )


def _vpns(pe: int) -> tuple[int, int]:
    """Two different ones: each VPN has a fiftieth of all PEs."""
    first = pe % _VPNS
    return first, (first + 1 + pe // _VPNS) % _VPNS


# -- addresses and routes


def _loopback(pe: int) -> IPv4Address:
    return _PE_LOOPBACKS[pe + 1]


def _subnet(rr: int, link: int) -> IPv4Network:
    return IPv4Network((int(_LINKS[rr][link * _SUBNET]), 29))


def _on_link(rr: int, pe: int) -> IPv4Address:
    """The address of a PE; the reflector has the first one."""
    return _subnet(rr, pe // _ON_LINK)[2 + pe % _ON_LINK]


def _loopback_interface(address: IPv4Address) -> InterfaceConfig:
    lo = Interface(name="lo", index=1, kind=InterfaceKind.LOOPBACK, address=IPv4Interface(address))
    return InterfaceConfig(interface=lo)


def _to_reflector(pe: int, rr: int) -> InterfaceConfig:
    return _ethernet(f"to-rr{rr}", 2 + rr, rr + 1, _on_link(rr, pe))


def _to_pes(rr: int, link: int, pes: int) -> InterfaceConfig:
    return _ethernet(f"to-{link}", 2 + link, link + 1, _subnet(rr, link)[1])


def _ethernet(name: str, index: int, port: int, address: IPv4Address) -> InterfaceConfig:
    """Addresses are all different here, and so the MAC addresses that are made from them."""
    ethernet = Interface(
        name=name,
        index=index,
        kind=InterfaceKind.ETHERNET,
        address=IPv4Interface((address, 29)),
        port=port,
        mac=MacAddress(_MAC + int(address)),
    )
    return InterfaceConfig(interface=ethernet)


def _routes_of_pe(pe: int) -> Iterator[Route]:
    """To the reflectors, each over its link; to other PEs through the first one."""
    for rr in range(_REFLECTORS):
        yield _route(IPv4Network(_FIRST_REFLECTOR + rr), f"to-rr{rr}", _gateway(rr, pe))
    yield _route(_PE_LOOPBACKS, "to-rr0", _gateway(0, pe))


def _gateway(rr: int, pe: int) -> IPv4Address:
    return _subnet(rr, pe // _ON_LINK)[1]


def _routes_of_reflector(rr: int, pes: int) -> Iterator[Route]:
    for pe in range(pes):
        yield _route(IPv4Network(_loopback(pe)), f"to-{pe // _ON_LINK}", _on_link(rr, pe))


def _route(prefix: IPv4Network, interface: str, gateway: IPv4Address) -> Route:
    hop = Gateway(interface, gateway)
    return Route(prefix=prefix, protocol=RouteProtocol.STATIC, next_hops=(hop,), metric=10)
