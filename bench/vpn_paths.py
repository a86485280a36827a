"""The death of a PE under many VPN routes: what is computed, and what is written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Final

from bench.figure import Figure
from controlplane.fib.build import FibBuilder, VrfTables
from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.net.mac import MacAddress
from controlplane.net.vpn import RouteDistinguisher
from controlplane.p4rt.programmer import Programmer
from controlplane.rib.mrib import Mrib
from controlplane.rib.rib import Rib
from controlplane.rib.route import Gateway, Route, RouteProtocol, VpnNextHop

_PES: Final = [IPv4Address("192.0.2.2"), IPv4Address("192.0.2.3")]
_P: Final = IPv4Address("10.0.0.2")
_RD: Final = RouteDistinguisher.parse("65000:1")
_LINK: Final = Interface(
    name="core",
    index=1,
    kind=InterfaceKind.ETHERNET,
    address=IPv4Interface("10.0.0.1/30"),
    port=1,
    mac=MacAddress(1),
)


def pe_death_figures(prefixes: int) -> Iterator[Figure]:
    """One VRF whose sites are all on the PE that dies, and on another as backup."""
    provider, customer = Rib(lambda _: True), Rib(lambda _: True)
    vrfs = {
        DEFAULT_VRF: VrfTables(id=0, rib=provider, mrib=Mrib()),
        "red": VrfTables(id=1, rib=customer, mrib=Mrib()),
    }
    builder = FibBuilder([_LINK], vrfs, {(_LINK.name, _P): MacAddress(2)})
    core, ospf = [_core_route(pe) for pe in _PES], RouteProtocol.OSPF
    builder.routes_changed(DEFAULT_VRF, provider.update(ospf, core, []))
    routes = [_vpn_route(number) for number in range(prefixes)]
    builder.routes_changed("red", customer.update(RouteProtocol.IBGP, routes, []))
    programmer = Programmer()
    for batch in programmer.program(builder.build()):
        programmer.written(batch)

    started = time.perf_counter()
    builder.routes_changed(DEFAULT_VRF, provider.update(ospf, [], [IPv4Network(_PES[0])]))
    updates = sum(len(batch) for batch in programmer.program(builder.build()))
    planned = time.perf_counter() - started
    yield Figure(f"a PE dies under {prefixes:,} VPN routes: updates", updates, "", at_most=3)
    yield Figure("  computed and planned in", planned, "s")


def _core_route(pe: IPv4Address) -> Route:
    hop = Gateway(_LINK.name, _P)
    return Route(prefix=IPv4Network(pe), protocol=RouteProtocol.OSPF, next_hops=(hop,), way=str(pe))


def _vpn_route(number: int) -> Route:
    first, backup = (VpnNextHop(pe, _RD, 24) for pe in _PES)
    prefix = IPv4Network((0x0A000000 + (number << 8), 24))
    protocol = RouteProtocol.IBGP
    return Route(prefix=prefix, protocol=protocol, next_hops=(first,), backups=(backup,))
