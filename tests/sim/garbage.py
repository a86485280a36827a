"""Frames that no honest host sends, from a seed; each kind has the right layers beneath it.

None of them is by chance a PIM Hello, which makes its sender a neighbour as it would any router.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from typing import Final

from controlplane.net.mac import BROADCAST, MacAddress, multicast_mac
from controlplane.wire.checksum import internet_checksum
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import ROUTER_ALERT, IpProtocol, Ipv4Packet

STATION: Final = MacAddress(0x020000_0000EE)
ALL_ROUTERS: Final = IPv4Address("224.0.0.2")
ALL_PIM_ROUTERS: Final = IPv4Address("224.0.0.13")
IGMP_V3_ROUTERS: Final = IPv4Address("224.0.0.22")
MDT: Final = IPv4Address("232.10.0.1")
PE: Final = IPv4Address("10.255.0.1")

_PIM_VERSION: Final = 2 << 4


def pim(rng: random.Random, address: IPv4Address) -> bytes:
    """A type other than Hello, a right checksum, and nonsense."""
    message = _checksummed(bytes((_PIM_VERSION | rng.randrange(1, 16), 0)), rng)
    return _to_group(address, ALL_PIM_ROUTERS, IpProtocol.PIM, message)


def igmp(rng: random.Random, address: IPv4Address) -> bytes:
    """Reports and unknown types, of any length, with a right checksum."""
    message = _checksummed(bytes((rng.choice((0x13, 0x22, 0x30, 0xFF)), rng.randrange(256))), rng)
    destination = rng.choice((ALL_ROUTERS, IGMP_V3_ROUTERS))
    return _to_group(address, destination, IpProtocol.IGMP, message, ROUTER_ALERT)


def arp(rng: random.Random, _address: IPv4Address) -> bytes:
    return _frame(BROADCAST, EtherType.ARP, rng.randbytes(rng.randrange(60)))


def gre(rng: random.Random, address: IPv4Address) -> bytes:
    """Into a VPN's tunnel, as if it came from a PE."""
    inner = Ipv4Packet(
        source=PE,
        destination=ALL_PIM_ROUTERS,
        protocol=IpProtocol.PIM,
        payload=rng.randbytes(rng.randrange(60)),
        ttl=1,
    )
    payload = GrePacket(protocol_type=EtherType.IPV4, payload=inner.encode()).encode()
    return _to_group(rng.choice((PE, address)), MDT, IpProtocol.GRE, payload)


def ipv4(rng: random.Random, address: IPv4Address) -> bytes:
    """A packet with a damaged octet in its header: the checksum is wrong at least."""
    packet = Ipv4Packet(
        source=address, destination=MDT, protocol=IpProtocol.UDP, payload=rng.randbytes(40)
    )
    data = bytearray(packet.encode())
    data[rng.randrange(20)] ^= rng.randrange(1, 256)
    return _frame(multicast_mac(MDT), EtherType.IPV4, bytes(data))


def noise(rng: random.Random, _address: IPv4Address) -> bytes:
    """A frame of any type and length."""
    return _frame(BROADCAST, rng.randrange(0x0900, 0x8000), rng.randbytes(rng.randrange(200)))


KINDS: Final[Mapping[str, Callable[[random.Random, IPv4Address], bytes]]] = {
    kind.__name__: kind for kind in (pim, igmp, arp, gre, ipv4, noise)
}
"""Each makes a frame of a station that has, or says that it has, this address."""


def _checksummed(start: bytes, rng: random.Random) -> bytes:
    rest = rng.randbytes(rng.randrange(60))
    checksum = internet_checksum(start + bytes(2) + rest)
    return start + checksum.to_bytes(2, "big") + rest


def _to_group(
    source: IPv4Address, group: IPv4Address, protocol: IpProtocol, data: bytes, options: bytes = b""
) -> bytes:
    packet = Ipv4Packet(
        source=source, destination=group, protocol=protocol, payload=data, ttl=1, options=options
    )
    return _frame(multicast_mac(group), EtherType.IPV4, packet.encode())


def _frame(destination: MacAddress, ethertype: int, payload: bytes) -> bytes:
    frame = EthernetFrame(
        destination=destination, source=STATION, ethertype=ethertype, payload=payload
    )
    return frame.encode()
