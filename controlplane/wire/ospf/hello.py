"""Hello packets (RFC 2328 A.3.2): who is on a link, and what must be equal there."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from struct import Struct
from typing import Final, Self

from controlplane.net.interned import packed_address
from controlplane.wire.ospf.bodies import NO_ADDRESS
from controlplane.wire.reader import Reader

_FIXED: Final = Struct("!4sHBBI4s4s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                        Network Mask                           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |         HelloInterval         |    Options    |    Rtr Pri    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                     RouterDeadInterval                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                      Designated Router                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                   Backup Designated Router                    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                        Neighbor ...                           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    The designated routers are named by their interface addresses, `neighbors` by their router ids.
    """

    network_mask: IPv4Address
    hello_interval: int
    options: int
    priority: int
    dead_interval: int
    designated_router: IPv4Address = NO_ADDRESS
    backup_designated_router: IPv4Address = NO_ADDRESS
    neighbors: tuple[IPv4Address, ...] = ()

    def encode(self) -> bytes:
        fixed = _FIXED.pack(
            self.network_mask.packed,
            self.hello_interval,
            self.options,
            self.priority,
            self.dead_interval,
            self.designated_router.packed,
            self.backup_designated_router.packed,
        )
        return fixed + b"".join(neighbor.packed for neighbor in self.neighbors)

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        octets = reader.take(_FIXED.size)
        mask, hello_interval, options, priority, dead_interval, dr, bdr = _FIXED.unpack(octets)
        neighbors = []
        while reader.remaining:
            neighbors.append(reader.ipv4())
        return cls(
            network_mask=packed_address(mask),
            hello_interval=hello_interval,
            options=options,
            priority=priority,
            dead_interval=dead_interval,
            designated_router=packed_address(dr),
            backup_designated_router=packed_address(bdr),
            neighbors=tuple(neighbors),
        )
