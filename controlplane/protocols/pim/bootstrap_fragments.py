"""Semantic fragmentation of Bootstrap messages (RFC 5059 4.1.1).

A message that would be longer than a link's packets is sent in fragments, each one a message that
can be read by itself. A range of groups stays in one piece where it can: then the loss of
a fragment concerns no other range. A range with more RPs than fit is itself cut, and counts for
nobody until all of its parts have come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from controlplane.wire.ipv4 import MINIMUM_HEADER
from controlplane.wire.pim.bootstrap import (
    BOOTSTRAP_FIXED_OCTETS,
    RANGE_OCTETS,
    RP_OCTETS,
    Bootstrap,
    BootstrapRange,
    BootstrapRp,
)
from controlplane.wire.pim.message import HEADER_OCTETS


def fragments(message: Bootstrap, mtu: int) -> tuple[Bootstrap, ...]:
    """The message, in as few parts as fit into packets of this size."""
    room = mtu - MINIMUM_HEADER - HEADER_OCTETS - BOOTSTRAP_FIXED_OCTETS
    parts = tuple(_packed(_cut(message.ranges, room), room))
    return tuple(replace(message, ranges=ranges) for ranges in parts) or (message,)


def _cut(ranges: Iterable[BootstrapRange], room: int) -> Iterator[BootstrapRange]:
    """The ranges, those cut that do not fit into a message of their own."""
    most = (room - RANGE_OCTETS) // RP_OCTETS
    for groups in ranges:
        yield replace(groups, rps=groups.rps[:most])
        for start in range(most, len(groups.rps), most):
            yield replace(groups, rps=groups.rps[start : start + most])


def _packed(ranges: Iterable[BootstrapRange], room: int) -> Iterator[tuple[BootstrapRange, ...]]:
    part: list[BootstrapRange] = []
    left = room
    for groups in ranges:
        octets = RANGE_OCTETS + len(groups.rps) * RP_OCTETS
        if part and octets > left:
            yield tuple(part)
            part, left = [], room
        part.append(groups)
        left -= octets
    if part:
        yield tuple(part)


class Reassembly:
    """Ranges of which not all RPs have come yet; those of another message end the wait."""

    def __init__(self) -> None:
        self._message: tuple[IPv4Address, int] | None = None
        self._parts: dict[IPv4Network, dict[IPv4Address, BootstrapRp]] = {}

    def complete(self, fragment: Bootstrap) -> Iterator[BootstrapRange]:
        """The ranges that are whole with this fragment."""
        message = fragment.bsr_address, fragment.fragment_tag
        if message != self._message:
            self._message, self._parts = message, {}
        for groups in fragment.ranges:
            if len(groups.rps) == groups.rp_count:
                yield groups
            elif (whole := self._add(groups)) is not None:
                yield whole

    def _add(self, part: BootstrapRange) -> BootstrapRange | None:
        rps = self._parts.setdefault(part.group.groups, {})
        rps.update((rp.address, rp) for rp in part.rps)
        if len(rps) < part.rp_count:
            return None
        del self._parts[part.group.groups]
        return replace(part, rps=tuple(rps.values()))
