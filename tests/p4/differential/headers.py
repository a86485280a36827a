"""Random headers around payloads, most of them sound: IPv4, GRE, Registers, labels, Ethernet."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from ipaddress import IPv4Address
from typing import Final

from controlplane.net.mac import MacAddress

ARP, IPV4, VLAN, MPLS, IPV6 = 0x0806, 0x0800, 0x8100, 0x8847, 0x86DD
ICMP, IGMP, TCP, UDP, GRE, OSPF, PIM = 1, 2, 6, 17, 47, 89, 103
DONT_FRAGMENT, MORE_FRAGMENTS, EVIL = 0x4000, 0x2000, 0x8000
ETHERNET: Final = 14
TTLS: Final = (0, 1, *(2, 3, 33, 64, 255) * 5)
PORTS_OF_INTEREST: Final = (179, 646, 3784, 4784, 5000, 5001)
ODD: Final = tuple(map(IPv4Address, ("0.0.0.0", "127.0.0.1", "255.255.255.255", "240.0.0.1")))
NEIGHBOUR: Final = MacAddress(0x02_00_00_00_99_07)

_GRE_IPV4: Final = bytes.fromhex("00000800")
_REGISTER: Final = bytes.fromhex("2100deff00000000")
_NULL_REGISTER: Final = bytes.fromhex("2100deff40000000")


def ethernet(rng: random.Random, to: MacAddress, vlan: int, kind: int, payload: bytes) -> bytes:
    """With a tag, which may say that there is no VLAN but a priority."""
    tag = b""
    if vlan or rng.random() < 0.1:
        tag = struct.pack("!HH", VLAN, rng.choice((0, 5)) << 13 | vlan)
    return to.packed + NEIGHBOUR.packed + tag + struct.pack("!H", kind) + payload


def transport(rng: random.Random) -> tuple[int, bytes]:
    """A protocol, and what it may look like; for PIM, GRE and OSPF it is none of theirs."""
    protocol = rng.choice((UDP, UDP, UDP, TCP, ICMP, OSPF, PIM, GRE))
    ports = struct.pack("!HH", rng.choice(PORTS_OF_INTEREST), rng.choice(PORTS_OF_INTEREST))
    return protocol, ports + bytes(4) + rng.randbytes(rng.choice((0, 1, 18, 18, 60, 100)))


def gre(rng: random.Random, inner: bytes) -> tuple[int, bytes]:
    header = rng.choices((_GRE_IPV4, rng.randbytes(4)), (95, 5))[0]
    return GRE, header + inner


def register(rng: random.Random, inner: bytes) -> tuple[int, bytes]:
    strange = b"\x21" + rng.randbytes(7)
    header = rng.choices((_REGISTER, _NULL_REGISTER, strange), (94, 3, 3))[0]
    return PIM, header + inner


def labelled(rng: random.Random, labels: Sequence[int], below: bytes) -> bytes:
    """The last label has the bottom of the stack; seldom it has not."""
    last = len(labels) - (rng.random() < 0.98)
    entries = (
        label << 12 | rng.randrange(8) << 9 | (place == last) << 8 | rng.choice(TTLS)
        for place, label in enumerate(labels)
    )
    return b"".join(entry.to_bytes(4, "big") for entry in entries) + below


def ip(
    rng: random.Random, source: IPv4Address, destination: IPv4Address, payload: tuple[int, bytes]
) -> bytes:
    """Around a protocol and its octets; one in ten is odd in some way."""
    protocol, body = payload
    odd = rng.randrange(80)
    options = rng.randbytes(4 * rng.choice((1, 2, 10))) if odd in (0, 1) else b""
    words = 5 + len(options) // 4
    length = 4 * words + len(body) + (rng.choice((-30, -1, 1, 60)) if odd == 2 else 0)
    fragment = rng.choice((0, DONT_FRAGMENT, DONT_FRAGMENT, DONT_FRAGMENT | EVIL))
    header = struct.pack(
        "!BBHHHBBH4s4s",
        (rng.choice((5, 6)) if odd == 3 else 4) << 4
        | (rng.choice((0, 4, 6)) if odd == 4 else words),
        rng.choice((0, 0, 0xB9, 0x03)),
        length & 0xFFFF,
        rng.choice((0, 4711)),
        rng.choice((MORE_FRAGMENTS, 5)) if odd == 5 else fragment,
        rng.choice(TTLS),
        protocol,
        0,
        (rng.choice(ODD) if odd == 6 else source).packed,
        (rng.choice(ODD) if odd == 7 else destination).packed,
    )
    header += options
    checksum = rng.randrange(1 << 16) if odd == 8 else _checksum(header)
    return header[:10] + checksum.to_bytes(2, "big") + header[12:] + body


def damaged(rng: random.Random, frame: bytes) -> bytes:
    """Cut short, padded, far too long, or with another octet somewhere.

    An Ethernet header is left whole: without one no frame arrives, and what P4 reads of it then is
    left to the target.
    """
    at = rng.randrange(len(frame))
    match rng.randrange(4):
        case 0:
            return frame[: max(at, ETHERNET)]
        case 1:
            return frame + rng.randbytes(rng.choice((1, 18)))
        case 2:
            return frame + bytes(rng.choice((1000, 1500, 1600)))
    return frame[:at] + rng.randbytes(1) + frame[at + 1 :]


def _checksum(header: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF ^ total
