"""The exam's own parts: reading packet tests, and judging what left by them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import finsy
import pytest
from finsy.proto import p4i, p4r

from softswitch.switch import Switch
from tests.softswitch.exam.play import difference, play
from tests.softswitch.exam.stf import (
    Add,
    AssociateNode,
    Call,
    CreateGroup,
    CreateNode,
    Expect,
    Mirror,
    Packet,
    Rate,
    SetDefault,
    SetRates,
    Statement,
    StfError,
    Wait,
    WriteRegister,
    read_stf,
)
from tests.softswitch.exam.targets import Embedded
from tests.softswitch.exam.updates import Updates

PROGRAMS = Path(__file__).parent.parent / "programs"


@pytest.mark.parametrize(
    ("line", "statement"),
    [
        ("packet 3 0a0B 0c # a frame", Packet(3, b"\x0a\x0b\x0c")),
        ("expect 3 0A** 0c $", Expect(3, "0a**0c", whole=True)),
        ("expect 3 0a$", Expect(3, "0a", whole=True)),
        ("expect 3", Expect(3, "", whole=False)),
        ("add t h.a:1 act()", Add("t", None, (("h.a", "1"),), Call("act", ()))),
        (
            "add c.t 5 h.a:0x1* h.b:0b01/2 act(port:0x10, q:2)",
            Add(
                "c.t",
                5,
                (("h.a", "0x1*"), ("h.b", "0b01/2")),
                Call("act", (("port", 16), ("q", 2))),
            ),
        ),
        ("setdefault t act(port:7)", SetDefault("t", Call("act", (("port", 7),)))),
        ("mc_mgrp_create 3", CreateGroup(3)),
        ("mc_node_create 400 6 7", CreateNode(400, (6, 7))),
        ("mc_node_associate 3 0", AssociateNode(3, 0)),
        ("mirroring_add 5 4", Mirror(5, 4, None)),
        ("mirroring_add_mc 5 4", Mirror(5, None, 4)),
        ("register_write r 1 0x64", WriteRegister("r", 1, 100)),
        ("register_reset r", WriteRegister("r", None, 0)),
        ("meter_set_rates m 2 0.1:4 2:5", SetRates("m", 2, Rate(0.1, 4), Rate(2, 5))),
        ("meter_array_set_rates m 0.1:4 2:5", SetRates("m", None, Rate(0.1, 4), Rate(2, 5))),
        ("wait", Wait()),
    ],
)
def test_a_line_is_a_statement(line: str, statement: Statement) -> None:
    assert read_stf(f"\n# comment\n{line}\n") == [statement]


@pytest.mark.parametrize("line", ["reboot", "packet 1 0x", "add t h.a:1", "mc_node_associate 3"])
def test_what_is_not_understood_is_named_with_its_line(line: str) -> None:
    with pytest.raises(StfError, match=f"^line 2: '{line}'"):
        read_stf(f"wait\n{line}\n")


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([(1, b"\x0a\x0b"), (2, b"\x01")], None),
        ([(2, b"\x01"), (1, b"\x0a\xff")], None),
        ([(2, b"\x01\x02"), (1, b"\x0a\x0b")], "port 2: 0102 instead of 01"),
        ([(1, b"\x0a"), (2, b"\x01")], "port 1: 0a instead of 0a**"),
        ([(1, b"\x0b\x0b"), (2, b"\x01")], "port 1: 0b0b instead of 0a**"),
        ([(2, b"\x01")], "port 1: 0 frames instead of 1"),
        ([(1, b"\x0a\x0b"), (2, b"\x01"), (7, b"")], "port 7: 1 frames instead of 0"),
    ],
)
def test_every_port_has_what_was_expected_and_nothing_else(
    frames: list[tuple[int, bytes]], expected: str | None
) -> None:
    wanted = [Expect(1, "0a**", whole=False), Expect(2, "01", whole=True)]
    assert difference(wanted, frames) == expected


@pytest.mark.parametrize(
    ("value", "mask", "text"),
    [(0x2500, 0xFF00, "0x25**"), (0b101, 0b111, "0b101"), (0xA0B, 0xF0F, "0xA*B")],
)
def test_digits_left_open_do_not_count_in_a_ternary_key(value: int, mask: int, text: str) -> None:
    info = finsy.P4Schema(PROGRAMS / "matching.p4info.txtpb").p4info
    ternary = p4i.MatchField.TERNARY
    table = next(t for t in info.tables if t.match_fields[0].match_type == ternary)
    action = next(a for a in info.actions if a.preamble.id == table.action_refs[0].id)
    arguments = tuple((param.name, 0) for param in action.params)
    key = ((table.match_fields[0].name, text),)
    add = Add(table.preamble.name, 4, key, Call(action.preamble.name, arguments))
    (update,) = Updates(info).of(add)
    (match,) = update.entity.table_entry.match
    assert int.from_bytes(match.ternary.value, "big") == value
    assert int.from_bytes(match.ternary.mask, "big") == mask
    assert update.entity.table_entry.priority == 5
    assert update.type == p4r.Update.INSERT


@pytest.fixture
def externs() -> Iterator[Switch]:
    """A switch with registers and meters."""
    switch = Switch()
    info = finsy.P4Schema(PROGRAMS / "externs.p4info.txtpb").p4info
    switch.set_pipeline(info, (PROGRAMS / "externs.json").read_bytes())
    yield switch
    switch.close()


def written(switch: Switch, line: str) -> int:
    """Carries a statement out; the number of updates that it takes."""
    info = finsy.P4Schema(PROGRAMS / "externs.p4info.txtpb").p4info
    [statement] = read_stf(line)
    updates = Updates(info).of(statement)
    switch.write(updates)
    return len(updates)


def test_registers_are_written_one_by_one_or_reset_as_a_whole(externs: Switch) -> None:
    def cells() -> set[bytes]:
        found = externs.read([p4r.Entity(register_entry=p4r.RegisterEntry())])
        return {entity.register_entry.data.bitstring for entity in found}

    assert written(externs, "register_write IngressControl.cells 2 0x102") == 1
    assert cells() == {b"\0", b"\x01\x02"}
    assert written(externs, "register_reset IngressControl.cells") > 1
    assert cells() == {b"\0"}


def test_rates_of_meters_are_in_a_microsecond(externs: Switch) -> None:
    assert written(externs, "meter_set_rates IngressControl.byte_meter 3 0.5:4 2:5") == 1
    assert written(externs, "meter_array_set_rates packet_meter 0.000001:7 0.000002:8") == 8
    found = externs.read([p4r.Entity(meter_entry=p4r.MeterEntry())])
    configs = [e.meter_entry.config for e in found if e.meter_entry.HasField("config")]
    assert configs.count(p4r.MeterConfig(cir=500_000, cburst=4, pir=2_000_000, pburst=5)) == 1
    assert configs.count(p4r.MeterConfig(cir=1, cburst=7, pir=2, pburst=8)) == 8


def test_a_test_of_replication_is_played_on_the_embedded_switch() -> None:
    info = finsy.P4Schema(PROGRAMS / "replicate.p4info.txtpb").p4info
    config = (PROGRAMS / "replicate.json").read_bytes()
    target = Embedded()
    text = (PROGRAMS / "replicate.stf").read_text()
    try:
        assert play(target, info, config, read_stf(text)) is None
        wrong = read_stf(text.replace("expect 6 ", "expect 3 "))
        assert play(target, info, config, wrong) == "port 3: 0 frames instead of 1"
    finally:
        target.close()
