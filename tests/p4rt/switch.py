"""A switch that is nothing but its memory, and strict: it refuses what P4Runtime would refuse."""

from __future__ import annotations

from controlplane.p4rt.entities import references
from controlplane.p4rt.inventory import Inventory
from controlplane.p4rt.plan import Batch, Operation, Update, apply
from controlplane.p4rt.programmer import Programmer


class StrictSwitch:
    """Carries out batches whose updates may be done in any order, or fails the test."""

    def __init__(self) -> None:
        self.holds = Inventory()

    def write(self, batch: Batch) -> None:
        before = Inventory(self.holds)
        in_use = {key for entity in before for key in references(entity)}
        for update in batch:
            self._check(update, before)
            if update.operation is Operation.DELETE:
                assert update.entity.key not in in_use, f"{update} is still referred to"
        apply(batch, self.holds)

    def _check(self, update: Update, before: Inventory) -> None:
        operation, entity = update
        if operation is Operation.INSERT:
            assert entity.key not in before, f"{update} is there already"
        else:
            assert entity.key in before, f"{update} is not there"
        if operation is not Operation.DELETE:
            absent = [key for key in references(entity) if key not in before]
            assert not absent, f"{update} refers to {absent}"


def carry_out(programmer: Programmer, batches: list[Batch], switch: StrictSwitch) -> None:
    for batch in batches:
        switch.write(batch)
        programmer.written(batch)
