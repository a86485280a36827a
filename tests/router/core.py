"""A provider's core for the router's tests: OSPF, LDP, BFD and PIM, no VPN.

    host 1 -[2]pe1[1]-[1]p1[2]-[1]p2[2]-[1]pe2[2]- host 2

Router N has the loopback 192.0.2.N, link N joins routers N and N + 1 and is 10.0.N.0/30; hosts are
at 10.1.0.2 and 10.2.0.2. Labels are pushed by a PE, swapped by the P router behind it and popped by
the one before the last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TypeAlias

from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.net.mac import MacAddress
from controlplane.protocols.bfd.events import BfdSettings
from controlplane.protocols.ldp.events import LdpConfig
from controlplane.protocols.ldp.show import BindingView
from controlplane.protocols.ospf.events import (
    AreaSettings,
    NetworkType,
    OspfConfig,
    OspfSettings,
)
from controlplane.protocols.pim.events import PimSettings
from controlplane.router.config import InterfaceConfig, Role, RouterConfig
from controlplane.router.router import Router
from tests.router.wire import End, Network

NUMBERS = {"pe1": 1, "p1": 2, "p2": 3, "pe2": 4}
LOOPBACKS = {name: IPv4Address(f"192.0.2.{number}") for name, number in NUMBERS.items()}
HOST1, HOST2 = IPv4Address("10.1.0.2"), IPv4Address("10.2.0.2")
LAN1, LAN2 = IPv4Network("10.1.0.0/24"), IPv4Network("10.2.0.0/24")
AT_HOST1, AT_HOST2 = End("pe1", 2), End("pe2", 2)
WIRES = [
    (End("pe1", 1), End("p1", 1)),
    (End("p1", 2), End("p2", 1)),
    (End("p2", 2), End("pe2", 1)),
]
UP_BY = 2.0
"""Until then everything stands; the last things to come are routes, when OSPF has thought twice."""

BFD = BfdSettings(desired_min_tx=0.1, required_min_rx=0.1, detect_mult=3)

Change: TypeAlias = Callable[[RouterConfig], RouterConfig]


def mac(node: str, port: int) -> MacAddress:
    return MacAddress(0x020000000000 + (NUMBERS[node] << 8) + port)


def ethernet(node: str, port: int, address: str, ospf: OspfSettings) -> InterfaceConfig:
    """A link of the core, or of hosts where OSPF is passive."""
    interface = Interface(
        name=f"eth{port}",
        index=port,
        kind=InterfaceKind.ETHERNET,
        address=IPv4Interface(address),
        port=port,
        mac=mac(node, port),
    )
    speaks = not ospf.passive
    return InterfaceConfig(
        interface=interface,
        ospf=ospf,
        ldp=speaks,
        bfd=BFD if speaks else None,
        pim=PimSettings(hello_period=2.0, triggered_hello_delay=0.2, bfd=True) if speaks else None,
    )


def link(node: str, port: int, address: str) -> InterfaceConfig:
    settings = OspfSettings(
        network=NetworkType.POINT_TO_POINT,
        hello_interval=1,
        dead_interval=4,
        bfd=True,
        ldp_sync=True,
    )
    return ethernet(node, port, address, settings)


def lan(node: str, address: str) -> InterfaceConfig:
    return ethernet(node, 2, address, OspfSettings(passive=True))


def core_router(name: str, *interfaces: InterfaceConfig) -> RouterConfig:
    me = LOOPBACKS[name]
    loopback = Interface(
        name="lo0", index=100, kind=InterfaceKind.LOOPBACK, address=IPv4Interface((me, 32))
    )
    return RouterConfig(
        name=name,
        role=Role.PE if name.startswith("pe") else Role.P,
        router_id=me,
        interfaces=(InterfaceConfig(interface=loopback, ospf=OspfSettings(cost=0)), *interfaces),
        ospf=OspfConfig(router_id=me, min_ls_interval=0.2, min_ls_arrival=0.1),
        ldp=LdpConfig(
            router_id=me, transport_address=me, hello_interval=1, hello_hold=4, gtsm=False
        ),
    )


def core_configs() -> dict[str, RouterConfig]:
    return {
        "pe1": core_router("pe1", link("pe1", 1, "10.0.1.1/30"), lan("pe1", "10.1.0.1/24")),
        "p1": core_router("p1", link("p1", 1, "10.0.1.2/30"), link("p1", 2, "10.0.2.1/30")),
        "p2": core_router("p2", link("p2", 1, "10.0.2.2/30"), link("p2", 2, "10.0.3.1/30")),
        "pe2": core_router("pe2", link("pe2", 1, "10.0.3.2/30"), lan("pe2", "10.2.0.1/24")),
    }


def core(**changes: Change) -> Network:
    """The network, not started; `changes` are to the configurations of the routers named."""
    configs = {
        name: changes.get(name, unchanged)(config) for name, config in core_configs().items()
    }
    return Network(list(configs.values()), WIRES)


def unchanged(config: RouterConfig) -> RouterConfig:
    return config


def core_up(**changes: Change) -> Network:
    """The network, up for long enough that every adjacency and session stands."""
    network = core(**changes)
    network.start()
    network.run(until=UP_BY)
    return network


def with_area(area: str, settings: AreaSettings, *ports: int) -> Change:
    """The interfaces of these ports (0: the loopback) and an area of their own."""

    def change(config: RouterConfig) -> RouterConfig:
        assert config.ospf is not None
        moved = tuple(
            replace(item, ospf=replace(item.ospf, area=IPv4Address(area)))
            if item.ospf and (item.interface.port or 0) in ports
            else item
            for item in config.interfaces
        )
        used = {item.ospf.area for item in moved if item.ospf}
        areas = (*config.ospf.areas, settings)
        kept = tuple(one for one in areas if one.id in used)
        return replace(config, interfaces=moved, ospf=replace(config.ospf, areas=kept))

    return change


def bindings(network: Network, node: str) -> dict[IPv4Network, BindingView]:
    """A router's FECs that it has a route to, and their labels."""
    ldp = router(network, node).vrfs[DEFAULT_VRF].ldp
    assert ldp is not None
    return {view.prefix: view for view in ldp.bindings() if view.has_route}


def router(network: Network, node: str) -> Router:
    return network.nodes[node].router
