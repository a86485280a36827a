"""What a next hop does to the labels of a packet, in words and as a packet."""

from __future__ import annotations

from dataclasses import replace

from controlplane.fib.model import Nhlfe
from controlplane.lab.trace.model import Packet
from controlplane.net.label import IMPLICIT_NULL, Label


def relabelled(member: Nhlfe, packet: Packet, vpn_label: Label | None) -> tuple[str, Packet | None]:
    """The packet is None when it is dropped; `vpn_label` is the one that it gets at its bottom."""
    return _switched(member, packet) if vpn_label is None else _pushed(member, packet, vpn_label)


def _pushed(member: Nhlfe, packet: Packet, vpn_label: Label) -> tuple[str, Packet | None]:
    if member.label is None:
        return "dropped: the next hop gave no label", None
    above = () if member.label == IMPLICIT_NULL else (member.label,)
    labels = (*above, vpn_label)
    return f"push {'/'.join(map(str, labels))}", replace(packet, labels=labels)


def _switched(member: Nhlfe, packet: Packet) -> tuple[str, Packet | None]:
    label, (top, below) = member.label, (packet.labels[:1], packet.labels[1:])
    if label is None and top:
        return "dropped: the next hop gave no label", None
    if label is None or (label == IMPLICIT_NULL and not top):
        return "as it is", packet
    if label == IMPLICIT_NULL:
        return f"pop {top[0]}", replace(packet, labels=below)
    change = f"swap {top[0]} for {label}" if top else f"push {label}"
    return change, replace(packet, labels=(label, *below))
