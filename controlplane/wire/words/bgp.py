"""BGP in words, from octets of a session.

Whether AS numbers have four octets is said when the session opens, and is not in these octets: the
size that leaves less wrong with an UPDATE message is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final, assert_never

from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.capability import GracefulRestart, Multiprotocol
from controlplane.wire.bgp.errors import BgpError
from controlplane.wire.bgp.framing import MessageBuffer, RawMessage, encode
from controlplane.wire.bgp.nlri import Family, NlriKey
from controlplane.wire.bgp.notification import Notification
from controlplane.wire.bgp.numbers import MessageType
from controlplane.wire.bgp.open import Open
from controlplane.wire.bgp.refresh import RefreshSubtype, RouteRefreshMessage
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach, Unreach, Update
from controlplane.wire.bgp.update_decoding import decode_update
from controlplane.wire.words.phrases import listed

_SHOWN: Final = 3
"""How many routes of a message are said one by one."""

_TERMS: Final = tuple(
    Terms(asn4=asn4, internal=True, families=frozenset(Family)) for asn4 in (True, False)
)
_REFRESHES: Final = {
    RefreshSubtype.REQUEST: "ROUTE-REFRESH of",
    RefreshSubtype.BEGINNING: "ROUTE-REFRESH begins for",
    RefreshSubtype.ENDING: "ROUTE-REFRESH ends for",
}


def bgp_stream_words(data: bytes) -> str:
    """Octets of a session, cut anywhere: the messages that begin and end in them.

    What begins in the middle of a message cannot be told from nonsense: it is counted, not judged.
    """
    whole = list(_whole(data))
    octets = len(data) - sum(len(encode(one.type, one.body)) for one in whole)
    rest = [f"{octets} octets"] if octets else []
    return f"BGP {'; '.join([*map(_said, whole), *rest])}"


def _whole(data: bytes) -> Iterator[RawMessage]:
    with suppress(BgpError):
        yield from MessageBuffer().feed(data)


def _said(raw: RawMessage) -> str:
    try:
        return _message(raw)
    except BgpError as error:
        return f"malformed {raw.type.name} ({error})"


def _message(raw: RawMessage) -> str:
    match raw.type:
        case MessageType.OPEN:
            return "".join(_open(Open.decode(raw.body)))
        case MessageType.UPDATE:
            return _update(_best_reading(raw.body))
        case MessageType.NOTIFICATION:
            return f"NOTIFICATION {Notification.decode(raw.body).words}"
        case MessageType.KEEPALIVE:
            return "KEEPALIVE"
        case MessageType.ROUTE_REFRESH:
            return _refresh(RouteRefreshMessage.decode(raw.body))
        case _:
            assert_never(raw.type)


def _open(message: Open) -> Iterator[str]:
    yield f"OPEN of {message.router_id} in AS {message.asn}, hold time {message.hold_time} s"
    families = [one.family for one in message.capabilities if isinstance(one, Multiprotocol)]
    if families:
        yield f", {listed(family.words for family in families)}"
    if any(isinstance(one, GracefulRestart) for one in message.capabilities):
        yield ", graceful restart"


def _refresh(message: RouteRefreshMessage) -> str:
    family = "an unknown family" if message.family is None else message.family.words
    try:
        return f"{_REFRESHES[RefreshSubtype(message.subtype)]} {family}"
    except ValueError:
        return f"ROUTE-REFRESH of subtype {message.subtype} for {family}"


def _best_reading(body: bytes) -> Update:
    readings = [decode_update(body, terms) for terms in _TERMS]
    return min(readings, key=lambda update: len(update.faults))


def _update(update: Update) -> str:
    return f"UPDATE {', '.join(_parts(update)) or 'of nothing'}"


def _parts(update: Update) -> Iterator[str]:
    if update.end_of_rib is not None:
        yield f"end of {update.end_of_rib.words}"
    yield from map(_withdrawn, update.unreach)
    yield from map(_announced, update.reach)
    yield from (fault.what for fault in update.faults)


def _withdrawn(unreach: Unreach) -> str:
    return f"withdraws {unreach.family.words} {_some(map(str, unreach.keys))}"


def _announced(reach: Reach) -> str:
    routes = (_route(*one) for one in reach.nlri)
    return f"{reach.family.words} {_some(routes)}{''.join(_attributes(reach.attributes))}"


def _route(key: NlriKey, label: int | None) -> str:
    return str(key) if label is None else f"{key} label {label}"


def _some(routes: Iterable[str]) -> str:
    said = list(routes)
    more = len(said) - _SHOWN
    return ", ".join(said[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _attributes(attributes: PathAttributes) -> Iterator[str]:
    if attributes.next_hop is not None:
        yield f" via {attributes.next_hop}"
    if attributes.as_path.segments:
        yield f", path {attributes.as_path}"
    if attributes.med is not None:
        yield f", MED {attributes.med}"
    if attributes.local_pref is not None:
        yield f", local preference {attributes.local_pref}"
    targets = (one.route_target for one in sorted(attributes.extended_communities))
    if known := [str(target) for target in targets if target is not None]:
        yield f", targets {listed(known)}"
    if attributes.pmsi_tunnel is not None:
        yield f", PMSI tunnel {attributes.pmsi_tunnel}"
    if attributes.connector is not None:
        yield f", connector {attributes.connector.address}"
