"""Assert messages (RFC 7761 4.9.6): who on a link shall forward, by the metric of his route."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, Self

from controlplane.wire.pim.address import EncodedGroup, decode_own_unicast, encode_unicast
from controlplane.wire.reader import Reader

_RPT: Final = 0x8000_0000
_PREFERENCE: Final = _RPT - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Assert:
    """The body of an Assert: Assert(*,G) with the RPT bit, Assert(S,G) without.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |              Group Address (Encoded-Group format)             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |            Source Address (Encoded-Unicast format)            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |R|                      Metric Preference                      |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                             Metric                            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    Of an Assert(*,G) the source may be zero.
    """

    group: EncodedGroup
    source: IPv4Address
    rpt: bool
    preference: int
    metric: int

    def encode(self) -> bytes:
        preference = self.preference | (_RPT if self.rpt else 0)
        return b"".join(
            (
                self.group.encode(),
                encode_unicast(self.source),
                preference.to_bytes(4, "big"),
                self.metric.to_bytes(4, "big"),
            )
        )

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        group, source = EncodedGroup.decode_own(reader), decode_own_unicast(reader, "source")
        preference, metric = reader.u32(), reader.u32()
        reader.finish()
        return cls(
            group=group,
            source=source,
            rpt=bool(preference & _RPT),
            preference=preference & _PREFERENCE,
            metric=metric,
        )
