"""A trace as text: a tree, one line an entry and one a copy."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.lab.trace.model import Copy, Hop, Packet


def trace_words(hop: Hop) -> str:
    """The tree with a router at each branching."""
    return "\n".join(_hop(hop, ""))


def _hop(hop: Hop, margin: str) -> Iterator[str]:
    came = f", from {hop.interface}" if hop.interface else ""
    yield f"{hop.router}{came}: {packet_words(hop.packet)}"
    for entry in hop.entries:
        yield f"{margin}│ {entry}" if hop.copies else f"{margin}  {entry}"
    if hop.end:
        yield f"{margin}  {hop.end}"
    for at, copy in enumerate(hop.copies):
        last = at == len(hop.copies) - 1
        yield f"{margin}{'└' if last else '├'}─ {_copy(copy)}"
        yield from _onward(copy, margin + ("   " if last else "│  "))


def _copy(copy: Copy) -> str:
    one = ", for a part of the flows" if copy.chosen else ""
    hosts = f" to {', '.join(copy.hosts)}" if copy.hosts else ""
    return f"{copy.interface}: {copy.change}{one}{hosts}"


def _onward(copy: Copy, margin: str) -> Iterator[str]:
    for hop in copy.to:
        first, *others = _hop(hop, margin)
        yield margin + first
        yield from others


def packet_words(packet: Packet) -> str:
    """`label 17, 10.1.3.11`, `GRE (192.0.2.1, 232.10.0.1), (10.1.1.10, 232.1.1.1)`."""
    labels = f"label {'/'.join(map(str, packet.labels))}, " if packet.labels else ""
    outer = packet.register
    register = f"Register {outer.source} > {outer.rp}, " if outer else ""
    gre = f"GRE {packet.gre}, " if packet.gre else ""
    return f"{labels}{register}{gre}{packet.inner}"
