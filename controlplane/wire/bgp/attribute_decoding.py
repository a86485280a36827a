"""Path attributes one by one, and what a malformed one costs (RFC 7606 3 and 7).

That is the routes of its message or only itself, and not the session: but for messages without
routes to pay with (RFC 7606 5.2), which `update_decoding` sees, and for well-known attributes that
nobody here knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from controlplane.wire.bgp.attribute_list import OPTIONAL, PARTIAL, TRANSITIVE, RawAttribute
from controlplane.wire.bgp.attribute_values import KINDS, Attributes
from controlplane.wire.bgp.attributes import UnknownAttribute
from controlplane.wire.bgp.errors import BgpError
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.numbers import AttributeType, ErrorCode, UpdateError
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Remedy
from controlplane.wire.reader import DecodeError, Reader

_OF_INTERNAL_PEERS: Final = (
    AttributeType.LOCAL_PREF,
    AttributeType.ORIGINATOR_ID,
    AttributeType.CLUSTER_LIST,
)
"""RFC 7606 7.5, 7.9 and 7.10: from an external peer they "SHALL be discarded"."""

_OF_TWO_OCTET_SPEAKERS: Final = (AttributeType.AS4_PATH, AttributeType.AS4_AGGREGATOR)
"""RFC 6793 6: from others they are discarded."""


@dataclass(frozen=True, slots=True)
class AttributeFault:
    """What is wrong, what it costs, and the NOTIFICATION's subcode if it costs the session."""

    remedy: Remedy
    what: str
    subcode: UpdateError
    data: bytes = b""
    family: Family | None = None

    @property
    def as_error(self) -> BgpError:
        return BgpError(ErrorCode.UPDATE_MESSAGE, self.subcode, self.what, self.data)


def decode_attribute(raw: RawAttribute, into: Attributes) -> AttributeFault | None:
    """Put one attribute to the others; BgpError for one that nobody may leave unknown."""
    kind = KINDS.get(raw.type)
    if kind is None:
        _keep_unknown(raw, into)
        return None
    if (unwanted := _unwanted(raw.type, into.terms)) is not None:
        return _fault(raw, Remedy.ATTRIBUTE_DISCARD, unwanted)
    if raw.flags & ~PARTIAL != kind.flags:
        what = f"flags {raw.flags:#04x}"
        return _fault(raw, Remedy.TREAT_AS_WITHDRAW, what, UpdateError.ATTRIBUTE_FLAGS_ERROR)
    reader = Reader(raw.value)
    try:
        kind.decode(reader, into)
        reader.finish()
    except DecodeError as error:
        return _fault(raw, kind.malformed, error.what, kind.subcode)
    if raw.flags & PARTIAL:
        into.partial |= {raw.type}
    return None


def _keep_unknown(raw: RawAttribute, into: Attributes) -> None:
    """RFC 4271 5: a transitive one goes on; one that is not is "quietly ignored"."""
    if not raw.flags & OPTIONAL:
        what = f"a well-known attribute of type {raw.type}, which nobody here knows"
        subcode = UpdateError.UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE
        raise BgpError(ErrorCode.UPDATE_MESSAGE, subcode, what, raw.encode())
    if raw.flags & TRANSITIVE:
        into.unknown.append(UnknownAttribute(raw.flags | PARTIAL, raw.type, raw.value))


def _unwanted(kind: int, terms: Terms) -> str | None:
    """Why a known attribute has no place in messages of this peer."""
    if kind in _OF_INTERNAL_PEERS and not terms.internal:
        return "from an external peer"
    if kind in _OF_TWO_OCTET_SPEAKERS and terms.asn4:
        return "from a peer that knows AS numbers of four octets"
    return None


def _fault(
    raw: RawAttribute,
    remedy: Remedy,
    what: str,
    subcode: UpdateError = UpdateError.OPTIONAL_ATTRIBUTE_ERROR,
) -> AttributeFault:
    return AttributeFault(remedy, f"{AttributeType(raw.type).name}: {what}", subcode, raw.encode())
