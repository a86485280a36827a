"""What link state advertisements say, behind their header (RFC 2328 A.4, RFC 5250 A.2).

A body knows nothing of its LS type: types 3 and 4 have one form, 5 and 7 have one, and so have the
three scopes of opaque LSAs. `lsa.py` puts header and body together. TOS metrics (RFC 2328 A.4.2)
are skipped when read and never written: RFC 2328 4.5 has taken TOS routing out of OSPF.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address
from struct import Struct
from typing import Final, Self, TypeAlias

from controlplane.net.interned import packed_address
from controlplane.wire.reader import Reader

LS_INFINITY: Final = 0xFFFFFF
"""RFC 2328 appendix B: a summary or external destination with this metric is unreachable."""

MAX_LINK_COST: Final = 0xFFFF
"""The highest metric of a router's link (RFC 2328 A.4.2)."""

NO_ADDRESS: Final = IPv4Address(0)

_BORDER: Final = 0x01
_EXTERNAL: Final = 0x02
_VIRTUAL: Final = 0x04
_TRANSLATOR: Final = 0x10

_TYPE_2: Final = 0x80000000
_TOS_METRIC_OCTETS: Final = 4
_EXTERNAL_TOS_OCTETS: Final = 12

_LINK: Final = Struct("!4s4sBBH")
_EXTERNAL_BODY: Final = Struct("!4sI4sI")


class LinkType(IntEnum):
    POINT_TO_POINT = 1
    TRANSIT = 2
    STUB = 3
    VIRTUAL = 4


_LINK_TYPES: Final = frozenset(LinkType)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterLink:
    """One link of a router; what `link_id` and `link_data` mean hangs on the type (12.4.1).

    |                          Link ID                              |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                         Link Data                             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |     Type      |     # TOS     |            metric             |
    """

    type: LinkType
    link_id: IPv4Address
    link_data: IPv4Address
    metric: int

    def encode(self) -> bytes:
        return _LINK.pack(self.link_id.packed, self.link_data.packed, self.type, 0, self.metric)

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        link_id, link_data, kind, metrics_by_tos, metric = _LINK.unpack(reader.take(_LINK.size))
        if kind not in _LINK_TYPES:
            raise reader.error(f"a link of unknown type {kind}")
        reader.take(metrics_by_tos * _TOS_METRIC_OCTETS)
        return cls(
            type=LinkType(kind),
            link_id=packed_address(link_id),
            link_data=packed_address(link_data),
            metric=metric,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterLsa:
    """RFC 2328 A.4.2; `nssa_translator` is the Nt bit of RFC 3101 appendix B.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  0  |Nt |W|V|E|B|      0      |            # links            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                         links ...                             |
    """

    links: tuple[RouterLink, ...]
    area_border: bool = False
    as_boundary: bool = False
    virtual_endpoint: bool = False
    nssa_translator: bool = False

    def encode(self) -> bytes:
        links = b"".join(link.encode() for link in self.links)
        return bytes((self._flags(), 0)) + len(self.links).to_bytes(2, "big") + links

    def _flags(self) -> int:
        return (
            (_BORDER if self.area_border else 0)
            | (_EXTERNAL if self.as_boundary else 0)
            | (_VIRTUAL if self.virtual_endpoint else 0)
            | (_TRANSLATOR if self.nssa_translator else 0)
        )

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        flags, _, count = reader.u8(), reader.u8(), reader.u16()
        return cls(
            links=tuple(RouterLink.decode(reader) for _ in range(count)),
            area_border=bool(flags & _BORDER),
            as_boundary=bool(flags & _EXTERNAL),
            virtual_endpoint=bool(flags & _VIRTUAL),
            nssa_translator=bool(flags & _TRANSLATOR),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLsa:
    """RFC 2328 A.4.3: a mask and the router ids on a broadcast network, four octets each."""

    mask: IPv4Address
    attached_routers: tuple[IPv4Address, ...]

    def encode(self) -> bytes:
        return self.mask.packed + b"".join(router.packed for router in self.attached_routers)

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        mask, routers = reader.ipv4(), []
        while reader.remaining:
            routers.append(reader.ipv4())
        return cls(mask=mask, attached_routers=tuple(routers))


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryLsa:
    """RFC 2328 A.4.4: types 3 and 4; the mask of type 4 means nothing and is zero.

    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                         Network Mask                          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |      0        |                  metric                       |
    """

    metric: int
    mask: IPv4Address = NO_ADDRESS

    def encode(self) -> bytes:
        return self.mask.packed + self.metric.to_bytes(4, "big")

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        mask, metric = reader.ipv4(), reader.u32() & LS_INFINITY
        while reader.remaining:
            reader.take(_TOS_METRIC_OCTETS)
        return cls(mask=mask, metric=metric)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalLsa:
    """RFC 2328 A.4.5 (type 5) and RFC 3101 appendix C (type 7).

    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                         Network Mask                          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |E|     0       |                  metric                       |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                      Forwarding address                       |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                      External Route Tag                       |
    """

    mask: IPv4Address
    metric: int
    type2: bool
    forwarding_address: IPv4Address = NO_ADDRESS
    tag: int = 0

    def encode(self) -> bytes:
        metric = self.metric | (_TYPE_2 if self.type2 else 0)
        return _EXTERNAL_BODY.pack(
            self.mask.packed, metric, self.forwarding_address.packed, self.tag
        )

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        octets = reader.take(_EXTERNAL_BODY.size)
        mask, metric, forwarding_address, tag = _EXTERNAL_BODY.unpack(octets)
        while reader.remaining:
            reader.take(_EXTERNAL_TOS_OCTETS)
        return cls(
            mask=packed_address(mask),
            metric=metric & LS_INFINITY,
            type2=bool(metric & _TYPE_2),
            forwarding_address=packed_address(forwarding_address),
            tag=tag,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueLsa:
    """RFC 5250 A.2: octets for an application, which the opaque type names (`opaque_type`)."""

    data: bytes

    def encode(self) -> bytes:
        return self.data

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        return cls(data=reader.rest())


LsaBody: TypeAlias = RouterLsa | NetworkLsa | SummaryLsa | ExternalLsa | OpaqueLsa
