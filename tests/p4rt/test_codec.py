"""Entities and packets on the wire of P4Runtime, there and back."""

from __future__ import annotations

import pytest
from finsy.proto import p4r
from hypothesis import given
from hypothesis import strategies as st

from controlplane.fib.model import Fib, PacketIn, PacketOut, Submit
from controlplane.net.punt import PuntReason
from controlplane.p4rt import bytestring, names
from controlplane.p4rt.codec import Codec
from controlplane.p4rt.entities import ActionSet, PolicerEntry, TableEntry
from controlplane.p4rt.packets import PacketCodec
from controlplane.p4rt.pipeline import load_pipeline
from controlplane.p4rt.plan import Operation, Update
from controlplane.p4rt.programmer import Programmer
from softswitch.switch import Switch
from tests.p4rt.fibs import FIBS, law

PIPELINE = load_pipeline()
CODEC = Codec(PIPELINE)
PACKETS = PacketCodec(PIPELINE)


@law
@given(FIBS)
def test_entities_come_back_as_they_went(fib: Fib) -> None:
    updates = [update for batch in Programmer().program(fib) for update in batch]
    messages = [message.entity for message in CODEC.updates(updates)]
    assert list(CODEC.decode(messages)) == [update.entity for update in updates]


@law
@given(FIBS)
def test_a_switch_reads_back_what_was_written(fib: Fib) -> None:
    switch, programmer = Switch(), Programmer()
    switch.set_pipeline(PIPELINE.p4info, PIPELINE.device_config)
    for batch in programmer.program(fib):
        switch.write(CODEC.updates(batch))
        programmer.written(batch)
    assert set(CODEC.decode(switch.read(CODEC.read_all()))) == set(programmer.installed)
    switch.close()


@pytest.mark.parametrize(
    ("value", "octets"),
    [(0, b"\0"), (1, b"\x01"), (255, b"\xff"), (256, b"\x01\0"), (1 << 47, b"\x80" + bytes(5))],
)
def test_numbers_are_written_in_as_few_octets_as_they_need(value: int, octets: bytes) -> None:
    assert bytestring.encode(value) == octets
    assert bytestring.decode(b"\0\0" + octets) == value


def test_the_default_route_has_no_match_field_for_its_prefix() -> None:
    entry = TableEntry(names.UNICAST_ROUTE, (10, 0, 0), names.GLEAN)
    (message,) = CODEC.updates([Update(Operation.INSERT, entry)])
    assert [field.field_id for field in message.entity.table_entry.match] == [1]


def test_a_policer_is_modified_even_when_it_is_new_or_goes() -> None:
    """P4Runtime: the cells of a meter always exist."""
    entity = PolicerEntry(int(PuntReason.GLEAN), 100, 10)
    updates = [Update(operation, entity) for operation in Operation]
    messages = CODEC.updates(updates)
    assert {message.type for message in messages} == {p4r.Update.MODIFY}
    configured = [message.entity.meter_entry.HasField("config") for message in messages]
    assert configured == [True, True, False]


def test_the_entry_of_a_table_without_key_is_its_default_one() -> None:
    """It is there always, so it is modified even when it is new to us."""
    entity = TableEntry(names.TTL_MODE, (), names.PIPE)
    (message,) = CODEC.updates([Update(Operation.INSERT, entity)])
    assert message.type == p4r.Update.MODIFY
    assert message.entity.table_entry.is_default_action
    assert list(CODEC.decode([message.entity])) == [entity]


def test_members_of_a_group_weigh_alike_and_are_written_in_order() -> None:
    """So that equal groups choose alike, whoever wrote them."""
    members = frozenset({(names.VIA_LABEL, (n, 100 - n)) for n in range(1, 6)})
    entity = ActionSet(names.NEXT_HOP_GROUP, (7,), members)
    (message,) = CODEC.updates([Update(Operation.INSERT, entity)])
    actions = message.entity.table_entry.action.action_profile_action_set.action_profile_actions
    assert [one.weight for one in actions] == [1] * 5
    assert [one.action.params[0].value for one in actions] == [bytes([n]) for n in range(1, 6)]


FOREIGN = {
    "another table": p4r.Entity(table_entry=p4r.TableEntry(table_id=1)),
    "another meter": p4r.Entity(meter_entry=p4r.MeterEntry(meter_id=1, config=p4r.MeterConfig())),
    "a cell without policer": p4r.Entity(
        meter_entry=p4r.MeterEntry(meter_id=PIPELINE.meters[names.PUNT_POLICER])
    ),
    "a default entry": p4r.Entity(
        table_entry=p4r.TableEntry(
            table_id=PIPELINE.tables[names.UNICAST_ROUTE].id,
            action=p4r.TableAction(action=p4r.Action(action_id=PIPELINE.actions[names.GLEAN].id)),
            is_default_action=True,
        )
    ),
    "a register": p4r.Entity(register_entry=p4r.RegisterEntry()),
}


@pytest.mark.parametrize("message", FOREIGN.values(), ids=FOREIGN)
def test_what_is_not_ours_is_passed_over(message: p4r.Entity) -> None:
    assert list(CODEC.decode([message])) == []


def test_a_replica_may_have_its_port_in_the_old_form() -> None:
    message = p4r.Entity()
    group = message.packet_replication_engine_entry.multicast_group_entry
    group.multicast_group_id = 5
    group.replicas.add(egress_port=3, instance=7)
    (entity,) = CODEC.decode([message])
    assert entity == (5, frozenset({(3, 7)}))


PACKET_OUTS = {
    "to a port": (PacketOut(3, b"frame"), {"form": 0, "egress_port": 3, "vrf": 0, "interface": 0}),
    "submitted": (
        Submit(10, 50, b"frame"),
        {"form": 1, "egress_port": 0, "vrf": 10, "interface": 50},
    ),
}


@pytest.mark.parametrize(("packet", "fields"), PACKET_OUTS.values(), ids=PACKET_OUTS)
def test_a_packet_out_says_what_to_do_with_it(
    packet: PacketOut | Submit, fields: dict[str, int]
) -> None:
    message = PACKETS.packet_out(packet)
    ids = {number: name for name, number in PIPELINE.packet_metadata["packet_out"].items()}
    values = {ids[field.metadata_id]: bytestring.decode(field.value) for field in message.metadata}
    assert (message.payload, values) == (b"frame", fields)


def packet_in(reason: int) -> p4r.PacketIn:
    message = p4r.PacketIn(payload=b"frame")
    for name, value in zip(names.PACKET_IN, (3, 100, reason, 24), strict=True):
        number = PIPELINE.packet_metadata["packet_in"][name]
        message.metadata.add(metadata_id=number, value=bytestring.encode(value))
    return message


@pytest.mark.parametrize("reason", PuntReason)
def test_a_packet_in_says_why(reason: PuntReason) -> None:
    assert PACKETS.packet_in(packet_in(reason)) == PacketIn(3, 100, reason, b"frame", 24)


@law
@given(st.integers(0, 255).filter(lambda number: number not in set(PuntReason)))
def test_a_packet_in_for_no_reason_is_not_ours(number: int) -> None:
    assert PACKETS.packet_in(packet_in(number)) is None
