"""The same frames through BMv2 and the embedded target: the same copies leave.

Frames are random, but from a fixed seed; what P4 leaves undefined (reading an invalid header) is
not asked for.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import finsy
import pytest
from finsy.proto import p4r
from scapy.layers.inet import IP, UDP

pytestmark = pytest.mark.bmv2

PROGRAMS = Path(__file__).parent.parent / "programs"
INTERESTING = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)
Entity = finsy.P4TableEntry | finsy.P4MulticastGroupEntry | finsy.P4CloneSessionEntry
Compare = Callable[[str, Sequence[p4r.Update], Sequence[tuple[int, bytes]]], None]


@pytest.fixture
def rng() -> random.Random:
    return random.Random(1)


def octets(rng: random.Random, count: int) -> bytes:
    return bytes(rng.choice((*INTERESTING, rng.randrange(256))) for _ in range(count))


def insert(name: str, entities: Sequence[Entity]) -> list[p4r.Update]:
    schema = finsy.P4Schema(PROGRAMS / f"{name}.p4info.txtpb")
    return [(+entity).encode_update(schema) for entity in entities]


def group(number: int, *replicas: tuple[int, int]) -> finsy.P4MulticastGroupEntry:
    return finsy.P4MulticastGroupEntry(number, replicas=replicas)


def session(number: int, *replicas: tuple[int, int]) -> finsy.P4CloneSessionEntry:
    return finsy.P4CloneSessionEntry(number, replicas=replicas)


def entry(
    table: str, match: dict[str, object], answer: int, priority: int = 0
) -> finsy.P4TableEntry:
    action = finsy.P4TableAction("answer", number=answer)
    return finsy.P4TableEntry(
        table, match=finsy.P4TableMatch(match), action=action, priority=priority
    )


def test_arithmetic(same: Compare, rng: random.Random) -> None:
    same("arithmetic", [], [(1, octets(rng, 62)) for _ in range(200)])


def labels(rng: random.Random, count: int) -> bytes:
    values = [rng.getrandbits(32) & ~0x100 | (i == count - 1) << 8 for i in range(count)]
    return b"".join(value.to_bytes(4, "big") for value in values)


def test_header_stacks(same: Compare, rng: random.Random) -> None:
    whole = [
        (1, bytes((op, argument, 0, 0)) + labels(rng, count) + b"payload")
        for op in range(7)
        for count in range(1, 7)
        for argument in range(min(count, 4))
    ]
    cut = [(1, bytes(4) + labels(rng, count)[:-missing]) for count in (1, 3) for missing in (1, 4)]
    same("stacks", [], whole + cut)


def test_varbits_and_checksums(same: Compare, rng: random.Random) -> None:
    frames = []
    for options in (0, 4, 8, 40):
        for tos, protocol in ((0, 17), (1, 17), (2, 17), (0, 6), (0, 255)):
            for size in (0, 3, 50):
                ip = IP(options=b"\1" * options, tos=tos, proto=protocol)
                frame = bytearray(bytes(ip / UDP() / octets(rng, size)))
                frame[8] ^= rng.choice((0, 0x10))
                frames += [(1, bytes(frame)), (1, bytes(frame[:-4]))]
    same("options", [], frames)


def test_replication_and_clones(same: Compare, rng: random.Random) -> None:
    state = insert(
        "replicate",
        [
            group(1, (1, 1), (2, 5), (3, 7), (3, 8)),
            group(2, (4, 99)),
            session(3, (9, 1)),
            session(4, (8, 6), (7, 1)),
        ],
    )
    frames = [
        (1, destination.to_bytes(6, "big") + source.to_bytes(6, "big") + b"\x08\0" + payload)
        for destination in (1, 2)
        for source in (0, 3, 4, 0x10000, 0x10003)
        for payload in (b"", octets(rng, 1), octets(rng, 100))
    ]
    same("replicate", state, frames)


def test_packets_that_go_around(same: Compare, rng: random.Random) -> None:
    state = insert("around", [session(9, (6, 2), (7, 3))])
    frames = [
        (1, bytes((kind, rounds, 0, 0)) + octets(rng, size))
        for kind in (0, 1, 2, 3, 4)
        for rounds in (0, 2, 5, 60)
        for size in (0, 1, 46)
    ]
    same("around", state, frames)


def test_hashes_and_registers(same: Compare, rng: random.Random) -> None:
    def request(op: int, index: int) -> tuple[int, bytes]:
        head = bytes((op,)) + index.to_bytes(4, "big")
        return 1, head + octets(rng, 8) + bytes(4) + octets(rng, 4 + rng.randrange(8))

    hashes = [request(op, rng.getrandbits(32)) for op in range(16, 22) for _ in range(20)]
    registers = [request(op, index) for _ in range(10) for op in (4, 5, 6) for index in (0, 1, 3)]
    same("externs", [], hashes + registers)


def test_every_match_kind(same: Compare, rng: random.Random) -> None:
    address = 0x0A010200
    entities = [
        entry("exact_match", {"hdr.query.address": address, "hdr.query.port": 80}, 1),
        entry("lpm_match", {"hdr.query.port": 80, "hdr.query.address": "10.1.0.0/16"}, 2),
        entry("lpm_match", {"hdr.query.port": 80, "hdr.query.address": "10.1.2.0/24"}, 3),
        entry("lpm_match", {"hdr.query.port": 80}, 4),
        entry("ternary_match", {"hdr.query.address": "10.0.0.0/8"}, 5, priority=10),
        entry("ternary_match", {"hdr.query.address": "10.1.2.0/24"}, 6, priority=5),
        entry("ternary_match", {"hdr.query.port": 81}, 7, priority=7),
        entry("range_match", {"hdr.query.port": "80...90"}, 8, priority=3),
        entry("range_match", {"hdr.query.port": "85...95"}, 9, priority=4),
    ]
    frames = []
    for table in range(1, 9):
        for where in (address, address + 1, 0x0A010300, 0x0A200000, 0x0B000000, 0x80000000, 0):
            for port in (0, 79, 80, 81, 85, 90, 91, 95, 96):
                head = bytes((table,)) + where.to_bytes(4, "big") + port.to_bytes(2, "big")
                frames.append((1, head + octets(rng, 16) + bytes(4)))
    same("matching", insert("matching", entities), frames)
