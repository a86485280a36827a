"""Between octets and fields: extraction and emission of header types.

Neighbouring fields that together begin and end on an octet form a run (IPv4's version and IHL,
or flags and fragment offset). A run of up to 64 bits is loaded or stored as one number, from
which shifts and masks take the fields; a longer one goes bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A field's C text (a place to load to, or a value to store) and width."""

    text: str
    width: int


@dataclass(frozen=True)
class Run:
    """Pieces that together fill whole octets, from octet `offset` on."""

    offset: int
    pieces: tuple[Piece, ...]

    @property
    def bits(self) -> int:
        return sum(piece.width for piece in self.pieces)


def runs(pieces: Sequence[Piece]) -> Iterator[Run]:
    """Cut a sequence that fills whole octets into its shortest runs."""
    offset, bits, pending = 0, 0, list[Piece]()
    for piece in pieces:
        pending.append(piece)
        bits += piece.width
        if bits % 8 == 0:
            yield Run(offset, tuple(pending))
            offset, bits, pending = offset + bits // 8, 0, []


def load_run(run: Run, octets: str) -> Iterator[str]:
    """Statements that load the pieces from the C octet pointer."""
    if run.bits > 64:
        yield from _load_bits(run, octets)
        return
    source = f"sw_load({octets} + {run.offset}, {run.bits // 8})"
    if len(run.pieces) == 1:
        yield f"{run.pieces[0].text} = {source};"
        return
    yield f"run = {source};"
    shift = run.bits
    for piece in run.pieces:
        shift -= piece.width
        yield f"{piece.text} = run >> {shift} & UINT64_C({(1 << piece.width) - 1:#x});"


def _load_bits(run: Run, octets: str) -> Iterator[str]:
    bit = run.offset * 8
    for piece in run.pieces:
        load = "sw_load_bits" if piece.width <= 128 else "sw_wide_load"
        yield f"{piece.text} = {load}({octets}, {bit}, {piece.width});"
        bit += piece.width


def store_run(run: Run, octets: str) -> Iterator[str]:
    """Statements that store the pieces' values at the C octet pointer."""
    if run.bits > 64:
        yield from _store_bits(run, octets)
        return
    shift, terms = run.bits, []
    for piece in run.pieces:
        shift -= piece.width
        terms.append(f"(uint64_t){piece.text} << {shift}" if shift else f"(uint64_t){piece.text}")
    yield f"sw_store({octets} + {run.offset}, {run.bits // 8}, {' | '.join(terms)});"


def store_bits(piece: Piece, octets: str, bit: str) -> str:
    """The statement that stores one piece at a bit offset."""
    store = "sw_store_bits" if piece.width <= 128 else "sw_wide_store"
    return f"{store}({octets}, {bit}, {piece.width}, {piece.text});"


def _store_bits(run: Run, octets: str) -> Iterator[str]:
    bit = run.offset * 8
    for piece in run.pieces:
        yield store_bits(piece, octets, str(bit))
        bit += piece.width
