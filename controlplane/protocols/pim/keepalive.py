"""The Keepalive Timer: (S,G) state that lives as long as packets flow (RFC 7761 4.1.3, 4.2)."""

from __future__ import annotations

from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.tib import SourceTree
from controlplane.protocols.pim.timers import KeepaliveTimer

KEEPALIVE_PERIOD: Final[Duration] = 210.0
"""Keepalive_Period (RFC 7761 4.11)."""


class Keepalive:
    """KeepaliveTimer(S,G). It is restarted far more often than it expires, so the engine's timer is
    only set anew when it has expired or was to expire too late."""

    def __init__(self, instance: PimInstance) -> None:
        self._instance = instance

    def start(self, tree: SourceTree, period: Duration, now: Instant) -> None:
        """Set KeepaliveTimer(S,G) to a period; trees of the SSM range have none."""
        if tree.shared is None:
            return
        timers, name = self._instance.timers, KeepaliveTimer(tree.name)
        was_active, tree.active_until = tree.is_active, now + period
        set_to = timers.deadline(name)
        if set_to is None or set_to > tree.active_until:
            timers.set(name, tree.active_until)
        if not was_active:
            self._instance.touch(tree)

    def expire(self, tree: SourceTree, now: Instant) -> None:
        """The engine's timer expired; the RFC's only if nothing restarted it."""
        if tree.active_until is not None and tree.active_until > now:
            self._instance.timers.set(KeepaliveTimer(tree.name), tree.active_until)
        else:
            tree.active_until = None
            self._instance.touch(tree)
