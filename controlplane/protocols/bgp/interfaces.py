"""Interfaces come and go, and the sessions over them with it (fast external failover).

A session is sought while its own address is on an interface that works, and its `interface` works
where it has one. A session between loopback addresses so lives as long as some way to the peer.
"""

from __future__ import annotations

from collections.abc import Set
from ipaddress import IPv4Address

from controlplane.engine.liveness import NeighborFailed
from controlplane.engine.time import Instant
from controlplane.net.interface import Interface
from controlplane.protocols.bgp.events import PeerConfig
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.sessions import Sessions


class Interfaces:
    def __init__(self, instance: BgpInstance, sessions: Sessions) -> None:
        self._instance = instance
        self._sessions = sessions

    def up(self, interface: Interface, now: Instant) -> None:
        self._instance.up[interface.name] = interface
        self._settle(f"interface {interface.name} has another address", now)

    def down(self, name: str, now: Instant) -> None:
        if self._instance.up.pop(name, None) is not None:
            self._settle(f"interface {name} went down", now)

    def neighbor_failed(self, event: NeighborFailed, now: Instant) -> None:
        peer = self._instance.peers.get(event.neighbor)
        if peer is not None and peer.config.bfd and peer.config.interface == event.interface:
            self._sessions.neighbor_failed(peer, event.why, now)

    def _settle(self, reason: str, now: Instant) -> None:
        addresses = {interface.address.ip for interface in self._instance.up.values()}
        for peer in self._instance.peers.values():
            if self._is_ready(peer.config, addresses) != peer.wanted:
                peer.wanted = not peer.wanted
                if peer.wanted:
                    self._sessions.start(peer, now)
                else:
                    self._sessions.stop(peer, reason, now)

    def _is_ready(self, config: PeerConfig, addresses: Set[IPv4Address]) -> bool:
        is_here = config.interface is None or config.interface in self._instance.up
        return is_here and config.local in addresses
