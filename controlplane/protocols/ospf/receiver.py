"""From a received packet to a message of a neighbour: the checks of RFC 2328 8.2 and D.5."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.engine import PacketReceived
from controlplane.engine.time import Instant
from controlplane.protocols.ospf.acknowledgement import Acknowledgments
from controlplane.protocols.ospf.counters import Count, malformed
from controlplane.protocols.ospf.exchange import Exchanges
from controlplane.protocols.ospf.flooding import Flooding
from controlplane.protocols.ospf.hello import Hellos
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import ALL_D_ROUTERS, ALL_SPF_ROUTERS, OspfInterface
from controlplane.protocols.ospf.neighbor import Neighbor
from controlplane.protocols.ospf.notices import DuplicateRouterId, PacketRefused
from controlplane.protocols.ospf.retransmission import Retransmissions
from controlplane.wire.ospf.auth import Claim, CryptographicClaim, NoClaim, PasswordClaim
from controlplane.wire.ospf.exchange import (
    DatabaseDescription,
    LinkStateAck,
    LinkStateRequest,
    LinkStateUpdate,
)
from controlplane.wire.ospf.message import OspfBody, OspfHeader, OspfType, decode_header
from controlplane.wire.reader import DecodeError

_COUNTS: Final = {
    OspfType.HELLO: Count.RX_HELLO,
    OspfType.DATABASE_DESCRIPTION: Count.RX_DESCRIPTION,
    OspfType.LINK_STATE_REQUEST: Count.RX_REQUEST,
    OspfType.LINK_STATE_UPDATE: Count.RX_UPDATE,
    OspfType.LINK_STATE_ACK: Count.RX_ACK,
}


class Receiver:
    def __init__(
        self,
        instance: OspfInstance,
        hellos: Hellos,
        exchanges: Exchanges,
        flooding: Flooding,
        acknowledgments: Acknowledgments,
        retransmissions: Retransmissions,
    ) -> None:
        self._instance = instance
        self._hellos = hellos
        self._exchanges = exchanges
        self._flooding = flooding
        self._acknowledgments = acknowledgments
        self._retransmissions = retransmissions

    def receive(self, packet: PacketReceived, now: Instant) -> None:
        interface = self._instance.interfaces.get(packet.interface)
        if interface is None:
            self._instance.counters[Count.DROP_NOT_ENABLED] += 1
        elif (refusal := self._why_refused(interface, packet)) is not None:
            self._instance.counters[refusal] += 1
        else:
            self._read(interface, packet, now)

    def _why_refused(self, interface: OspfInterface, packet: PacketReceived) -> Count | None:
        """What RFC 2328 8.2 asks of the IP header."""
        if interface.is_passive:
            return Count.DROP_PASSIVE
        if packet.source == interface.address:
            return Count.DROP_OWN
        if not _is_for(interface, packet.destination):
            return Count.DROP_DESTINATION
        if not interface.is_point_to_point and packet.source not in interface.network:
            return Count.DROP_SOURCE
        return None

    def _read(self, interface: OspfInterface, packet: PacketReceived, now: Instant) -> None:
        try:
            header = decode_header(packet.payload)
            if self._is_trusted(interface, packet.source, header, now):
                self._dispatch(interface, packet.source, header, now)
        except DecodeError as error:
            self._instance.counters[malformed(error)] += 1
            reason = f"malformed packet: {error}"
            self._instance.complain(PacketRefused(interface.name, packet.source, reason), now)

    def _is_trusted(
        self, interface: OspfInterface, source: IPv4Address, header: OspfHeader, now: Instant
    ) -> bool:
        """What RFC 2328 8.2 asks of the OSPF header: area, authentication, and another router."""
        if header.area_id != interface.area:
            reason = f"area mismatch: its area is {header.area_id}, ours is {interface.area}"
            self._refuse(interface, source, Count.DROP_AREA, reason, now)
        elif (why := _why_not_authentic(interface, header.claim)) is not None:
            self._refuse(interface, source, Count.DROP_AUTHENTICATION, why, now)
        elif header.router_id == self._instance.router_id:
            self._instance.counters[Count.DROP_OWN_ROUTER_ID] += 1
            reason = f"it has the router id of this router, {header.router_id}"
            self._instance.complain(DuplicateRouterId(interface.name, source, reason), now)
        else:
            return True
        return False

    def _dispatch(
        self, interface: OspfInterface, source: IPv4Address, header: OspfHeader, now: Instant
    ) -> None:
        neighbor = interface.neighbors.get(interface.neighbor_key(header.router_id, source))
        if not self._is_fresh(neighbor, header.claim):
            return
        self._instance.counters[_COUNTS[header.type]] += 1
        if header.type is OspfType.HELLO:
            self._hellos.receive(interface, header, source, now)
        elif neighbor is None or neighbor.router_id != header.router_id:
            self._instance.counters[Count.DROP_NO_NEIGHBOR] += 1
        else:
            self._from_neighbor(interface, neighbor, header.decode_body(), now)

    def _from_neighbor(
        self, interface: OspfInterface, neighbor: Neighbor, body: OspfBody, now: Instant
    ) -> None:
        match body:
            case LinkStateUpdate():
                self._flooding.receive(interface, neighbor, body, now)
            case LinkStateAck():
                self._acknowledge(interface, neighbor, body, now)
            case DatabaseDescription():
                self._exchanges.receive(interface, neighbor, body, now)
            case LinkStateRequest():
                self._exchanges.receive_request(interface, neighbor, body, now)

    def _acknowledge(
        self, interface: OspfInterface, neighbor: Neighbor, ack: LinkStateAck, now: Instant
    ) -> None:
        if not neighbor.floods:
            self._instance.counters[Count.DROP_NEIGHBOR_STATE] += 1
            return
        self._acknowledgments.receive(neighbor, ack, now)
        self._retransmissions.acknowledged(interface, neighbor, now)

    def _is_fresh(self, neighbor: Neighbor | None, claim: Claim) -> bool:
        """RFC 2328 D.5.3: the sequence number of a neighbour never goes down."""
        if neighbor is None or not isinstance(claim, CryptographicClaim):
            return True
        if claim.sequence_number < neighbor.cryptographic_sequence_number:
            self._instance.counters[Count.DROP_REPLAYED] += 1
            return False
        neighbor.cryptographic_sequence_number = claim.sequence_number
        return True

    def _refuse(
        self,
        interface: OspfInterface,
        source: IPv4Address,
        count: Count,
        reason: str,
        now: Instant,
    ) -> None:
        self._instance.counters[count] += 1
        self._instance.complain(PacketRefused(interface.name, source, reason), now)


def _is_for(interface: OspfInterface, destination: IPv4Address) -> bool:
    """RFC 2328 8.2: AllDRouters "only if the state of the receiving interface is DR or Backup"."""
    if destination == ALL_D_ROUTERS:
        return interface.is_dr_or_backup
    return destination in (ALL_SPF_ROUTERS, interface.address)


def _why_not_authentic(interface: OspfInterface, claim: Claim) -> str | None:
    keys = interface.settings.md5_keys
    match claim:
        case NoClaim():
            return "it does not authenticate, we do by MD5" if keys else None
        case PasswordClaim():
            return f"it authenticates by a password, we {'by MD5' if keys else 'do not'}"
        case CryptographicClaim() if not keys:
            return "it authenticates by MD5, we do not"
        case CryptographicClaim():
            key = next((key for key in keys if key.id == claim.key_id), None)
            if key is None:
                return f"it authenticates by MD5 key {claim.key_id}, which we do not have"
            return None if claim.holds(key.key) else f"wrong MD5 key (id {claim.key_id})"
