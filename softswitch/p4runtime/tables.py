"""Tables as P4Runtime sees them: entries by match and priority, and one default entry each.

The engine holds the entries, here they are checked and put into P4Runtime's terms. An update is
checked completely before the engine hears of it, so a refused one changes nothing (section
"TableEntry"). Most updates never come here: `plain_writes` carries them out natively, and leaves to
this module what is not plain or is refused; `plain_reads` reads whole tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from finsy.proto import p4r

from softswitch.bmv2json.model import Pipeline
from softswitch.bmv2json.model import Table as ProgramTable
from softswitch.engine import CounterValue, Engine, MeterConfig
from softswitch.entries import EntryHandle, StoredEntry
from softswitch.errors import EngineError
from softswitch.p4runtime import resources
from softswitch.p4runtime.action import (
    Call,
    DirectActions,
    Implementation,
    read_table_action,
)
from softswitch.p4runtime.entry import (
    DefaultEntry,
    Entry,
    EntryKey,
    read_cookies,
    read_entry_key,
    refuse_colour_counters,
    refuse_idle_fields,
    refuse_unsupported,
    write_default,
    write_entry,
    write_key,
)
from softswitch.p4runtime.idle import IdleTimers, Timekeeper
from softswitch.p4runtime.match import MatchKey, describe_match, read_match
from softswitch.p4runtime.p4info import P4Info, Table
from softswitch.p4runtime.plain_reads import PlainReads
from softswitch.p4runtime.status import Code, P4RuntimeError, invalid
from softswitch.p4runtime.store import UpdateType


class TableState:
    """One table's entries."""

    def __init__(
        self,
        table: Table,
        program: ProgramTable,
        engine: Engine,
        implementation: Implementation,
        plain: PlainReads,
        clock: Timekeeper,
    ) -> None:
        self.table = table
        self._plain = plain
        self._engine = engine
        self._implementation = implementation
        self._by_name = {ref.action.name: ref.action for ref in table.actions.values()}
        self._initial_default = self._program_default(program)
        self._default = self._initial_default
        self._idle = IdleTimers(table.name, engine.ages, clock) if table.idle_timeout else None
        for entry in map(self._entry, engine.entries.all(table.name)):
            self._start_timer((entry.key, entry.priority), entry.handle, 0)

    # -- writing -------------------------------------------------------------------------------

    def write(self, kind: UpdateType, message: p4r.TableEntry) -> None:
        """Carry out one update of an entry or of the default entry."""
        if message.is_default_action:
            self._write_default(kind, message)
        elif kind is UpdateType.INSERT:
            self._insert(message)
        elif kind is UpdateType.MODIFY:
            self._modify(message)
        else:
            self._delete(message)

    def _insert(self, message: p4r.TableEntry) -> None:
        table = self.table
        if not table.fields:
            raise invalid(f"table {table.name} has no key, it has just a default entry")
        if table.is_const:
            raise self._constant("takes no entries")
        refuse_unsupported(table, message)
        key, priority = read_entry_key(table, message)
        if self._engine.entries.find(table.name, key, priority) is not None:
            what = describe_match(table, key, priority)
            raise P4RuntimeError(Code.ALREADY_EXISTS, f"{what}: there is such an entry")
        meter, counter = _direct_resources(message)
        action = self._implementation.take(message.action)
        try:
            handle = self._engine.table_insert(
                table.name, key, action.target, action.arguments, priority
            )
        except EngineError:
            self._implementation.release(action)
            raise
        self._engine.entries.set_cookies(table.name, handle, read_cookies(message))
        self._start_timer((key, priority), handle, message.idle_timeout_ns)
        if counter is not None:
            self._engine.table_counter_set(table.name, handle, counter)
        if meter is not None:
            self._engine.table_meter_configure(table.name, handle, meter)

    def _modify(self, message: p4r.TableEntry) -> None:
        refuse_unsupported(self.table, message)
        entry = self.find(message)
        new_action = message.HasField("action")
        if entry.is_const and new_action:
            raise self._constant("keeps the actions of the program's entries")
        if entry.is_const and message.idle_timeout_ns:
            raise invalid(f"table {self.table.name}: its constant entries have no idle timeout")
        meter, counter = _direct_resources(message)
        if new_action:
            self._replace_action(entry, message.action)
        self._engine.entries.set_cookies(self.table.name, entry.handle, read_cookies(message))
        if self._idle is not None:
            key = entry.key, entry.priority
            self._idle.change(key, entry.handle, message.idle_timeout_ns)
        if counter is not None:
            self.write_counter(entry, counter)
        if self.table.has_meter:
            self.configure_meter(entry, meter)

    def _replace_action(self, entry: Entry, message: p4r.TableAction) -> None:
        action = self._implementation.take(message, replacing=entry.action)
        self._engine.table_modify(self.table.name, entry.handle, action.target, action.arguments)
        self._implementation.release(entry.action)

    def _delete(self, message: p4r.TableEntry) -> None:
        entry = self.find(message)
        if entry.is_const:
            raise self._constant("keeps the program's entries")
        self._engine.table_delete(self.table.name, entry.handle)
        self._implementation.release(entry.action)
        if self._idle is not None:
            self._idle.stop(entry.handle)

    def _write_default(self, kind: UpdateType, message: p4r.TableEntry) -> None:
        name = self.table.name
        if kind is not UpdateType.MODIFY:
            raise invalid(f"table {name}: the default entry can only be modified")
        if message.match or message.priority:
            raise invalid(f"table {name}: the default entry has neither match nor priority")
        if message.HasField("counter_data") or message.HasField("meter_config"):
            raise invalid(f"table {name}: the default entry has no direct resources here")
        if self.table.const_default:
            raise self._constant("keeps its default action")
        refuse_unsupported(self.table, message)
        if message.HasField("action"):
            call = read_table_action(self.table, message.action, default=True)
            self._engine.table_set_default(name, call.target, call.arguments)
            self._default = DefaultEntry(call, read_cookies(message))
        else:
            self._engine.table_reset_default(name)
            self._default = self._initial_default

    def configure_meter(self, entry: Entry, config: MeterConfig | None) -> None:
        """Set the direct meter of an entry; None is the default, green for all packets."""
        self._engine.table_meter_configure(self.table.name, entry.handle, config)

    def write_counter(self, entry: Entry, value: CounterValue) -> None:
        """Set the direct counter of an entry."""
        self._engine.table_counter_set(self.table.name, entry.handle, value)

    def _start_timer(self, key: EntryKey, handle: EntryHandle, timeout_ns: int) -> None:
        if self._idle is not None:
            self._idle.start(key, handle, timeout_ns)

    def _constant(self, rule: str) -> P4RuntimeError:
        return P4RuntimeError(
            Code.PERMISSION_DENIED, f"table {self.table.name} is constant, it {rule}"
        )

    # -- reading -------------------------------------------------------------------------------

    def find(self, message: p4r.TableEntry) -> Entry:
        """The entry with this match and priority."""
        key, priority = read_entry_key(self.table, message)
        entry = self._look_up(key, priority)
        if entry is None:
            what = describe_match(self.table, key, priority)
            raise P4RuntimeError(Code.NOT_FOUND, f"{what}: there is no such entry")
        return entry

    def _look_up(self, key: MatchKey, priority: int) -> Entry | None:
        if not self.table.fields:
            return None
        entries, name = self._engine.entries, self.table.name
        handle = entries.find(name, key, priority)
        return None if handle is None else self._entry(entries.get(name, handle))

    def _entry(self, stored: StoredEntry) -> Entry:
        meter = None
        if self.table.has_meter:
            meter = self._engine.table_meter(self.table.name, stored.handle)
        return Entry(
            key=stored.key,
            priority=stored.priority if self.table.needs_priority else 0,
            handle=stored.handle,
            action=self._implementation.recall(stored.action, stored.arguments),
            cookies=stored.cookies,
            meter=meter,
            is_const=stored.is_const,
        )

    def select(self, request: p4r.TableEntry) -> Iterator[Entry]:
        """The entries that a read asks for: each field that is set narrows (section "Wildcard
        Reads")."""
        return (entry for entry in self._candidates(request) if _selected(entry, request))

    def _candidates(self, request: p4r.TableEntry) -> Iterable[Entry]:
        stored = self._engine.entries.all(self.table.name)
        if not request.match:
            return map(self._entry, stored)
        key = read_match(self.table, request.match)
        if self.table.needs_priority and not request.priority:
            return (self._entry(item) for item in stored if item.key == key)
        entry = self._look_up(key, request.priority)
        return [entry] if entry else []

    def read(self, request: p4r.TableEntry) -> Iterator[p4r.TableEntry]:
        """The messages for what a read asks for."""
        refuse_colour_counters(request)
        if request.table_id:
            refuse_idle_fields(self.table, request)
        if request.is_default_action:
            yield write_default(self.table, self._default)
        elif (entries := self._plain.all(self.table, request)) is not None:
            yield from entries
        elif (entry := self._plain.one(self.table, request)) is not None:
            yield entry
        else:
            for found in self.select(request):
                yield self._read_entry(found, request)

    def changed_default(self) -> p4r.TableEntry | None:
        """The default entry, if a controller has set it."""
        if self._default is self._initial_default:
            return None
        return write_default(self.table, self._default)

    def _read_entry(self, entry: Entry, request: p4r.TableEntry) -> p4r.TableEntry:
        message = write_entry(self.table, entry)
        if request.HasField("counter_data") and self.table.has_counter:
            message.counter_data.CopyFrom(self.read_counter(entry))
        if request.HasField("meter_config") and entry.meter is not None:
            message.meter_config.CopyFrom(resources.write_meter(entry.meter))
        if self._idle is not None:
            message.idle_timeout_ns = self._idle.timeout_ns(entry.handle)
            if request.HasField("time_since_last_hit"):
                message.time_since_last_hit.elapsed_ns = self._idle.idle_ns(entry.handle)
        return message

    def read_counter(self, entry: Entry) -> p4r.CounterData:
        """What the direct counter of an entry has counted."""
        return resources.write_counter(self._engine.table_counter(self.table.name, entry.handle))

    # -- idle entries --------------------------------------------------------------------------

    def idle_entries(self, now_us: int) -> list[p4r.TableEntry]:
        """The entries whose idle timeout has run out."""
        if self._idle is None:
            return []
        found = (self._look_up(*key) for key in self._idle.expired(now_us))
        return [self._idle_entry(self._idle, entry) for entry in found if entry]

    def _idle_entry(self, idle: IdleTimers, entry: Entry) -> p4r.TableEntry:
        message = write_key(self.table, entry)
        message.metadata = entry.cookies.metadata
        message.controller_metadata = entry.cookies.controller_metadata
        message.idle_timeout_ns = idle.timeout_ns(entry.handle)
        return message

    def next_idle_us(self) -> int | None:
        """When there may be more of them."""
        return None if self._idle is None else self._idle.next_us()

    # -- what the program brings ---------------------------------------------------------------

    def _program_default(self, program: ProgramTable) -> DefaultEntry:
        if program.default is None:
            initial = self.table.initial_default
            return DefaultEntry(Call(initial, ()) if initial and not initial.params else None)
        names = {action.id: action.name for action in program.actions}
        data = program.default.data
        action = self._by_name.get(names.get(data.action, ""))
        return DefaultEntry(Call(action, data.args) if action else None)


