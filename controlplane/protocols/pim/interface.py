"""What PIM keeps for an interface it runs on (RFC 7761 4.1.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from math import ceil, floor
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.net.interface import Interface
from controlplane.protocols.pim.dr import DrElection, elect
from controlplane.protocols.pim.events import PimSettings
from controlplane.protocols.pim.neighbor import Neighbor
from controlplane.wire.pim.hello import HOLDTIME_FOREVER

_HOLDTIME_FACTOR: Final = 3.5
"""RFC 7761 4.11: of both holdtimes, in periods."""


@dataclass(slots=True)
class PimInterface:
    """`primary_of` maps the neighbours' secondary addresses (RFC 7761 4.3.4).

    `hello_sent` is whether a Hello left since the interface came up, and a goodbye is due after it.
    `awaited` are routers that are there, and whose Hellos have not come yet: until when to wait.
    """

    interface: Interface
    settings: PimSettings
    generation_id: int
    dr: DrElection
    hello_sent: bool = False
    neighbors: dict[IPv4Address, Neighbor] = field(default_factory=dict)
    primary_of: dict[IPv4Address, IPv4Address] = field(default_factory=dict)
    awaited: dict[IPv4Address, Instant] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.interface.name

    @property
    def address(self) -> IPv4Address:
        """The primary address, source of what PIM sends here."""
        return self.interface.address.ip

    @property
    def i_am_dr(self) -> bool:
        """I_am_DR(I)."""
        return self.dr.winner == self.address

    @property
    def longest_hello(self) -> Duration:
        """Within this time a router that is there is heard."""
        return self.settings.hello_period + self.settings.triggered_hello_delay

    def all_heard_at(self) -> Instant:
        """When there is nobody to wait for any more, at the latest."""
        return max(self.awaited.values(), default=0.0)

    def dr_election(self) -> DrElection:
        """DR(I) from what is known now."""
        return elect(self.address, self.settings.dr_priority, self.neighbors.values())

    def nbr(self, address: IPv4Address) -> IPv4Address | None:
        """NBR(I, A): the primary address of the neighbour with this address (RFC 7761 4.1.5)."""
        return address if address in self.neighbors else self.primary_of.get(address)

    def default_hello_holdtime(self) -> float:
        """RFC 7761 4.11: of a neighbour that sends no holdtime."""
        return _HOLDTIME_FACTOR * self.settings.hello_period

    def hello_holdtime(self) -> int:
        """What our Hellos say: the field has whole seconds, and 0 and 0xffff mean something."""
        return min(ceil(_HOLDTIME_FACTOR * self.settings.hello_period), HOLDTIME_FOREVER - 1)

    def join_prune_holdtime(self, override_interval: float) -> int:
        """What our Joins say; "MUST be larger than the J/P_Override_Interval(I)" (4.9.5)."""
        wanted = max(
            ceil(_HOLDTIME_FACTOR * self.settings.join_prune_period), floor(override_interval) + 1
        )
        return min(wanted, HOLDTIME_FOREVER - 1)
