"""A label switch router on BMv2 and on the embedded target: the same frames leave."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import finsy
import pytest
from finsy.proto import p4r
from scapy.layers.inet import IP, UDP

pytestmark = pytest.mark.bmv2

SCHEMA = finsy.P4Schema(Path(__file__).parent.parent / "programs" / "labels.p4info.txtpb")
Compare = Callable[[str, Sequence[p4r.Update], Sequence[tuple[int, bytes]]], None]

ADDRESSES = bytes.fromhex("020000000001 020000000002")
KNOWN = range(16, 20)


def label(value: int, ttl: int, *, bottom: bool) -> bytes:
    return (value << 12 | (value & 7) << 9 | int(bottom) << 8 | ttl).to_bytes(4, "big")


def stack(values: Sequence[int], ttl: int) -> bytes:
    labels = [label(value, ttl + i, bottom=i == len(values) - 1) for i, value in enumerate(values)]
    return b"".join(labels)


def packet(number: int) -> bytes:
    ip = IP(src=f"10.1.0.{number}", dst="10.2.0.1", ttl=5 + number, tos=number)
    return bytes(ip / UDP() / b"data")


def frames() -> list[tuple[int, bytes]]:
    rng = random.Random(1)
    plain = [ADDRESSES + b"\x08\x00" + packet(number) for number in range(32)]
    labelled = [
        ADDRESSES + b"\x88\x47" + stack([rng.choice(KNOWN) for _ in range(depth)], ttl) + below
        for depth in range(1, 6)
        for ttl in (0, 1, 2, 9, 64, 250)
        for below in (packet(1), b"\x60not version 4", b"")
        for _ in range(3)
    ]
    return [(1, frame) for frame in (*plain, *labelled, plain[0][:30], labelled[0][:16])]


def entry(table: str, match: dict[str, object], action: str, args: dict[str, int]) -> p4r.Update:
    made = finsy.P4TableEntry(
        table,
        match=finsy.P4TableMatch(match),
        action=finsy.P4TableAction(action, **args),
        priority=1 if table == "flow_route" else 0,
    )
    return (+made).encode_update(SCHEMA)


def routes() -> list[p4r.Update]:
    actions: tuple[tuple[str, dict[str, int]], ...] = (
        ("swap", {"label": 1000}),
        ("pop", {}),
        ("push", {"label": 2000}),
        ("drop", {}),
    )
    by_label = [
        entry("label_route", {"hdr.labels[0].label": value, "hdr.labels[1].$valid$": more}, *pair)
        for value, pair in zip(KNOWN, actions, strict=True)
        for more in (0, 1)
    ]
    by_flow = [
        entry("flow_route", {"meta.flow[1:0]": 0}, "via", {"port": 5}),
        entry("flow_route", {"meta.flow[1:0]": 1}, "via_label", {"port": 6, "label": 77}),
        entry("flow_route", {"meta.flow[1:0]": 2, "meta.long_flow[0:0]": "1"}, "via", {"port": 7}),
    ]
    return [*by_label, *by_flow]


def ttl_mode(action: str) -> p4r.Update:
    default = finsy.P4TableEntry(
        "ttl_mode", action=finsy.P4TableAction(action), is_default_action=True
    )
    return (~default).encode_update(SCHEMA)


@pytest.mark.parametrize("mode", ["uniform", "pipe"])
def test_labels_are_swapped_pushed_and_popped(same: Compare, mode: str) -> None:
    same("labels", [ttl_mode(mode), *routes()], frames())
