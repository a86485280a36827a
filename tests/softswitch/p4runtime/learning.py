"""learn.p4 for tests: an L2 switch that tells unknown sources, and pairs, in digests."""

from __future__ import annotations

from pathlib import Path

import finsy
from finsy.proto import p4d, p4r

PROGRAMS = Path(__file__).parent.parent / "programs"
INFO = finsy.P4Schema(PROGRAMS / "learn.p4info.txtpb").p4info
PROGRAM = (PROGRAMS / "learn.json").read_bytes()
STATION, PAIR = (digest.preamble.id for digest in INFO.digests)
CONFIG = p4r.ForwardingPipelineConfig(p4info=INFO, p4_device_config=PROGRAM)

MILLISECOND = 1_000_000  # in nanoseconds


def entry(
    digest: int, *, wait_ms: int = 0, size: int = 0, acknowledge_ms: int = 0
) -> p4r.DigestEntry:
    config = p4r.DigestEntry.Config(
        max_timeout_ns=wait_ms * MILLISECOND,
        max_list_size=size,
        ack_timeout_ns=acknowledge_ms * MILLISECOND,
    )
    return p4r.DigestEntry(digest_id=digest, config=config)


def update(kind: p4r.Update.Type.ValueType, item: p4r.DigestEntry) -> p4r.Update:
    return p4r.Update(type=kind, entity=p4r.Entity(digest_entry=item))


def frame(source: int, ether_type: int = 0x0800) -> bytes:
    return bytes(5) + b"\x09" + source.to_bytes(6, "big") + ether_type.to_bytes(2, "big")


def bits(value: int) -> p4d.P4Data:
    return p4d.P4Data(bitstring=value.to_bytes(max((value.bit_length() + 7) // 8, 1), "big"))


def station(source: int, port: int) -> p4d.P4Data:
    """What the switch tells of a source."""
    members = [bits(source), bits(port), p4d.P4Data(bool=bool(source >> 40 & 1))]
    return p4d.P4Data(struct=p4d.P4StructLike(members=members))


def pair(destination: int, ether_type: int) -> p4d.P4Data:
    return p4d.P4Data(tuple=p4d.P4StructLike(members=[bits(destination), bits(ether_type)]))
