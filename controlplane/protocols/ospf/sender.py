"""Every OSPF packet leaves here: header, authentication, and where to (RFC 2328 8.1)."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.engine import SendPacket
from controlplane.engine.time import Instant
from controlplane.protocols.ospf.counters import Count
from controlplane.protocols.ospf.instance import OspfInstance
from controlplane.protocols.ospf.interface import OspfInterface
from controlplane.wire.ipv4 import IpProtocol
from controlplane.wire.ospf.auth import Signature
from controlplane.wire.ospf.message import TYPES, OspfBody, OspfType, encode_packet

_COUNTS: Final = {
    OspfType.HELLO: Count.TX_HELLO,
    OspfType.DATABASE_DESCRIPTION: Count.TX_DESCRIPTION,
    OspfType.LINK_STATE_REQUEST: Count.TX_REQUEST,
    OspfType.LINK_STATE_UPDATE: Count.TX_UPDATE,
    OspfType.LINK_STATE_ACK: Count.TX_ACK,
}


class Sender:
    def __init__(self, instance: OspfInstance) -> None:
        self._instance = instance

    def send(
        self, interface: OspfInterface, body: OspfBody, destination: IPv4Address, now: Instant
    ) -> None:
        self.send_octets(interface, TYPES[type(body)], body.encode(), destination, now)

    def send_octets(
        self,
        interface: OspfInterface,
        kind: OspfType,
        body: bytes,
        destination: IPv4Address,
        now: Instant,
    ) -> None:
        """Send a body that is encoded already."""
        self._instance.counters[_COUNTS[kind]] += 1
        router_id, signature = self._instance.router_id, _signature(interface, now)
        self._instance.outputs.append(
            SendPacket(
                interface=interface.name,
                source=interface.address,
                destination=destination,
                protocol=IpProtocol.OSPF,
                payload=encode_packet(kind, router_id, interface.area, body, signature),
                next_hop=None if destination.is_multicast else destination,
            )
        )


def _signature(interface: OspfInterface, now: Instant) -> Signature | None:
    """The last key signs, all are accepted. RFC 2328 D.3 counts "seconds since reboot" too."""
    if not interface.settings.md5_keys:
        return None
    key = interface.settings.md5_keys[-1]
    return Signature(key_id=key.id, key=key.key, sequence_number=int(now) & 0xFFFFFFFF)
