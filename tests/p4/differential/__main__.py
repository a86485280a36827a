"""Many seeds, offline: `python -m tests.p4.differential FROM TO`, with simple_switch_grpc on PATH.

Each seed is played on BMv2, on the embedded target, and on one more of these that counts actions. A
difference is told with its seed, and the next seed begins with new switches. At the end it says
what became of packets, and which actions never ran.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.p4.differential.coverage import ActionsRun, outcomes
from tests.p4.differential.play import Difference, play
from tests.p4.differential.switches import Bmv2Target, Embedded, Twins


class Tally:
    """What was seen with all seeds."""

    def __init__(self) -> None:
        self.packets = self.differences = 0
        self.outcomes: Counter[str] = Counter()
        self.actions: Counter[str] = Counter()

    def print(self) -> None:
        for outcome, count in self.outcomes.most_common():
            print(f"{count / self.packets:7.2%} {outcome}")
        never = sorted(name for name, runs in self.actions.items() if not runs)
        print(f"actions that never ran: {', '.join(never) or 'none'}")
        print(f"{self.packets} packets, {self.differences} differences")


def main() -> int:
    """0 when there was no difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.p4.differential")
    parser.add_argument("first", type=int)
    parser.add_argument("end", type=int)
    given = parser.parse_args()
    seeds, tally = iter(range(given.first, given.end)), Tally()
    while _play(seeds, tally):
        pass
    tally.print()
    return int(tally.differences > 0)


def _play(seeds: Iterator[int], tally: Tally) -> bool:
    """Until a difference, with which switches are of no use any more, or the end."""
    with _switches() as (twins, counting):
        try:
            for seed in seeds:
                for stimulus, outcome in play(seed, twins):
                    tally.packets += 1
                    tally.outcomes.update(outcomes(stimulus, outcome))
        except Difference as difference:
            print(difference, flush=True)
            tally.differences += 1
            return True
        finally:
            tally.actions.update(counting.actions())
    return False


@contextmanager
def _switches() -> Iterator[tuple[Twins, ActionsRun]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        counting = ActionsRun()
        targets = Embedded(), Bmv2Target(folder), counting
        for target in targets:
            stack.callback(target.close)
        yield Twins(*targets), counting


if __name__ == "__main__":
    sys.exit(main())
