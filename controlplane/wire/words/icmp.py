"""ICMP in words, and the label stacks that its errors quote."""

from __future__ import annotations

from controlplane.wire import icmp
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.reader import Reader


def icmp_words(data: bytes) -> str:
    match icmp.decode(Reader(data)):
        case icmp.IcmpEcho(is_reply=is_reply, identifier=identifier, sequence=sequence):
            which = "reply" if is_reply else "request"
            return f"ICMP echo {which}, id {identifier}, seq {sequence}"
        case icmp.IcmpTimeExceeded(labels=labels):
            return f"ICMP time exceeded{_under(labels)}"
        case icmp.IcmpUnreachable(code=code, labels=labels):
            return f"ICMP destination unreachable, code {code}{_under(labels)}"
        case icmp.OtherIcmp(kind=kind, code=code):
            return f"ICMP type {kind}, code {code}"


def label_stack_words(labels: LabelStack) -> str:
    """The top first."""
    return ", ".join(map(_entry, labels.entries))


def _entry(entry: LabelStackEntry) -> str:
    return f"label {entry.label} TTL {entry.ttl}"


def _under(labels: LabelStack | None) -> str:
    """What the datagram in question came under (RFC 4950)."""
    return f", under {label_stack_words(labels)}" if labels else ""
