"""What to write next: the plans of one switch over time.

It remembers what the switch holds, as far as that is known: as read back when a connection began,
and as written since. Its caller carries batches out in order and reports each, so the next plan
starts from the truth whatever became of the last one.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from controlplane.fib.model import Fib
from controlplane.p4rt.desired import Desired
from controlplane.p4rt.entities import Entity, Key
from controlplane.p4rt.inventory import Inventory
from controlplane.p4rt.plan import Batch, apply, plan, possible


class Programmer:
    """Plans from the state of one switch to a Fib; does no I/O."""

    def __init__(self) -> None:
        self.adopt(())

    def adopt(self, entities: Iterable[Entity]) -> None:
        """This is what the switch holds, whoever wrote it."""
        self.installed = Inventory(entities)
        self._desired = Desired(self.installed)
        self._pending: set[Key] = {entity.key for entity in self.installed}
        """All that may not be as desired is among these."""

    def program(self, fib: Fib) -> list[Batch]:
        """Batches that bring the switch to this state; IdsExhausted when no numbers are left."""
        self._pending.update(self._desired.update(fib))
        batches = plan(self._desired.inventory, self.installed, self._pending)
        self._pending = {update.entity.key for batch in batches for update in batch}
        return batches

    def written(self, batch: Batch) -> None:
        """A batch of the newest plan was carried out."""
        apply(batch, self.installed)
        self._pending.difference_update(update.entity.key for update in batch)
        if not self._pending:
            self._pending = set()  # An emptied set keeps the room that it had.

    def failed(self, batch: Batch, refused: Container[int]) -> None:
        """A batch of the newest plan was carried out but for the updates at these places."""
        self.written(tuple(u for place, u in enumerate(batch) if place not in refused))

    def possible(self, batch: Batch) -> Batch:
        """What can still be done of a batch that follows a failed one."""
        return possible(batch, self.installed)
