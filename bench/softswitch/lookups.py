"""How the cost of a packet grows with entries: exact, longest prefix, ternary.

The program is one of the tests', a query that one table of each kind answers. Packets ask for
entries all over the table, in C; so the processor's caches count in what is told.
"""

from __future__ import annotations

import ctypes
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from bench.figure import Figure
from bench.softswitch.links import Links
from bench.softswitch.targets import roomy
from softswitch.bmv2json import read_pipeline
from softswitch.bmv2json.model import Exact, Key, Lpm, Ternary
from softswitch.build import compiler
from softswitch.engine import Engine
from softswitch.program import Program

_PROGRAM: Final = Path("tests/softswitch/programs/matching.json")
_COUNTS: Final = (10, 1_000, 100_000)
_MASKS: Final = (1, 4, 16)
_MASKED: Final = 10_000
_PACKETS, _ASKED, _ROUNDS = 1_000_000, 10_000, 5
_PORT: Final = 5000
_ANY: Final = Ternary(0, 0)


class Table(NamedTuple):
    """`key` makes the key of an entry by its number, `address` that of a packet that asks."""

    what: str
    number: int
    name: str
    key: Callable[[int], tuple[Key, ...]]
    address: Callable[[int], int]


def _masked(number: int, masks: int) -> tuple[Key, ...]:
    mask = 0xFFFFFFFF << (number % masks) & 0xFFFFFFFF
    return Ternary(number << 17, mask), _ANY


EXACT = Table("exact", 1, "exact_match", lambda n: (Exact(n), Exact(_PORT)), lambda n: n)
PREFIX = Table(
    "longest prefix", 2, "lpm_match", lambda n: (Exact(_PORT), Lpm(n << 8, 24)), lambda n: n << 8
)


def ternary(masks: int) -> Table:
    """Packets find nothing under any of the masks, which is the worst that can be."""
    key, missed = partial(_masked, masks=masks), 1 << 16
    what = f"ternary, {masks} masks"
    return Table(what, 3, "ternary_match", key, lambda n: n << 17 | missed)


def lookup_figures(links: Links) -> Iterator[Figure]:
    """A packet's whole time by the number of entries, or of masks."""
    repeat = _build(links.folder)
    for table in (EXACT, PREFIX):
        for count in _COUNTS:
            yield _figure(repeat, table, count)
    for masks in _MASKS:
        yield _figure(repeat, ternary(masks), _MASKED)


def _figure(repeat: Repeat, table: Table, count: int) -> Figure:
    with _engine(table, count) as engine:
        seconds = median(_seconds(repeat, engine, table, count) for _ in range(_ROUNDS))
    return Figure(f"a packet, {table.what}, {count:,} entries", 1e9 * seconds, "ns")


Repeat = Callable[..., None]


def _build(folder: Path) -> Repeat:
    source, library = Path(__file__).with_name("repeat.c"), folder / "repeat.so"
    command = [compiler(), "-O2", "-shared", "-fPIC", "-o", str(library), str(source)]
    subprocess.run(command, check=True)
    repeat: Repeat = ctypes.CDLL(str(library)).repeat
    return repeat


@contextmanager
def _engine(table: Table, entries: int) -> Iterator[Engine]:
    program = roomy(_PROGRAM.read_bytes(), max(_COUNTS))
    engine = Engine(Program(read_pipeline(program.decode())))
    name = f"IngressControl.{table.name}"
    for number in range(entries):
        engine.table_insert(name, table.key(number), "IngressControl.answer", (number & 0xFFFF,), 1)
    yield engine
    engine.close()


def _seconds(repeat: Repeat, engine: Engine, table: Table, entries: int) -> float:
    """Of one packet, the processor's."""
    numbers = random.Random(entries).choices(range(entries), k=_ASKED)
    frames = [_query(table, number) for number in numbers]
    process = ctypes.cast(engine.library.sw_process, ctypes.c_void_p)
    octets = b"".join(frames)
    started = time.process_time()
    repeat(process, engine.pointer, octets, len(frames[0]), len(frames), _PACKETS)
    return (time.process_time() - started) / _PACKETS


def _query(table: Table, number: int) -> bytes:
    address = table.address(number).to_bytes(4)
    return bytes([table.number]) + address + _PORT.to_bytes(2) + bytes(20)
