"""The label space of a router, which all its label distribution protocols share (RFC 3031 3.14)."""

from __future__ import annotations

import heapq

from controlplane.net.label import FIRST_LABEL, LAST_LABEL, Label


class LabelsExhausted(Exception):
    """Every label of the space is in use."""


class LabelSpace:
    """Labels from `first` to `last`; a released one is given out again before a fresh one."""

    def __init__(self, first: Label = FIRST_LABEL, last: Label = LAST_LABEL) -> None:
        self._next = first
        self._last = last
        self._released: list[Label] = []
        self._used: set[Label] = set()

    @property
    def used(self) -> int:
        """How many labels are given out."""
        return len(self._used)

    def allocate(self) -> Label:
        """A label that nobody has; LabelsExhausted when there is none."""
        if self._released:
            label = heapq.heappop(self._released)
        elif self._next <= self._last:
            label, self._next = self._next, self._next + 1
        else:
            raise LabelsExhausted(f"all {len(self._used)} labels of the router are in use")
        self._used.add(label)
        return label

    def release(self, label: Label) -> None:
        """Give a label back; whoever releases it has seen to it that no peer uses it."""
        self._used.remove(label)
        heapq.heappush(self._released, label)
