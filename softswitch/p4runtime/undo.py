"""What takes an update back.

It is asked for before the update is carried out, since it is made of what a read finds then: a new
entity is deleted, a changed or deleted one becomes as it was. Steps back are taken in the reverse
order, so each finds the state that its update left.
"""

from __future__ import annotations

from finsy.proto import p4r

from softswitch.p4runtime.forwarding import Forwarding


def inverse(forwarding: Forwarding, update: p4r.Update) -> list[p4r.Update]:
    """The updates that take `update` back; P4RuntimeError if it names what cannot be."""
    entity = update.entity
    if update.type == p4r.Update.INSERT:
        return [p4r.Update(type=p4r.Update.DELETE, entity=entity)]
    if entity.WhichOneof("entity") == "table_entry":
        return _table_entry(forwarding, update)
    kind = p4r.Update.MODIFY if update.type == p4r.Update.MODIFY else p4r.Update.INSERT
    found = forwarding.read(entity)
    return [p4r.Update(type=kind, entity=item) for item in found if _meant(entity, item)]


def _table_entry(forwarding: Forwarding, update: p4r.Update) -> list[p4r.Update]:
    entry = update.entity.table_entry
    if entry.is_default_action:
        return [_update(p4r.Update.MODIFY, _default_before(forwarding, entry))]
    deleted = update.type == p4r.Update.DELETE
    request = _key(entry)
    request.meter_config.SetInParent()
    # A counter goes back only where the update sets it or ends it: else it has gone on counting.
    if deleted or entry.HasField("counter_data"):
        request.counter_data.SetInParent()
    kind = p4r.Update.INSERT if deleted else p4r.Update.MODIFY
    found = forwarding.tables.read(request)
    return [_update(kind, _writable(item)) for item in found if _same_entry(entry, item)]


def _default_before(forwarding: Forwarding, entry: p4r.TableEntry) -> p4r.TableEntry:
    """Without an action it means the program's own default."""
    changed = forwarding.tables.state(entry.table_id).changed_default()
    if changed is not None:
        return changed
    return p4r.TableEntry(table_id=entry.table_id, is_default_action=True)


def _writable(entry: p4r.TableEntry) -> p4r.TableEntry:
    """A constant entry's action was never changed, and is not to be written."""
    if entry.is_const:
        entry.ClearField("action")
        entry.ClearField("is_const")
    return entry


def _meant(entity: p4r.Entity, found: p4r.Entity) -> bool:
    """A read with an empty match means all entries, an update the one that matches all."""
    which = entity.WhichOneof("entity")
    if which not in ("direct_counter_entry", "direct_meter_entry"):
        return True
    return _same_entry(getattr(entity, which).table_entry, getattr(found, which).table_entry)


def _same_entry(entry: p4r.TableEntry, found: p4r.TableEntry) -> bool:
    return bool(entry.match) or (not found.match and found.priority == entry.priority)


def _key(entry: p4r.TableEntry) -> p4r.TableEntry:
    return p4r.TableEntry(table_id=entry.table_id, match=entry.match, priority=entry.priority)


def _update(kind: p4r.Update.Type.ValueType, entry: p4r.TableEntry) -> p4r.Update:
    return p4r.Update(type=kind, entity=p4r.Entity(table_entry=entry))
