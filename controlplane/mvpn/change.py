"""What the router has to do after an MVPN learnt something."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.notice import Notice
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.events import PimInput


@dataclass(frozen=True, slots=True, kw_only=True)
class MvpnChange:
    """`pes` are those whose tunnels appeared, vanished or moved, or that became neighbours or are
    none now: forwarding reads the table again.

    `provider` is for PIM of the provider's table, `customer` for PIM of the VRF.
    """

    pes: frozenset[IPv4Address] = frozenset()
    provider: tuple[MembershipChanged, ...] = ()
    customer: tuple[PimInput, ...] = ()
    notices: tuple[Notice, ...] = ()
