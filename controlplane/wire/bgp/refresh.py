"""ROUTE-REFRESH messages (RFC 2918 3, RFC 7313 3.2): ask for all routes of a family once more.

0                   1                   2                   3
0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|             AFI               |    Subtype    |     SAFI      |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import ClassVar, Final, Self

from controlplane.wire.bgp.errors import BgpError
from controlplane.wire.bgp.framing import encode
from controlplane.wire.bgp.nlri import FAMILIES, Family
from controlplane.wire.bgp.numbers import ErrorCode, MessageType, RouteRefreshError

_FIELDS: Final = Struct("!HBB")


class RefreshSubtype(IntEnum):
    """RFC 7313 3.2. A message of another subtype is to be ignored (RFC 7313 5)."""

    REQUEST = 0
    BEGINNING = 1
    """BoRR: all routes of the family come again from here on."""
    ENDING = 2
    """EoRR: they all came; those that did not are no more."""


@dataclass(frozen=True, slots=True)
class RouteRefreshMessage:
    """`family` None: one that nobody here knows."""

    kind: ClassVar = MessageType.ROUTE_REFRESH

    family: Family | None
    subtype: int = RefreshSubtype.REQUEST

    def encode(self) -> bytes:
        """The body of a message about a known family."""
        assert self.family is not None
        afi, safi = self.family.value
        return _FIELDS.pack(afi, self.subtype, safi)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """BgpError for a wrong length, as RFC 7313 5 asks.

        Behind a request may stand outbound route filters (RFC 5291), which nobody here has offered
        to apply.
        """
        if len(body) < _FIELDS.size:
            raise _bad_length(body)
        afi, subtype, safi = _FIELDS.unpack_from(body)
        if len(body) > _FIELDS.size and subtype in (
            RefreshSubtype.BEGINNING,
            RefreshSubtype.ENDING,
        ):
            raise _bad_length(body)
        return cls(FAMILIES.get((afi, safi)), subtype)


def _bad_length(body: bytes) -> BgpError:
    """RFC 7313 5: "The Data field ... MUST contain the complete ROUTE-REFRESH message"."""
    code, subcode = ErrorCode.ROUTE_REFRESH_MESSAGE, RouteRefreshError.INVALID_MESSAGE_LENGTH
    what = f"a ROUTE_REFRESH message of {len(body)} octets behind its header"
    return BgpError(code, subcode, what, encode(MessageType.ROUTE_REFRESH, body))
