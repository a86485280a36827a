"""Names of the engine's timers, which are those of RFC 6513 7.4.2.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from controlplane.net.multicast import SourceGroup


@dataclass(frozen=True, slots=True)
class IntervalTimer:
    """S-PMSI_INTERVAL: all bindings are announced again."""


@dataclass(frozen=True, slots=True)
class DelayTimer:
    """S-PMSI_DELAY: the flow goes over to the tree that was announced."""

    flow: SourceGroup


@dataclass(frozen=True, slots=True)
class HolddownTimer:
    """S-PMSI_HOLDOWN: the flow has been below its threshold for long."""

    flow: SourceGroup


@dataclass(frozen=True, slots=True)
class TimeoutTimer:
    """S-PMSI_TIMEOUT: nobody has spoken of the binding for long."""

    flow: SourceGroup
    tree: SourceGroup


SPmsiTimer: TypeAlias = IntervalTimer | DelayTimer | HolddownTimer | TimeoutTimer
