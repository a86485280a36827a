"""Inputs and outputs of the PIM engine beside the common ones (`engine/engine.py`).

One engine serves one VRF: its interfaces are those of the VRF, a PMSI among them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Protocol, TypeAlias

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived, SendPacket
from controlplane.engine.liveness import ForgetNeighbor, NeighborFailed, WatchNeighbor
from controlplane.engine.notice import Notice
from controlplane.engine.time import Duration
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged


@dataclass(frozen=True, slots=True, kw_only=True)
class PimSettings:
    """Per-interface settings; defaults are those of RFC 7761 4.11."""

    hello_period: Duration = 30.0
    triggered_hello_delay: Duration = 5.0
    dr_priority: int = 1
    propagation_delay: Duration = 0.5
    override_interval: Duration = 2.5
    join_prune_period: Duration = 60.0
    bfd: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PimEnabled:
    """Input: run PIM on an interface that is or comes up; again when its settings change."""

    interface: str
    settings: PimSettings = field(default_factory=PimSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutesChanged:
    """Input: RPF look-ups may answer differently now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborsExpected:
    """Input: routers that may not have heard of us will hear us here; a Hello should be sent soon.

    On a LAN, their own Hellos say so. On a PMSI these may have come before our tunnel led there.
    """

    interface: str


@dataclass(frozen=True, slots=True)
class Rpf:
    """Where packets of a source should come from: RPF_interface(S), and the router behind it.

    `neighbor` is the next hop of the MRIB, None when the source is directly connected (or is an
    address of this router). For a source behind a PMSI it is the upstream PE (RFC 6513 5.1).
    """

    interface: str
    neighbor: IPv4Address | None


class RpfLookup(Protocol):
    def __call__(self, root: IPv4Address, group: IPv4Address, /) -> Rpf | None:
        """MRIB.next_hop(S) and its interface; None when there is no route.

        The group counts where routers share the load of a source's trees (RFC 6513 5.1.3).
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeUpdate:
    """Output: the forwarding state of (S,G) is now this; only when it differs from the last one.

    `rpf_neighbor` is RPF'(S,G): None where this router is the root, and while the next hop is no
    PIM neighbour. `outgoing` is inherited_olist(S,G): interface names, `incoming` never among them.
    """

    sg: SourceGroup
    incoming: str | None
    rpf_neighbor: IPv4Address | None
    outgoing: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeRemoved:
    """Output: nobody wants (S,G) any more, no forwarding state of it is left."""

    sg: SourceGroup


PimInput: TypeAlias = (
    InterfaceUp
    | InterfaceDown
    | PimEnabled
    | PacketReceived
    | MembershipChanged
    | RoutesChanged
    | NeighborsExpected
    | NeighborFailed
)
PimOutput: TypeAlias = (
    SendPacket | TreeUpdate | TreeRemoved | WatchNeighbor | ForgetNeighbor | Notice
)
