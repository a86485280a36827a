"""Inputs and outputs of the PIM engine beside the common ones (`engine/engine.py`).

One engine serves one VRF: its interfaces are those of the VRF, a PMSI among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Protocol, TypeAlias

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived, SendPacket
from controlplane.engine.liveness import ForgetNeighbor, NeighborFailed, WatchNeighbor
from controlplane.engine.notice import Notice
from controlplane.engine.time import Duration
from controlplane.net.multicast import SourceGroup, TreeName
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

    On a LAN, their own Hellos say so. On a PMSI these may have come before our tunnel led there, or
    theirs does not lead here yet: `awaited` are those whose tunnels were joined just now.
    """

    interface: str
    awaited: frozenset[IPv4Address]


@dataclass(frozen=True, slots=True)
class Rpf:
    """Where packets of a source should come from: RPF_interface(S), and the router behind it.

    `neighbor` is the next hop of the MRIB, None when the source is directly connected, or
    `is_local`: an address of this router. For a source behind a PMSI it is the upstream PE
    (RFC 6513 5.1). `preference` and `metric` are those of the MRIB's route, which Asserts compare
    (RFC 7761 4.6.3); a route that changes in them alone is no other way.
    """

    interface: str
    neighbor: IPv4Address | None
    is_local: bool = False
    preference: int = field(default=0, compare=False)
    metric: int = field(default=0, compare=False)


class RpfLookup(Protocol):
    def __call__(self, root: IPv4Address, group: IPv4Address, /) -> Rpf | None:
        """MRIB.next_hop(S) and its interface; None when there is no route.

        The group counts where routers share the load of a source's trees (RFC 6513 5.1.3).
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class DataArrived:
    """Input: the data plane shows a packet of (S,G) that its routes do not tell it to take.

    It found no route, or came in on another interface than its route's, or on one of (*,G) whose
    new sources are wanted. `interface` is a PMSI for what came out of a tunnel, and `neighbor` then
    the PE that sent it into the tunnel.
    """

    interface: str
    sg: SourceGroup
    neighbor: IPv4Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesActive:
    """Input: packets of these (S,G) were forwarded since this was last said."""

    sgs: frozenset[SourceGroup]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeRates:
    """Input: how many kbit/s the switch counted of late by its routes of these; by others none."""

    rates: Mapping[TreeName, float]


@dataclass(frozen=True, slots=True)
class Registering:
    """Outer addresses of the Registers in which packets go to the RP (RFC 7761 4.4.1)."""

    source: IPv4Address
    rp: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeUpdate:
    """Output: the forwarding state of a tree is now this; only when it differs from the last one.

    `incoming` accepts the tree's packets; a bidirectional tree has None, and accepts those of all
    interfaces in `accepted`. Where `incoming` is a PMSI, it accepts those of RPF' alone; with the
    PMSI in `accepted` too, those of every PE, as on a LAN. `rpf_neighbor` is RPF' of the tree: None
    where this router is the root, and while the next hop is no PIM neighbour. `outgoing` is the
    olist: interface names, `incoming` never among them; of a bidirectional tree those in `accepted`
    may be (a packet does not leave where it came in).

    Towards the RP packets are encapsulated as `registering` says. At the RP, `from_registers` lets
    packets in that come in Registers (beside those of `incoming`). `watch_sources` shows packets of
    (*,G) to PIM as well as forwarding them, so that it hears of new sources. `awaited` is the PE
    that an (S,G) has been joined at across a PMSI, while its packets come in elsewhere by the
    shared tree: the first one of its own would change it over.
    """

    tree: TreeName
    incoming: str | None
    rpf_neighbor: IPv4Address | None
    outgoing: frozenset[str]
    accepted: frozenset[str] = frozenset()
    registering: Registering | None = None
    from_registers: bool = False
    watch_sources: bool = False
    awaited: IPv4Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeRemoved:
    """Output: nobody wants a tree any more, no forwarding state of it is left."""

    tree: TreeName


PimInput: TypeAlias = (
    InterfaceUp
    | InterfaceDown
    | PimEnabled
    | PacketReceived
    | MembershipChanged
    | RoutesChanged
    | NeighborsExpected
    | NeighborFailed
    | DataArrived
    | SourcesActive
    | TreeRates
)
PimOutput: TypeAlias = (
    SendPacket | TreeUpdate | TreeRemoved | WatchNeighbor | ForgetNeighbor | Notice
)