def _direct_resources(
    message: p4r.TableEntry,
) -> tuple[MeterConfig | None, CounterValue | None]:
    meter = resources.read_meter(message.meter_config) if message.HasField("meter_config") else None
    if not message.HasField("counter_data"):
        return meter, None
    return meter, resources.read_counter(message.counter_data)


def _selected(entry: Entry, request: p4r.TableEntry) -> bool:
    if request.priority and entry.priority != request.priority:
        return False
    if request.HasField("action") and entry.action.action_id != request.action.action.action_id:
        return False
    if request.metadata and entry.cookies.metadata != request.metadata:
        return False
    wanted = request.controller_metadata
    return not wanted or entry.cookies.controller_metadata == wanted


class Tables:
    """All tables of a pipeline, by P4Info id."""

    def __init__(
        self,
        info: P4Info,
        program: Pipeline,
        engine: Engine,
        profiles: Mapping[int, Implementation],
        plain: PlainReads,
        clock: Timekeeper,
    ) -> None:
        self._states = {
            table.id: TableState(
                table,
                program.tables[table.name],
                engine,
                profiles[table.profile] if table.profile else DirectActions(table),
                plain,
                clock,
            )
            for table in info.tables.values()
        }

    def write(self, kind: UpdateType, message: p4r.TableEntry) -> None:
        self.state(message.table_id).write(kind, message)

    def read(self, request: p4r.TableEntry) -> Iterator[p4r.TableEntry]:
        for state in self.selected(request.table_id):
            yield from state.read(request)

    def changed_defaults(self) -> list[p4r.TableEntry]:
        """The default entries that a controller has set."""
        changed = (state.changed_default() for state in self._states.values())
        return [message for message in changed if message is not None]

    def idle_entries(self, now_us: int) -> Iterator[list[p4r.TableEntry]]:
        """The entries whose idle timeout has run out, by table."""
        found = (state.idle_entries(now_us) for state in self._states.values())
        return (entries for entries in found if entries)

    def next_idle_us(self) -> int | None:
        """When there may be more of them."""
        times = (state.next_idle_us() for state in self._states.values())
        return min((time for time in times if time is not None), default=None)

    def state(self, table_id: int) -> TableState:
        """One table; NOT_FOUND for an id that P4Info does not have."""
        state = self._states.get(table_id)
        if state is None:
            raise P4RuntimeError(Code.NOT_FOUND, f"P4Info has no table with id {table_id:#010x}")
        return state

    def selected(self, table_id: int) -> list[TableState]:
        """One table, or all for id 0."""
        return [self.state(table_id)] if table_id else list(self._states.values())
