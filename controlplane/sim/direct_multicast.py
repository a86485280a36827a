"""Trees, tunnels and Registers of a switch that hands control packets over directly.

What the routers of a VPN say to each other crosses the provider's trees, in GRE; where these are
PIM-SM trees, it may reach their RP in a Register at first. So Registers are made and taken out
here, whereas nobody looks for customers' data in a tunnel: only what all routers on a PMSI hear is
handed over at a tail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from controlplane.fib.lookup import by_root, by_tree
from controlplane.fib.model import (
    REGISTERS,
    EncapsulateRegister,
    Fib,
    InPlace,
    MulticastRoute,
    PacketIn,
    Port,
    Replica,
    TtlMode,
)
from controlplane.net.mac import MacAddress, multicast_mac
from controlplane.net.multicast import SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.p4rt.memory import Sent
from controlplane.sim.arrived import Arrived
from controlplane.sim.derived import Derived
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.reader import DecodeError, Reader

_PIPE_TTL: Final = 255
_REGISTER: Final = bytes.fromhex("2100deff00000000")
"""RFC 7761 4.9.3: the eight octets before the packet, whose checksum is over them alone."""


class DirectMulticast:
    """The look-ups are those of the pipeline in `fib`, which is given each time."""

    def __init__(self) -> None:
        self._trees = Derived(by_tree)
        self._roots = Derived(by_root)

    def forward(self, fib: Fib, arrived: Arrived) -> Sent:
        """A packet to a group."""
        headers = arrived.headers
        reason = headers.punted_to_all(headers.at)
        if reason is not None:
            return arrived.punt(reason)
        if headers.has_options:
            return arrived.punt(PuntReason.IP_OPTIONS)
        sg = SourceGroup(IPv4Address(headers.source), IPv4Address(headers.destination))
        route = self._trees.of(fib.multicast).of(arrived.vrf, sg)
        if route is None:
            return arrived.punt(PuntReason.NO_MULTICAST_ROUTE)
        if arrived.interface not in route.iifs:
            return arrived.punt(PuntReason.RPF_FAILED)
        packet = Ipv4Packet.decode(Reader(headers.frame[headers.at :]))
        came = Port(headers.port, headers.vlan)
        copies = list(_copies(fib, route, packet, arrived.cost, came))
        return copies, self._punted(fib, arrived, route)

    def receive_register(self, fib: Fib, arrived: Arrived, vrf: int, packet: Ipv4Packet) -> Sent:
        """A PIM Register to this router: the packet inside goes down its tree, or PIM gets it."""
        _, punted = arrived.punt(PuntReason.REGISTER)
        inner = _inside(packet)
        if inner is None:
            return [], punted
        sg = SourceGroup(inner.source, inner.destination)
        route = self._trees.of(fib.multicast).of(vrf, sg)
        if route is None or REGISTERS not in route.iifs or route.tail is not None:
            return [], punted
        _, shown = arrived.punt(PuntReason.REGISTER_TAKEN)
        return list(_copies(fib, route, inner, 1, None)), shown if route.watch else []

    def _punted(self, fib: Fib, arrived: Arrived, route: MulticastRoute) -> list[PacketIn]:
        """What is inside a P-tunnel that ends here, and for every router on its PMSI; or a packet
        whose source PIM may not know of."""
        inner = arrived.headers.tunnelled_at
        own = arrived.submitted and arrived.interface != REGISTERS
        for_all = inner is not None and arrived.headers.punted_to_all(inner) is not None
        if route.tail is not None and for_all and not own:
            iif = route.tail.iif
            if iif is None:
                pe = IPv4Address(arrived.headers.source)
                iif = self._roots.of(fib.tunnel_roots).get((route.tail.vrf, pe))
            return arrived.punt(PuntReason.LINK_LOCAL, iif)[1]
        return arrived.punt(PuntReason.NEW_SOURCE)[1] if route.watch else []


def _inside(register: Ipv4Packet) -> Ipv4Packet | None:
    """None where PIM alone can say what it is: a null one, or one that is not sound."""
    if register.payload[: len(_REGISTER)] != _REGISTER:
        return None
    try:
        inner = Ipv4Packet.decode(Reader(register.payload[len(_REGISTER) :]))
    except DecodeError:
        return None
    return inner if inner.destination.is_multicast and not inner.options else None


def _copies(
    fib: Fib, route: MulticastRoute, packet: Ipv4Packet, cost: int, came: Port | None
) -> Iterator[tuple[int, bytes]]:
    """No copy goes back to where the packet came in; of one in a Register that is nowhere."""
    if packet.ttl <= cost:
        return
    onward = replace(packet, ttl=packet.ttl - cost)
    for replica in sorted(route.replicas, key=_order):
        match replica.rewrite:
            case InPlace() if replica.at != came:
                mac = multicast_mac(onward.destination)
                yield _frame(replica, mac, EtherType.IPV4, onward.encode())
            case EncapsulateRegister(tunnel=None) as register:
                yield _registered(fib, replica, register, onward)
            case _:
                pass


def _registered(
    fib: Fib, replica: Replica, rewrite: EncapsulateRegister, inner: Ipv4Packet
) -> tuple[int, bytes]:
    outer = Ipv4Packet(
        source=rewrite.source,
        destination=rewrite.rp,
        protocol=IpProtocol.PIM,
        payload=_REGISTER + inner.encode(),
        tos=inner.tos,
        dont_fragment=True,
    )
    if not rewrite.labels:
        return _frame(replica, rewrite.destination_mac, EtherType.IPV4, outer.encode())
    ttl = outer.ttl if fib.ttl_mode is TtlMode.UNIFORM else _PIPE_TTL
    stack = LabelStack(
        tuple(
            LabelStackEntry(label=label, ttl=ttl, traffic_class=inner.tos >> 5)
            for label in rewrite.labels
        )
    )
    payload = stack.encode() + outer.encode()
    return _frame(replica, rewrite.destination_mac, EtherType.MPLS, payload)


def _frame(
    replica: Replica, to: MacAddress, ethertype: EtherType, payload: bytes
) -> tuple[int, bytes]:
    frame = EthernetFrame(
        destination=to,
        source=replica.source_mac,
        ethertype=ethertype,
        payload=payload,
        vlan=replica.at.vlan,
    )
    return replica.at.port, frame.encode()


def _order(replica: Replica) -> tuple[Port, bool]:
    return replica.at, isinstance(replica.rewrite, InPlace)
