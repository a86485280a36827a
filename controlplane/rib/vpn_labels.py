"""The labels that this router gave its VPN routes (RFC 4364 4.3.2), for the incoming label map.

A label keeps its meaning for a while when its prefix is gone: packets that are on their way with
it, and peers that have not heard yet, must not end up in another customer's network. A prefix that
comes back has its label again. Only when the router has no other left is one given to another, and
none before its quarantine is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Final

from controlplane.engine.labels import LabelsExhausted, LabelSpace
from controlplane.engine.time import Duration, Instant
from controlplane.net.label import Label


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a label stands for: a VRF as a whole, or one prefix of it."""

    vrf: str
    prefix: IPv4Network | None = None


QUARANTINE: Final[Duration] = 300.0
"""How long a label means nothing else: longer than sessions live whose peer does not answer."""


class VpnLabelTable:
    """Label -> what it stands for. Labels come from the space that the router's protocols share."""

    def __init__(self, space: LabelSpace) -> None:
        self._space = space
        self._labels: dict[Labelled, Label] = {}
        self._meanings: dict[Label, Labelled] = {}
        self._retired: dict[Labelled, Instant] = {}

    @property
    def meanings(self) -> Mapping[Label, Labelled]:
        return MappingProxyType(self._meanings)

    def label_of(self, meaning: Labelled, now: Instant) -> Label:
        """The label for this, a new one if it has none; LabelsExhausted when there is none left."""
        self._retired.pop(meaning, None)
        label = self._labels.get(meaning)
        if label is None:
            label = self._labels[meaning] = self._allocate(now)
            self._meanings[label] = meaning
        return label

    def retire(self, meaning: Labelled, now: Instant) -> None:
        """Nobody is told of it any more."""
        if meaning in self._labels:
            self._retired[meaning] = now

    def _allocate(self, now: Instant) -> Label:
        try:
            return self._space.allocate()
        except LabelsExhausted:
            oldest = next(iter(self._retired), None)
            if oldest is None or now - self._retired[oldest] < QUARANTINE:
                raise
            del self._retired[oldest]
            return self._labels.pop(oldest)

    def all(self) -> Iterator[tuple[Label, Labelled]]:
        """Every label with its meaning, by label."""
        return iter(sorted(self._meanings.items(), key=_label))


def _label(item: tuple[Label, Labelled]) -> Label:
    return item[0]
