"""Carrying forwarding state over to a new pipeline (RECONCILE_AND_COMMIT).

The state of the old pipeline is read out as the updates that would make it, and the new pipeline
carries them out before any packet sees it. Ids are p4c's, which makes them from names, so what kept
its name keeps its state; anything that has no place in the new pipeline is an error.
"""

from __future__ import annotations

from collections.abc import Iterator

from finsy.proto import p4r

from softswitch.p4runtime.forwarding import Forwarding


def carry_over(old: Forwarding, new: Forwarding) -> None:
    """Write everything of `old` into `new`; raises P4RuntimeError for what does not fit."""
    for update in _updates(old):
        new.apply(update)


def _updates(old: Forwarding) -> Iterator[p4r.Update]:
    """All that was written, in the order in which one thing refers to another."""
    for request in _profiles():
        for entity in old.read(request):
            yield p4r.Update(type=p4r.Update.INSERT, entity=entity)
    entries = p4r.TableEntry(counter_data=p4r.CounterData(), meter_config=p4r.MeterConfig())
    for entity in old.read(p4r.Entity(table_entry=entries)):
        yield _entry_update(entity)
    for default in old.tables.changed_defaults():
        yield p4r.Update(type=p4r.Update.MODIFY, entity=p4r.Entity(table_entry=default))
    for request in _replication():
        for entity in old.read(request):
            yield p4r.Update(type=p4r.Update.INSERT, entity=entity)
    for request in _cells():
        for entity in old.read(request):
            if _is_written(entity):
                yield p4r.Update(type=p4r.Update.MODIFY, entity=entity)
    for entity in old.read(p4r.Entity(digest_entry=p4r.DigestEntry())):
        yield p4r.Update(type=p4r.Update.INSERT, entity=entity)
    for entity in old.read(p4r.Entity(value_set_entry=p4r.ValueSetEntry())):
        if entity.value_set_entry.members:
            yield p4r.Update(type=p4r.Update.MODIFY, entity=entity)


def _entry_update(entity: p4r.Entity) -> p4r.Update:
    """An entry of the program is in the new pipeline already and keeps its direct resources."""
    entry = entity.table_entry
    if not entry.is_const:
        return p4r.Update(type=p4r.Update.INSERT, entity=entity)
    entry.is_const = False
    entry.ClearField("action")
    return p4r.Update(type=p4r.Update.MODIFY, entity=entity)


def _profiles() -> Iterator[p4r.Entity]:
    yield p4r.Entity(action_profile_member=p4r.ActionProfileMember())
    yield p4r.Entity(action_profile_group=p4r.ActionProfileGroup())


def _replication() -> Iterator[p4r.Entity]:
    groups = p4r.PacketReplicationEngineEntry(multicast_group_entry=p4r.MulticastGroupEntry())
    sessions = p4r.PacketReplicationEngineEntry(clone_session_entry=p4r.CloneSessionEntry())
    yield p4r.Entity(packet_replication_engine_entry=groups)
    yield p4r.Entity(packet_replication_engine_entry=sessions)


def _cells() -> Iterator[p4r.Entity]:
    yield p4r.Entity(counter_entry=p4r.CounterEntry())
    yield p4r.Entity(meter_entry=p4r.MeterEntry())
    yield p4r.Entity(register_entry=p4r.RegisterEntry())


def _is_written(entity: p4r.Entity) -> bool:
    """Cells that nothing was counted in, or set, need no place in the new pipeline."""
    counter, register = entity.counter_entry.data, entity.register_entry.data
    if counter.packet_count or counter.byte_count or entity.meter_entry.HasField("config"):
        return True
    return bool(register.bitstring.strip(b"\0"))
