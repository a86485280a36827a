"""A trace as values: a tree of hops, each with the entries met and the copies that leave."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.net.label import Label
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.events import Registering


@dataclass(frozen=True, slots=True)
class Packet:
    """`inner` is what the customer or user sent; around it GRE to a P-group, a PIM Register on its
    way to the RP, and labels (top first).

    A packet to one address has that as `inner`, one to a group its (S,G).
    """

    inner: IPv4Address | SourceGroup
    gre: SourceGroup | None = None
    register: Registering | None = None
    labels: tuple[Label, ...] = ()

    @property
    def outermost(self) -> IPv4Address | SourceGroup:
        """What the outermost IPv4 header is forwarded by."""
        return self.register.rp if self.register else self.gre or self.inner


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that leaves: on which interface, changed how, to which routers and hosts.

    `chosen` is set where this is one of several equal ways, of which a flow takes one.
    """

    interface: str
    change: str
    to: tuple[Hop, ...]
    hosts: tuple[str, ...] = ()
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Hop:
    """A packet at a router. `end` says why no copy leaves, where that is so."""

    router: str
    interface: str
    packet: Packet
    entries: tuple[str, ...]
    copies: tuple[Copy, ...] = ()
    end: str = ""
