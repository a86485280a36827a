"""The Simple Test Framework's language (STF): what p4c's tests say of their programs.

A statement is a line; `#` starts a comment. Of a switch it says

    packet 0 0a0b 0c0d          a frame comes in on port 0
    expect 1 0a** 0c0d $        one leaves on port 1: `*` is any digit, `$` says that this is all
    add t 5 h.a:0x1* act(port:2)       an entry, maybe with a priority, of which the higher wins
    setdefault t act(port:2)
    mc_mgrp_create 3, mc_node_create 400 6 7, mc_node_associate 3 0
    mirroring_add 5 4, mirroring_add_mc 5 3
    register_write r 1 100, register_reset r
    meter_set_rates m 2 0.1:4 0.2:5, meter_array_set_rates m 0.1:4 0.2:5
    wait

The statements that only print something for people (`register_read` and the like) say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass


class StfError(Exception):
    """A statement that this reader does not understand."""


@dataclass(frozen=True)
class Packet:
    """A frame that comes in."""

    port: int
    frame: bytes


@dataclass(frozen=True)
class Expect:
    """A frame that leaves; without a pattern any will do."""

    port: int
    pattern: str
    whole: bool

    def matches(self, frame: bytes) -> bool:
        digits = frame.hex()
        if len(digits) < len(self.pattern) or (self.whole and len(digits) > len(self.pattern)):
            return False
        return all(a in ("*", b) for a, b in zip(self.pattern, digits, strict=False))


@dataclass(frozen=True)
class Call:
    """An action with arguments by name."""

    action: str
    arguments: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Add:
    """A table entry; the values of its key are text, since ternary ones have digits left open."""

    table: str
    priority: int | None
    key: tuple[tuple[str, str], ...]
    call: Call


@dataclass(frozen=True)
class SetDefault:
    """What a miss does."""

    table: str
    call: Call


@dataclass(frozen=True)
class CreateGroup:
    """A multicast group without members."""

    group: int


@dataclass(frozen=True)
class CreateNode:
    """Copies of one instance; nodes number themselves from 0."""

    instance: int
    ports: tuple[int, ...]


@dataclass(frozen=True)
class AssociateNode:
    """Puts a node's copies into a group."""

    group: int
    node: int


@dataclass(frozen=True)
class Mirror:
    """A clone session to a port, or to what a group has."""

    session: int
    port: int | None
    group: int | None


@dataclass(frozen=True)
class WriteRegister:
    """Sets a cell, or all of them."""

    register: str
    index: int | None
    value: int


@dataclass(frozen=True)
class Rate:
    """Units in a microsecond, and how many at once."""

    rate: float
    burst: int


@dataclass(frozen=True)
class SetRates:
    """Configures a meter, or all of an array: committed and peak."""

    meter: str
    index: int | None
    committed: Rate
    peak: Rate


@dataclass(frozen=True)
class Wait:
    """Lets some time pass."""


Statement = (
    Packet
    | Expect
    | Add
    | SetDefault
    | CreateGroup
    | CreateNode
    | AssociateNode
    | Mirror
    | WriteRegister
    | SetRates
    | Wait
)

FOR_PEOPLE = frozenset({"mirroring_get", "register_read", "counter_read", "meter_get_rates"})


def read_stf(text: str) -> list[Statement]:
    """All statements of a test."""
    return list(_statements(text))


def _statements(text: str) -> Iterator[Statement]:
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words or words[0].lower() in FOR_PEOPLE:
            continue
        reader = READERS.get(words[0].lower())
        try:
            if reader is None:
                raise ValueError("unknown statement")
            yield reader(words[1:])
        except (ValueError, IndexError) as error:
            raise StfError(f"line {number}: {line.strip()!r}: {error}") from None


def _number(text: str) -> int:
    return int(text, 0) if text.startswith("0") and len(text) > 1 else int(text)


def _packet(words: list[str]) -> Packet:
    return Packet(int(words[0]), bytes.fromhex("".join(words[1:])))


def _expect(words: list[str]) -> Expect:
    pattern = "".join(words[1:]).lower()
    return Expect(int(words[0]), pattern.rstrip("$"), whole=pattern.endswith("$"))


def _call(text: str) -> Call:
    found = re.fullmatch(r"(.*?)\s*\((.*)\)", text)
    if found is None:
        raise ValueError(f"{text!r} is no action with its arguments")
    pairs = [item.split(":") for item in found[2].replace(" ", "").split(",") if item]
    return Call(found[1], tuple((name, _number(value)) for name, value in pairs))


def _add(words: list[str]) -> Add:
    table, rest = words[0], words[1:]
    priority = int(rest.pop(0)) if rest[0].isdigit() else None
    matches = 0
    while matches < len(rest) and "(" not in rest[matches] and ":" in rest[matches]:
        matches += 1
    key = [word.partition(":") for word in rest[:matches]]
    call = _call(" ".join(rest[matches:]))
    return Add(table, priority, tuple((name, value) for name, _, value in key), call)


def _set_default(words: list[str]) -> SetDefault:
    return SetDefault(words[0], _call(" ".join(words[1:])))


def _create_group(words: list[str]) -> CreateGroup:
    return CreateGroup(_number(words[0]))


def _create_node(words: list[str]) -> CreateNode:
    return CreateNode(_number(words[0]), tuple(map(_number, words[1:])))


def _associate(words: list[str]) -> AssociateNode:
    return AssociateNode(_number(words[0]), _number(words[1]))


def _mirror(words: list[str]) -> Mirror:
    return Mirror(_number(words[0]), _number(words[1]), None)


def _mirror_group(words: list[str]) -> Mirror:
    return Mirror(_number(words[0]), None, _number(words[1]))


def _write_register(words: list[str]) -> WriteRegister:
    return WriteRegister(words[0], _number(words[1]), _number(words[2]))


def _reset_register(words: list[str]) -> WriteRegister:
    return WriteRegister(words[0], None, 0)


def _rate(text: str) -> Rate:
    rate, _, burst = text.partition(":")
    return Rate(float(rate), int(burst))


def _set_rates(words: list[str]) -> SetRates:
    return SetRates(words[0], _number(words[1]), _rate(words[2]), _rate(words[3]))


def _set_all_rates(words: list[str]) -> SetRates:
    return SetRates(words[0], None, _rate(words[1]), _rate(words[2]))


def _wait(_words: list[str]) -> Wait:
    return Wait()


READERS: dict[str, Callable[[list[str]], Statement]] = {
    "packet": _packet,
    "expect": _expect,
    "add": _add,
    "setdefault": _set_default,
    "mc_mgrp_create": _create_group,
    "mc_node_create": _create_node,
    "mc_node_associate": _associate,
    "mirroring_add": _mirror,
    "mirroring_add_mc": _mirror_group,
    "register_write": _write_register,
    "register_reset": _reset_register,
    "meter_set_rates": _set_rates,
    "meter_array_set_rates": _set_all_rates,
    "wait": _wait,
}
