"""Bootstrap messages and Candidate-RP-Advertisements (RFC 5059 4): which RPs serve which groups.

A candidate RP advertises itself to the Bootstrap Router (BSR), which floods what it was told in
Bootstrap messages (BSM). One may come in fragments, each a message of its own with the same tag:
what a range of groups says counts when all its `rp_count` RPs have come.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, Self

from controlplane.wire.pim.address import (
    GROUP_OCTETS,
    UNICAST_OCTETS,
    EncodedGroup,
    decode_own_unicast,
    encode_unicast,
)
from controlplane.wire.reader import Reader

NO_FORWARD: Final = 0x80
"""In the second octet of the PIM header."""

BOOTSTRAP_FIXED_OCTETS: Final = 4 + UNICAST_OCTETS
"""What a Bootstrap message without ranges has behind the common header."""

RANGE_OCTETS: Final = GROUP_OCTETS + 4
"""What a range without RPs has."""

RP_OCTETS: Final = UNICAST_OCTETS + 4

MAXIMUM_RPS: Final = 0xFF
"""That one range can have."""

_ADDRESS_BITS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapRp:
    """An RP of a range; `holdtime` in seconds, and the lower `priority` is the better one.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |             RP Address (Encoded-Unicast format)               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |          RP Holdtime          |  RP Priority  |   Reserved    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    address: IPv4Address
    holdtime: int
    priority: int

    def encode(self) -> bytes:
        behind = self.holdtime.to_bytes(2, "big") + bytes((self.priority, 0))
        return encode_unicast(self.address) + behind

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        address = decode_own_unicast(reader, "RP")
        holdtime, priority = reader.u16(), reader.u8()
        reader.u8()
        return cls(address=address, holdtime=holdtime, priority=priority)


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapRange:
    """A range of groups and RPs of it; `rp_count` is how many the whole message has.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |             Group Address (Encoded-Group format)              |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |   RP Count    |  Frag RP Cnt  |           Reserved            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                              RPs                              |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    group: EncodedGroup
    rp_count: int
    rps: tuple[BootstrapRp, ...] = ()

    def encode(self) -> bytes:
        counts = bytes((self.rp_count, len(self.rps), 0, 0))
        return self.group.encode() + counts + b"".join(rp.encode() for rp in self.rps)

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        group = EncodedGroup.decode_own(reader)
        rp_count, here = reader.u8(), reader.u8()
        if here > rp_count:
            raise reader.error(f"{here} RPs in a fragment of a range with {rp_count}")
        reader.u16()
        rps = tuple(BootstrapRp.decode(reader) for _ in range(here))
        return cls(group=group, rp_count=rp_count, rps=rps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """A Bootstrap message, or a fragment of one; the higher `bsr_priority` is the better one.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |PIM Ver| Type  |N|  Reserved   |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |         Fragment Tag          | Hash Mask Len | BSR Priority  |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |             BSR Address (Encoded-Unicast format)              |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                            Ranges                             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    `no_forward`, the N bit, says that the message is for a neighbour that has just started.
    """

    fragment_tag: int
    hash_mask_length: int
    bsr_priority: int
    bsr_address: IPv4Address
    ranges: tuple[BootstrapRange, ...] = ()
    no_forward: bool = False

    def encode(self) -> bytes:
        """What is behind the header, in which the N bit is."""
        return b"".join(
            (
                self.fragment_tag.to_bytes(2, "big"),
                bytes((self.hash_mask_length, self.bsr_priority)),
                encode_unicast(self.bsr_address),
                *(groups.encode() for groups in self.ranges),
            )
        )

    @classmethod
    def decode(cls, reader: Reader, flags: int) -> Self:
        """`flags` is the second octet of the header."""
        tag, hash_mask_length, bsr_priority = reader.u16(), reader.u8(), reader.u8()
        if hash_mask_length > _ADDRESS_BITS:
            raise reader.error(f"a hash mask of {hash_mask_length} bits")
        bsr_address = decode_own_unicast(reader, "BSR")
        ranges: list[BootstrapRange] = []
        while reader.remaining:
            ranges.append(BootstrapRange.decode(reader))
        return cls(
            fragment_tag=tag,
            hash_mask_length=hash_mask_length,
            bsr_priority=bsr_priority,
            bsr_address=bsr_address,
            ranges=tuple(ranges),
            no_forward=bool(flags & NO_FORWARD),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRpAdvertisement:
    """For which groups a router would be the RP; `holdtime` in seconds, 0 when it would no longer.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    | Prefix Count  |   Priority    |           Holdtime            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |             RP Address (Encoded-Unicast format)               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |            Group Addresses (Encoded-Group format)             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    rp_address: IPv4Address
    priority: int
    holdtime: int
    groups: tuple[EncodedGroup, ...]

    def encode(self) -> bytes:
        fixed = bytes((len(self.groups), self.priority)) + self.holdtime.to_bytes(2, "big")
        groups = b"".join(group.encode() for group in self.groups)
        return fixed + encode_unicast(self.rp_address) + groups

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        count, priority, holdtime = reader.u8(), reader.u8(), reader.u16()
        rp_address = decode_own_unicast(reader, "RP")
        groups = tuple(EncodedGroup.decode_own(reader) for _ in range(count))
        reader.finish()
        return cls(rp_address=rp_address, priority=priority, holdtime=holdtime, groups=groups)
