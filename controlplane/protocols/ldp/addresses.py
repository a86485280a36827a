"""Interface addresses, told to peers and learnt from them (RFC 5036 2.7, 3.5.5, 3.5.6).

A next hop is an address; the label for it is that of the peer which claims the address.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import Final

from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.neighbor import Neighbor
from controlplane.protocols.ldp.sender import Sender
from controlplane.protocols.ldp.session import Session
from controlplane.wire.ldp.addresses import AddressMessage, AddressWithdraw

_PER_MESSAGE: Final = 50
"""Addresses in one message: it fits into the smallest PDU that peers can agree on, 256 octets."""


class Addresses:
    def __init__(self, instance: LdpInstance, sender: Sender) -> None:
        self._instance = instance
        self._sender = sender

    def advertise_all(self, session: Session) -> None:
        """A session is operational: all addresses of this router."""
        own = sorted({interface.address.ip for interface in self._instance.up.values()})
        for start in range(0, len(own), _PER_MESSAGE):
            listed = tuple(own[start : start + _PER_MESSAGE])
            self._sender.send(session, AddressMessage(listed))

    def activated(self, address: IPv4Address) -> None:
        for session in self._instance.operational.values():
            self._sender.send(session, AddressMessage((address,)))

    def deactivated(self, address: IPv4Address) -> None:
        for session in self._instance.operational.values():
            self._sender.send(session, AddressWithdraw((address,)))

    def learn(self, neighbor: Neighbor, addresses: Iterable[IPv4Address]) -> None:
        new = set(addresses) - neighbor.addresses
        neighbor.addresses |= new
        for address in new:
            others = self._instance.owners.get(address, ())
            self._instance.owners[address] = tuple(sorted((*others, neighbor.ldp_id)))
        self._touch(neighbor, new)

    def unlearn(self, neighbor: Neighbor, addresses: Iterable[IPv4Address]) -> None:
        old = set(addresses) & neighbor.addresses
        neighbor.addresses -= old
        for address in old:
            others = tuple(o for o in self._instance.owners.pop(address) if o != neighbor.ldp_id)
            if others:
                self._instance.owners[address] = others
        self._touch(neighbor, old)

    def forget_peer(self, neighbor: Neighbor) -> None:
        self.unlearn(neighbor, tuple(neighbor.addresses))

    def _touch(self, neighbor: Neighbor, addresses: set[IPv4Address]) -> None:
        """FECs that are reached through one of these may use other labels of the neighbour now."""
        for fec in self._instance.fecs.values() if addresses else ():
            if fec.route and neighbor.ldp_id in fec.remote:
                if any(hop.address in addresses for hop in fec.route):
                    self._instance.touch(fec)
