"""How Bootstrap messages leave (RFC 5059 3.4, 3.5): to all neighbours, or to one that is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address

from controlplane.engine.engine import SendPacket
from controlplane.net.interface import InterfaceKind
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.sender import Sender
from controlplane.wire.ipv4 import IpProtocol
from controlplane.wire.pim.bootstrap import Bootstrap
from controlplane.wire.pim.message import encode_message


class BootstrapSender:
    def __init__(self, instance: PimInstance, sender: Sender) -> None:
        self._instance = instance
        self._sender = sender

    def flood(self, message: Bootstrap, source: PimInterface | None = None) -> None:
        """RFC 5059 3.4: where there are neighbours, also where it came from, as routers of a LAN
        may not agree on who is the way to the BSR. PEs on a PMSI do: the way to a BSR that is
        behind it is a PE that has it on its own side, and has told all of us."""
        for interface in self._open_interfaces():
            if interface is not source or not _is_pmsi(interface):
                self._sender.send(interface, message, Count.TX_BOOTSTRAP)

    def smallest_mtu(self) -> int | None:
        """Of the interfaces that a message would leave by; None when there are none."""
        return min((i.interface.mtu for i in self._open_interfaces()), default=None)

    def prime(
        self, interface: PimInterface, neighbor: IPv4Address, messages: Iterable[Bootstrap]
    ) -> None:
        """Tell a neighbour that has just started, and nobody behind it."""
        if interface.name in self._instance.config.bsr_borders:
            return
        for message in messages:
            priming = replace(message, no_forward=True)
            self._sender.send(interface, priming, Count.TX_BOOTSTRAP)
            if self._instance.config.unicast_bootstrap:
                self._send_unicast(interface, neighbor, message)

    def _send_unicast(
        self, interface: PimInterface, neighbor: IPv4Address, message: Bootstrap
    ) -> None:
        self._instance.counters[Count.TX_BOOTSTRAP] += 1
        self._instance.outputs.append(
            SendPacket(
                interface=interface.name,
                source=interface.address,
                destination=neighbor,
                next_hop=neighbor,
                protocol=IpProtocol.PIM,
                payload=encode_message(message),
            )
        )

    def _open_interfaces(self) -> Iterator[PimInterface]:
        for interface in self._instance.interfaces.values():
            if interface.neighbors and interface.name not in self._instance.config.bsr_borders:
                yield interface


def _is_pmsi(interface: PimInterface) -> bool:
    return interface.interface.kind is InterfaceKind.PMSI
