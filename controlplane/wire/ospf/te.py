"""What traffic engineering says in opaque LSAs of an area (RFC 3630 2): routers, and their links.

The data of such an LSA (`OpaqueLsa.data`) is one TLV: the router's address, or one link as a set
of sub-TLVs. Values are padded to four octets, and the length does not count the padding. FRR says
both in one LSA, against RFC 3630 2.4, so any number of TLVs is read.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |              Type             |             Length            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                            Value ...                          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address
from math import isfinite
from struct import Struct
from typing import Final, Self, TypeAlias, TypedDict

from controlplane.wire.reader import Reader

TE_OPAQUE_TYPE: Final = 1
PRIORITIES: Final = 8

_TLV: Final = Struct("!HH")
_FLOAT: Final = Struct("!f")
_ALIGNMENT: Final = 4
_OPAQUE_TYPE_SHIFT: Final = 24


class TeLinkType(IntEnum):
    POINT_TO_POINT = 1
    MULTI_ACCESS = 2


class _TopTlv(IntEnum):
    ROUTER_ADDRESS = 1
    LINK = 2


class _SubTlv(IntEnum):
    LINK_TYPE = 1
    LINK_ID = 2
    LOCAL_ADDRESSES = 3
    REMOTE_ADDRESSES = 4
    METRIC = 5
    MAXIMUM_BANDWIDTH = 6
    MAXIMUM_RESERVABLE_BANDWIDTH = 7
    UNRESERVED_BANDWIDTH = 8
    ADMINISTRATIVE_GROUP = 9


_LINK_TYPES: Final = frozenset(TeLinkType)


def opaque_id(opaque_type: int, number: int) -> IPv4Address:
    """RFC 5250 3: the link state id of an opaque LSA, its type and 24 bits to tell them apart."""
    return IPv4Address(opaque_type << _OPAQUE_TYPE_SHIFT | number)


def opaque_type(link_state_id: IPv4Address) -> int:
    return int(link_state_id) >> _OPAQUE_TYPE_SHIFT


@dataclass(frozen=True, slots=True)
class TeRouterAddress:
    """RFC 3630 2.4.1: an address of the router that is reachable however it is."""

    address: IPv4Address

    def encode(self) -> bytes:
        return _tlv(_TopTlv.ROUTER_ADDRESS, self.address.packed)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeLink:
    """RFC 3630 2.4.2: one link; what is None is not said. Bandwidths are in octets a second.

    `link_id` is the neighbour's router id, or the designated router's address on a LAN.
    """

    link_type: TeLinkType
    link_id: IPv4Address
    local_addresses: tuple[IPv4Address, ...] = ()
    remote_addresses: tuple[IPv4Address, ...] = ()
    metric: int | None = None
    maximum_bandwidth: float | None = None
    maximum_reservable_bandwidth: float | None = None
    unreserved_bandwidth: tuple[float, ...] | None = None
    administrative_group: int | None = None

    def encode(self) -> bytes:
        return _tlv(_TopTlv.LINK, b"".join(self._sub_tlvs()))

    def _sub_tlvs(self) -> Iterator[bytes]:
        yield _tlv(_SubTlv.LINK_TYPE, bytes((self.link_type,)))
        yield _tlv(_SubTlv.LINK_ID, self.link_id.packed)
        if self.local_addresses:
            yield _tlv(_SubTlv.LOCAL_ADDRESSES, _packed(self.local_addresses))
        if self.remote_addresses:
            yield _tlv(_SubTlv.REMOTE_ADDRESSES, _packed(self.remote_addresses))
        if self.metric is not None:
            yield _tlv(_SubTlv.METRIC, self.metric.to_bytes(4, "big"))
        if self.maximum_bandwidth is not None:
            yield _tlv(_SubTlv.MAXIMUM_BANDWIDTH, _FLOAT.pack(self.maximum_bandwidth))
        if self.maximum_reservable_bandwidth is not None:
            value = _FLOAT.pack(self.maximum_reservable_bandwidth)
            yield _tlv(_SubTlv.MAXIMUM_RESERVABLE_BANDWIDTH, value)
        if self.unreserved_bandwidth is not None:
            value = b"".join(map(_FLOAT.pack, self.unreserved_bandwidth))
            yield _tlv(_SubTlv.UNRESERVED_BANDWIDTH, value)
        if self.administrative_group is not None:
            value = self.administrative_group.to_bytes(4, "big")
            yield _tlv(_SubTlv.ADMINISTRATIVE_GROUP, value)

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        """RFC 3630 2.4.2: type and id of the link must be there; unknown sub-TLVs are skipped."""
        fields: _LinkFields = {}
        while reader.remaining:
            kind, length = _TLV.unpack(reader.take(_TLV.size))
            with reader.sub(length) as value:
                fields.update(_link_fields(kind, value))
            reader.take(_padding(length))
        if "link_type" not in fields or "link_id" not in fields:
            raise reader.error("a TE link without its type or its id")
        return cls(**fields)


TeData: TypeAlias = TeRouterAddress | TeLink


def decode_te(data: bytes) -> tuple[TeData, ...]:
    """What the data of a TE LSA says, of which types other than these two are skipped."""
    reader = Reader(data)
    said: list[TeData] = []
    while reader.remaining:
        kind, length = _TLV.unpack(reader.take(_TLV.size))
        with reader.sub(length) as value:
            said += _decode_top(kind, value)
        reader.take(_padding(length))
    return tuple(said)


def _decode_top(kind: int, value: Reader) -> list[TeData]:
    match kind:
        case _TopTlv.ROUTER_ADDRESS:
            return [TeRouterAddress(value.ipv4())]
        case _TopTlv.LINK:
            return [TeLink.decode(value)]
        case _:
            value.rest()
            return []


class _LinkFields(TypedDict, total=False):
    """The fields of a TE link that sub-TLVs gave."""

    link_type: TeLinkType
    link_id: IPv4Address
    local_addresses: tuple[IPv4Address, ...]
    remote_addresses: tuple[IPv4Address, ...]
    metric: int
    maximum_bandwidth: float
    maximum_reservable_bandwidth: float
    unreserved_bandwidth: tuple[float, ...]
    administrative_group: int


def _link_fields(kind: int, value: Reader) -> _LinkFields:
    match kind:
        case _SubTlv.LINK_TYPE:
            return {"link_type": _link_type(value)}
        case _SubTlv.LINK_ID:
            return {"link_id": value.ipv4()}
        case _SubTlv.LOCAL_ADDRESSES:
            return {"local_addresses": _addresses(value)}
        case _SubTlv.REMOTE_ADDRESSES:
            return {"remote_addresses": _addresses(value)}
        case _SubTlv.METRIC:
            return {"metric": value.u32()}
        case _SubTlv.MAXIMUM_BANDWIDTH:
            return {"maximum_bandwidth": _bandwidth(value)}
        case _SubTlv.MAXIMUM_RESERVABLE_BANDWIDTH:
            return {"maximum_reservable_bandwidth": _bandwidth(value)}
        case _SubTlv.UNRESERVED_BANDWIDTH:
            return {"unreserved_bandwidth": tuple(_bandwidth(value) for _ in range(PRIORITIES))}
        case _SubTlv.ADMINISTRATIVE_GROUP:
            return {"administrative_group": value.u32()}
        case _:
            value.rest()
            return {}


def _link_type(value: Reader) -> TeLinkType:
    if (kind := value.u8()) not in _LINK_TYPES:
        raise value.error(f"a TE link of unknown type {kind}")
    return TeLinkType(kind)


def _addresses(value: Reader) -> tuple[IPv4Address, ...]:
    addresses = []
    while value.remaining:
        addresses.append(value.ipv4())
    return tuple(addresses)


def _bandwidth(value: Reader) -> float:
    (bandwidth,) = _FLOAT.unpack(value.take(_FLOAT.size))
    if not isfinite(bandwidth):
        raise value.error(f"a bandwidth of {bandwidth} octets/s")
    return float(bandwidth)


def _packed(addresses: tuple[IPv4Address, ...]) -> bytes:
    return b"".join(address.packed for address in addresses)


def _padding(length: int) -> int:
    return -length % _ALIGNMENT


def _tlv(kind: int, value: bytes) -> bytes:
    return _TLV.pack(kind, len(value)) + value + bytes(_padding(len(value)))
