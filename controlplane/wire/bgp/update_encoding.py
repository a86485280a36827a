"""UPDATE messages written (RFC 4271 4.3): as many routes in each as fit.

Routes of IPv4 unicast go into the fields of their own, those of other families into attributes,
which come first in their message and alone where they withdraw (RFC 7606 5.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from controlplane.wire.bgp.attribute_encoding import encode_attributes
from controlplane.wire.bgp.attribute_list import EXTENDED_LENGTH, OPTIONAL
from controlplane.wire.bgp.framing import HEADER_OCTETS, encode
from controlplane.wire.bgp.multiprotocol import encode_mp_reach, encode_mp_unreach
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.nlri_codec import encode_announced, encode_withdrawn
from controlplane.wire.bgp.numbers import MAX_MESSAGE, AttributeType, MessageType
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach, Unreach

_LENGTHS: Final = 4
"""Octets of the two lengths: of withdrawn routes, and of path attributes."""

_ROOM: Final = MAX_MESSAGE - HEADER_OCTETS - _LENGTHS


def encode_updates(reach: Reach, terms: Terms) -> Iterator[bytes]:
    """Whole messages. Routes whose attributes leave no room for them are withdrawn instead.

    RFC 4271 9.2: what does not fit into a message "MUST NOT" be advertised; and what the peer may
    have had of these routes before holds no longer.
    """
    is_classic = reach.family is Family.IPV4_UNICAST
    attributes = encode_attributes(reach.attributes, asn4=terms.asn4, next_hop=is_classic)
    around = attributes if is_classic else attributes + _mp_reach(reach, b"")
    room = _ROOM - len(around)
    routes = [encode_announced(reach.family, key, label) for key, label in reach.nlri]
    if routes and max(map(len, routes)) > room:
        keys = tuple(key for key, _ in reach.nlri)
        yield from encode_withdrawals(Unreach(reach.family, keys))
        return
    for nlri in _packed(routes, room):
        if is_classic:
            yield _message(attributes=attributes, nlri=nlri)
        else:
            yield _message(attributes=_mp_reach(reach, nlri) + attributes)


def encode_withdrawals(unreach: Unreach) -> Iterator[bytes]:
    """Whole messages."""
    family = unreach.family
    is_classic = family is Family.IPV4_UNICAST
    room = _ROOM if is_classic else _ROOM - len(_mp_unreach(family, b""))
    routes = (encode_withdrawn(family, key) for key in unreach.keys)
    for nlri in _packed(routes, room):
        if is_classic:
            yield _message(withdrawn=nlri)
        else:
            yield _message(attributes=_mp_unreach(family, nlri))


def encode_end_of_rib(family: Family) -> bytes:
    """RFC 4724 2: the message that says that all routes of a family have been said."""
    if family is Family.IPV4_UNICAST:
        return _message()
    return _message(attributes=_mp_unreach(family, b""))


def _packed(routes: Iterable[bytes], room: int) -> Iterator[bytes]:
    """As few strings of whole routes as they go into."""
    octets = bytearray()
    for route in routes:
        if len(octets) + len(route) > room:
            yield bytes(octets)
            octets.clear()
        octets += route
    if octets:
        yield bytes(octets)


def _mp_reach(reach: Reach, nlri: bytes) -> bytes:
    value = encode_mp_reach(reach.family, reach.attributes.next_hop, nlri)
    return _long_attribute(AttributeType.MP_REACH_NLRI, value)


def _mp_unreach(family: Family, nlri: bytes) -> bytes:
    return _long_attribute(AttributeType.MP_UNREACH_NLRI, encode_mp_unreach(family, nlri))


def _long_attribute(kind: AttributeType, value: bytes) -> bytes:
    """With a length of two octets, so that what is around routes does not depend on them."""
    return bytes((OPTIONAL | EXTENDED_LENGTH, kind)) + len(value).to_bytes(2, "big") + value


def _message(withdrawn: bytes = b"", attributes: bytes = b"", nlri: bytes = b"") -> bytes:
    start = len(withdrawn).to_bytes(2, "big") + withdrawn
    body = start + len(attributes).to_bytes(2, "big") + attributes + nlri
    return encode(MessageType.UPDATE, body)
