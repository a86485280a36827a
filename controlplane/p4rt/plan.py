"""From what a switch holds to what it shall hold, make before break.

P4Runtime orders nothing inside a request, so a plan is a list of batches, each of which may be
carried out in any order. What is referred to comes first: rewrites and next hops, then groups and
sets of interfaces, then VPN paths, then routes and labels; deletions go the other way, behind all
else. At no moment does a route name a group, or a group a rewrite, that is not there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

from controlplane.p4rt import names
from controlplane.p4rt.entities import CLONE_SESSION, GROUP, Entity, Key, references
from controlplane.p4rt.inventory import Inventory


class Operation(Enum):
    INSERT = "insert"
    MODIFY = "modify"
    DELETE = "delete"


class Update(NamedTuple):
    operation: Operation
    entity: Entity


Batch: TypeAlias = tuple[Update, ...]

BATCH_LIMIT: Final = 1000
"""Updates a batch: what gRPC takes in one message, also of errors should each be refused."""

STAGES: Final[tuple[tuple[str, ...], ...]] = (
    (CLONE_SESSION, names.PUNT_POLICER, names.TTL_MODE, names.INTERFACE, names.EGRESS_INTERFACE),
    (names.REPLICA_REWRITE, names.NEXT_HOP),
    (GROUP, names.NEXT_HOP_GROUP, names.ACCEPTED_INTERFACE, names.TAIL_ACCEPTED_INTERFACE),
    # Before the P-routes: one that becomes a tail sends packets here at once.
    (names.TUNNEL_ROOT, names.TAIL_ROUTE, names.TAIL_ANY_SOURCE_ROUTE, names.VPN_PATH),
    (
        names.MULTICAST_ROUTE,
        names.ANY_SOURCE_ROUTE,
        names.UNICAST_ROUTE,
        names.LABEL_ROUTE,
    ),
)


def plan(desired: Inventory, installed: Inventory, keys: Collection[Key]) -> list[Batch]:
    """Batches that turn `installed` into `desired`, which differ at none but these keys."""
    stages = [sorted(key for key in keys if key[0] in kinds) for kinds in STAGES]
    batches: list[Batch] = []
    for stage in stages:
        batches += _batches(_writes(stage, desired, installed))
    for stage in reversed(stages):
        batches += _batches(_deletes(stage, desired, installed))
    return batches


def possible(batch: Batch, installed: Inventory) -> Batch:
    """The part of a batch that can be done although updates before it were refused.

    Nothing is written that refers to something absent, nothing deleted that is referred to.
    """
    in_use = {key for entity in installed for key in references(entity)}
    return tuple(update for update in batch if _is_possible(update, installed, in_use))


def apply(batch: Iterable[Update], installed: Inventory) -> None:
    """Note in `installed` that updates were carried out."""
    for operation, entity in batch:
        if operation is Operation.DELETE:
            installed.discard(entity.key)
        else:
            installed.update((entity,))


def describe(update: Update) -> str:
    """An update in words, for people."""
    kind, identity = update.entity.key
    return f"{update.operation.value} {kind} {', '.join(map(str, identity))}"


def _writes(keys: Iterable[Key], desired: Inventory, installed: Inventory) -> Iterator[Update]:
    for key in keys:
        wanted, there = desired.get(key), installed.get(key)
        if wanted is not None and there is None:
            yield Update(Operation.INSERT, wanted)
        elif wanted is not None and there != wanted:
            yield Update(Operation.MODIFY, wanted)


def _deletes(keys: Iterable[Key], desired: Inventory, installed: Inventory) -> Iterator[Update]:
    for key in keys:
        there = installed.get(key)
        if there is not None and key not in desired:
            yield Update(Operation.DELETE, there)


def _is_possible(update: Update, installed: Inventory, in_use: set[Key]) -> bool:
    if update.operation is Operation.DELETE:
        return update.entity.key not in in_use
    return all(key in installed for key in references(update.entity))


def _batches(updates: Iterator[Update]) -> Iterator[Batch]:
    while batch := tuple(islice(updates, BATCH_LIMIT)):
        yield batch
