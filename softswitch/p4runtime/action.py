"""Actions: a P4Runtime `Action` <-> the action and its arguments in the order of its parameters.

What a table entry does is a `TableAction`: an action of its own (`Call`), or something that an
action profile holds (`action_profile`). Each knows how the engine takes it and how it is read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from finsy.proto import p4r

from softswitch.p4runtime import bytestring
from softswitch.p4runtime.p4info import Action, ActionRef, Field, Scope, Table
from softswitch.p4runtime.status import Code, P4RuntimeError, invalid
from softswitch.profiles import Reference

Arguments = tuple[int, ...]


class TableAction(Protocol):
    """What an entry does."""

    @property
    def target(self) -> str | Reference:
        """For the engine: an action by name, or a reference into the table's profile."""

    @property
    def arguments(self) -> Arguments:
        """The arguments of an action of the entry's own."""

    @property
    def action_id(self) -> int:
        """The id by which a read may select; 0 for what is in a profile."""

    def to_message(self) -> p4r.TableAction:
        """The canonical message."""


@dataclass(frozen=True, slots=True)
class Call:
    """An action with its arguments."""

    action: Action
    arguments: Arguments

    @property
    def target(self) -> str:
        return self.action.name

    @property
    def action_id(self) -> int:
        return self.action.id

    def to_action(self) -> p4r.Action:
        """The message, arguments in canonical form."""
        message = p4r.Action(action_id=self.action.id)
        for param, argument in zip(self.action.params, self.arguments, strict=True):
            message.params.add(param_id=param.id, value=bytestring.encode(argument))
        return message

    def to_message(self) -> p4r.TableAction:
        return p4r.TableAction(action=self.to_action())


class Implementation(Protocol):
    """How the entries of a table come to their actions (P4's table property of that name)."""

    def take(self, message: p4r.TableAction, replacing: TableAction | None = None) -> TableAction:
        """The action of an entry, refused unless the table may use it; the caller releases it.

        With `replacing` the entry has that one until then.
        """

    def release(self, action: TableAction) -> None:
        """An entry is gone, or has another action."""

    def recall(self, target: str | Reference, arguments: Arguments) -> TableAction:
        """The action of an entry, from what the engine keeps of it."""


class DirectActions:
    """Each entry has an action of its own."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._by_name = {ref.action.name: ref.action for ref in table.actions.values()}

    def take(self, message: p4r.TableAction, replacing: TableAction | None = None) -> Call:
        return read_table_action(self._table, message, default=False)

    def release(self, action: TableAction) -> None:
        """Nothing is shared."""

    def recall(self, target: str | Reference, arguments: Arguments) -> Call:
        assert isinstance(target, str), "references are for action profiles"
        return Call(self._by_name[target], arguments)


def read_table_action(table: Table, message: p4r.TableAction, *, default: bool) -> Call:
    """The action of an entry, or of the default entry; refused unless the table may use it."""
    kind = message.WhichOneof("type")
    if kind != "action":
        raise invalid(f"table {table.name}: {_no_action(kind)}")
    return read_call(f"table {table.name}", table.actions, message.action, default=default)


def read_call(
    owner: str, actions: Mapping[int, ActionRef], message: p4r.Action, *, default: bool = False
) -> Call:
    """An action that must be one of `actions`."""
    ref = actions.get(message.action_id)
    if ref is None:
        known = ", ".join(ref.action.name for ref in actions.values())
        raise invalid(f"{owner} has no action with id {message.action_id:#010x} (it has {known})")
    _check_scope(owner, ref, default)
    return Call(ref.action, _read_arguments(ref.action, message))


def _no_action(kind: str | None) -> str:
    if kind is None:
        return "the action is missing"
    return f"{kind} is for tables with an action profile, this one has none"


def _check_scope(owner: str, ref: ActionRef, default: bool) -> None:
    refused = Scope.TABLE_ONLY if default else Scope.DEFAULT_ONLY
    if ref.scope is refused:
        use = "the default entry" if default else "an entry"
        raise P4RuntimeError(
            Code.PERMISSION_DENIED, f"{owner}: action {ref.action.name} may not be that of {use}"
        )


def _read_arguments(action: Action, message: p4r.Action) -> Arguments:
    given = {param.param_id: param.value for param in message.params}
    arguments = tuple(_argument(action, param, given) for param in action.params)
    if len(message.params) != len(action.params):
        raise invalid(
            f"action {action.name} takes {len(action.params)} parameters, not {len(message.params)}"
        )
    return arguments


def _argument(action: Action, param: Field, given: dict[int, bytes]) -> int:
    what = f"action {action.name}, parameter {param.name}"
    value = given.get(param.id)
    if value is None:
        raise invalid(f"{what} (id {param.id}) is missing")
    return bytestring.decode(value, param.width, what)
