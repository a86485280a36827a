"""A router's configured interfaces: by name, by data plane index, and whether they work.

An Ethernet interface works while its port has a link, a loopback always.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Final

from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.net.interned import host, prefix
from controlplane.rib.route import Attached, Local, Route, RouteProtocol
from controlplane.router.config import InterfaceConfig, RouterConfig

_HOST: Final = 32


class Links:
    def __init__(self, config: RouterConfig) -> None:
        self.configs = {item.interface.name: item for item in config.interfaces}
        self._by_index = {item.interface.index: item.interface for item in config.interfaces}
        self._by_port: defaultdict[int, list[InterfaceConfig]] = defaultdict(list)
        for item in config.interfaces:
            if item.interface.port is not None:
                self._by_port[item.interface.port].append(item)
        self._down: set[int] = set()
        self.loopback = self._find_loopback(config.router_id)

    @property
    def interfaces(self) -> Iterator[Interface]:
        return (item.interface for item in self.configs.values())

    @property
    def core_mtu(self) -> int:
        """The least MTU of the links of the provider's table."""
        core = (i for i in self.interfaces if i.vrf == DEFAULT_VRF and i.port is not None)
        return min((interface.mtu for interface in core), default=self.loopback.mtu)

    def _find_loopback(self, router_id: IPv4Address) -> Interface:
        loopbacks = (i for i in self.interfaces if i.kind is InterfaceKind.LOOPBACK)
        found = next((i for i in loopbacks if i.address.ip == router_id), None)
        assert found is not None, f"no loopback interface has the router ID {router_id}"
        return found

    def named(self, name: str) -> Interface:
        return self.configs[name].interface

    def indexed(self, index: int) -> Interface | None:
        return self._by_index.get(index)

    def first_of(self, vrf: str) -> Interface | None:
        """The first working interface of a VRF."""
        found = (one for one in self.interfaces if one.vrf == vrf and self.is_up(one.name))
        return next(found, None)

    def on(self, port: int) -> list[InterfaceConfig]:
        """The interfaces of a port, one for each VLAN."""
        return self._by_port.get(port, [])

    def is_up(self, name: str) -> bool:
        item = self.configs.get(name)
        return item is not None and item.interface.port not in self._down

    def set_port(self, port: int, up: bool) -> bool:
        """True when that is news."""
        if up == (port not in self._down):
            return False
        (self._down.discard if up else self._down.add)(port)
        return True

    def connected(self, vrf: str) -> list[Route]:
        """What the working interfaces of a VRF give to its table: subnets, and own addresses."""
        working = (i for i in self.interfaces if i.vrf == vrf and self.is_up(i.name))
        return [route for interface in working for route in _connected(interface)]


def _connected(interface: Interface) -> Iterator[Route]:
    own, attached = host(interface.address.ip), interface.address.network
    subnet = prefix(int(attached.network_address), attached.prefixlen)
    connected = RouteProtocol.CONNECTED
    yield Route(prefix=own, protocol=connected, next_hops=(Local(interface.name),))
    if subnet.prefixlen < _HOST:
        yield Route(prefix=subnet, protocol=connected, next_hops=(Attached(interface.name),))
