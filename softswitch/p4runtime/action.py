"""Actions: a P4Runtime `Action` <-> the action and its arguments in the order of its parameters."""

from __future__ import annotations

from finsy.proto import p4r

from softswitch.p4runtime import bytestring
from softswitch.p4runtime.p4info import Action, ActionRef, Field, Scope, Table
from softswitch.p4runtime.status import Code, P4RuntimeError, invalid

Arguments = tuple[int, ...]


def read_action(
    table: Table, message: p4r.TableAction, *, default: bool
) -> tuple[Action, Arguments]:
    """The action of an entry, or of the default entry; refused unless the table may use it."""
    kind = message.WhichOneof("type")
    if kind != "action":
        raise invalid(f"table {table.name}: {_no_action(kind)}")
    ref = table.actions.get(message.action.action_id)
    if ref is None:
        raise invalid(_unknown_action(table, message.action.action_id))
    _check_scope(table, ref, default)
    return ref.action, _read_arguments(ref.action, message.action)


def write_action(action: Action, arguments: Arguments) -> p4r.TableAction:
    """The message for an action, its arguments in canonical form."""
    message = p4r.TableAction()
    message.action.action_id = action.id
    for param, argument in zip(action.params, arguments, strict=True):
        message.action.params.add(param_id=param.id, value=bytestring.encode(argument))
    return message


def _no_action(kind: str | None) -> str:
    if kind is None:
        return "the action is missing"
    return f"{kind} is for tables with an action profile, this one has none"


def _unknown_action(table: Table, action_id: int) -> str:
    known = ", ".join(ref.action.name for ref in table.actions.values())
    return f"table {table.name} has no action with id {action_id:#010x} (it has {known})"


def _check_scope(table: Table, ref: ActionRef, default: bool) -> None:
    refused = Scope.TABLE_ONLY if default else Scope.DEFAULT_ONLY
    if ref.scope is refused:
        use = "the default entry" if default else "an entry"
        raise P4RuntimeError(
            Code.PERMISSION_DENIED,
            f"table {table.name}: action {ref.action.name} may not be that of {use}",
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
