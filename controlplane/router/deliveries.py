"""What a punted frame turns out to be, and for whom: the values that `inbound` gives."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.engine.engine import DatagramReceived, PacketReceived
from controlplane.net.interface import Interface
from controlplane.protocols.arp.events import ArpReceived
from controlplane.protocols.pim.events import DataArrived
from controlplane.wire.ethernet import EthernetFrame
from controlplane.wire.icmp import UnreachableCode
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack
from controlplane.wire.udp import WellKnownPort


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """An IPv4 packet and where it came in; `datagram` is the packet as it was received.

    A frame to a group of stations causes no ICMP error (RFC 1122 3.2.2), hence `to_many`. `labels`
    is the stack that it came under, None for a packet without or once it is off; `at_end` when all
    of these labels end here. `is_own`: this router submitted it. `root` is the PE whose tunnel it
    came out of.
    """

    interface: Interface
    packet: Ipv4Packet
    datagram: bytes
    to_many: bool
    labels: LabelStack | None = None
    at_end: bool = False
    is_own: bool = False
    root: IPv4Address | None = None


@dataclass(frozen=True, slots=True)
class ToArp:
    vrf: str
    event: ArpReceived


@dataclass(frozen=True, slots=True)
class ToProtocol:
    """For the engine of `protocol` in a VRF."""

    vrf: str
    protocol: IpProtocol
    event: PacketReceived


@dataclass(frozen=True, slots=True)
class ToPort:
    """For the engine that listens on a UDP port in a VRF."""

    vrf: str
    port: WellKnownPort
    event: DatagramReceived


@dataclass(frozen=True, slots=True)
class ToMulticastRouting:
    """For PIM of a VRF: what the pipeline has seen of a source."""

    vrf: str
    event: DataArrived


@dataclass(frozen=True, slots=True)
class Unforwarded:
    """The pipeline has forwarded none of it, for want of a route that PIM may now make.

    RFC 7761 4.2 forwards the packet by what it has brought about. Not so what came out of a tunnel,
    whose own copies have gone on.
    """

    arrived: Arrived


@dataclass(frozen=True, slots=True)
class Untaken:
    """What is in a Register that the pipeline did not take out, and the VRF of the RP."""

    vrf: str
    packet: Ipv4Packet


@dataclass(frozen=True, slots=True)
class ToHostStack:
    """TCP: for the host stack of a VRF."""

    vrf: str
    datagram: bytes


@dataclass(frozen=True, slots=True)
class ToForward:
    """To be forwarded by the CPU: its next hop is not known to the switch."""

    arrived: Arrived


@dataclass(frozen=True, slots=True)
class Expired:
    """Its TTL ended here."""

    arrived: Arrived


@dataclass(frozen=True, slots=True)
class TooLarge:
    """Unicast that must not be cut, and how much of it would pass: octets of IPv4."""

    arrived: Arrived
    room: int


@dataclass(frozen=True, slots=True)
class ToFragment:
    """A frame that would have left on the interface, and is too long for its link."""

    frame: EthernetFrame
    interface: Interface


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody takes it here."""

    arrived: Arrived
    code: UnreachableCode


Delivery: TypeAlias = (
    ToArp
    | ToProtocol
    | ToPort
    | ToMulticastRouting
    | Unforwarded
    | Untaken
    | ToHostStack
    | ToForward
    | Expired
    | TooLarge
    | ToFragment
    | Refused
)
