"""What a PE is told of the selective trees (data MDTs) of one MVPN."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Final

from controlplane.engine.time import Duration
from controlplane.net.multicast import SourceGroup

ANY: Final = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True, slots=True, kw_only=True)
class SPmsiTimers:
    """RFC 6513 7.4.2.2, with its defaults, by its names; `timeout` is the same at all PEs.

    `sampling` is how often the switch is asked what flows it has counted, where rates matter.
    """

    delay: Duration = 3.0
    timeout: Duration = 180.0
    holddown: Duration = 60.0
    interval: Duration = 60.0
    sampling: Duration = 5.0


@dataclass(frozen=True, slots=True)
class FlowFilter:
    """C-flows by their groups and sources."""

    groups: IPv4Network
    sources: IPv4Network = ANY

    def admits(self, flow: SourceGroup) -> bool:
        return flow.group in self.groups and flow.source in self.sources


@dataclass(frozen=True, slots=True)
class Threshold:
    """In kbit/s of packets as they come from the CE: from `above` on a flow gets a selective tree,
    which it loses when it has been less than `below` for S-PMSI_HOLDOWN.
    """

    above: int
    below: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SPmsiConfig:
    """`pool` has the P-groups of trees that this PE is the root of; without one it sends none.

    Flows that one of `flows` admits may have a tree, all flows where there is none. Without a
    `threshold` they get it at once, and keep it.
    """

    pool: IPv4Network | None = None
    threshold: Threshold | None = None
    flows: tuple[FlowFilter, ...] = ()
    timers: SPmsiTimers = field(default_factory=SPmsiTimers)

    def admits(self, flow: SourceGroup) -> bool:
        """Whether this PE may send a flow into a tree of its own."""
        if self.pool is None:
            return False
        return not self.flows or any(one.admits(flow) for one in self.flows)
