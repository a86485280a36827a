"""The data packets that are on the wire, whatever they are wrapped in: GRE, Registers, labels.

A packet is known by the numbers in its payload. It may rightly cross a link twice in one direction
in two wrappings (in the tunnels of two PEs, natively and in a Register), so copies are told apart
by their wrapping too: the sources of all headers around it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from controlplane.engine.time import Instant
from controlplane.net.stream import NUMBERS
from controlplane.wire.ethernet import EtherType
from controlplane.wire.ipv4 import IpProtocol

PORT: Final = 5000
"""That all streams of these tests are sent to."""

Wrapping: TypeAlias = tuple[bytes, ...]
"""Sources, the outermost header's first."""

Ttls: TypeAlias = tuple[int, ...]
"""Of all headers, the outermost first."""

_ETHERNET, _IPV4, _UDP, _GRE, _REGISTER, _LABEL = 14, 20, 8, 4, 8, 4
_WITHOUT_OPTIONS: Final = 0x45
_REGISTER_TYPE: Final = 0x21
_BOTTOM_OF_STACK: Final = 1
_SHORTEST: Final = _ETHERNET + _IPV4 + _UDP + NUMBERS.size


class Copy(NamedTuple):
    """One packet on one link in one direction, which the sender's MAC address tells."""

    link: str
    sender: bytes
    wrapping: Wrapping
    stream: int
    number: int


class Copies:
    """What has been on all links since the last `clear`: the TTLs of each packet, as often as it
    was there."""

    def __init__(self) -> None:
        self.seen: defaultdict[Copy, list[Ttls]] = defaultdict(list)

    def tap(self, link: str) -> Callable[[Instant, bytes], None]:
        """What notes the frames of a link."""

        def note(_: Instant, frame: bytes) -> None:
            if len(frame) >= _SHORTEST and (found := _packet(frame)) is not None:
                copy = Copy(link, frame[6:12], found.wrapping, found.stream, found.number)
                self.seen[copy].append(found.ttls)

        return note


class _Packet(NamedTuple):
    wrapping: Wrapping
    ttls: Ttls
    stream: int
    number: int


def _packet(frame: bytes) -> _Packet | None:
    """The data packet in a frame, None where there is none."""
    ethertype = int.from_bytes(frame[12:14], "big")
    at = _ETHERNET
    if ethertype == EtherType.MPLS:
        while not frame[at + 2] & _BOTTOM_OF_STACK:
            at += _LABEL
        at += _LABEL
    elif ethertype != EtherType.IPV4:
        return None
    return _in_ipv4(frame, at, (), ())


def _in_ipv4(frame: bytes, at: int, outside: Wrapping, above: Ttls) -> _Packet | None:
    if len(frame) < at + _IPV4 + _UDP + NUMBERS.size or frame[at] != _WITHOUT_OPTIONS:
        return None
    wrapping, ttls = (*outside, frame[at + 12 : at + 16]), (*above, frame[at + 8])
    inside = at + _IPV4
    match frame[at + 9]:
        case IpProtocol.UDP if int.from_bytes(frame[inside + 2 : inside + 4], "big") == PORT:
            return _Packet(outside, ttls, *NUMBERS.unpack_from(frame, inside + _UDP))
        case IpProtocol.GRE:
            return _in_ipv4(frame, inside + _GRE, wrapping, ttls)
        case IpProtocol.PIM if frame[inside] == _REGISTER_TYPE:
            return _in_ipv4(frame, inside + _REGISTER, wrapping, ttls)
        case _:
            return None
