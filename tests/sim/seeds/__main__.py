"""Random simulation offline: `python -m tests.sim.seeds FROM TO`, or `... SEED` for one of them.

Of many seeds those are told that fail, and how far it has come; one alone is shown: its lab file,
what happens, and what is wrong. If it fails, events are left out for as long as it still does. One
that takes a minute of processor time has failed, too: somewhere a packet goes round without end.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Final

from tests.sim.seeds.network import RandomNetwork, random_network
from tests.sim.seeds.script import Faults, Script, random_script
from tests.sim.seeds.verdict import fault_of

_PROGRESS: Final = 100
_LIMIT: Final = 60.0
"""Seconds of processor time; most seeds take one."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim.seeds", description=__doc__)
    parser.add_argument("first", type=int, metavar="FROM")
    parser.add_argument("end", type=int, metavar="TO", nargs="?", help="the first one not played")
    given = parser.parse_args()
    if given.end is None:
        return _show(given.first)
    return _play_all(given.first, given.end)


def _play_all(first: int, end: int) -> int:
    failed: list[int] = []
    for seed in range(first, end):
        network = random_network(seed)
        if fault := _fault(seed, network, random_script(seed, network)):
            failed.append(seed)
            print(f"seed {seed} fails {fault}", flush=True)
        if (seed + 1 - first) % _PROGRESS == 0:
            print(f"{seed + 1 - first} of {end - first} played, failed: {failed}", flush=True)
    print(f"{end - first} seeds played, failed: {failed}")
    return 1 if failed else 0


def _show(seed: int) -> int:
    network = random_network(seed)
    script = random_script(seed, network)
    fault = _fault(seed, network, script)
    print(network.text)
    if fault:
        script, fault = _cut_down(seed, network, script, fault)
    for number, channel in enumerate(network.channels):
        print(f"channel {number}: {channel.sources} to {channel.group}, {channel.mode}")
    print(script.faults, *script.events, fault or "nothing is wrong", sep="\n")
    return 1 if fault else 0


def _fault(seed: int, network: RandomNetwork, script: Script) -> str:
    with _limited():
        return fault_of(seed, network, script)


@contextmanager
def _limited() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"no end after {_LIMIT:g} s of processor time")

    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, _LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _cut_down(seed: int, network: RandomNetwork, script: Script, fault: str) -> tuple[Script, str]:
    """A script that still fails, and none of its parts does."""
    for shorter in _shorter(script):
        if found := _fault(seed, network, shorter):
            return _cut_down(seed, network, shorter, found)
    return script, fault


def _shorter(script: Script) -> Iterator[Script]:
    if script.faults != Faults():
        yield replace(script, faults=Faults())
    for place in range(len(script.events)):
        yield replace(script, events=script.events[:place] + script.events[place + 1 :])


if __name__ == "__main__":
    sys.exit(main())
