"""Section "ValueSetEntry": what a parser selects by is written, read, and carried over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import finsy
import pytest
from finsy.proto import p4i, p4r

from softswitch.p4runtime.service import P4Runtime
from softswitch.p4runtime.status import Code, P4RuntimeError
from softswitch.switch import Switch
from tests.softswitch.p4runtime.control import refusal

PROGRAMS = Path(__file__).parent.parent / "programs"
INFO = finsy.P4Schema(PROGRAMS / "value_sets.p4info.txtpb").p4info
CONFIG = (PROGRAMS / "value_sets.json").read_bytes()
KNOWN, PORTS = (value_set.preamble.id for value_set in INFO.value_sets)
SetRequest = p4r.SetForwardingPipelineConfigRequest

Pair = tuple[int, int]
FIRST, SECOND = b"\x12\x34\xa0", b"\x00\x00\x00"
MARKED = b"\x00\x00\x02"


@pytest.fixture
def switch() -> Iterator[Switch]:
    switch = Switch()
    switch.set_pipeline(INFO, CONFIG)
    yield switch
    switch.close()


def known(*pairs: Pair) -> p4r.Entity:
    return value_set(KNOWN, pairs)


def ports(*numbers: int) -> p4r.Entity:
    return value_set(PORTS, [(number,) for number in numbers])


def value_set(set_id: int, members: Sequence[tuple[int, ...]]) -> p4r.Entity:
    messages = (p4r.ValueSetMember(match=list(map(exact, (1, 2), member))) for member in members)
    return p4r.Entity(value_set_entry=p4r.ValueSetEntry(value_set_id=set_id, members=messages))


def exact(field: int, value: int) -> p4r.FieldMatch:
    octets = value.to_bytes(max((value.bit_length() + 7) // 8, 1), "big")
    return p4r.FieldMatch(field_id=field, exact=p4r.FieldMatch.Exact(value=octets))


def write(
    switch: Switch,
    entity: p4r.Entity,
    kind: p4r.Update.Type.ValueType = p4r.Update.MODIFY,
) -> None:
    switch.write([p4r.Update(type=kind, entity=entity)])


def read(switch: Switch, set_id: int = 0) -> list[p4r.Entity]:
    return switch.read([p4r.Entity(value_set_entry=p4r.ValueSetEntry(value_set_id=set_id))])


def second_header_parsed(switch: Switch) -> bool:
    ((_, frame),), _ = switch.process(1, FIRST + SECOND, 0)
    assert frame in (FIRST + SECOND, FIRST + MARKED)
    return frame.endswith(MARKED)


def test_the_parser_takes_the_way_of_a_set_that_has_the_key(switch: Switch) -> None:
    assert not second_header_parsed(switch)
    write(switch, ports(0x1234))
    assert second_header_parsed(switch)
    write(switch, known((0x1234, 5), (7, 7)))
    assert not second_header_parsed(switch)
    write(switch, known((0x1234, 4)))
    assert second_header_parsed(switch)


def test_sets_are_read_as_they_were_written_last(switch: Switch) -> None:
    assert read(switch) == [known(), ports()]
    write(switch, known((1, 2), (3, 4)))
    write(switch, known((3, 4), (5, 6)))
    assert read(switch) == [known((3, 4), (5, 6)), ports()]
    assert read(switch, PORTS) == [ports()]


@pytest.mark.parametrize(
    ("kind", "entity", "code", "message"),
    [
        (p4r.Update.INSERT, ports(1), Code.INVALID_ARGUMENT, "can only be modified"),
        (p4r.Update.DELETE, ports(), Code.INVALID_ARGUMENT, "can only be modified"),
        (
            p4r.Update.MODIFY,
            value_set(77, []),
            Code.NOT_FOUND,
            "P4Info has no value set with id 0x0000004d",
        ),
        (p4r.Update.MODIFY, ports(1, 2, 3), Code.RESOURCE_EXHAUSTED, "has room for 2, not 3"),
        (p4r.Update.MODIFY, ports(1, 1), Code.INVALID_ARGUMENT, "a member is given twice"),
        (p4r.Update.MODIFY, ports(0x10000), Code.OUT_OF_RANGE, "does not fit into bit<16>"),
        (p4r.Update.MODIFY, value_set(KNOWN, [(1,)]), Code.INVALID_ARGUMENT, "left out"),
    ],
    ids=["insert", "delete", "unknown", "full", "twice", "wide", "short"],
)
def test_a_bad_write_changes_nothing(
    switch: Switch,
    kind: p4r.Update.Type.ValueType,
    entity: p4r.Entity,
    code: Code,
    message: str,
) -> None:
    write(switch, ports(0x1234))
    error = refusal(switch, kind, entity)
    assert error.canonical_code == code
    assert message in error.message
    assert read(switch) == [known(), ports(0x1234)]
    assert second_header_parsed(switch)


def test_a_reconciled_pipeline_keeps_its_sets() -> None:
    service = P4Runtime(1, lambda _: None)
    config = p4r.ForwardingPipelineConfig(p4info=INFO, p4_device_config=CONFIG)
    service.set_pipeline(SetRequest.VERIFY_AND_COMMIT, config)
    service.apply([p4r.Update(type=p4r.Update.MODIFY, entity=ports(7))])
    service.set_pipeline(SetRequest.RECONCILE_AND_COMMIT, config)
    request = p4r.Entity(value_set_entry=p4r.ValueSetEntry(value_set_id=PORTS))
    assert list(service.select([request])) == [ports(7)]
    service.close()


def test_a_batch_that_is_taken_back_restores_the_set() -> None:
    service = P4Runtime(1, lambda _: None)
    config = p4r.ForwardingPipelineConfig(p4info=INFO, p4_device_config=CONFIG)
    service.set_pipeline(SetRequest.VERIFY_AND_COMMIT, config)
    service.apply([p4r.Update(type=p4r.Update.MODIFY, entity=ports(7, 8))])
    batch = [
        p4r.Update(type=p4r.Update.MODIFY, entity=entity) for entity in (ports(9), ports(1, 2, 3))
    ]
    with pytest.raises(P4RuntimeError, match="has room for 2, not 3"):
        service.apply(batch, p4r.WriteRequest.DATAPLANE_ATOMIC)
    request = p4r.Entity(value_set_entry=p4r.ValueSetEntry(value_set_id=PORTS))
    assert list(service.select([request])) == [ports(7, 8)]
    service.close()


def test_a_p4info_with_other_widths_is_of_another_program() -> None:
    info = p4i.P4Info()
    info.CopyFrom(INFO)
    info.value_sets[1].match[0].bitwidth = 8
    with pytest.raises(P4RuntimeError, match=r"value set P.ports has widths \[8\] in one, \[16\]"):
        Switch().set_pipeline(info, CONFIG)
