"""When is all out that will come of a packet on BMv2?

BMv2 keeps the order of packets on their way, so a barrier is sent behind each: one that a route of
its own copies to all ports; and when that is out, an ARP frame that is punted, as some of the
packet's copies may be. What comes before them belongs to the packet in question.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from controlplane.fib.model import Fib, FibInterface, InPlace, MulticastRoute, Port, Replica, Submit
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import SourceGroup
from tests.p4.frames import data, ethernet, to_group

PORTS: Final = (1, 2, 3, 4, 5, 6)
INTERFACE: Final = 0xFFF0
_VRF: Final = 0x7FFF
_MAC: Final = MacAddress.parse("02:00:00:00:ba:44")
_VLAN_IN: Final = 4093
_VLAN_OUT: Final = 4094
_SG: Final = SourceGroup(IPv4Address("192.0.2.1"), IPv4Address("232.255.255.255"))

BARRIER: Final = to_group(data(str(_SG.source), str(_SG.group)), _MAC, _VLAN_IN)
COPY: Final = to_group(data(str(_SG.source), str(_SG.group), ttl=63), _MAC, _VLAN_OUT)
COPY_OF_SUBMITTED: Final = to_group(data(str(_SG.source), str(_SG.group)), _MAC, _VLAN_OUT)
LAST: Final = ethernet(b"barrier", _MAC, _MAC, _VLAN_IN, kind=0x0806)


def with_barrier(fib: Fib) -> Fib:
    """The Fib, and the barrier's interfaces and route."""
    copies = frozenset(Replica(Port(port, _VLAN_OUT), _MAC, InPlace()) for port in PORTS)
    at = (FibInterface(Port(port, _VLAN_IN), INTERFACE, _VRF, _MAC) for port in PORTS)
    route = MulticastRoute(_VRF, _SG, frozenset({INTERFACE}), copies)
    return replace(fib, interfaces=fib.interfaces.union(at), multicast=fib.multicast | {route})


def submitted(frame: bytes) -> Submit:
    """The same frame by way of the CPU."""
    return Submit(_VRF, INTERFACE, frame)
