"""A set of entities, at most one of a key: what a switch holds, or what it shall hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from controlplane.p4rt.entities import GROUP, Changes, Entity, Group, Key, TableEntry


class Inventory:
    """Entities by kind, and within a kind by what tells them apart."""

    def __init__(self, entities: Iterable[Entity] = ()) -> None:
        self._kinds: dict[str, dict[tuple[int, ...], Entity]] = {}
        self.update(entities)

    def update(self, entities: Iterable[Entity]) -> None:
        """Put entities in, each in the place of the one with its key."""
        for entity in entities:
            kind, identity = entity.key
            self._kinds.setdefault(kind, {})[identity] = entity

    def apply(self, changes: Changes) -> None:
        """Put in what stands under some keys now, take out what stands there no more."""
        for key, entity in changes.items():
            if entity is None:
                self.discard(key)
            else:
                self._kinds.setdefault(key[0], {})[key[1]] = entity

    def discard(self, key: Key) -> None:
        """Take an entity out; nothing happens when it is not there."""
        self._kinds.get(key[0], {}).pop(key[1], None)

    def get(self, key: Key) -> Entity | None:
        """The entity of a key, if there is one."""
        return self.of(key[0]).get(key[1])

    def of(self, kind: str) -> Mapping[tuple[int, ...], Entity]:
        """The entities of one kind."""
        return self._kinds.get(kind, {})

    def table(self, name: str) -> Mapping[tuple[int, ...], TableEntry]:
        """The entries of one table, by match."""
        return cast(Mapping[tuple[int, ...], TableEntry], self.of(name))

    def groups(self) -> Iterable[Group]:
        """The multicast groups."""
        return cast(Iterable[Group], self.of(GROUP).values())

    def __contains__(self, key: Key) -> bool:
        return key[1] in self.of(key[0])

    def __iter__(self) -> Iterator[Entity]:
        for entities in self._kinds.values():
            yield from entities.values()

    def __len__(self) -> int:
        return sum(map(len, self._kinds.values()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Inventory) and set(self) == set(other)


def differences(before: Inventory, after: Inventory) -> Changes:
    """What turns one inventory into another."""
    changes: Changes = {entity.key: None for entity in before if entity.key not in after}
    return changes | {e.key: e for e in after if before.get(e.key) != e}
