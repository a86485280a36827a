"""Graceful restart (RFC 3478): the bindings of a lost session are kept while it may come back.

Each end tells the other for how long: the reconnect timeout is how long the session may be away,
the recovery time how long the bindings may take to come again after that. Bindings that are not
advertised again by then, or by the End-of-LIB (RFC 5919 5.2), are deleted.

A session that breaks while both routers live is what this serves: they keep their labels. An engine
that starts knows of no forwarding state from before, and says so with a recovery time of 0.
"""

from __future__ import annotations

from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.ldp.addresses import Addresses
from controlplane.protocols.ldp.bindings import Bindings
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.neighbor import Neighbor
from controlplane.protocols.ldp.notices import GracefulRestart
from controlplane.protocols.ldp.session import Session
from controlplane.protocols.ldp.timers import ReconnectTimer, RecoveryTimer
from controlplane.wire.ldp.initialization import FtSession

_LIVENESS: Final[Duration] = 120.0
"""RFC 3478 3.3: the Neighbor Liveness timer, the most that a reconnect timeout is heeded."""

_MAX_RECOVERY: Final[Duration] = 120.0
"""RFC 3478 3.3: the Maximum Recovery Time."""


def own_terms(instance: LdpInstance, neighbor: Neighbor) -> FtSession | None:
    """The FT Session TLV for a peer, None when graceful restart is not configured."""
    config = instance.config
    if not config.reconnect_time:
        return None
    preserved = config.recovery_time if neighbor.stale is not None else 0.0
    return FtSession(
        reconnect_timeout=round(config.reconnect_time * 1000),
        recovery_time=round(preserved * 1000),
    )


class Restarts:
    def __init__(self, instance: LdpInstance, bindings: Bindings, addresses: Addresses) -> None:
        self._instance = instance
        self._bindings = bindings
        self._addresses = addresses

    def keep(self, neighbor: Neighbor, session: Session, now: Instant) -> bool:
        """A session is lost: keep what came over it, if both ends have agreed to."""
        terms = session.ft_session
        config = self._instance.config
        if terms is None or not (config.reconnect_time and terms.reconnect_timeout):
            return False
        wait = min(terms.reconnect_timeout / 1000, _LIVENESS)
        neighbor.stale = terms
        self._bindings.mark_stale(neighbor.ldp_id)
        self._instance.timers.cancel(RecoveryTimer(neighbor.ldp_id))
        self._instance.timers.set(ReconnectTimer(neighbor.ldp_id), now + wait)
        self._tell(neighbor, f"its labels are kept for {wait:g} s")
        return True

    def reconnected(self, neighbor: Neighbor, session: Session, now: Instant) -> None:
        """The session is back."""
        if neighbor.stale is None:
            return
        self._instance.timers.cancel(ReconnectTimer(neighbor.ldp_id))
        recovery = session.ft_session.recovery_time / 1000 if session.ft_session else 0.0
        if recovery:
            wait = min(recovery, _MAX_RECOVERY)
            self._instance.timers.set(RecoveryTimer(neighbor.ldp_id), now + wait)
            self._tell(neighbor, f"back, its labels are to come again within {wait:g} s")
        else:
            self.recovered(neighbor, "it kept no forwarding state")

    def recovered(self, neighbor: Neighbor, how: str) -> None:
        """What was not advertised again by now is gone."""
        if neighbor.stale is not None:
            neighbor.stale = None
            self._instance.timers.cancel(RecoveryTimer(neighbor.ldp_id))
            deleted = self._bindings.drop_stale(neighbor.ldp_id)
            self._tell(neighbor, f"{how}; {deleted} stale labels deleted")

    def reconnect_timer_expires(self, neighbor: Neighbor) -> None:
        """It did not come back in time."""
        neighbor.stale = None
        self._bindings.forget_peer(neighbor.ldp_id)
        self._addresses.forget_peer(neighbor)
        self._tell(neighbor, "not back in time; its labels are deleted")
        if not neighbor.adjacencies:
            del self._instance.neighbors[neighbor.ldp_id]

    def _tell(self, neighbor: Neighbor, what: str) -> None:
        self._instance.outputs.append(GracefulRestart(neighbor.ldp_id, what))
