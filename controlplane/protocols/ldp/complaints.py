"""Notices that a peer can cause as often as it likes: one a peer in a while, whatever it does."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.notice import Notice
from controlplane.engine.time import Duration, Instant
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.notices import MalformedMessage
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.reader import DecodeError

_QUIET: Final[Duration] = 60.0


class Complaints:
    def __init__(self, instance: LdpInstance) -> None:
        self._instance = instance
        self._quiet_until: dict[tuple[LdpId | IPv4Address, type[Notice]], Instant] = {}

    def say(self, source: LdpId | IPv4Address, notice: Notice, now: Instant) -> None:
        """Tell, unless a notice of this kind about this source was told a moment ago."""
        key = (source, type(notice))
        if now >= self._quiet_until.get(key, now):
            self._quiet_until = {k: at for k, at in self._quiet_until.items() if at > now}
            self._quiet_until[key] = now + _QUIET
            self._instance.outputs.append(notice)

    def malformed(self, source: LdpId | IPv4Address, error: DecodeError, now: Instant) -> None:
        self.say(source, MalformedMessage(source, str(error)), now)
