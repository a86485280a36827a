"""The labels that this router gave its VPN routes (RFC 4364 4.3.2), for the incoming label map.

A label keeps its meaning for good, also when its prefix is gone: packets that are on their way with
it, and peers that have not heard yet, must not end up in another customer's network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from types import MappingProxyType

from controlplane.engine.labels import LabelSpace
from controlplane.net.label import Label


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a label stands for: a VRF as a whole, or one prefix of it."""

    vrf: str
    prefix: IPv4Network | None = None


class VpnLabelTable:
    """Label -> what it stands for. Labels come from the space that the router's protocols share."""

    def __init__(self, space: LabelSpace) -> None:
        self._space = space
        self._labels: dict[Labelled, Label] = {}
        self._meanings: dict[Label, Labelled] = {}

    @property
    def meanings(self) -> Mapping[Label, Labelled]:
        return MappingProxyType(self._meanings)

    def label_of(self, meaning: Labelled) -> Label:
        """The label for this, a new one if it has none; LabelsExhausted when there is none left."""
        label = self._labels.get(meaning)
        if label is None:
            label = self._labels[meaning] = self._space.allocate()
            self._meanings[label] = meaning
        return label

    def all(self) -> Iterator[tuple[Label, Labelled]]:
        """Every label with its meaning, by label."""
        return iter(sorted(self._meanings.items(), key=_label))


def _label(item: tuple[Label, Labelled]) -> Label:
    return item[0]
