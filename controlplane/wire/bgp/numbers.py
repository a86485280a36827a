"""The numbers of BGP-4 (RFC 4271 and those after): messages, attributes, capabilities, errors."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

PORT: Final = 179
VERSION: Final = 4
MAX_MESSAGE: Final = 4096
"""RFC 4271 4.1: octets of the longest message, its header with it."""

AS_TRANS: Final = 23456
"""RFC 6793 9: stands where an AS number of four octets does not go in."""


class MessageType(IntEnum):
    """RFC 4271 4.1; ROUTE_REFRESH is of RFC 2918."""

    OPEN = 1
    UPDATE = 2
    NOTIFICATION = 3
    KEEPALIVE = 4
    ROUTE_REFRESH = 5


class AttributeType(IntEnum):
    """RFC 4271 5 and, in order, RFC 1997, 4456, 4760, 4360, 6793, 6037, 6514 and 8092."""

    ORIGIN = 1
    AS_PATH = 2
    NEXT_HOP = 3
    MULTI_EXIT_DISC = 4
    LOCAL_PREF = 5
    ATOMIC_AGGREGATE = 6
    AGGREGATOR = 7
    COMMUNITIES = 8
    ORIGINATOR_ID = 9
    CLUSTER_LIST = 10
    MP_REACH_NLRI = 14
    MP_UNREACH_NLRI = 15
    EXTENDED_COMMUNITIES = 16
    AS4_PATH = 17
    AS4_AGGREGATOR = 18
    CONNECTOR = 20
    PMSI_TUNNEL = 22
    LARGE_COMMUNITY = 32


class CapabilityCode(IntEnum):
    """RFC 4760 8, RFC 2918 2, RFC 4724 3, RFC 6793 3, RFC 7313 3.1."""

    MULTIPROTOCOL = 1
    ROUTE_REFRESH = 2
    GRACEFUL_RESTART = 64
    FOUR_OCTET_AS = 65
    ENHANCED_ROUTE_REFRESH = 70


class ErrorCode(IntEnum):
    """RFC 4271 4.5; ROUTE_REFRESH_MESSAGE is of RFC 7313."""

    MESSAGE_HEADER = 1
    OPEN_MESSAGE = 2
    UPDATE_MESSAGE = 3
    HOLD_TIMER_EXPIRED = 4
    FINITE_STATE_MACHINE = 5
    CEASE = 6
    ROUTE_REFRESH_MESSAGE = 7


UNSPECIFIC: Final = 0
"""RFC 4271 4.5: the subcode of an error that has no other one."""


class HeaderError(IntEnum):
    """RFC 4271 6.1."""

    CONNECTION_NOT_SYNCHRONIZED = 1
    BAD_MESSAGE_LENGTH = 2
    BAD_MESSAGE_TYPE = 3


class OpenError(IntEnum):
    """RFC 4271 6.2; UNSUPPORTED_CAPABILITY is of RFC 5492 5."""

    UNSUPPORTED_VERSION_NUMBER = 1
    BAD_PEER_AS = 2
    BAD_BGP_IDENTIFIER = 3
    UNSUPPORTED_OPTIONAL_PARAMETER = 4
    UNACCEPTABLE_HOLD_TIME = 6
    UNSUPPORTED_CAPABILITY = 7


class UpdateError(IntEnum):
    """RFC 4271 6.3."""

    MALFORMED_ATTRIBUTE_LIST = 1
    UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE = 2
    MISSING_WELL_KNOWN_ATTRIBUTE = 3
    ATTRIBUTE_FLAGS_ERROR = 4
    ATTRIBUTE_LENGTH_ERROR = 5
    INVALID_ORIGIN_ATTRIBUTE = 6
    INVALID_NEXT_HOP_ATTRIBUTE = 8
    OPTIONAL_ATTRIBUTE_ERROR = 9
    INVALID_NETWORK_FIELD = 10
    MALFORMED_AS_PATH = 11


class FsmError(IntEnum):
    """RFC 6608 3: in which state a message came that has no place there."""

    IN_OPEN_SENT = 1
    IN_OPEN_CONFIRM = 2
    IN_ESTABLISHED = 3


class Cease(IntEnum):
    """RFC 4486 3; HARD_RESET is of RFC 8538, BFD_DOWN of RFC 9384."""

    MAXIMUM_NUMBER_OF_PREFIXES_REACHED = 1
    ADMINISTRATIVE_SHUTDOWN = 2
    PEER_DE_CONFIGURED = 3
    ADMINISTRATIVE_RESET = 4
    CONNECTION_REJECTED = 5
    OTHER_CONFIGURATION_CHANGE = 6
    CONNECTION_COLLISION_RESOLUTION = 7
    OUT_OF_RESOURCES = 8
    HARD_RESET = 9
    BFD_DOWN = 10


class RouteRefreshError(IntEnum):
    """RFC 7313 5."""

    INVALID_MESSAGE_LENGTH = 1


_SUBCODES: Final[Mapping[int, type[IntEnum]]] = {
    ErrorCode.MESSAGE_HEADER: HeaderError,
    ErrorCode.OPEN_MESSAGE: OpenError,
    ErrorCode.UPDATE_MESSAGE: UpdateError,
    ErrorCode.FINITE_STATE_MACHINE: FsmError,
    ErrorCode.CEASE: Cease,
    ErrorCode.ROUTE_REFRESH_MESSAGE: RouteRefreshError,
}
_SPELLED: Final = {"OPEN": "OPEN", "UPDATE": "UPDATE", "AS": "AS", "BGP": "BGP", "BFD": "BFD"}


def error_words(code: int, subcode: int) -> str:
    """An error as the RFCs name it."""
    try:
        name = _spelled(ErrorCode(code).name)
    except ValueError:
        return f"error {code}, subcode {subcode}"
    if subcode == UNSPECIFIC:
        return name
    return f"{name}: {_subcode_words(code, subcode)}"


def _subcode_words(code: int, subcode: int) -> str:
    try:
        return _spelled(_SUBCODES[code](subcode).name)
    except (KeyError, ValueError):
        return f"subcode {subcode}"


def _spelled(name: str) -> str:
    first, *others = name.split("_")
    words = [_SPELLED.get(first, first.capitalize())]
    return " ".join(words + [_SPELLED.get(word, word.lower()) for word in others])
