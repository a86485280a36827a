"""One table entry: what a controller wrote, and how it is read back.

An entry is kept by the engine alone; an `Entry` is a copy of it. Besides match and action it has
data that means nothing to the switch (`metadata`, `controller_metadata`) and must come back as
written (section "Read-Write Symmetry").
"""

from __future__ import annotations

from dataclasses import dataclass

from finsy.proto import p4r

from softswitch.engine import MeterConfig
from softswitch.entries import NO_COOKIES, Cookies, EntryHandle
from softswitch.p4runtime.action import Call, TableAction
from softswitch.p4runtime.match import MatchKey, read_match, write_match
from softswitch.p4runtime.p4info import Table
from softswitch.p4runtime.status import invalid, unsupported

EntryKey = tuple[MatchKey, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the engine, in P4Runtime's terms."""

    key: MatchKey
    priority: int
    handle: EntryHandle
    action: TableAction
    cookies: Cookies
    meter: MeterConfig | None
    is_const: bool


@dataclass(frozen=True, slots=True)
class DefaultEntry:
    """What a table does on a miss; no action where P4Info does not show it."""

    action: Call | None
    cookies: Cookies = NO_COOKIES


def read_entry_key(table: Table, message: p4r.TableEntry) -> EntryKey:
    """Match and priority identify an entry (section "TableEntry")."""
    if table.needs_priority and message.priority <= 0:
        raise invalid(f"table {table.name}: its entries need a priority above 0")
    if not table.needs_priority and message.priority:
        raise invalid(f"table {table.name}: its entries have no priority, it must be 0")
    return read_match(table, message.match), message.priority


def read_cookies(message: p4r.TableEntry) -> Cookies:
    return Cookies(message.metadata, message.controller_metadata)


def refuse_unsupported(table: Table, message: p4r.TableEntry) -> None:
    """Refuse what an entry may carry in P4Runtime and not here."""
    if message.is_const:
        raise invalid(f"table {table.name}: is_const is not for controllers to set")
    refuse_idle_fields(table, message)
    if message.HasField("time_since_last_hit"):
        raise invalid(f"table {table.name}: time_since_last_hit is not for controllers to set")
    if message.HasField("counter_data") and not table.has_counter:
        raise invalid(f"table {table.name} has no direct counter")
    if message.HasField("meter_config") and not table.has_meter:
        raise invalid(f"table {table.name} has no direct meter")
    refuse_colour_counters(message)


def refuse_idle_fields(table: Table, message: p4r.TableEntry) -> None:
    """Refuse, in a write or a read, what needs idle timeouts (section "Idle-timeout")."""
    if not message.idle_timeout_ns and not message.HasField("time_since_last_hit"):
        return
    if not table.idle_timeout:
        raise invalid(f"table {table.name} is not declared with idle timeouts")
    if message.is_default_action:
        raise invalid(f"table {table.name}: the default entry has no idle timeout")
    if message.idle_timeout_ns < 0:
        raise invalid(f"table {table.name}: an idle timeout cannot be negative")


def refuse_colour_counters(message: p4r.TableEntry) -> None:
    """Counting by meter colour is optional in P4Runtime and absent here."""
    if message.HasField("meter_counter_data"):
        raise unsupported("counters by meter colour")


def write_entry(table: Table, entry: Entry) -> p4r.TableEntry:
    """The canonical message for an entry, without its direct resources."""
    message = write_key(table, entry)
    message.action.CopyFrom(entry.action.to_message())
    message.metadata = entry.cookies.metadata
    message.controller_metadata = entry.cookies.controller_metadata
    message.is_const = entry.is_const
    return message


def write_key(table: Table, entry: Entry) -> p4r.TableEntry:
    """The part of the message that identifies an entry."""
    match = write_match(table, entry.key)
    return p4r.TableEntry(table_id=table.id, match=match, priority=entry.priority)


def write_default(table: Table, entry: DefaultEntry) -> p4r.TableEntry:
    """The message for a default entry."""
    message = p4r.TableEntry(
        table_id=table.id,
        is_default_action=True,
        metadata=entry.cookies.metadata,
        controller_metadata=entry.cookies.controller_metadata,
        is_const=table.const_default,
    )
    if entry.action is not None:
        message.action.CopyFrom(entry.action.to_message())
    return message
