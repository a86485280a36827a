"""Byte streams: what an engine that speaks over TCP says and hears.

An engine names each stream that it opens; the driver names those that it accepts, by their two
ends. The driver keeps what a slow peer has not read yet, up to a limit; beyond that it closes the
stream with that reason, so one peer that stops reading costs its own session and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.engine.time import Duration

StreamName: TypeAlias = str

UNSENT_LIMIT: Final = 8 << 20
"""Octets that may wait for a peer beyond what its receive window takes."""

HANDSHAKE_LIMIT: Final[Duration] = 10.0
"""How long a stream may take to open."""

DEAD_AFTER: Final[Duration] = 60.0
"""How long a peer may leave what was sent to it unacknowledged (RFC 9293 3.8.3, user timeout)."""


LABEL_ROOM: Final = 8
"""Octets of the MTU that stay free for labels which are pushed on the way (RFC 3032 3.2)."""


class Why:
    """Reasons of `StreamClosed`, in the same words from every host stack."""

    CLOSED: Final = "the peer closed it"
    RESET: Final = "the peer reset it"
    REFUSED: Final = "the peer refused it: nobody listens there"
    NO_ANSWER: Final = f"no answer from the peer for {HANDSHAKE_LIMIT:.0f} s"
    DEAD: Final = f"the peer has acknowledged nothing for {DEAD_AFTER:.0f} s"
    DOES_NOT_READ: Final = f"the peer does not read: more than {UNSENT_LIMIT >> 20} MB wait for it"


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    address: IPv4Address
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Output: accept streams to this endpoint from now on; said again when keys or `gtsm` changed.

    `md5_keys` (RFC 2385) by peer: a peer that is named must sign, the others must not.
    With `gtsm` (RFC 5082) segments whose TTL is less than 255 are not heard.
    """

    local: Endpoint
    md5_keys: Mapping[IPv4Address, bytes] = field(default_factory=dict)
    gtsm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStream:
    """Output: open a stream from an own address; ends in `StreamOpened` or `StreamClosed`."""

    stream: StreamName
    local: IPv4Address
    remote: Endpoint
    md5_key: bytes | None = None
    gtsm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendData:
    """Output: octets in order behind all that was sent on the stream before."""

    stream: StreamName
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseStream:
    """Output: close when all that was sent is delivered; nothing more is heard of the stream."""

    stream: StreamName


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOpened:
    """Input: a stream that the engine opened is established."""

    stream: StreamName
    local: Endpoint
    remote: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAccepted:
    """Input: a peer has opened a stream to an endpoint that the engine listens on."""

    stream: StreamName
    local: Endpoint
    remote: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReceived:
    """Input: the next octets of a stream, cut anywhere."""

    stream: StreamName
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDrained:
    """Input: all that was sent on the stream is with the peer's TCP, or under way to it within the
    window that it offers; nothing waits for room any more.

    Said each time after something was sent. An engine that has much to say sends a part of it, and
    the next one when it hears this: what a slow peer has not read waits as state, not as octets.
    """

    stream: StreamName


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamClosed:
    """Input: a stream is gone, or could not be opened; `why` is in words."""

    stream: StreamName
    why: str


def accepted_name(local: Endpoint, remote: Endpoint) -> StreamName:
    """What the driver calls a stream that it has accepted."""
    return f"{remote.address}:{remote.port} > {local.address}:{local.port}"


StreamInput: TypeAlias = StreamOpened | StreamAccepted | DataReceived | StreamDrained | StreamClosed
StreamOutput: TypeAlias = Listen | OpenStream | SendData | CloseStream
