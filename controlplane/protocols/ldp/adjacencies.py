"""Hello adjacencies come, are kept up, and go (RFC 5036 2.5.5); sessions hang on them."""

from __future__ import annotations

from controlplane.engine.liveness import ForgetNeighbor, WatchNeighbor
from controlplane.engine.time import Instant
from controlplane.protocols.ldp.adjacency import Adjacency, AdjacencyKey
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.neighbor import Neighbor, Role
from controlplane.protocols.ldp.notices import AdjacencyDown, AdjacencyUp
from controlplane.protocols.ldp.sessions import Sessions
from controlplane.protocols.ldp.timers import BackoffTimer, HelloHoldTimer
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.numbers import StatusCode


class Adjacencies:
    def __init__(self, instance: LdpInstance, sessions: Sessions) -> None:
        self._instance = instance
        self._sessions = sessions

    def heard(self, adjacency: Adjacency, now: Instant) -> bool:
        """A Hello came; True when it made a new adjacency."""
        known = self._instance.adjacencies.get(adjacency.key)
        if known is not None and known.ldp_id != adjacency.ldp_id:
            reason = f"its LDP identifier is {adjacency.ldp_id} now"
            self.remove(adjacency.key, reason, now)
            known = None
        neighbor = self._neighbor(adjacency)
        neighbor.adjacencies[adjacency.key] = adjacency
        self._instance.adjacencies[adjacency.key] = adjacency
        self._instance.timers.set(HelloHoldTimer(adjacency.key), now + adjacency.hold)
        if known is None:
            self._appeared(adjacency)
        else:
            self._again(adjacency, known)
        return known is None

    def establish(self, ldp_id: LdpId, now: Instant) -> None:
        """RFC 5036 3.5.2.1: a Hello of whom there is no session with is reason to try one."""
        self._sessions.establish(self._instance.neighbors[ldp_id], now)

    def remove(
        self,
        key: AdjacencyKey,
        reason: str,
        now: Instant,
        status: StatusCode = StatusCode.HOLD_TIMER_EXPIRED,
    ) -> None:
        """An adjacency is over; the last one of a peer takes its session along."""
        adjacency = self._instance.adjacencies.pop(key)
        self._instance.timers.cancel(HelloHoldTimer(key))
        self._forget(key)
        self._instance.outputs.append(AdjacencyDown(adjacency.ldp_id, key, reason))
        neighbor = self._instance.neighbors[adjacency.ldp_id]
        del neighbor.adjacencies[key]
        if not neighbor.adjacencies:
            self._lose(neighbor, reason, status, now)

    def remove_on(self, interface: str, reason: str, now: Instant) -> None:
        """LDP does not run on an interface any more."""
        for adjacency in self._instance.adjacencies_on(interface):
            self.remove(adjacency.key, reason, now, StatusCode.SHUTDOWN)

    def watch_on(self, interface: str) -> None:
        """BFD is to watch the neighbours on an interface, or not any more."""
        for adjacency in self._instance.adjacencies_on(interface):
            if self._instance.enabled[interface].bfd:
                self._watch(adjacency.key)
            else:
                self._instance.outputs.append(
                    ForgetNeighbor(interface=interface, neighbor=adjacency.key.source)
                )

    def _neighbor(self, adjacency: Adjacency) -> Neighbor:
        address = adjacency.transport_address
        # RFC 5036 2.5.2: "If A1 > A2, LSR1 plays the active role; otherwise, it is passive."
        is_active = self._instance.config.transport_address > address
        role = Role.ACTIVE if is_active else Role.PASSIVE
        neighbor = self._instance.neighbors.get(adjacency.ldp_id)
        if neighbor is None:
            neighbor = Neighbor(adjacency.ldp_id, address, role)
            self._instance.neighbors[adjacency.ldp_id] = neighbor
        elif neighbor.session is None:
            neighbor.transport_address, neighbor.role = address, role
        return neighbor

    def _appeared(self, adjacency: Adjacency) -> None:
        self._instance.outputs.append(AdjacencyUp(adjacency.ldp_id, adjacency.key))
        self._watch(adjacency.key)

    def _again(self, adjacency: Adjacency, known: Adjacency) -> None:
        adjacency.since = known.since
        if adjacency.configuration_sequence != known.configuration_sequence:
            # RFC 5036 3.5.2.1: whoever is configured anew may accept what it rejected before.
            self._instance.timers.cancel(BackoffTimer(adjacency.ldp_id))

    def _lose(self, neighbor: Neighbor, reason: str, status: StatusCode, now: Instant) -> None:
        if neighbor.session is not None:
            self._sessions.end(neighbor.session, f"no adjacency is left: {reason}", now, status)
        self._instance.timers.cancel(BackoffTimer(neighbor.ldp_id))
        if neighbor.stale is None:
            del self._instance.neighbors[neighbor.ldp_id]

    def _watch(self, key: AdjacencyKey) -> None:
        interface = self._instance.running(key.interface) if key.interface else None
        if interface is not None and self._instance.enabled[interface.name].bfd:
            self._instance.outputs.append(
                WatchNeighbor(
                    interface=interface.name, local=interface.address.ip, neighbor=key.source
                )
            )

    def _forget(self, key: AdjacencyKey) -> None:
        if key.interface is not None and self._instance.enabled[key.interface].bfd:
            self._instance.outputs.append(
                ForgetNeighbor(interface=key.interface, neighbor=key.source)
            )
