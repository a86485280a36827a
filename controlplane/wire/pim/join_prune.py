"""Join/Prune messages (RFC 7761 4.9.5): for one upstream neighbour, sets of sources by group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, Self

from controlplane.wire.pim.address import (
    GROUP_OCTETS,
    UNICAST_OCTETS,
    EncodedGroup,
    EncodedSource,
    decode_own_unicast,
    encode_unicast,
)
from controlplane.wire.reader import Reader

FIXED_OCTETS: Final = UNICAST_OCTETS + 4
"""What a Join/Prune without groups has behind the common header."""

GROUP_SET_OCTETS: Final = GROUP_OCTETS + 4
"""What a group set without sources has."""

MAXIMUM_GROUP_SETS: Final = 0xFF


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSet:
    """The sources of a group that the sender wants, and those that it wants no longer.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |         Multicast Group Address 1 (Encoded-Group format)      |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |   Number of Joined Sources    |   Number of Pruned Sources    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |        Joined and Pruned Sources (Encoded-Source format)      |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    group: EncodedGroup
    joined: tuple[EncodedSource, ...] = ()
    pruned: tuple[EncodedSource, ...] = ()

    def encode(self) -> bytes:
        counts = len(self.joined).to_bytes(2, "big") + len(self.pruned).to_bytes(2, "big")
        sources = b"".join(source.encode() for source in (*self.joined, *self.pruned))
        return self.group.encode() + counts + sources

    @classmethod
    def decode(cls, reader: Reader) -> Self | None:
        """The set; None when its group is an IPv6 one."""
        group = EncodedGroup.decode(reader)
        joins, prunes = reader.u16(), reader.u16()
        joined, pruned = _sources(reader, joins), _sources(reader, prunes)
        return None if group is None else cls(group=group, joined=joined, pruned=pruned)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinPrune:
    """The body of a Join/Prune; `holdtime` is in seconds.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |        Upstream Neighbor Address (Encoded-Unicast format)     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Reserved     | Num groups    |          Holdtime             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                          Group sets                           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    upstream_neighbor: IPv4Address
    holdtime: int
    groups: tuple[GroupSet, ...]

    def encode(self) -> bytes:
        fixed = bytes((0, len(self.groups))) + self.holdtime.to_bytes(2, "big")
        groups = b"".join(group.encode() for group in self.groups)
        return encode_unicast(self.upstream_neighbor) + fixed + groups

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        upstream_neighbor = decode_own_unicast(reader, "upstream neighbour")
        reader.u8()
        count, holdtime = reader.u8(), reader.u16()
        groups = _present(GroupSet.decode(reader) for _ in range(count))
        reader.finish()
        return cls(upstream_neighbor=upstream_neighbor, holdtime=holdtime, groups=groups)


def _sources(reader: Reader, count: int) -> tuple[EncodedSource, ...]:
    sources = (EncodedSource.decode(reader) for _ in range(count))
    return tuple(source for source in sources if source is not None)


def _present(groups: Iterable[GroupSet | None]) -> tuple[GroupSet, ...]:
    return tuple(group for group in groups if group is not None)
