"""Capabilities (RFC 5492 4): what a speaker can do beyond RFC 4271, told in its OPEN message.

+------------------------------+
| Capability Code (1 octet)    |
+------------------------------+
| Capability Length (1 octet)  |
+------------------------------+
| Capability Value (variable)  |
+------------------------------+

What nobody here knows is kept as `UnknownCapability`, an address family in Multiprotocol
Extensions that nobody here knows too; in Graceful Restart such a family is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Self, TypeAlias

from controlplane.wire.bgp.nlri import FAMILIES, Family
from controlplane.wire.bgp.numbers import CapabilityCode
from controlplane.wire.reader import Reader

_RESTARTED: Final = 0x8000
_GRACEFUL_NOTIFICATION: Final = 0x4000
_RESTART_TIME: Final = 0x0FFF
_FORWARDING_KEPT: Final = 0x80


@dataclass(frozen=True, slots=True)
class Multiprotocol:
    """RFC 4760 8: routes of this family are understood."""

    code: ClassVar = CapabilityCode.MULTIPROTOCOL

    family: Family

    @property
    def value(self) -> bytes:
        afi, safi = self.family.value
        return afi.to_bytes(2, "big") + bytes((0, safi))

    @classmethod
    def decode(cls, reader: Reader) -> Self | UnknownCapability:
        afi, reserved, safi = reader.take(2), reader.take(1), reader.take(1)
        family = FAMILIES.get((int.from_bytes(afi, "big"), safi[0]))
        if family is None:
            return UnknownCapability(cls.code, afi + reserved + safi)
        return cls(family)


@dataclass(frozen=True, slots=True)
class RouteRefresh:
    """RFC 2918 2: ROUTE-REFRESH messages are understood."""

    code: ClassVar = CapabilityCode.ROUTE_REFRESH

    value: ClassVar = b""

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        return cls()


@dataclass(frozen=True, slots=True)
class EnhancedRouteRefresh:
    """RFC 7313 3.1: their subtypes too."""

    code: ClassVar = CapabilityCode.ENHANCED_ROUTE_REFRESH

    value: ClassVar = b""

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        return cls()


@dataclass(frozen=True, slots=True)
class FourOctetAs:
    """RFC 6793 3: AS numbers have four octets; the speaker's own is this."""

    code: ClassVar = CapabilityCode.FOUR_OCTET_AS

    asn: int

    @property
    def value(self) -> bytes:
        return self.asn.to_bytes(4, "big")

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        return cls(reader.u32())


@dataclass(frozen=True, slots=True)
class GracefulRestart:
    """RFC 4724 3: how many seconds a restart takes, and of which families forwarding survives it.

    `restarted` is the R bit: this session is the first after a restart. A family whose F bit is
    set kept its forwarding state through it. `notification` is the N bit (RFC 8538 2): routes are
    kept after a NOTIFICATION too.
    """

    code: ClassVar = CapabilityCode.GRACEFUL_RESTART

    restarted: bool = False
    time: int = 0
    families: tuple[tuple[Family, bool], ...] = ()
    notification: bool = False

    @property
    def value(self) -> bytes:
        start = (_RESTARTED if self.restarted else 0) | self.time
        start |= _GRACEFUL_NOTIFICATION if self.notification else 0
        return start.to_bytes(2, "big") + b"".join(
            family.value[0].to_bytes(2, "big")
            + bytes((family.value[1], _FORWARDING_KEPT if kept else 0))
            for family, kept in self.families
        )

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        start = reader.u16()
        return cls(
            restarted=bool(start & _RESTARTED),
            time=start & _RESTART_TIME,
            families=tuple(_kept_families(reader)),
            notification=bool(start & _GRACEFUL_NOTIFICATION),
        )


@dataclass(frozen=True, slots=True)
class UnknownCapability:
    code: int
    value: bytes


Capability: TypeAlias = (
    Multiprotocol
    | RouteRefresh
    | EnhancedRouteRefresh
    | FourOctetAs
    | GracefulRestart
    | UnknownCapability
)

_DECODERS: Final[Mapping[int, Callable[[Reader], Capability]]] = {
    CapabilityCode.MULTIPROTOCOL: Multiprotocol.decode,
    CapabilityCode.ROUTE_REFRESH: RouteRefresh.decode,
    CapabilityCode.ENHANCED_ROUTE_REFRESH: EnhancedRouteRefresh.decode,
    CapabilityCode.FOUR_OCTET_AS: FourOctetAs.decode,
    CapabilityCode.GRACEFUL_RESTART: GracefulRestart.decode,
}


def encode_capability(capability: Capability) -> bytes:
    value = capability.value
    return bytes((capability.code, len(value))) + value


def decode_capabilities(reader: Reader) -> Iterator[Capability]:
    """All that are left before the bound."""
    while reader.remaining:
        code, length = reader.u8(), reader.u8()
        with reader.sub(length) as value:
            yield _DECODERS[code](value) if code in _DECODERS else _unknown(code, value)


def _unknown(code: int, value: Reader) -> UnknownCapability:
    return UnknownCapability(code, value.rest())


def _kept_families(reader: Reader) -> Iterator[tuple[Family, bool]]:
    while reader.remaining:
        family = FAMILIES.get((reader.u16(), reader.u8()))
        kept = bool(reader.u8() & _FORWARDING_KEPT)
        if family is not None:
            yield family, kept
