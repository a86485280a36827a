"""Hello messages (RFC 7761 4.9.2): who is there, and what it can do, as options of type and length.

An option that is absent means something else than one with a default value (RFC 7761 4.3.2, 4.3.3),
so each is None until it is there. Unknown options are skipped. An option that comes twice counts
as it came last.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address
from typing import Final, Self, TypedDict

from controlplane.wire.pim.address import decode_unicast, encode_unicast
from controlplane.wire.reader import Reader

HOLDTIME_FOREVER: Final = 0xFFFF
"""RFC 7761 4.9.2, 4.9.5: this holdtime never runs out."""

HOLDTIME_GOODBYE: Final = 0
"""RFC 7761 4.3.1: sent before an interface goes down."""

_TRACKING: Final = 0x8000
_DELAY: Final = 0x7FFF


class HelloOption(IntEnum):
    HOLDTIME = 1
    LAN_PRUNE_DELAY = 2
    DR_PRIORITY = 19
    GENERATION_ID = 20
    BIDIRECTIONAL_CAPABLE = 22
    ADDRESS_LIST = 24
    JOIN_ATTRIBUTE = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class LanPruneDelay:
    """Both delays in milliseconds; with the T bit, the sender can do without suppression.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |T|      Propagation_Delay      |      Override_Interval        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    propagation_delay: int
    override_interval: int
    tracking_support: bool = False

    def encode(self) -> bytes:
        first = self.propagation_delay | (_TRACKING if self.tracking_support else 0)
        return first.to_bytes(2, "big") + self.override_interval.to_bytes(2, "big")

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        first = reader.u16()
        return cls(
            propagation_delay=first & _DELAY,
            override_interval=reader.u16(),
            tracking_support=bool(first & _TRACKING),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The body of a Hello: options, each of them in this form.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |          OptionType           |         OptionLength          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                          OptionValue                          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    `holdtime` is in seconds. `bidirectional_capable` (RFC 5015 3.7.4) says that the sender elects
    designated forwarders; `join_attribute` that sources may come with attributes.
    """

    holdtime: int | None = None
    lan_prune_delay: LanPruneDelay | None = None
    dr_priority: int | None = None
    generation_id: int | None = None
    bidirectional_capable: bool = False
    secondary_addresses: tuple[IPv4Address, ...] = ()
    join_attribute: bool = False

    def encode(self) -> bytes:
        options: list[bytes] = []
        if self.holdtime is not None:
            options.append(_option(HelloOption.HOLDTIME, self.holdtime.to_bytes(2, "big")))
        if self.lan_prune_delay is not None:
            options.append(_option(HelloOption.LAN_PRUNE_DELAY, self.lan_prune_delay.encode()))
        if self.dr_priority is not None:
            options.append(_option(HelloOption.DR_PRIORITY, self.dr_priority.to_bytes(4, "big")))
        if self.generation_id is not None:
            value = self.generation_id.to_bytes(4, "big")
            options.append(_option(HelloOption.GENERATION_ID, value))
        if self.bidirectional_capable:
            options.append(_option(HelloOption.BIDIRECTIONAL_CAPABLE, b""))
        if self.secondary_addresses:
            value = b"".join(map(encode_unicast, self.secondary_addresses))
            options.append(_option(HelloOption.ADDRESS_LIST, value))
        if self.join_attribute:
            options.append(_option(HelloOption.JOIN_ATTRIBUTE, b""))
        return b"".join(options)

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        fields: _Fields = {}
        while reader.remaining:
            kind, length = reader.u16(), reader.u16()
            with reader.sub(length) as value:
                fields.update(_option_fields(kind, value))
        return cls(**fields)


class _Fields(TypedDict, total=False):
    """The fields of a Hello that options gave."""

    holdtime: int
    lan_prune_delay: LanPruneDelay
    dr_priority: int
    generation_id: int
    bidirectional_capable: bool
    secondary_addresses: tuple[IPv4Address, ...]
    join_attribute: bool


def _option(kind: HelloOption, value: bytes) -> bytes:
    return kind.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value


def _option_fields(kind: int, value: Reader) -> _Fields:
    match kind:
        case HelloOption.HOLDTIME:
            return {"holdtime": value.u16()}
        case HelloOption.LAN_PRUNE_DELAY:
            return {"lan_prune_delay": LanPruneDelay.decode(value)}
        case HelloOption.DR_PRIORITY:
            return {"dr_priority": value.u32()}
        case HelloOption.GENERATION_ID:
            return {"generation_id": value.u32()}
        case HelloOption.BIDIRECTIONAL_CAPABLE:
            return {"bidirectional_capable": True}
        case HelloOption.ADDRESS_LIST:
            return {"secondary_addresses": _address_list(value)}
        case HelloOption.JOIN_ATTRIBUTE:
            return {"join_attribute": True}
        case _:
            value.rest()
            return {}


def _address_list(value: Reader) -> tuple[IPv4Address, ...]:
    addresses: list[IPv4Address] = []
    while value.remaining:
        if (address := decode_unicast(value)) is not None:
            addresses.append(address)
    return tuple(addresses)
