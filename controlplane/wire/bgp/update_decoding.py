"""UPDATE messages read (RFC 4271 4.3), with the error handling of RFC 7606.

+-----------------------------------------------------+
|   Withdrawn Routes Length (2 octets)                |
+-----------------------------------------------------+
|   Withdrawn Routes (variable), IPv4 unicast         |
+-----------------------------------------------------+
|   Total Path Attribute Length (2 octets)            |
+-----------------------------------------------------+
|   Path Attributes (variable)                        |
+-----------------------------------------------------+
|   Network Layer Reachability Information (variable) |
+-----------------------------------------------------+

Routes of the other families stand in two of the attributes (RFC 4760 3, 4). An error costs the
weakest that still keeps the routing right:

    session reset       BgpError: the lengths of the message do not add up, routes of IPv4 unicast
                        cannot be read, an attribute with routes comes twice, a well-known attribute
                        is unknown; what would cost routes in a message that announces none, or
                        the session its last family
    AFI/SAFI disable    the routes of another family cannot be read
    treat as withdraw   an attribute that routes hang on is malformed, or missing
    attribute discard   all others

Of several the strongest is done, and each is told in `Update.faults`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final

from controlplane.wire.bgp.attribute_decoding import AttributeFault, decode_attribute
from controlplane.wire.bgp.attribute_list import AttributeList, RawAttribute
from controlplane.wire.bgp.attribute_values import Attributes
from controlplane.wire.bgp.errors import BgpError
from controlplane.wire.bgp.multiprotocol import MpReach, decode_mp_reach, decode_mp_unreach
from controlplane.wire.bgp.nlri import Announced, Family, NlriKey, VpnPrefix
from controlplane.wire.bgp.nlri_codec import decode_nlri
from controlplane.wire.bgp.numbers import AttributeType, ErrorCode, UpdateError
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach, Remedy, Unreach, Update, UpdateFault
from controlplane.wire.reader import DecodeError

_WITHDRAWN_AND_LENGTHS: Final = 4
_END_OF_RIB: Final = bytes(_WITHDRAWN_AND_LENGTHS)
"""RFC 4724 2: nothing withdrawn, no attributes, no routes."""

_WITH_ROUTES: Final = (AttributeType.MP_REACH_NLRI, AttributeType.MP_UNREACH_NLRI)
_WITHOUT_NEXT_HOP: Final = Family.ROUTE_TARGET
"""RFC 4684: membership leads nowhere."""
_GROUPS: Final = 0xE0000000
_CLASS_E: Final = 0xF0000000
_LIST: Final = UpdateError.MALFORMED_ATTRIBUTE_LIST
_DISABLE: Final = Remedy.AFI_SAFI_DISABLE


def decode_update(body: bytes, terms: Terms) -> Update:
    """What a message says; BgpError for what costs the session."""
    if body == _END_OF_RIB:
        return Update(end_of_rib=Family.IPV4_UNICAST)
    return _Message(body, terms).decode()


@dataclass(frozen=True, slots=True)
class _Fields:
    """The three parts of a message, as octets."""

    withdrawn: bytes
    attributes: bytes
    nlri: bytes

    @staticmethod
    def split(body: bytes) -> _Fields:
        """RFC 7606 3 b): lengths that add up to more than the message cost the session."""
        withdrawn, rest = _measured(body, "withdrawn routes")
        attributes, nlri = _measured(rest, "path attributes")
        return _Fields(withdrawn, attributes, nlri)


def _measured(data: bytes, what: str) -> tuple[bytes, bytes]:
    """What a length in front measures, and what is behind it."""
    length = int.from_bytes(data[:2], "big")
    if len(data) < 2 or length > len(data) - 2:
        what = f"{length} octets of {what}, with {max(len(data) - 2, 0)} left"
        raise _reset(UpdateError.MALFORMED_ATTRIBUTE_LIST, what)
    return data[2 : 2 + length], data[2 + length :]


class _Message:
    """One message on its way from octets to an `Update`."""

    def __init__(self, body: bytes, terms: Terms) -> None:
        self._terms = terms
        self._faults: list[AttributeFault] = []
        self._fields = _Fields.split(body)
        self._raw = self._once_each(AttributeList.read(self._fields.attributes))
        self._attributes = Attributes(terms)

    def decode(self) -> Update:
        self._decode_attributes()
        announced = [one for one in (self._mp_reach(), self._classic_reach()) if one is not None]
        withdrawn = [
            one for one in (self._mp_unreach(), self._classic_unreach()) if one is not None
        ]
        if self._is_end_of_rib(withdrawn):
            return Update(end_of_rib=withdrawn[0].family)
        if self._costs_routes():
            withdrawn += (_withdrawal(one) for one in announced)
            announced = []
        reach = tuple(self._reach(one) for one in announced)
        return Update(
            reach=tuple(one for one in reach if one.nlri),
            unreach=tuple(one for one in withdrawn if one.keys),
            faults=tuple(UpdateFault(one.remedy, one.what, one.family) for one in self._faults),
        )

    @property
    def _announces(self) -> bool:
        return bool(self._fields.nlri) or AttributeType.MP_REACH_NLRI in self._raw

    def _once_each(self, read: AttributeList) -> dict[int, RawAttribute]:
        """RFC 7606 3 g): of a type that comes twice the first one counts."""
        found: dict[int, RawAttribute] = {}
        for raw in read.attributes:
            if found.setdefault(raw.type, raw) is raw:
                continue
            what = f"attribute {raw.type} twice"
            if raw.type in _WITH_ROUTES:
                raise _reset(_LIST, what)
            self._faults.append(AttributeFault(Remedy.ATTRIBUTE_DISCARD, what, _LIST))
        if read.overrun is not None:
            self._faults.append(AttributeFault(Remedy.TREAT_AS_WITHDRAW, read.overrun, _LIST))
        return found

    def _decode_attributes(self) -> None:
        for kind, raw in self._raw.items():
            if kind in _WITH_ROUTES or (kind == AttributeType.NEXT_HOP and not self._fields.nlri):
                # RFC 4760 3: a NEXT_HOP beside MP_REACH_NLRI alone "MUST" be ignored.
                continue
            fault = decode_attribute(raw, self._attributes)
            if fault is not None:
                self._faults.append(fault)
        self._attributes.merge_four_octet_ases()
        if self._announces:
            self._faults += self._missing()

    def _missing(self) -> Iterator[AttributeFault]:
        """RFC 7606 3 d). LOCAL_PREF is "well-known", but not among the mandatory ones."""
        mandatory = [AttributeType.ORIGIN, AttributeType.AS_PATH]
        if self._fields.nlri:
            mandatory.append(AttributeType.NEXT_HOP)
        for kind in mandatory:
            if kind not in self._raw:
                subcode = UpdateError.MISSING_WELL_KNOWN_ATTRIBUTE
                what, data = f"no {kind.name}", kind.to_bytes(1, "big")
                yield AttributeFault(Remedy.TREAT_AS_WITHDRAW, what, subcode, data)

    def _mp_reach(self) -> MpReach | None:
        raw = self._raw.get(AttributeType.MP_REACH_NLRI)
        found = None if raw is None else decode_mp_reach(raw, self._terms)
        if isinstance(found, AttributeFault):
            self._without_routes(found)
            return None
        if found is not None and found.next_hop is None and found.family is not _WITHOUT_NEXT_HOP:
            what = "MP_REACH_NLRI: a next hop that no packet can be sent to"
            subcode = UpdateError.INVALID_NEXT_HOP_ATTRIBUTE
            self._faults.append(AttributeFault(Remedy.TREAT_AS_WITHDRAW, what, subcode))
        return found

    def _mp_unreach(self) -> Unreach | None:
        raw = self._raw.get(AttributeType.MP_UNREACH_NLRI)
        found = None if raw is None else decode_mp_unreach(raw, self._terms)
        if isinstance(found, AttributeFault):
            self._without_routes(found)
            return None
        return found

    def _without_routes(self, fault: AttributeFault) -> None:
        """An attribute that should hold routes cannot be read, or may not come.

        RFC 4760 7: "the speaker MAY terminate the BGP session", which is of no use when the family
        that it ignores from now on is its last one.
        """
        if fault.remedy is _DISABLE and self._terms.families == {fault.family}:
            what = f"{fault.what}; the session has no other family"
            subcode = UpdateError.OPTIONAL_ATTRIBUTE_ERROR
            raise BgpError(ErrorCode.UPDATE_MESSAGE, subcode, what, fault.data)
        self._faults.append(fault)

    def _classic_reach(self) -> MpReach | None:
        """The routes behind the attributes."""
        nlri = self._classic(self._fields.nlri, "NLRI")
        return MpReach(Family.IPV4_UNICAST, self._attributes.next_hop, nlri) if nlri else None

    def _classic_unreach(self) -> Unreach | None:
        nlri = self._classic(self._fields.withdrawn, "withdrawn routes")
        return Unreach(Family.IPV4_UNICAST, tuple(key for key, _ in nlri)) if nlri else None

    def _classic(self, data: bytes, what: str) -> tuple[Announced, ...]:
        """Routes of IPv4 unicast. RFC 7606 3 j): they cannot be read, the session is reset."""
        try:
            nlri = decode_nlri(Family.IPV4_UNICAST, data)
        except DecodeError as error:
            what = f"{what}: {error.what}"
            raise _reset(UpdateError.INVALID_NETWORK_FIELD, what) from None
        if nlri and Family.IPV4_UNICAST not in self._terms.families:
            what = f"{what} of IPv4 unicast, which this session does not carry"
            fault = AttributeFault(Remedy.ATTRIBUTE_DISCARD, what, _LIST, b"", Family.IPV4_UNICAST)
            self._faults.append(fault)
            return ()
        return nlri

    def _is_end_of_rib(self, withdrawn: list[Unreach]) -> bool:
        """RFC 4724 2: an MP_UNREACH_NLRI without routes, and nothing else."""
        alone = self._raw.keys() == {AttributeType.MP_UNREACH_NLRI} and not self._faults
        return alone and not self._announces and [one.keys for one in withdrawn] == [()]

    def _costs_routes(self) -> bool:
        """Whether routes are withdrawn for a fault; without routes it costs the session.

        RFC 7606 5.2: of a message with attributes that announces none "we cannot be confident that
        the NLRI have been successfully parsed".
        """
        costly = [one for one in self._faults if one.remedy is not Remedy.ATTRIBUTE_DISCARD]
        others = self._raw.keys() - {AttributeType.MP_UNREACH_NLRI}
        if costly and not self._announces and (others or costly[0].remedy is not _DISABLE):
            raise costly[0].as_error
        return any(one.remedy is Remedy.TREAT_AS_WITHDRAW for one in costly)

    def _reach(self, routes: MpReach) -> Reach:
        attributes = self._attributes.path_attributes(routes.next_hop)
        return Reach(routes.family, attributes, self._to_hosts(routes.nlri))

    def _to_hosts(self, nlri: tuple[Announced, ...]) -> tuple[Announced, ...]:
        """RFC 4271 6.3: a prefix of groups "SHOULD be ignored"; it costs the others nothing."""
        groups = [key for key, _ in nlri if _is_of_groups(key)]
        if not groups:
            return nlri
        what = f"a prefix of multicast addresses, {groups[0]}"
        subcode = UpdateError.INVALID_NETWORK_FIELD
        self._faults.append(AttributeFault(Remedy.TREAT_AS_WITHDRAW, what, subcode))
        return tuple(one for one in nlri if not _is_of_groups(one[0]))


def _is_of_groups(key: NlriKey) -> bool:
    prefix = key.prefix if isinstance(key, VpnPrefix) else key
    return isinstance(prefix, IPv4Network) and _GROUPS <= int(prefix.network_address) < _CLASS_E


def _withdrawal(routes: MpReach) -> Unreach:
    return Unreach(routes.family, tuple(key for key, _ in routes.nlri))


def _reset(subcode: UpdateError, what: str) -> BgpError:
    return BgpError(ErrorCode.UPDATE_MESSAGE, subcode, what)
