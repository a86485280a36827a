"""The switches that sit the exam: the embedded one in process, and simple_switch_grpc."""

from __future__ import annotations

from collections.abc import Sequence

from finsy.proto import p4i, p4r

from softswitch.switch import Switch
from tests.softswitch.bmv2 import Bmv2
from tests.softswitch.exam.play import Copies

QUIET_S, LATE_S = 0.1, 2.0


class Embedded:
    """`softswitch` in this process."""

    def __init__(self) -> None:
        self._switch = Switch()

    def load(self, info: p4i.P4Info, config: bytes) -> None:
        self._switch.set_pipeline(info, config)

    def write(self, updates: Sequence[p4r.Update]) -> None:
        if updates:
            self._switch.write(updates)

    def process(self, port: int, frame: bytes, now_us: int) -> Copies:
        copies, _ = self._switch.process(port, frame, now_us)
        return copies

    def late(self, count: int) -> Copies:
        """Nothing leaves later than its packet has come in."""
        return []

    def close(self) -> None:
        self._switch.close()


class Original:
    """BMv2, which makes copies in threads of its own and does not say when it is done."""

    def __init__(self, bmv2: Bmv2) -> None:
        self._bmv2 = bmv2

    def load(self, info: p4i.P4Info, config: bytes) -> None:
        self._bmv2.load(info, config)
        self._bmv2.received(QUIET_S)  # of the program before

    def write(self, updates: Sequence[p4r.Update]) -> None:
        if updates:
            self._bmv2.write(updates)

    def process(self, port: int, frame: bytes, now_us: int) -> Copies:
        self._bmv2.send(port, frame)
        return self._bmv2.received(QUIET_S)

    def late(self, count: int) -> Copies:
        copies: Copies = []
        while len(copies) < count:
            more = self._bmv2.received(LATE_S)
            if not more:
                break
            copies += more
        return copies
