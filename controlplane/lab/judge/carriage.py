"""What crossed a link, against what should have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import NamedTuple, TypeAlias

Outer: TypeAlias = tuple[IPv4Address, IPv4Address] | None
"""Source and destination of the GRE packet around a packet, None for a bare one."""


class Crossing(NamedTuple):
    """A numbered packet seen on a wire, the header around it, and its VLAN (0: untagged)."""

    stream: int
    number: int
    outer: Outer
    vlan: int = 0


@dataclass(frozen=True, slots=True)
class LinkCapture:
    """What one capture held: the numbered packets, and frames that are no proper packets."""

    crossings: Sequence[Crossing]
    frames: int
    malformed: Sequence[str]


def of_stream(
    capture: LinkCapture, stream: int, numbers: range, other_vlans: frozenset[int]
) -> list[Crossing]:
    """The packets of a stream with these numbers; those of the wire's other links left out."""
    return [
        one
        for one in capture.crossings
        if one.stream == stream and one.number in numbers and one.vlan not in other_vlans
    ]


def once_each(crossings: Sequence[Crossing], required: range, outer: Outer) -> Iterator[str]:
    """Faults of a link that should carry each packet once, with this header around it."""
    copies = Counter(one.number for one in crossings)
    missing = [number for number in required if number not in copies]
    repeated = [number for number, count in copies.items() if count > 1]
    other = Counter(one.outer for one in crossings if one.outer != outer)
    if missing:
        yield f"{len(missing):,} of {len(required):,} missing, the first is {missing[0]:,}"
    if repeated:
        yield f"{len(repeated):,} more than once, the first is {min(repeated):,}"
    for form, count in other.items():
        yield f"{count:,} {form_words(form)}"


def form_words(outer: Outer) -> str:
    """The form of a packet in words."""
    return f"in GRE {outer[0]} → {outer[1]}" if outer else "without GRE"
