"""Writes to the test programs in code with the sanitizers, as `sanitized` sends frames.

Requests by chance: whole, cut at every length, with octets changed; and octets of nothing but
chance. Nobody carries out what the native writer leaves.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from finsy.proto import p4i, p4r
from google.protobuf import text_format

from softswitch.p4runtime.forwarding import Forwarding, Wishes
from softswitch.p4runtime.idle import StandingClock
from tests.softswitch.p4runtime.random_writes import RandomWrites

REQUESTS, UPDATES, CHANGED = 30, 30, 300


def main() -> None:
    """Each argument is a compiled program, `NAME.json` beside `NAME.p4info.txtpb`."""
    for name in sys.argv[1:]:
        program = Path(name)
        info = text_format.Parse(program.with_suffix(".p4info.txtpb").read_text(), p4i.P4Info())
        config = p4r.ForwardingPipelineConfig(p4info=info, p4_device_config=program.read_bytes())
        forwarding = Forwarding(config, StandingClock(), Wishes())
        sent = sum(_write(forwarding, octets) for octets in _requests(info, random.Random(1)))
        print(f"{program.stem}: {sent} requests, {_read(forwarding)} entries")
        forwarding.close()


def _write(forwarding: Forwarding, octets: bytes) -> bool:
    list(forwarding.plain_writes.carry_out(octets, UPDATES))
    return True


def _read(forwarding: Forwarding) -> int:
    """Reads all entries, and each by its key; how many there are."""
    entries = list(forwarding.read(p4r.Entity(table_entry=p4r.TableEntry())))
    for entry in entries:
        entry.table_entry.ClearField("action")
        assert list(forwarding.read(entry))
    return len(entries)


def _requests(info: p4i.P4Info, chance: random.Random) -> Iterator[bytes]:
    if not info.tables:
        return
    writes = RandomWrites(info, chance)
    for _ in range(REQUESTS):
        yield writes.request(UPDATES).SerializeToString()
    one = writes.request(3).SerializeToString()
    yield from (one[:length] for length in range(len(one)))
    for _ in range(CHANGED):
        octets = bytearray(writes.request(3).SerializeToString())
        for at in chance.choices(range(len(octets)), k=3):
            octets[at] = chance.randrange(256)
        yield bytes(octets)
        yield chance.randbytes(chance.randrange(200))


if __name__ == "__main__":
    main()
