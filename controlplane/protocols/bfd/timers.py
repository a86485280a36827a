"""Names of BFD's timers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from controlplane.protocols.bfd.session import SessionName


@dataclass(frozen=True, slots=True)
class TransmitTimer:
    """RFC 5880 6.8.7: the next periodic Control packet."""

    session: SessionName


@dataclass(frozen=True, slots=True)
class DetectionTimer:
    """RFC 5880 6.8.4: the Detection Time since the last packet heard."""

    session: SessionName


@dataclass(frozen=True, slots=True)
class LingerTimer:
    """RFC 5880 6.8.16: how long the neighbour of an ended session is still told so."""

    session: SessionName


BfdTimer: TypeAlias = TransmitTimer | DetectionTimer | LingerTimer
