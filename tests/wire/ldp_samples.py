"""LDP messages of every type, with all that each can hold, and their octets."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from controlplane.wire.ldp.addresses import AddressMessage, AddressWithdraw
from controlplane.wire.ldp.capability import Capability, CapabilityMessage
from controlplane.wire.ldp.fec import PrefixFec, TypedWildcardFec, WildcardFec
from controlplane.wire.ldp.hello import Hello
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.initialization import (
    CommonSession,
    FtSession,
    Initialization,
    KeepAlive,
)
from controlplane.wire.ldp.labels import (
    LabelAbortRequest,
    LabelMapping,
    LabelRelease,
    LabelRequest,
    LabelWithdraw,
)
from controlplane.wire.ldp.message import LdpMessage
from controlplane.wire.ldp.numbers import StatusCode
from controlplane.wire.ldp.status import Notification, Status

ME, YOU = LdpId(IPv4Address("10.9.0.1")), LdpId(IPv4Address("10.9.0.2"))
LINK = IPv4Address("10.0.0.1")
HOST_FEC = PrefixFec(IPv4Network("192.0.2.1/32"))
NETWORK_FEC = PrefixFec(IPv4Network("172.16.0.0/12"))
DEFAULT_FEC = PrefixFec(IPv4Network("0.0.0.0/0"))

LINK_HELLO = Hello(hold_time=15, gtsm=True, transport_address=ME.router)
TARGETED_HELLO = Hello(
    hold_time=45,
    targeted=True,
    request_targeted=True,
    transport_address=ME.router,
    configuration_sequence=7,
)
INITIALIZATION = Initialization(
    session=CommonSession(keepalive_time=180, receiver=YOU),
    ft_session=FtSession(reconnect_timeout=120_000, recovery_time=60_000),
    capabilities=frozenset(Capability),
)
END_OF_LIB = Notification(status=Status(StatusCode.END_OF_LIB), fecs=(TypedWildcardFec(),))
UNKNOWN_TLV = Notification(
    status=Status(StatusCode.UNKNOWN_TLV, 9, 0x0400),
    extended_status=3,
    returned_tlvs=bytes.fromhex("3fff0002abcd"),
)
ABORTED = Notification(status=Status(StatusCode.LABEL_REQUEST_ABORTED, 9, 0x0404), request_id=8)

OCTETS: list[tuple[LdpMessage, str]] = [
    (LINK_HELLO, "0100 0014 00000001 0400 0004 000f 2000 0401 0004 0a090001"),
    (
        TARGETED_HELLO,
        "0100 001c 00000001 0400 0004 002d c000 0401 0004 0a090001 0402 0004 00000007",
    ),
    (
        INITIALIZATION,
        "0200 0035 00000001 0500 000e 0001 00b4 00 00 1000 0a090002 0000"
        "8503 000c 0001 0000 0001d4c0 0000ea60"
        "8506 0001 80 850b 0001 80 8603 0001 80",
    ),
    (KeepAlive(), "0201 0004 00000001"),
    (
        CapabilityMessage({Capability.TYPED_WILDCARD_FEC: False}),
        "0202 0009 00000001 850b 0001 00",
    ),
    (AddressMessage((LINK, ME.router)), "0300 0012 00000001 0101 000a 0001 0a000001 0a090001"),
    (AddressWithdraw((LINK,)), "0301 000e 00000001 0101 0006 0001 0a000001"),
    (
        LabelMapping((HOST_FEC,), 16),
        "0400 0018 00000001 0100 0008 02 0001 20 c0000201 0200 0004 00000010",
    ),
    (
        LabelMapping((NETWORK_FEC, DEFAULT_FEC), 3, request_id=5),
        "0400 0022 00000001 0100 000a 02 0001 0c ac10 02 0001 00"
        "0200 0004 00000003 0600 0004 00000005",
    ),
    (LabelRequest((HOST_FEC,)), "0401 0010 00000001 0100 0008 02 0001 20 c0000201"),
    (
        LabelAbortRequest((HOST_FEC,), 5),
        "0404 0018 00000001 0100 0008 02 0001 20 c0000201 0600 0004 00000005",
    ),
    (
        LabelWithdraw((TypedWildcardFec(),), 0),
        "0402 0015 00000001 0100 0005 05 02 02 0001 0200 0004 00000000",
    ),
    (
        LabelWithdraw((WildcardFec(),), 100),
        "0402 0011 00000001 0100 0001 01 0200 0004 00000064",
    ),
    (
        LabelRelease((HOST_FEC,), 0xFFFFF, StatusCode.LOOP_DETECTED),
        "0403 0026 00000001 0100 0008 02 0001 20 c0000201 0200 0004 000fffff"
        "8300 000a 0000000b 00000000 0000",
    ),
    (
        Notification(status=Status(StatusCode.SHUTDOWN)),
        "0001 0012 00000001 0300 000a 8000000a 00000000 0000",
    ),
    (
        END_OF_LIB,
        "0001 001b 00000001 0300 000a 0000002f 00000000 0000 0100 0005 05 02 02 0001",
    ),
    (
        UNKNOWN_TLV,
        "0001 0024 00000001 0300 000a 00000006 00000009 0400 0301 0004 00000003"
        "8304 0006 3fff0002abcd",
    ),
    (ABORTED, "0001 001a 00000001 0300 000a 00000015 00000009 0404 0600 0004 00000008"),
]
"""Each as message 1."""
