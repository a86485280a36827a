"""PIM messages that other routers carry to their receiver (RFC 7761 4.9): Register and its like.

They leave by the router's own table, not by RPF: the interface only says in which VRF, and whose
address the source is.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.engine import SendPacket
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.instance import PimInstance
from controlplane.wire.ipv4 import IpProtocol
from controlplane.wire.pim.message import SpokenMessage, encode_message

UNICAST_TTL: Final = 64
"""RFC 7761 4.9.3: "the system's normal unicast TTL"; RFC 1700 recommends this one."""


def send_unicast(
    instance: PimInstance,
    message: SpokenMessage,
    count: Count,
    *,
    interface: str,
    source: IPv4Address,
    destination: IPv4Address,
    ttl: int = UNICAST_TTL,
) -> None:
    instance.counters[count] += 1
    instance.outputs.append(
        SendPacket(
            interface=interface,
            source=source,
            destination=destination,
            protocol=IpProtocol.PIM,
            payload=encode_message(message),
            ttl=ttl,
        )
    )


def interface_of(instance: PimInstance, address: IPv4Address, group: IPv4Address) -> str | None:
    """The interface that an address of this router is on, None when it is no such address."""
    route = instance.mrib(address, group)
    return route.interface if route is not None and route.is_local else None
