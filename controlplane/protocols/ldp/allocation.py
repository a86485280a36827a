"""Labels out of the router's label space, and what happens while there are none.

RFC 5036 3.5.8.1: who asked for a label in vain is told when there are labels again. Those that LDP
itself gives back are seen at once; for those that other protocols free, it looks now and then.
"""

from __future__ import annotations

from typing import Final

from controlplane.engine.labels import LabelsExhausted
from controlplane.engine.time import Duration, Instant
from controlplane.net.label import FIRST_LABEL, Label
from controlplane.protocols.ldp.fec import Fec
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.notices import LabelsCameBack, LabelsRanOut
from controlplane.protocols.ldp.sender import Sender
from controlplane.protocols.ldp.timers import LabelRetryTimer
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.numbers import StatusCode

_RETRY: Final[Duration] = 10.0


class Allocation:
    """`starved` are the FECs that would have a label if there was one."""

    def __init__(self, instance: LdpInstance, sender: Sender) -> None:
        self._instance = instance
        self._sender = sender
        self.starved: dict[Fec, None] = {}
        self._refused: dict[LdpId, None] = {}

    def allocate(self, fec: Fec) -> Label | None:
        """A label for a FEC; None, and it waits, when there is none."""
        try:
            label = self._instance.labels.allocate()
        except LabelsExhausted as why:
            if not self.starved:
                self._instance.outputs.append(LabelsRanOut(str(why)))
            self.starved[fec] = None
            return None
        self.needs_none(fec)
        return label

    def needs_none(self, fec: Fec) -> None:
        """This FEC has a label, or wants none any more."""
        if self.starved and fec in self.starved:
            del self.starved[fec]
            if not self.starved:
                self._came_back()

    def release(self, label: Label) -> None:
        """Nobody uses this label any more."""
        if label >= FIRST_LABEL:
            self._instance.labels.release(label)
            self.retry()

    def retry(self) -> None:
        """Let the FECs that wait try again."""
        self._instance.changed |= self.starved

    def refuse(self, peer: LdpId) -> None:
        """A peer was told that there are no label resources."""
        self._refused[peer] = None

    def watch(self, now: Instant) -> None:
        """While FECs wait, look again after a while."""
        timer = LabelRetryTimer()
        if not self.starved:
            self._instance.timers.cancel(timer)
        elif self._instance.timers.deadline(timer) is None:
            self._instance.timers.set(timer, now + _RETRY)

    def _came_back(self) -> None:
        self._instance.outputs.append(LabelsCameBack())
        for peer, session in self._instance.operational.items():
            if peer in self._refused:
                self._sender.notify(session, StatusCode.LABEL_RESOURCES_AVAILABLE)
        self._refused.clear()
