"""The numbers of LDP: messages, TLVs and statuses (RFC 5036 3.7 to 3.9 and the RFCs after it)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

VERSION: Final = 1
LDP_PORT: Final = 646
"""Of Hellos over UDP and of sessions over TCP (RFC 5036 3.10.1)."""

DEFAULT_MAX_PDU: Final = 4096
"""RFC 5036 3.1: the longest PDU before a session has negotiated another one."""

IPV4_FAMILY: Final = 1
"""Address family number of IPv4."""


class MessageType(IntEnum):
    """RFC 5036 3.7; CAPABILITY is of RFC 5561."""

    NOTIFICATION = 0x0001
    HELLO = 0x0100
    INITIALIZATION = 0x0200
    KEEPALIVE = 0x0201
    CAPABILITY = 0x0202
    ADDRESS = 0x0300
    ADDRESS_WITHDRAW = 0x0301
    LABEL_MAPPING = 0x0400
    LABEL_REQUEST = 0x0401
    LABEL_WITHDRAW = 0x0402
    LABEL_RELEASE = 0x0403
    LABEL_ABORT_REQUEST = 0x0404


class TlvType(IntEnum):
    """RFC 5036 3.8, without those of ATM and Frame Relay; RFC 3479, RFC 5561, 5918 and 5919."""

    FEC = 0x0100
    ADDRESS_LIST = 0x0101
    HOP_COUNT = 0x0103
    PATH_VECTOR = 0x0104
    GENERIC_LABEL = 0x0200
    STATUS = 0x0300
    EXTENDED_STATUS = 0x0301
    RETURNED_PDU = 0x0302
    RETURNED_MESSAGE = 0x0303
    RETURNED_TLVS = 0x0304
    COMMON_HELLO = 0x0400
    IPV4_TRANSPORT_ADDRESS = 0x0401
    CONFIGURATION_SEQUENCE_NUMBER = 0x0402
    IPV6_TRANSPORT_ADDRESS = 0x0403
    COMMON_SESSION = 0x0500
    FT_SESSION = 0x0503
    DYNAMIC_CAPABILITY = 0x0506
    TYPED_WILDCARD_FEC = 0x050B
    LABEL_REQUEST_MESSAGE_ID = 0x0600
    UNRECOGNIZED_NOTIFICATION = 0x0603


class FecType(IntEnum):
    """RFC 5036 3.4.1; TYPED_WILDCARD is of RFC 5918."""

    WILDCARD = 0x01
    PREFIX = 0x02
    TYPED_WILDCARD = 0x05


class StatusCode(IntEnum):
    """Status Data (RFC 5036 3.9, RFC 5561 8, RFC 5919 4)."""

    SUCCESS = 0x00
    BAD_LDP_IDENTIFIER = 0x01
    BAD_PROTOCOL_VERSION = 0x02
    BAD_PDU_LENGTH = 0x03
    UNKNOWN_MESSAGE_TYPE = 0x04
    BAD_MESSAGE_LENGTH = 0x05
    UNKNOWN_TLV = 0x06
    BAD_TLV_LENGTH = 0x07
    MALFORMED_TLV_VALUE = 0x08
    HOLD_TIMER_EXPIRED = 0x09
    SHUTDOWN = 0x0A
    LOOP_DETECTED = 0x0B
    UNKNOWN_FEC = 0x0C
    NO_ROUTE = 0x0D
    NO_LABEL_RESOURCES = 0x0E
    LABEL_RESOURCES_AVAILABLE = 0x0F
    SESSION_REJECTED_NO_HELLO = 0x10
    SESSION_REJECTED_ADVERTISEMENT_MODE = 0x11
    SESSION_REJECTED_MAX_PDU_LENGTH = 0x12
    SESSION_REJECTED_LABEL_RANGE = 0x13
    KEEPALIVE_TIMER_EXPIRED = 0x14
    LABEL_REQUEST_ABORTED = 0x15
    MISSING_MESSAGE_PARAMETERS = 0x16
    UNSUPPORTED_ADDRESS_FAMILY = 0x17
    SESSION_REJECTED_BAD_KEEPALIVE_TIME = 0x18
    INTERNAL_ERROR = 0x19
    UNSUPPORTED_CAPABILITY = 0x2E
    END_OF_LIB = 0x2F

    @property
    def is_fatal(self) -> bool:
        """Whether RFC 5036 3.9 sets the E bit: the session ends with it."""
        return self not in _ADVISORY

    @property
    def words(self) -> str:
        """As RFC 5036 3.9 spells it."""
        spelled = " ".join(_SPELLED.get(part, part.capitalize()) for part in self.name.split("_"))
        return spelled.replace("Session Rejected", "Session Rejected/")


_ADVISORY: Final = frozenset(
    {
        StatusCode.SUCCESS,
        StatusCode.UNKNOWN_MESSAGE_TYPE,
        StatusCode.UNKNOWN_TLV,
        StatusCode.LOOP_DETECTED,
        StatusCode.UNKNOWN_FEC,
        StatusCode.NO_ROUTE,
        StatusCode.NO_LABEL_RESOURCES,
        StatusCode.LABEL_RESOURCES_AVAILABLE,
        StatusCode.LABEL_REQUEST_ABORTED,
        StatusCode.MISSING_MESSAGE_PARAMETERS,
        StatusCode.UNSUPPORTED_ADDRESS_FAMILY,
        StatusCode.UNSUPPORTED_CAPABILITY,
        StatusCode.END_OF_LIB,
    }
)

_SPELLED: Final = {
    "LDP": "LDP",
    "PDU": "PDU",
    "TLV": "TLV",
    "FEC": "FEC",
    "LIB": "LIB",
    "OF": "of",
    "KEEPALIVE": "KeepAlive",
}
