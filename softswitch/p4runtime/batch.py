"""Batches of updates (sections "Batch Atomicity" and "Error Reporting" of the Write RPC).

Whatever goes wrong, the error has one entry an update, in order. With ROLLBACK_ON_ERROR the first
update that fails takes all before it back; they and those never tried are reported as ABORTED. With
DATAPLANE_ATOMIC packets wait meanwhile, and see the tables as before or as after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from finsy.proto import p4r

from softswitch.p4runtime.forwarding import Forwarding
from softswitch.p4runtime.role import Scope
from softswitch.p4runtime.status import Code, P4RuntimeError, batch_error, invalid
from softswitch.p4runtime.undo import inverse

Atomicity: TypeAlias = p4r.WriteRequest.Atomicity.ValueType


def carry_out(forwarding: Forwarding, request: p4r.WriteRequest, scope: Scope) -> None:
    """Carry out the updates in their order; P4RuntimeError, telling of each, if one fails."""
    atomicity, updates = request.atomicity, request.updates
    match atomicity:
        case p4r.WriteRequest.CONTINUE_ON_ERROR:
            _each(forwarding, request, scope)
        case p4r.WriteRequest.ROLLBACK_ON_ERROR:
            _all_or_none(forwarding, updates, scope)
        case p4r.WriteRequest.DATAPLANE_ATOMIC:
            with forwarding.engine.held():
                _all_or_none(forwarding, updates, scope)
        case _:
            raise invalid(f"there is no atomicity {atomicity}")


def _each(forwarding: Forwarding, request: p4r.WriteRequest, scope: Scope) -> None:
    if scope.ids is None:
        failures = dict(forwarding.apply_all(request))
    else:
        failures = dict(_attempts(forwarding, request, scope))
    if failures:
        outcomes = [failures.get(position) for position in range(len(request.updates))]
        raise batch_error("updates", outcomes)


def _attempts(
    forwarding: Forwarding, request: p4r.WriteRequest, scope: Scope
) -> Iterator[tuple[int, P4RuntimeError]]:
    """One by one, since a limited role may write some and not others."""
    for position, update in enumerate(request.updates):
        try:
            _require(scope, update)
            forwarding.apply(update)
        except P4RuntimeError as error:
            yield position, error


def _all_or_none(forwarding: Forwarding, updates: Sequence[p4r.Update], scope: Scope) -> None:
    steps_back: list[p4r.Update] = []
    for position, update in enumerate(updates):
        try:
            _require(scope, update)
            back = inverse(forwarding, update)
            forwarding.apply(update)
        except P4RuntimeError as error:
            for step in reversed(steps_back):
                forwarding.apply(step)
            raise batch_error("updates", _outcomes(position, len(updates), error)) from error
        steps_back += back


def _outcomes(failed: int, count: int, error: P4RuntimeError) -> list[P4RuntimeError]:
    why = f"the batch is taken back, since update {failed + 1} failed: {error.message}"
    aborted = P4RuntimeError(Code.ABORTED, why)
    return [error if position == failed else aborted for position in range(count)]


def _require(scope: Scope, update: p4r.Update) -> None:
    if not scope.has(update.entity):
        raise P4RuntimeError(Code.PERMISSION_DENIED, "this is not the role's to write")
