"""BFD in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from controlplane.wire.bfd import ControlPacket, Diagnostic, SessionState, diagnostic_words
from controlplane.wire.reader import Reader

_STATES: Final = {
    SessionState.ADMIN_DOWN: "AdminDown",
    SessionState.DOWN: "Down",
    SessionState.INIT: "Init",
    SessionState.UP: "Up",
}
_MICROSECONDS: Final = 1000
"""In a millisecond."""


def bfd_words(data: bytes) -> str:
    return ", ".join(_parts(ControlPacket.decode(Reader(data))))


def _parts(packet: ControlPacket) -> Iterator[str]:
    yield f"BFD {_STATES[packet.state]}"
    yield f"discriminators {packet.my_discriminator} > {packet.your_discriminator}"
    yield f"tx {_milliseconds(packet.desired_min_tx)} x {packet.detect_mult}"
    yield f"rx {_milliseconds(packet.required_min_rx)}"
    if packet.poll:
        yield "poll"
    if packet.final:
        yield "final"
    if packet.diagnostic != Diagnostic.NONE:
        yield diagnostic_words(packet.diagnostic)


def _milliseconds(microseconds: int) -> str:
    return f"{microseconds / _MICROSECONDS:g} ms"
