"""Inputs and outputs of the ICMP engine beside the common ones (`engine/engine.py`).

A datagram here is an IPv4 packet from its header on, as it was received. SendPacket without a next
hop asks the router to route the packet: an answer may leave where the question did not come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived, SendPacket
from controlplane.wire.icmp import UnreachableCode
from controlplane.wire.mpls import LabelStack


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTimeExceeded:
    """Input: a datagram's TTL ended here, or that of the label which it came under.

    `labels` is the stack as it was received, None for a datagram that came without. With `at_end`
    they end here: this router is in the network of the sender, so the way to it is known.
    """

    interface: str
    datagram: bytes
    labels: LabelStack | None = None
    at_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUnreachable:
    """Input: a datagram cannot be forwarded; `next_hop_mtu` goes with FRAGMENTATION_NEEDED.

    `labels` and `at_end` as in ReportTimeExceeded.
    """

    interface: str
    datagram: bytes
    code: UnreachableCode
    next_hop_mtu: int = 0
    labels: LabelStack | None = None
    at_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLabelled:
    """Output: switch this datagram by its labels, as if it came in on the interface.

    RFC 3032 2.3.2: it goes on to the end of the LSP, where the way to the sender is known.
    """

    interface: str
    labels: LabelStack
    datagram: bytes


IcmpInput: TypeAlias = (
    InterfaceUp | InterfaceDown | PacketReceived | ReportTimeExceeded | ReportUnreachable
)
IcmpOutput: TypeAlias = SendPacket | SendLabelled
