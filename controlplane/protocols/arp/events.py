"""Inputs and outputs of the ARP engine beside the common ones (`engine/engine.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.engine.engine import InterfaceDown, InterfaceUp
from controlplane.engine.notice import Notice
from controlplane.net.mac import MacAddress
from controlplane.wire.arp import ArpPacket


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Input: a neighbour's MAC address is wanted.

    NeighborChanged is the answer: at once when it is known, or known not to answer.
    """

    interface: str
    address: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ArpReceived:
    """Input: the payload of an ARP frame."""

    interface: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SendArp:
    """Output: send this packet in a frame from the interface's own MAC address."""

    interface: str
    destination: MacAddress
    packet: ArpPacket


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborChanged:
    """Output: a neighbour is at this MAC address now; at None it cannot be reached."""

    interface: str
    address: IPv4Address
    mac: MacAddress | None


ArpInput: TypeAlias = InterfaceUp | InterfaceDown | Resolve | ArpReceived
ArpOutput: TypeAlias = SendArp | NeighborChanged | Notice
