"""LDP-IGP synchronisation (RFC 5443): whether a link can carry labelled packets.

It can when every peer that is heard on it has a session, and all its labels have come (End-of-LIB).
The IGP makes the link a last resort as long as it cannot. On a link with several peers all must be
ready: RFC 5443 3 leaves that open.
"""

from __future__ import annotations

from controlplane.protocols.ldp.events import SynchronisationChanged
from controlplane.protocols.ldp.instance import LdpInstance


class Synchronisation:
    def __init__(self, instance: LdpInstance) -> None:
        self._instance = instance
        self._synchronised: set[str] = set()

    def settle(self) -> None:
        """Tell which links are synchronised now, or not any more."""
        now = {name for name in self._instance.enabled if is_synchronised(self._instance, name)}
        for name in sorted(now ^ self._synchronised):
            changed = SynchronisationChanged(interface=name, synchronised=name in now)
            self._instance.outputs.append(changed)
        self._synchronised = now


def is_synchronised(instance: LdpInstance, interface: str) -> bool:
    peers = {adjacency.ldp_id for adjacency in instance.adjacencies_on(interface)}
    sessions = [instance.operational.get(peer) for peer in peers]
    return bool(sessions) and all(session and session.end_of_lib for session in sessions)
